// Plans made by hand, without a schedule: what a program has that is built with a compiler alone.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "compiler/core/collective.hpp"
#include "compiler/plan/plan.hpp"
#include "runtime/device/device_budget.hpp"

namespace pleach::gpu_check {

//   star    the root with all others as children        binary  heap order, counted from the root
//   chain   root - root+1 - root+2 - …
//   levels  ranks are in two boxes: the root serves its box and one rank of the other, which serves
//           its own
enum class Shape { Star, Binary, Chain, TwoLevels };
inline constexpr Shape kShapes[] = {Shape::Star, Shape::Binary, Shape::Chain, Shape::TwoLevels};
[[nodiscard]] std::string_view name_of(Shape shape);

struct PlanRequest {
  Collective collective = Collective::AllReduce;
  int ranks = 2;
  std::uint64_t count = 0;  // elements, as Plan::count
  std::size_t element_size = 4;
  bool in_place = false;
  Shape shape = Shape::Star;
  int root = 0;                 // of broadcast and reduce
  std::size_t chunk_bytes = 0;  // 0: what a device's hop asks for
  DeviceBudget budget = {};
};

// One tree for each root, all of one shape, cut as lower_for_device cuts them.
// Throws: InternalError for a plan that check_plan.hpp finds wrong.
[[nodiscard]] Plan make_plan(const PlanRequest& request);

// Bytes that the plan's ops read and write in one execution.
[[nodiscard]] std::uint64_t bytes_moved(const Plan& plan);

}  // namespace pleach::gpu_check
