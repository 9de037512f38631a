// What NCCL knows of a GPU's links by its generation alone.
#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "compiler/core/ids.hpp"
#include "compiler/core/rational.hpp"
#include "compiler/nccl/hosts.hpp"
#include "compiler/topology/topology.hpp"

namespace pleach::nccl {

struct GpuGeneration {
  std::string_view name;  // "Hopper"
  int sm = 0;             // compute capability times 10: 90. 0: no NVIDIA GPU
  Rational link;          // GB/s of one NVLink or xGMI link, each direction: nominal
  Rational effective;     // the same as NCCL (RCCL) counts it, what a kernel reaches
  int links = 0;          // of a whole GPU
  bool operator==(const GpuGeneration&) const = default;
};

// Those that are known, the oldest first. Rates: NCCL 2.30 src/graph/topo.h (the same in 2.28),
// RCCL's for MI200 and MI300.
[[nodiscard]] const std::vector<GpuGeneration>& gpu_generations();

// The one with this compute capability, times 10: 103 counts as 100.
[[nodiscard]] std::optional<GpuGeneration> generation_of_sm(int sm);

// For each host the generation of its GPUs: their label "sm" ("90" or "9.0"), else the one whose
// links, all together, are what the links of the best joined among them to each other and to
// NVSwitches add up to. Nothing where GPUs differ or none fits; one that lost links still counts,
// as long as another has them all and what is left is not what a whole GPU of another generation
// has. Needs: some of hosts_of(topology). Cost: linear.
[[nodiscard]] std::vector<std::optional<GpuGeneration>> guess_generations(
    const Topology& topology, const std::vector<Host>& hosts);
// The same of all GPUs together.
[[nodiscard]] std::optional<GpuGeneration> guess_generation(const Topology& topology);

// Whether a link carries scale-up traffic: it joins GPUs, or a GPU and a switch that joins GPUs of
// one host alone (an NVSwitch). Positions as in Topology::links. Cost: linear.
[[nodiscard]] std::vector<bool> scale_up_links(const Topology& topology);

// The machine with scale-up links at the rates that NCCL counts with, those of the GPU that sends
// or, behind a switch, receives; other links keep theirs. Needs: a generation for each rank.
[[nodiscard]] Topology at_effective_rates(const Topology& topology,
                                          const std::vector<GpuGeneration>& by_rank);

}  // namespace pleach::nccl
