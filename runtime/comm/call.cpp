#include "runtime/comm/call.hpp"

namespace pleach {
namespace {

constexpr std::uint64_t kByte = 0xff;

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
