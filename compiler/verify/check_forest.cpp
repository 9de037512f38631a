#include "compiler/verify/check_forest.hpp"

#include <set>
#include <string>
#include <tuple>

namespace pleach {
namespace {

std::string name_of_edge(const LogicalEdge& edge) {
  return std::to_string(edge.tail) + " -> " + std::to_string(edge.head);
}

bool is_route_of(const LogicalEdge& edge, const Route& route, const std::vector<NodeId>& ranks) {
  if (route.size() < 2 || route.front() != ranks[edge.tail] || route.back() != ranks[edge.head]) {
    return false;
  }
  std::set<NodeId> seen(ranks.begin(), ranks.end());
  for (std::size_t i = 1; i + 1 < route.size(); ++i) {
    if (!seen.insert(route[i]).second) return false;
  }
  return true;
}

}  // namespace

std::vector<Violation> violations(const SwitchFreeGraph& graph, const std::vector<NodeId>& ranks) {
  std::vector<Violation> found;
  const int num_ranks = static_cast<int>(graph.trees.size());
  const auto is_rank = [&](int rank) { return rank >= 0 && rank < num_ranks; };
  for (std::size_t i = 0; i < graph.edges.size(); ++i) {
    const LogicalEdge& edge = graph.edges[i];
    const std::string where = "/edges/" + std::to_string(i);
    if (!is_rank(edge.tail) || !is_rank(edge.head) || edge.tail == edge.head) {
      found.push_back({"edges", where, name_of_edge(edge) + " does not join two ranks"});
      continue;
    }
    if (i > 0 && std::tie(graph.edges[i - 1].tail, graph.edges[i - 1].head) >=
                     std::tie(edge.tail, edge.head)) {
      found.push_back({"edges", where, name_of_edge(edge) + " is out of order or repeated"});
    }
    Integer sum = 0;
    for (const RoutePiece& piece : edge.pieces) {
      sum += piece.amount;
      if (piece.amount.sign() <= 0 || !is_route_of(edge, piece.route, ranks)) {
        found.push_back(
            {"pieces", where, "a piece of " + name_of_edge(edge) + " is no route of it"});
      }
    }
    if (sum != edge.capacity || edge.capacity.sign() <= 0) {
      found.push_back({"pieces", where,
                       name_of_edge(edge) + " has capacity " + edge.capacity.to_string() +
                           " and routes for " + sum.to_string()});
    }
  }
  return found;
}

std::vector<Violation> violations(const Forest& forest, const SwitchFreeGraph& graph) {
  std::vector<Violation> found;
  const std::size_t num_ranks = graph.trees.size();
  std::vector<Integer> used(graph.edges.size());
  std::vector<Integer> rooted(num_ranks);
  for (std::size_t i = 0; i < forest.size(); ++i) {
    const OutTree& tree = forest[i];
    const std::string where = "/trees/" + std::to_string(i);
    std::vector<bool> reached(num_ranks);
    reached[tree.root] = true;
    rooted[tree.root] += tree.multiplicity;
    for (const int edge : tree.edges) {
      const auto& [tail, head, capacity, pieces] = graph.edges[edge];
      if (!reached[tail] || reached[head]) {
        found.push_back({"span", where,
                         name_of_edge(graph.edges[edge]) +
                             " leaves a rank before it is reached or reaches one twice"});
      }
      reached[head] = true;
      used[edge] += tree.multiplicity;
    }
    if (tree.edges.size() + 1 != num_ranks || tree.multiplicity.sign() <= 0) {
      found.push_back({"span", where,
                       "a tree of " + std::to_string(tree.edges.size()) +
                           " edges and multiplicity " + tree.multiplicity.to_string()});
    }
  }
  for (std::size_t rank = 0; rank < num_ranks; ++rank) {
    if (rooted[rank] != graph.trees[rank]) {
      found.push_back({"count", "/trees",
                       "rank " + std::to_string(rank) + " roots " + rooted[rank].to_string() +
                           " trees, not " + graph.trees[rank].to_string()});
    }
  }
  for (std::size_t edge = 0; edge < used.size(); ++edge) {
    if (used[edge] > graph.edges[edge].capacity) {
      found.push_back({"capacity", "/edges/" + std::to_string(edge),
                       name_of_edge(graph.edges[edge]) + " is in " + used[edge].to_string() +
                           " trees and has capacity " + graph.edges[edge].capacity.to_string()});
    }
  }
  return found;
}

}  // namespace pleach
