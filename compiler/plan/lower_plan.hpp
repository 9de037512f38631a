// Lowers a schedule to the plan that an executor runs, for one size.
//
// Element ranges. The buffer is cut among roots (equal shards of `count` elements for allgather and
// reduce_scatter, else in proportion to the roots' shares), each root's range among its trees by
// their shares, and each tree's range into equal parts for the channels; every cut is exact, so any
// count works and each element belongs to one tree of each list. An allreduce cuts a root's range
// twice, once for its reduce trees and once for its broadcast trees; a slice is a range without a
// cut of either kind, and its way down starts where its way up ends, chunk by chunk.
//
// Scratch. Partial results of an allreduce wait in the rank's own output. Those of reduce_scatter
// and reduce have no home there (the input is const, the output is smaller), so each inner node of
// a tree has a ring of kRingSlots chunks for its slice, with a credit from the reader: scratch
// stays small and in cache, whatever the size of the buffers. So are partial results, and copies,
// that go from one process of a host to another; what goes from host to host has a ring of
// kSendSlots chunks at the receiver.
#pragma once

#include <cstddef>
#include <cstdint>

#include "compiler/core/result.hpp"
#include "compiler/ir/schedule.hpp"
#include "compiler/plan/chunk_size.hpp"
#include "compiler/plan/plan.hpp"

namespace pleach {

inline constexpr std::uint32_t kRingSlots = 4;
inline constexpr std::uint32_t kSendSlots = 16;

struct PlanOptions {
  std::uint64_t count =
      0;  // elements, as the call takes them: per rank for allgather, reduce_scatter
  std::size_t element_size = 4;  // bytes
  bool in_place = false;
  int channels = 1;  // at least 1
  // The chunk of the largest slice, rounded down to whole elements, at least one; 0 stands for the
  // best by `hop` (chunk_size.hpp). Smaller slices have as many chunks, smaller ones, so that trees
  // advance together and every link carries what the schedule says at all times; but no chunk is
  // smaller than an eighth of this, nor than an element.
  std::size_t chunk_bytes = 0;
  HopCost hop = {};
  Placement placement = {};
};

// The count that uses a whole buffer of `bytes`, rounded down (as nccl-tests does) to elements that
// every rank has alike.
[[nodiscard]] std::uint64_t count_of(Collective collective,
                                     int ranks,
                                     std::uint64_t bytes,
                                     std::size_t element_size);

// Needs:  a count whose whole buffer has fewer than 2^63 bytes.
// Errors: as shape_of (forest_shape.hpp), when the trees can not carry the collective.
// Gives:  a plan without violations (check_plan.hpp).
// Cost:   linear in ranks x trees x channels, in time and in ops.
[[nodiscard]] Result<Plan> lower_plan(const Schedule& schedule, const PlanOptions& options);

}  // namespace pleach
