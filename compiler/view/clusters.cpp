#include "compiler/view/clusters.hpp"

#include <algorithm>
#include <map>
#include <numeric>
#include <string_view>

#include "compiler/topology/boxes.hpp"

namespace pleach::view {
namespace {

// For each node a box number, or nothing.
using BoxNumbers = std::vector<std::optional<int>>;

int find_root(std::vector<int>& parent, int node) {
  while (parent[node] != node) node = parent[node] = parent[parent[node]];
  return node;
}

class BoxesFromLinks {
 public:
  BoxesFromLinks(const Topology& topology,
                 const std::vector<LinkPair>& pairs,
                 const Incidence& incidence)
      : topology_(topology), pairs_(pairs), incidence_(incidence), is_gpu_(gpus_of(topology)) {
    fastest_.resize(topology.num_nodes());
    for (const LinkPair& pair : pairs) {
      for (const NodeId end : {pair.a, pair.b}) {
        fastest_[index(end)] = std::max(fastest_[index(end)], capacity(pair));
      }
    }
  }

  BoxNumbers numbers() {
    std::vector<int> parent(topology_.num_nodes());
    std::iota(parent.begin(), parent.end(), 0);
    const auto join = [&](NodeId a, NodeId b) {
      parent[find_root(parent, static_cast<int>(b))] = find_root(parent, static_cast<int>(a));
    };
    for (const LinkPair& pair : pairs_) {
      if (is_gpu_[index(pair.a)] && is_gpu_[index(pair.b)]) join(pair.a, pair.b);
    }
    for (std::size_t node = 0; node < topology_.num_nodes(); ++node) {
      if (is_gpu_[node] || !is_hub(node)) continue;
      for (const int pair : incidence_[node]) join(pairs_[pair].a, pairs_[pair].b);
    }
    BoxNumbers box(topology_.num_nodes());
    std::map<int, int> size;
    for (const NodeId gpu : topology_.ranks) ++size[find_root(parent, static_cast<int>(gpu))];
    const bool all_shared =
        std::ranges::all_of(size, [](const auto& one) { return one.second > 1; });
    if (!all_shared) return box;
    for (std::size_t node = 0; node < box.size(); ++node) {
      if (is_gpu_[node] || is_hub(node)) box[node] = find_root(parent, static_cast<int>(node));
    }
    add_edge_forwarders(box);
    return box;
  }

 private:
  Rational capacity(const LinkPair& pair) const {
    Rational most;
    for (const auto& link : {pair.there, pair.back}) {
      if (link) most = std::max(most, topology_.links[index(*link)].bandwidth.gigabytes_per_second);
    }
    return most;
  }

  bool is_hub(std::size_t node) const {
    return incidence_[node].size() > 1 && std::ranges::all_of(incidence_[node], [&](int pair) {
             const std::size_t other =
                 index(other_end(pairs_[pair], NodeId{static_cast<std::int32_t>(node)}));
             return is_gpu_[other] && capacity(pairs_[pair]) == fastest_[other];
           });
  }

  void add_edge_forwarders(BoxNumbers& box) const {
    const BoxNumbers inner = box;
    for (std::size_t node = 0; node < box.size(); ++node) {
      if (inner[node]) continue;
      std::optional<int> only;
      bool one_box = true;
      bool outside = false;
      for (const int pair : incidence_[node]) {
        const std::size_t other =
            index(other_end(pairs_[pair], NodeId{static_cast<std::int32_t>(node)}));
        if (!inner[other]) {
          outside = true;
        } else if (only && *only != *inner[other]) {
          one_box = false;
        } else {
          only = inner[other];
        }
      }
      if (only && one_box && outside) box[node] = only;
    }
  }

  const Topology& topology_;
  const std::vector<LinkPair>& pairs_;
  const Incidence& incidence_;
  std::vector<bool> is_gpu_;
  std::vector<Rational> fastest_;  // GB/s, by node
};

// Boxes that hold GPUs; those of the fabric ("ib/leaf0") are none. The two halves of a forwarder
// with a throughput ("nvswitch", "nvswitch/out") stay together.
BoxNumbers boxes_from_ids(const Topology& topology,
                          const Boxes& boxes,
                          const std::vector<bool>& is_gpu) {
  BoxNumbers box = boxes.box_of;
  std::map<std::string_view, std::size_t> node_of;
  for (std::size_t i = 0; i < topology.num_nodes(); ++i) node_of.emplace(topology.nodes[i].id, i);
  for (std::size_t i = 0; i < topology.num_nodes(); ++i) {
    const std::string_view id = topology.nodes[i].id;
    if (!id.ends_with("/out")) continue;
    const auto whole = node_of.find(id.substr(0, id.size() - 4));
    if (whole != node_of.end() && !is_gpu[whole->second]) box[i] = box[whole->second];
  }
  for (auto& number : box) {
    const bool has_gpu = number && std::ranges::any_of(boxes.list[*number].nodes, [&](NodeId node) {
                           return static_cast<bool>(is_gpu[index(node)]);
                         });
    if (!has_gpu) number.reset();
  }
  return box;
}

}  // namespace

NodeId other_end(const LinkPair& pair, NodeId node) { return pair.a == node ? pair.b : pair.a; }

Incidence incidence_of(const Topology& topology, const std::vector<LinkPair>& pairs) {
  Incidence incidence(topology.num_nodes());
  for (std::size_t i = 0; i < pairs.size(); ++i) {
    incidence[index(pairs[i].a)].push_back(static_cast<int>(i));
    incidence[index(pairs[i].b)].push_back(static_cast<int>(i));
  }
  return incidence;
}

std::vector<bool> gpus_of(const Topology& topology) {
  std::vector<bool> is_gpu(topology.num_nodes(), false);
  for (const NodeId gpu : topology.ranks) is_gpu[index(gpu)] = true;
  return is_gpu;
}

Clusters clusters_of(const Topology& topology,
                     const std::vector<LinkPair>& pairs,
                     const Incidence& incidence) {
  const std::vector<bool> is_gpu = gpus_of(topology);
  const Boxes boxes = boxes_of(topology);
  BoxNumbers number = boxes_from_ids(topology, boxes, is_gpu);
  const bool named = std::ranges::any_of(number, [](const auto& one) { return one.has_value(); });
  if (!named) number = BoxesFromLinks(topology, pairs, incidence).numbers();

  const auto first = number[index(topology.ranks.front())];
  const bool one_frame =
      std::ranges::all_of(topology.ranks, [&](NodeId gpu) { return number[index(gpu)] == first; });
  if (one_frame) std::ranges::fill(number, std::nullopt);

  Clusters clusters;
  clusters.cluster_of.resize(topology.num_nodes());
  std::map<int, int> position;
  for (std::size_t node = 0; node < topology.num_nodes(); ++node) {
    if (!is_gpu[node]) continue;
    int place = static_cast<int>(clusters.list.size());
    if (number[node]) place = position.emplace(*number[node], place).first->second;
    if (place == static_cast<int>(clusters.list.size())) {
      Cluster& cluster = clusters.list.emplace_back();
      cluster.framed = number[node].has_value();
      if (named && cluster.framed) cluster.name = boxes.list[*number[node]].name;
    }
    clusters.list[place].gpus.push_back(NodeId{static_cast<std::int32_t>(node)});
    clusters.cluster_of[node] = place;
  }
  for (std::size_t node = 0; node < topology.num_nodes(); ++node) {
    if (is_gpu[node] || !number[node]) continue;
    const int place = position.at(*number[node]);
    clusters.list[place].forwarders.push_back(NodeId{static_cast<std::int32_t>(node)});
    clusters.cluster_of[node] = place;
  }
  return clusters;
}

}  // namespace pleach::view
