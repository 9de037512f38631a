#include "runtime/comm/call.hpp"

#include <limits>

namespace pleach {
namespace {

constexpr std::uint64_t kByte = 0xff;

// The number, then the words of the shape, each little-endian.
using NumberedWords = std::array<std::uint64_t, 4>;
constexpr std::size_t kWordBytes = sizeof(std::uint64_t);

}  // namespace

ShapeWords words_of(const CallShape& shape) {
  return {static_cast<std::uint64_t>(shape.collective) |
              static_cast<std::uint64_t>(shape.dtype) << 8 |
              static_cast<std::uint64_t>(shape.op) << 16,
          shape.count, static_cast<std::uint64_t>(shape.root + 1)};
}

CallShape shape_of_words(const ShapeWords& words) {
  return {.collective = static_cast<Collective>(words[0] & kByte),
          .count = words[1],
          .dtype = static_cast<DataType>(words[0] >> 8 & kByte),
          .op = static_cast<ReduceOp>(words[0] >> 16 & kByte),
          .root = static_cast<int>(words[2]) - 1};
}

std::uint16_t hash_of(const CallShape& shape) {
  std::uint64_t bits = 0;
  for (const std::uint64_t word : words_of(shape)) {
    bits = (bits ^ word) * 0x9e3779b97f4a7c15U;  // the golden ratio's fraction
    bits ^= bits >> 29;
  }
  return static_cast<std::uint16_t>(bits >> 48);
}

std::vector<std::byte> encode(const NumberedShape& call) {
  const ShapeWords words = words_of(call.shape);
  std::vector<std::byte> bytes;
  for (const std::uint64_t word : NumberedWords{call.number, words[0], words[1], words[2]}) {
    for (std::size_t i = 0; i < kWordBytes; ++i) {
      bytes.push_back(static_cast<std::byte>(word >> 8 * i & kByte));
    }
  }
  return bytes;
}

std::optional<NumberedShape> decode_shape(std::span<const std::byte> bytes) {
  NumberedWords words{};
  if (bytes.size() != words.size() * kWordBytes) return std::nullopt;
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    words[i / kWordBytes] |= std::to_integer<std::uint64_t>(bytes[i]) << 8 * (i % kWordBytes);
  }
  const ShapeWords shape_words{words[1], words[2], words[3]};
  if (words[3] > std::numeric_limits<int>::max()) return std::nullopt;  // no root
  const CallShape shape = shape_of_words(shape_words);
  const bool is_one = words_of(shape) == shape_words && !name_of(shape.collective).empty() &&
                      !name_of(shape.dtype).empty() && !name_of(shape.op).empty();
  if (!is_one) return std::nullopt;
  return NumberedShape{.number = words[0], .shape = shape};
}

std::string to_string(const CallShape& shape) {
  std::string text = std::string(name_of(shape.collective)) + " of " + std::to_string(shape.count) +
                     " " + std::string(name_of(shape.dtype));
  if (shape.collective != Collective::AllGather && shape.collective != Collective::Broadcast) {
    text += ", " + std::string(name_of(shape.op));
  }
  if (shape.collective == Collective::Broadcast) text += " from rank " + std::to_string(shape.root);
  if (shape.collective == Collective::Reduce) text += " to rank " + std::to_string(shape.root);
  return text;
}

}  // namespace pleach
