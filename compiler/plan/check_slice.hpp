// The rules race and complete (check_plan.hpp) for the ops of one slice.
#pragma once

#include <compare>
#include <cstdint>
#include <string>
#include <vector>

#include "compiler/plan/check_plan.hpp"
#include "compiler/plan/plan.hpp"

namespace pleach::plan {

// What a location of a slice covers, by its one name: in place, an input and an output that are the
// same memory have the same place.
struct Place {
  int rank = 0;
  Buffer buffer = Buffer::Input;
  std::uint64_t begin = 0;  // elements
  std::uint64_t end = 0;
  std::uint32_t ring_slots = 0;
  auto operator<=>(const Place&) const = default;
};

// Checks the ops of plan.slices[slice], `ops`, which is put into key order. Adds to `places` every
// place they touch, each once.
// Needs: a plan of sound form whose waits all are for smaller keys.
void check_slice(const Plan& plan,
                 int slice,
                 std::vector<int> ops,
                 std::vector<Place>& places,
                 std::vector<PlanViolation>& found);

// "op 17 (rank 3, /reduce_trees/0, channel 1, depth 2)". Needs: plan.ops[op] with a sound slice.
[[nodiscard]] std::string op_name(const Plan& plan, int op);

}  // namespace pleach::plan
