#include "runtime/device/one_shot_tables.hpp"

#include <cstdint>
#include <vector>

#include <doctest/doctest.h>

#include "compiler/core/check.hpp"
#include "runtime/device/emulated_device.hpp"

namespace pleach {
namespace {

TEST_CASE("which calls go in one step") {
  using Kind = device::OneShot::Kind;
  const auto kind_of = [](Collective collective) {
    const auto call = one_shot_call(collective, 4, 100);
    REQUIRE(call);
    CHECK(call->bytes == 100);
    return call->kind;
  };
  CHECK(kind_of(Collective::AllReduce) == Kind::AllReduce);
  CHECK(kind_of(Collective::AllGather) == Kind::AllGather);
  CHECK(kind_of(Collective::ReduceScatter) == Kind::ReduceScatter);
  // Not every rank waits for every other.
  CHECK_FALSE(one_shot_call(Collective::Broadcast, 4, 100));
  CHECK_FALSE(one_shot_call(Collective::Reduce, 4, 100));
}

TEST_CASE("their limits") {
  const auto goes = [](int ranks, std::uint64_t bytes, std::uint64_t most = kMostOneShotBytes) {
    return one_shot_call(Collective::AllReduce, ranks, bytes, most).has_value();
  };
  CHECK_FALSE(goes(4, 0));
  CHECK(goes(4, 1));
  CHECK(goes(4, kMostOneShotBytes));
  CHECK_FALSE(goes(4, kMostOneShotBytes + 1));
  CHECK(goes(4, 512, 512));
  CHECK_FALSE(goes(4, 513, 512));
  CHECK_FALSE(goes(4, 1, 0));
  CHECK_FALSE(goes(4, kMostOneShotBytes + 1, ~std::uint64_t{0}));  // slots have no more room
  CHECK(goes(kMostOneShotRanks, 8));
  CHECK_FALSE(goes(kMostOneShotRanks + 1, 8));
}

TEST_CASE("a line of 16 bytes for each 8 of data, in two sets for every rank") {
  CHECK(one_shot_slot_bytes(1) == 16);
  CHECK(one_shot_slot_bytes(8) == 16);
  CHECK(one_shot_slot_bytes(9) == 32);
  CHECK(one_shot_memory(1) == 2 * 2 * kMostOneShotBytes);
  CHECK(one_shot_memory(5) == 5 * one_shot_memory(1));
}

TEST_CASE("a line for each thread, as far as there are blocks") {
  const auto blocks = [](std::uint64_t bytes, std::uint32_t threads, std::uint32_t most) {
    return one_shot_blocks({.bytes = bytes}, threads, most);
  };
  CHECK(blocks(1, 4, 10) == 1);
  CHECK(blocks(32, 4, 10) == 1);
  CHECK(blocks(33, 4, 10) == 2);
  CHECK(blocks(4096, 4, 10) == 10);
  CHECK(blocks(4096, 512, 10) == 1);
  CHECK(blocks(4097, 512, 10) == 2);
  CHECK(blocks(4096, 4, 1) == 1);
}

TEST_CASE("the table in memory of the device") {
  const auto device = open_emulated_device(8);
  device::State state = {};
  device::Control control = {};
  std::byte memory[3] = {};
  const std::vector<std::byte*> slots = {&memory[2], &memory[0], &memory[1]};
  const DeviceOneShot made(*device, 2, slots, &state, &control);
  const device::OneShot& table = *made.address();
  CHECK(table.state == &state);
  CHECK(table.control == &control);
  CHECK(table.rank == 2);
  CHECK(table.ranks == 3);
  CHECK(table.slot_bytes == one_shot_slot_bytes(kMostOneShotBytes));
  for (std::size_t i = 0; i < slots.size(); ++i) CHECK(table.slots[i] == slots[i]);
  CHECK_THROWS_AS(DeviceOneShot(*device, 3, slots, &state, &control), InternalError);
  CHECK_THROWS_AS(DeviceOneShot(*device, -1, slots, &state, &control), InternalError);
}

}  // namespace
}  // namespace pleach
