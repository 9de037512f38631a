#include "kernels/one_shot.hpp"

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstring>
#include <random>
#include <vector>

#include <doctest/doctest.h>

#include "kernels/emulate.hpp"
#include "tests/kernels/block.hpp"

namespace pleach {
namespace {

using testing::Area;

TEST_CASE("a line at the end of memory: nothing beyond it is read or written") {
  std::mt19937_64 random(1);
  for (std::size_t shift = 0; shift <= 8; ++shift) {
    for (std::size_t bytes = 1; bytes <= 20; ++bytes) {
      CAPTURE(shift);
      CAPTURE(bytes);
      const Area from(shift, bytes, random);
      std::uint64_t expected = 0;
      std::memcpy(&expected, from.data(), std::min<std::size_t>(bytes, 8));
      CHECK(device::load_data(from.data(), bytes) == expected);

      Area to(shift, bytes, random);
      std::vector<std::byte> stored = to.content();
      const std::uint64_t data = random();
      std::memcpy(stored.data(), &data, std::min<std::size_t>(bytes, 8));
      device::store_data(to.data(), data, bytes);
      CHECK(to.content() == stored);
      CHECK(to.is_guarded());
    }
  }
}

constexpr std::uint32_t kRanks = 3;
constexpr std::uint64_t kSlotBytes = 256;

// Ranks of one launch, with all that a small message needs.
struct Group {
  std::array<device::State, kRanks> states = {};
  std::array<device::Control, kRanks> controls = {};
  std::vector<std::vector<std::uint64_t>> slots;
  std::array<std::byte*, kRanks> slot_addresses = {};
  std::array<device::OneShot, kRanks> tables = {};

  explicit Group(std::uint64_t executions) {
    for (std::uint32_t rank = 0; rank < kRanks; ++rank) {
      slots.emplace_back(2 * kRanks * kSlotBytes / 8, 0);
    }
    for (std::uint32_t rank = 0; rank < kRanks; ++rank) {
      states[rank].executions = executions;
      controls[rank].timeout_ns = 60'000'000'000;
      slot_addresses[rank] = reinterpret_cast<std::byte*>(slots[rank].data());
      tables[rank] = {.state = &states[rank],
                      .control = &controls[rank],
                      .slots = slot_addresses.data(),
                      .slot_bytes = kSlotBytes,
                      .rank = rank,
                      .ranks = kRanks};
    }
  }

  void sum(const std::vector<std::vector<std::int32_t>>& inputs,
           std::vector<std::vector<std::int32_t>>& outputs) {
    device::Launch launch{.num_ranks = kRanks, .one_shot = device::OneShot::Kind::AllReduce};
    launch.one_shot_bytes = inputs[0].size() * sizeof(std::int32_t);
    for (std::uint32_t rank = 0; rank < kRanks; ++rank) {
      launch.ranks[rank] = {.one_shot = &tables[rank],
                            .input = reinterpret_cast<const std::byte*>(inputs[rank].data()),
                            .output = reinterpret_cast<std::byte*>(outputs[rank].data()),
                            .rank = rank,
                            .first_block = 2 * rank};
    }
    launch.num_blocks = 2 * kRanks;
    device::emulate({.combines = true, .dtype = DataType::Int32}, launch, 2);
  }
};

TEST_CASE("flags go round after 2^32 - 1 executions, and no old line is taken for a new one") {
  constexpr std::uint64_t kRound = 0xffffffff;
  for (const std::uint64_t first : {std::uint64_t{0}, kRound - 3, 2 * kRound - 3}) {
    CAPTURE(first);
    Group group(first);
    for (std::int32_t i = 0; i < 7; ++i) {
      std::vector<std::vector<std::int32_t>> inputs;
      std::vector<std::vector<std::int32_t>> outputs(kRanks, std::vector<std::int32_t>(13, -1));
      std::vector<std::int32_t> expected(13);
      for (std::int32_t rank = 0; rank < static_cast<std::int32_t>(kRanks); ++rank) {
        std::vector<std::int32_t>& input = inputs.emplace_back();
        for (std::int32_t j = 0; j < 13; ++j) {
          input.push_back(1000 * i + 100 * rank + j);
          expected[static_cast<std::size_t>(j)] += input.back();
        }
      }
      group.sum(inputs, outputs);
      for (std::uint32_t rank = 0; rank < kRanks; ++rank) {
        CHECK(outputs[rank] == expected);
        CHECK(group.controls[rank].failure.there == 0);
        CHECK(group.states[rank].executions == first + static_cast<std::uint64_t>(i) + 1);
        CHECK(group.states[rank].ended_blocks == 0);
      }
    }
  }
}

TEST_CASE("a rank that is alone says for whom it waits") {
  // Slots that nobody has written have flag 0, which is no execution's.
  for (const std::uint64_t execution :
       {std::uint64_t{0}, std::uint64_t{0xfffffffe}, std::uint64_t{0xffffffff}}) {
    CAPTURE(execution);
    Group group(execution);
    const std::vector<std::int32_t> input(4, 1);
    std::vector<std::int32_t> output(4, -1);
    group.controls[1].timeout_ns = 1'000'000;
    device::Launch launch{.num_ranks = 1, .num_blocks = 1};
    launch.one_shot_bytes = 16;
    launch.ranks[0] = {.one_shot = &group.tables[1],
                       .input = reinterpret_cast<const std::byte*>(input.data()),
                       .output = reinterpret_cast<std::byte*>(output.data()),
                       .rank = 1};
    device::emulate({.combines = true, .dtype = DataType::Int32}, launch, 1);
    const device::Failure& failure = group.controls[1].failure;
    CHECK(failure.there == 1);
    CHECK(failure.wait == device::Failure::Wait::OneShot);
    CHECK(failure.rank == 1);
    CHECK((failure.seen == 0 || failure.seen == 2));
    CHECK(output == std::vector<std::int32_t>(4, -1));
  }
}

}  // namespace
}  // namespace pleach
