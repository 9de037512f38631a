#include "runtime/comm/member.hpp"

#include <functional>
#include <random>
#include <string>

#include <doctest/doctest.h>

#include "runtime/comm/comm_error.hpp"

namespace pleach {
namespace {

const Member kMember{.host = "boot-7 net:4026531840",
                     .process = "12-99",
                     .place = {.host = "node17", .pci = "0000:1b:00.0"},
                     .exchange = "pleach-0123",
                     .heap_bytes = std::uint64_t{1} << 40,
                     .control = 128,
                     .counters = 4096};
const NetworkMember kNetworkMember{.rails = {"tcp 10.0.0.1", "tcp 10.0.0.2"},
                                   .address = {std::byte{0}, std::byte{255}, std::byte{7}}};
const ScratchMember kScratchMember{.offset = ~std::uint64_t{0}, .window = {std::byte{1}}};

TEST_CASE("what ranks tell each other reads back") {
  CHECK(decode_member(3, encode(kMember)) == kMember);
  CHECK(decode_member(0, encode(Member{})) == Member{});
  CHECK(decode_network_member(1, encode(kNetworkMember)) == kNetworkMember);
  CHECK(decode_network_member(1, encode(NetworkMember{})) == NetworkMember{});
  CHECK(decode_scratch_member(1, encode(kScratchMember)) == kScratchMember);
  CHECK(decode_scratch_member(1, encode(ScratchMember{})) == ScratchMember{});
}

// "" when it is taken; else what it says. Nothing but a CommError may come out.
std::string refusal(const std::function<void()>& decode) {
  try {
    decode();
  } catch (const CommError& error) {
    CHECK(error.kind() == CommError::Kind::Remote);
    return error.what();
  }
  return "";
}

TEST_CASE("bytes that are none name the rank and ask for one version") {
  const Blob whole = encode(kMember);
  const std::vector<Blob> garbage = {
      {},
      {std::byte{0xff}},
      Blob(40, std::byte{0x5f}),
      Blob(whole.begin(), whole.end() - 1),
      encode(kScratchMember),  // another message
  };
  for (const Blob& blob : garbage) {
    const std::string said = refusal([&] { (void)decode_member(5, blob); });
    CHECK_MESSAGE(said.find("rank 5 says") != std::string::npos, said);
    CHECK_MESSAGE(said.find("one version") != std::string::npos, said);
    CHECK(refusal([&] { (void)decode_network_member(5, blob); }) != "");
  }
  CHECK(refusal([&] { (void)decode_scratch_member(5, whole); }) != "");
}

TEST_CASE("flipped and cut bytes are taken or refused, and nothing else") {
  std::mt19937_64 random(3);
  const std::vector<Blob> messages = {encode(kMember), encode(kNetworkMember),
                                      encode(kScratchMember)};
  int refused = 0;
  for (int round = 0; round < 3000; ++round) {
    Blob blob = messages[random() % messages.size()];
    for (std::uint64_t flips = 1 + random() % 4; flips > 0; --flips) {
      blob[random() % blob.size()] = static_cast<std::byte>(random());
    }
    if (random() % 3 == 0) blob.resize(random() % blob.size());
    if (refusal([&] { (void)decode_member(0, blob); }) != "") ++refused;
    if (refusal([&] { (void)decode_network_member(0, blob); }) != "") ++refused;
    if (refusal([&] { (void)decode_scratch_member(0, blob); }) != "") ++refused;
  }
  CHECK(refused > 3000);  // at least those that are another message
}

TEST_CASE("processes and hosts are numbered by their first rank") {
  const auto member = [](const std::string& host, const std::string& process) {
    Member made;
    made.host = host;
    made.process = process;
    return made;
  };
  // Two hosts may have processes of the same identity.
  const std::vector<Member> members = {member("b", "1"), member("a", "1"), member("b", "2"),
                                       member("a", "1"), member("b", "1")};
  const Placement placement = placement_of(members);
  CHECK(placement.host == std::vector<int>{0, 1, 0, 1, 0});
  CHECK(placement.process == std::vector<int>{0, 1, 2, 1, 0});
}

}  // namespace
}  // namespace pleach
