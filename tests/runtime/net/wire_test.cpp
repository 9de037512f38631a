#include "runtime/net/wire.hpp"

#include <doctest/doctest.h>

#include "tests/runtime/net/rank_threads.hpp"

namespace pleach::wire {
namespace {

using testing::bytes_of;
using testing::text_of;

// Feeds the bytes in pieces of `step` and takes every frame that comes out.
std::vector<Frame> read_all(FrameReader& reader,
                            std::span<const std::byte> bytes,
                            std::size_t step) {
  std::vector<Frame> frames;
  while (!bytes.empty()) {
    const std::span<std::byte> room = reader.room();
    const std::size_t count = std::min({room.size(), bytes.size(), step});
    if (count == 0) break;
    std::copy_n(bytes.begin(), count, room.begin());
    reader.filled(count);
    bytes = bytes.subspan(count);
    while (auto frame = reader.take()) frames.push_back(std::move(*frame));
  }
  return frames;
}

TEST_CASE("a header is what its comment says, byte for byte") {
  const Bytes frame = encode(Kind::Gather, 0x01020304, bytes_of("ab"));
  const unsigned char wanted[] = {'p', 'l', 'c', 'h', 1, 0, 2, 0, 4, 3, 2, 1, 2, 0, 0, 0, 'a', 'b'};
  CHECK(frame ==
        Bytes(std::as_bytes(std::span(wanted)).begin(), std::as_bytes(std::span(wanted)).end()));
}

TEST_CASE("frames come out as they went in, in pieces of any size") {
  Bytes stream = encode(Kind::Goodbye, 7, {});
  const std::string text(3 << 20, 't');
  for (const Bytes& more :
       {encode_text(Kind::Failed, text), encode_list(Kind::Lost, std::vector{3, 65535})}) {
    stream.insert(stream.end(), more.begin(), more.end());
  }
  for (const std::size_t step : {std::size_t{1} << 30, std::size_t{4096}, std::size_t{13}}) {
    FrameReader reader(4 << 20);
    const std::vector<Frame> frames = read_all(reader, stream, step);
    REQUIRE(frames.size() == 3);
    CHECK(frames[0].kind == Kind::Goodbye);
    CHECK(frames[0].sequence == 7);
    CHECK(frames[0].body.empty());
    CHECK((decode_text(frames[1].body) == text));
    CHECK(decode_list(frames[2].body) == std::vector<int>{3, 65535});
    CHECK_FALSE(reader.malformed());
  }
}

TEST_CASE("what is no frame stops the reader") {
  const Bytes good = encode(Kind::Gather, 0, bytes_of("1234"));
  FrameReader small(3);
  CHECK(read_all(small, good, 100).empty());
  CHECK(small.malformed());
  CHECK(small.room().empty());

  Bytes other_magic = good;
  other_magic[3] = std::byte{'H'};
  FrameReader magic(100);
  CHECK(read_all(magic, other_magic, 100).empty());
  CHECK(magic.malformed());
  CHECK(magic.found_version() == 0);

  Bytes other_version = good;
  other_version[4] = std::byte{2};
  FrameReader version(100);
  CHECK(read_all(version, other_version, 100).empty());
  CHECK(version.malformed());
  CHECK(version.found_version() == 2);
}

TEST_CASE("a Hello of another version still shows its key") {
  Key key{};
  key[15] = std::byte{5};
  Bytes bytes = encode_hello({.key = key, .rank = 1, .ranks = 2, .hosts_root = true});
  bytes[4] = std::byte{2};
  FrameReader reader(64);
  const std::vector<Frame> frames = read_all(reader, bytes, 100);
  REQUIRE(frames.size() == 1);
  CHECK(frames[0].version == 2);
  CHECK(decode_key(frames[0].body) == key);
  const auto hello = decode_hello(frames[0].body);
  REQUIRE(hello.has_value());
  CHECK(hello->rank == 1);
  CHECK(hello->ranks == 2);
  CHECK(hello->hosts_root);
}

TEST_CASE("a header's promise takes no memory before its bytes come") {
  FrameReader reader(kMostToRank);
  Bytes header = encode(Kind::Gathered, 0, {});
  header[15] = std::byte{0x3f};  // almost a gibibyte
  CHECK(read_all(reader, header, 100).empty());
  CHECK_FALSE(reader.malformed());
  CHECK(reader.room().size() <= 1 << 20);
}

TEST_CASE("gathered parts come apart again, and only whole") {
  const std::vector<Bytes> parts{bytes_of("one"), {}, bytes_of("three")};
  FrameReader reader(1000);
  const Bytes body = read_all(reader, encode_gathered(4, parts), 1000).at(0).body;
  CHECK(decode_gathered(body, 3) == parts);
  CHECK_FALSE(decode_gathered(std::span(body).first(body.size() - 1), 3).has_value());
  CHECK_FALSE(decode_gathered(std::span(body).first(11), 3).has_value());
  CHECK_FALSE(decode_gathered(body, 2).has_value());
  CHECK_FALSE(decode_gathered(body, 4).has_value());
}

TEST_CASE("lists and greetings that can not be are nothing") {
  CHECK_FALSE(decode_list(bytes_of("123")).has_value());
  CHECK_FALSE(decode_list(bytes_of("1234")).has_value());  // a rank of half a billion
  CHECK_FALSE(decode_hello(bytes_of("short")).has_value());
  CHECK_FALSE(decode_key(bytes_of("short")).has_value());
}

}  // namespace
}  // namespace pleach::wire
