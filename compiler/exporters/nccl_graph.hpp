// The file that tells NCCL (NCCL_GRAPH_FILE) which rings to use inside a host.
//
//   <graphs version="1">
//     <graph id="0" pattern="4" nchannels="24" speedintra="10" … typeintra="NVL" …>
//       <channel> <gpu dev="0x0"/> <gpu dev="0x3"/> … </channel> …
//
// What NCCL 2.28 and 2.30 make of it (src/graph/search.cc, src/graph/connect.cc):
//   - Graph 0 (pattern 4) holds the rings and replaces NCCL's own search. Graph 1 (pattern 1) holds
//     its trees, inside a host chains of the GPUs in the given order. NCCL uses the lesser number
//     of channels of the two, so both have the same.
//   - Bytes are spread evenly over channels. It doubles their number, up to 64, without checking
//     the bounds of its tables: never more than 32.
//   - `dev` is hexadecimal, NVML's number. A `rank` would win over it in 2.30 and mean nothing in
//     2.28, so there is none. A GPU left out would be replaced by rank 0 in silence: a channel
//     lists every GPU of the host once.
//   - Channels times speed is what its tuner takes for the bandwidth; the type decides how much
//     latency it expects.
//   - The order of hosts and what joins them is NCCL's own business.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "compiler/core/rational.hpp"
#include "compiler/core/result.hpp"
#include "compiler/exporters/plan_rings.hpp"
#include "compiler/exporters/price_rings.hpp"
#include "compiler/exporters/ring_limit.hpp"
#include "compiler/topology/topology.hpp"

namespace pleach::exporters {

// NCCL reads no file of more elements (NCCL_GRAPH_XML_MAX_NODES).
inline constexpr std::size_t kMostGraphElements = 4096;

// How many elements a file with so many channels of so many GPUs has.
[[nodiscard]] constexpr std::size_t graph_elements(std::size_t channels, std::size_t gpus) {
  return 3 + 2 * channels * (1 + gpus);
}

struct NcclGraph {
  RingLimit limit;
  // Where the rings stay below that limit and all rings could be tried (price_rings.hpp): the exact
  // one.
  std::optional<RingPrices> prices = {};
  RingPlan plan = {};
  int repeats = 1;                                       // how often each ring is listed
  std::vector<std::vector<std::int64_t>> channels = {};  // NVML's numbers, in ring order
  Rational channel_rate = {};                            // GB/s of one channel, nominal
  // The same as NCCL counts it: by the GPU generation's rate of a link, where that is known and all
  // hops take such links; a multiple of 1/1000, rounded down, not 0.
  Rational speed = {};
  std::string type = {};  // "NVL" where all hops take scale-up links, else "SYS"
};

// Rings are repeated until one channel carries no more than 30 GB/s, NCCL's own grain, as long as
// there are no more than 32 channels and NCCL still reads the file.
// `file` is the name that diagnostics carry. Errors, each with its reason: more than one host, more
// GPUs than rings are searched for, more channels and GPUs than NCCL reads, no ring over direct
// links and switches, labels "host" and "dev" that will not do (device_numbers.hpp). Notes: that of
// doubt_host. Cost:  that of plan_rings, ring_limit and price_rings.
[[nodiscard]] Result<NcclGraph> make_nccl_graph(const Topology& topology, const std::string& file);

// The file's text. Same graph, same bytes.
[[nodiscard]] std::string write_nccl_graph(const NcclGraph& graph);

}  // namespace pleach::exporters
