// Seeded tables, calls and cost tables, and what a table says to a call, written from the
// definition: the tuner is compared with it.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <random>
#include <string>
#include <vector>

#include "compiler/nccl/choice_table.hpp"

namespace pleach::testing {

using Random = std::mt19937_64;

// Whole numbers from least to most, both included.
std::uint64_t number(Random& random, std::uint64_t least, std::uint64_t most);

// Ranks and nodes of communicators: some divide, some do not.
struct Shape {
  std::size_t ranks = 1;
  std::size_t nodes = 1;
};
inline constexpr std::array<Shape, 7> kShapes = {
    {{8, 1}, {16, 2}, {32, 4}, {4, 4}, {9, 2}, {1, 1}, {24, 3}}};

// Disjoint rows for some of those shapes and all collectives, in any order.
[[nodiscard]] nccl::ChoiceTable random_table(Random& random);
// The ends of ranges, and sizes beside them and between.
[[nodiscard]] std::uint64_t random_bytes(Random& random, const nccl::ChoiceTable& table);

inline constexpr int kAlgorithmCount = 7;
inline constexpr int kProtocolCount = 3;
using Costs = std::array<float, kAlgorithmCount * kProtocolCount>;
// Positive costs, and entries that can not be taken: -1, other negative ones, NaN.
[[nodiscard]] Costs random_costs(Random& random);

struct Expected {
  Costs costs{};
  int channels = 0;
  bool obeyed = false;
  int row = -1;  // that answers, obeyed or not
};
// What is to be left of `costs` and `channels`. `function`: as NCCL numbers it.
[[nodiscard]] Expected expected_of(const nccl::ChoiceTable& table,
                                   Shape shape,
                                   int function,
                                   std::uint64_t bytes,
                                   bool registered,
                                   const Costs& costs,
                                   int channels);

// Bit by bit, so that one NaN is itself.
[[nodiscard]] bool same_bits(const Costs& a, const Costs& b);

}  // namespace pleach::testing
