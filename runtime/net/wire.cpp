#include "runtime/net/wire.hpp"

#include <algorithm>
#include <cstring>
#include <utility>

#include "compiler/core/check.hpp"

namespace pleach::wire {
namespace {

constexpr std::string_view kMagic = "plch";
constexpr std::size_t kGrowth = std::size_t{1} << 20;

template <class T>
void put(Bytes& bytes, T value) {
  for (std::size_t i = 0; i < sizeof value; ++i) {
    bytes.push_back(static_cast<std::byte>((value >> (8 * i)) & 0xff));
  }
}

template <class T>
T get(std::span<const std::byte> bytes, std::size_t offset) {
  std::uint64_t value = 0;
  for (std::size_t i = 0; i < sizeof(T); ++i) {
    value |= std::to_integer<std::uint64_t>(bytes[offset + i]) << (8 * i);
  }
  return static_cast<T>(value);
}

Bytes header(Kind kind, std::uint32_t sequence, std::size_t length) {
  Bytes bytes;
  bytes.reserve(kHeaderBytes + length);
  for (const char letter : kMagic) bytes.push_back(static_cast<std::byte>(letter));
  put(bytes, kVersion);
  put(bytes, static_cast<std::uint16_t>(kind));
  put(bytes, sequence);
  put(bytes, static_cast<std::uint32_t>(length));
  return bytes;
}

}  // namespace

Bytes encode(Kind kind, std::uint32_t sequence, std::span<const std::byte> body) {
  Bytes bytes = header(kind, sequence, body.size());
  bytes.insert(bytes.end(), body.begin(), body.end());
  return bytes;
}

Bytes encode_text(Kind kind, std::string_view text) {
  return encode(kind, 0, std::as_bytes(std::span(text)));
}

Bytes encode_list(Kind kind, std::span<const int> list) {
  Bytes bytes = header(kind, 0, 4 * list.size());
  for (const int value : list) put(bytes, static_cast<std::uint32_t>(value));
  return bytes;
}

Bytes encode_hello(const Hello& hello) {
  Bytes bytes = header(Kind::Hello, 0, kHelloBytes);
  bytes.insert(bytes.end(), hello.key.begin(), hello.key.end());
  put(bytes, static_cast<std::uint32_t>(hello.rank));
  put(bytes, static_cast<std::uint32_t>(hello.ranks));
  put(bytes, static_cast<std::uint32_t>(hello.hosts_root ? 1 : 0));
  return bytes;
}

Bytes encode_gathered(std::uint32_t sequence, std::span<const Bytes> parts) {
  std::size_t length = 4 * parts.size();
  for (const Bytes& part : parts) length += part.size();
  ENSURE(length <= kMostToRank, "an all-gather's parts fit into a message");
  Bytes bytes = header(Kind::Gathered, sequence, length);
  for (const Bytes& part : parts) put(bytes, static_cast<std::uint32_t>(part.size()));
  for (const Bytes& part : parts) bytes.insert(bytes.end(), part.begin(), part.end());
  return bytes;
}

std::string decode_text(std::span<const std::byte> body) {
  return {reinterpret_cast<const char*>(body.data()), body.size()};
}

std::optional<std::vector<int>> decode_list(std::span<const std::byte> body) {
  if (body.size() % 4 != 0 || body.size() / 4 > kMostRanks) return std::nullopt;
  std::vector<int> list;
  for (std::size_t at = 0; at < body.size(); at += 4) {
    const auto value = get<std::uint32_t>(body, at);
    if (value >= kMostRanks) return std::nullopt;
    list.push_back(static_cast<int>(value));
  }
  return list;
}

std::optional<Key> decode_key(std::span<const std::byte> body) {
  Key key{};
  if (body.size() < key.size()) return std::nullopt;
  std::copy_n(body.begin(), key.size(), key.begin());
  return key;
}

std::optional<Hello> decode_hello(std::span<const std::byte> body) {
  if (body.size() != kHelloBytes) return std::nullopt;
  const auto rank = get<std::uint32_t>(body, 16);
  const auto ranks = get<std::uint32_t>(body, 20);
  if (ranks == 0 || ranks > kMostRanks || rank >= ranks) return std::nullopt;
  return Hello{.key = *decode_key(body),
               .rank = static_cast<int>(rank),
               .ranks = static_cast<int>(ranks),
               .hosts_root = get<std::uint32_t>(body, 24) != 0};
}

std::optional<std::vector<Bytes>> decode_gathered(std::span<const std::byte> body, int ranks) {
  const std::size_t table = 4 * static_cast<std::size_t>(ranks);
  if (body.size() < table) return std::nullopt;
  std::vector<Bytes> parts;
  std::span<const std::byte> rest = body.subspan(table);
  for (std::size_t at = 0; at < table; at += 4) {
    const auto length = get<std::uint32_t>(body, at);
    if (length > rest.size()) return std::nullopt;
    parts.emplace_back(rest.begin(), rest.begin() + length);
    rest = rest.subspan(length);
  }
  if (!rest.empty()) return std::nullopt;
  return parts;
}

std::span<std::byte> FrameReader::room() {
  if (malformed_) return {};
  if (header_bytes_ < kHeaderBytes) return std::span(header_).subspan(header_bytes_);
  if (body_bytes_ == length_) return {};
  if (body_bytes_ == frame_.body.size()) {
    frame_.body.resize(std::min(length_, body_bytes_ + std::max(kGrowth, body_bytes_)));
  }
  return std::span(frame_.body).subspan(body_bytes_);
}

void FrameReader::filled(std::size_t bytes) {
  if (header_bytes_ == kHeaderBytes) {
    body_bytes_ += bytes;
    return;
  }
  header_bytes_ += bytes;
  if (header_bytes_ == kHeaderBytes) parse_header();
}

void FrameReader::parse_header() {
  const auto matches = [](std::byte found, char wanted) {
    return found == static_cast<std::byte>(wanted);
  };
  malformed_ = !std::equal(kMagic.begin(), kMagic.end(), header_.begin(),
                           [&](char wanted, std::byte found) { return matches(found, wanted); });
  if (malformed_) return;
  frame_.version = get<std::uint16_t>(header_, 4);
  frame_.kind = static_cast<Kind>(get<std::uint16_t>(header_, 6));
  frame_.sequence = get<std::uint32_t>(header_, 8);
  length_ = get<std::uint32_t>(header_, 12);
  if (frame_.version != kVersion) found_version_ = frame_.version;
  const bool other = frame_.version != kVersion && frame_.kind != Kind::Hello;
  malformed_ = other || length_ > most_body_;
}

std::optional<Frame> FrameReader::take() {
  if (malformed_ || header_bytes_ < kHeaderBytes || body_bytes_ < length_) return std::nullopt;
  Frame frame = std::exchange(frame_, Frame{});
  header_bytes_ = length_ = body_bytes_ = 0;
  return frame;
}

}  // namespace pleach::wire
