#include "runtime/net/unique_id.hpp"

#include <doctest/doctest.h>

#include "tests/runtime/net/rank_threads.hpp"

namespace pleach {
namespace {

TEST_CASE("an id gives back what it was made of") {
  const RootPlace root{.place = "[fd00::1]:4242", .key = {std::byte{9}}, .process = 0x0102030405};
  const RootPlace back = decode_unique_id(encode_unique_id(root));
  CHECK(back.place == root.place);
  CHECK(back.key == root.key);
  CHECK(back.process == root.process);
  const std::string longest(kLongestPlace, 'h');
  CHECK(decode_unique_id(encode_unique_id({.place = longest})).place == longest);
}

TEST_CASE("damaged ids are refused") {
  const UniqueId good = encode_unique_id({.place = "node7:1"});
  for (const auto& [at, value] : {std::pair(0, 0), {7, 2}, {32, 0}, {32, 255}}) {
    UniqueId bad = good;
    bad.bytes[static_cast<std::size_t>(at)] = static_cast<std::byte>(value);
    CHECK_MESSAGE(!testing::error_of([&] { (void)decode_unique_id(bad); }).empty(), at);
  }
}

TEST_CASE("no two ids are the same, but those of one place fit together") {
  CHECK(make_unique_id(std::chrono::milliseconds(1)) !=
        make_unique_id(std::chrono::milliseconds(1)));
  CHECK(unique_id_at("node7:4242", false) == unique_id_at("node7:4242", false));
  CHECK(decode_unique_id(unique_id_at("node7:4242", false)).key !=
        decode_unique_id(unique_id_at("node7:4243", false)).key);
}

}  // namespace
}  // namespace pleach
