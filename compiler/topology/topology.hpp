// A machine's network: compute nodes, forwarders, directed links. The validated value.
//
// Every Topology in the program came through `validate` (validate.hpp): ids are unique and not
// empty, every link joins two different existing nodes at a rate above zero, there is at most one
// link for each ordered pair of nodes, there are at least two compute nodes, and every compute
// node can reach every other. Nothing needs balance.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "compiler/core/ids.hpp"
#include "compiler/core/units.hpp"

namespace pleach {

// Gpu is the compute node: it holds data and has a rank. The others only forward.
enum class NodeType { Gpu, Switch, Nic, Cpu };

// What a node is on the real machine. The runtime finds ranks and NICs by these:
//   host    the host name, of a gpu
//   pci     the PCI bus id, of a gpu: "0000:1b:00.0"
//   domain  the libfabric domain ("mlx5_0") or address, of a nic
// Others are kept and mean nothing. No label changes a rate, a schedule or the digest.
using Labels = std::map<std::string, std::string>;

struct Node {
  std::string id;
  NodeType type = NodeType::Gpu;
  Labels labels = {};
  bool operator==(const Node&) const = default;
};

// All parallel cables from one node to another, one direction.
struct Link {
  NodeId from{};
  NodeId to{};
  Bandwidth bandwidth;  // sum over the cables
  Latency latency;      // the largest among the cables; 0 where none was given
  bool operator==(const Link&) const = default;
};

struct Topology {
  std::string name;
  std::vector<Node> nodes;    // in file order
  std::vector<Link> links;    // in order of first mention
  std::vector<NodeId> ranks;  // rank r is ranks[r]; exactly the Gpu nodes
  bool operator==(const Topology&) const = default;

  [[nodiscard]] const Node& node(NodeId id) const { return nodes[index(id)]; }
  [[nodiscard]] std::size_t num_nodes() const { return nodes.size(); }
  [[nodiscard]] std::size_t num_ranks() const { return ranks.size(); }
};

// The label's value, or null.
[[nodiscard]] const std::string* label_of(const Node& node, const std::string& label);

// For each node its rank, or nothing for a forwarder.
[[nodiscard]] std::vector<std::optional<int>> rank_of_node(const Topology& topology);

}  // namespace pleach
