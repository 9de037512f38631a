// Which nodes a picture keeps together.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "compiler/topology/topology.hpp"
#include "compiler/view/link_pairs.hpp"

namespace pleach::view {

// A box, or a GPU that stands alone.
struct Cluster {
  std::string name;                // of the box; may be empty
  bool framed = false;             // drawn as a box
  std::vector<NodeId> gpus;        // in file order, at least one
  std::vector<NodeId> forwarders;  // in file order
};

struct Clusters {
  std::vector<Cluster> list;                   // in order of their first GPU
  std::vector<std::optional<int>> cluster_of;  // by node; none for the fabric's switches
};

// By node, the positions in `pairs` that end there.
using Incidence = std::vector<std::vector<int>>;
[[nodiscard]] Incidence incidence_of(const Topology& topology, const std::vector<LinkPair>& pairs);
// Needs: `node` is an end of the pair.
[[nodiscard]] NodeId other_end(const LinkPair& pair, NodeId node);
// By node: whether it has a rank.
[[nodiscard]] std::vector<bool> gpus_of(const Topology& topology);

// Boxes are read off the ids ("box3/gpu0"). Where no id names a box they are read off the links:
// GPUs belong together that are linked directly, or that share a switch which serves only GPUs and
// is each one's fastest way out; a forwarder that serves GPUs of one such box and something outside
// (a NIC) stands in that box. One box that holds every GPU is no box: it would frame the machine.
[[nodiscard]] Clusters clusters_of(const Topology& topology,
                                   const std::vector<LinkPair>& pairs,
                                   const Incidence& incidence);

}  // namespace pleach::view
