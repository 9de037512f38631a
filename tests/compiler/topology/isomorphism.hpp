// Whether two machines are the same up to the names and the order of their nodes.
#pragma once

#include <algorithm>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "compiler/topology/topology.hpp"

namespace pleach {

// Looks for a one-to-one map of the nodes that keeps gpus gpus, forwarders forwarders, and every
// link with its rate. Colours (refined by the colours of neighbours) narrow the candidates, a
// search with backtracking settles it; fine for the machines of the catalogue.
class Isomorphism {
 public:
  Isomorphism(const Topology& a, const Topology& b) : a_(a), b_(b) {}

  [[nodiscard]] bool exists() {
    if (a_.graph.size() != b_.graph.size() || a_.links != b_.links) return false;
    for (std::size_t round = 0; round < 4; ++round) refine();
    if (sorted(a_.colour) != sorted(b_.colour)) return false;
    image_.assign(a_.graph.size(), std::nullopt);
    used_.assign(b_.graph.size(), false);
    order_nodes();
    return search(0);
  }

 private:
  struct Graph {
    explicit Graph(const Topology& topology)
        : graph(topology.num_nodes()), links(topology.links.size()) {
      for (const Link& link : topology.links) {
        const std::string rate = to_string(link.bandwidth);
        graph[index(link.from)][index(link.to)] += ">" + rate;
        graph[index(link.to)][index(link.from)] += "<" + rate;
      }
      // One link each way at most; the order of the two must not tell.
      for (auto& neighbours : graph) {
        for (auto& [node, rates] : neighbours) {
          const auto second = rates.find_first_of("<>", 1);
          if (second != std::string::npos && rates[0] == '<') {
            rates = rates.substr(second) + rates.substr(0, second);
          }
        }
      }
      for (const Node& node : topology.nodes) colour.push_back(node.type == NodeType::Gpu ? 0 : 1);
    }
    std::vector<std::map<std::size_t, std::string>> graph;  // neighbour -> rates both ways
    std::size_t links;
    std::vector<std::size_t> colour;
  };

  static std::vector<std::size_t> sorted(std::vector<std::size_t> values) {
    std::ranges::sort(values);
    return values;
  }

  void refine() {
    using Key = std::pair<std::size_t, std::vector<std::pair<std::string, std::size_t>>>;
    std::map<Key, std::size_t> colours;
    for (Graph* side : {&a_, &b_}) {
      std::vector<std::size_t> next;
      for (std::size_t node = 0; node < side->graph.size(); ++node) {
        Key key{side->colour[node], {}};
        for (const auto& [neighbour, rates] : side->graph[node]) {
          key.second.emplace_back(rates, side->colour[neighbour]);
        }
        std::ranges::sort(key.second);
        next.push_back(colours.try_emplace(key, colours.size()).first->second);
      }
      side->colour = std::move(next);
    }
  }

  // Each node next to one that came before, so that wrong turns show early.
  void order_nodes() {
    std::vector<bool> seen(a_.graph.size(), false);
    for (std::size_t start = 0; start < a_.graph.size(); ++start) {
      std::size_t head = order_.size();
      if (!seen[start]) order_.push_back(start);
      seen[start] = true;
      for (; head < order_.size(); ++head) {
        for (const auto& [next, rates] : a_.graph[order_[head]]) {
          if (!seen[next]) order_.push_back(next);
          seen[next] = true;
        }
      }
    }
  }

  bool fits(std::size_t node, std::size_t image) const {
    if (used_[image] || a_.colour[node] != b_.colour[image]) return false;
    std::size_t mapped = 0;
    for (const auto& [neighbour, rates] : a_.graph[node]) {
      if (!image_[neighbour]) continue;
      ++mapped;
      const auto found = b_.graph[image].find(*image_[neighbour]);
      if (found == b_.graph[image].end() || found->second != rates) return false;
    }
    const auto taken = std::ranges::count_if(
        b_.graph[image], [&](const auto& neighbour) { return used_[neighbour.first]; });
    return static_cast<std::size_t>(taken) == mapped;
  }

  bool search(std::size_t depth) {
    if (depth == order_.size()) return true;
    const std::size_t node = order_[depth];
    for (std::size_t image = 0; image < b_.graph.size(); ++image) {
      if (!fits(node, image)) continue;
      image_[node] = image;
      used_[image] = true;
      if (search(depth + 1)) return true;
      used_[image] = false;
      image_[node].reset();
    }
    return false;
  }

  Graph a_;
  Graph b_;
  std::vector<std::size_t> order_;
  std::vector<std::optional<std::size_t>> image_;
  std::vector<bool> used_;
};

}  // namespace pleach
