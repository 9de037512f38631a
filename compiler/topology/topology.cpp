#include "compiler/topology/topology.hpp"

namespace pleach {

const std::string* label_of(const Node& node, const std::string& label) {
  const auto at = node.labels.find(label);
  return at == node.labels.end() ? nullptr : &at->second;
}

std::vector<std::optional<int>> rank_of_node(const Topology& topology) {
  std::vector<std::optional<int>> rank(topology.num_nodes());
  for (std::size_t r = 0; r < topology.num_ranks(); ++r) {
    rank[index(topology.ranks[r])] = static_cast<int>(r);
  }
  return rank;
}

}  // namespace pleach
