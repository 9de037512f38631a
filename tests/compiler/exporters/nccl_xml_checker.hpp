// Checks NCCL's two XML files by its rules, knowing nothing of how pleach writes them.
#pragma once

#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "compiler/core/rational.hpp"
#include "compiler/topology/topology.hpp"

namespace pleach::testing {

struct GraphFile {
  std::vector<std::string> violations;  // of the rules; what is below is whole only without any
  std::vector<std::vector<std::uint64_t>> rings;   // graph 0: devs by channel
  std::vector<std::vector<std::uint64_t>> chains;  // graph 1
};

struct GraphRules {
  std::optional<std::set<std::uint64_t>> devs = {};  // of the host; else those of the first channel
  // Graphs 0 and 1, no others, with as many channels each, all devs with 0x: what we write. NCCL's
  // own files have more graphs, and other numbers of trees.
  bool rings_and_trees = true;
};

[[nodiscard]] GraphFile check_graph(const std::string& xml, const GraphRules& rules);

// GB/s of all rings together at equal shares: bandwidth / load of the link that is loaded most.
// `gpus` says which node has a dev. Each hop takes the direct link, else the way over one switch.
// Nothing where a hop has neither, or more than one switch to choose from.
[[nodiscard]] std::optional<Rational> rate_of_rings(
    const std::vector<std::vector<std::uint64_t>>& rings,
    const Topology& topology,
    const std::vector<NodeId>& gpus);

struct TopoFile {
  std::vector<std::string> violations;
  struct Nvlink {
    std::uint64_t from = 0;           // dev of a GPU
    std::optional<std::uint64_t> to;  // dev; nothing for a switch
    std::int64_t count = 0;
  };
  std::vector<Nvlink> nvlinks;
  struct Net {
    std::string name;
    std::int64_t speed = 0;            // Mb/s
    std::optional<std::uint64_t> gpu;  // dev of the one at the same bridge
  };
  std::vector<Net> nets;
  std::size_t gpus = 0;
  std::size_t elements = 0;
};

[[nodiscard]] TopoFile check_topo(const std::string& xml);

}  // namespace pleach::testing
