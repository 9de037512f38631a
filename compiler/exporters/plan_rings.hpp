// Rings as NCCL's graph file can hold them: through every GPU once, from GPU to GPU over links and
// switches, never through a third GPU, all of the same rate.
#pragma once

#include <optional>
#include <vector>

#include "compiler/core/rational.hpp"
#include "compiler/exporters/ring_limit.hpp"
#include "compiler/topology/topology.hpp"

namespace pleach::exporters {

inline constexpr std::size_t kMostRingGpus = 256;
inline constexpr std::size_t kMostChannels = 32;  // NCCL doubles what it reads, up to 64

struct RingPlan {
  std::vector<std::vector<int>> rings = {};  // ranks in order; 1 to kMostChannels
  Rational rate = {};                        // GB/s, all rings together at equal shares
  bool over_scale_up = false;  // every hop takes scale-up links (nccl/gpu_generation.hpp)
};

struct RingSearch {
  std::optional<RingPlan> plan = {};
  bool proved = false;  // without a plan: that there is no such ring at all
};

// The best rings that were found; the search stops where they reach `limit`.
// Needs: at most kMostRingGpus GPUs; `limit` is ring_limit(topology).
// Cost:  that of baselines/ring_search.hpp on the machine with a link between any two GPUs; where
//        it finds no ring, that of hamiltonian_ring, up to 20 GPUs.
[[nodiscard]] RingSearch plan_rings(const Topology& topology, const RingLimit& limit);

}  // namespace pleach::exporters
