#include "compiler/verify/max_flow.hpp"

#include <algorithm>

#include "compiler/core/check.hpp"

namespace pleach::verify {
namespace {

std::size_t at(int position) { return static_cast<std::size_t>(position); }

}  // namespace

FlowNetwork::FlowNetwork(int num_nodes) : leaving_(at(num_nodes)) {}

void FlowNetwork::add_arc(int tail, int head, const Integer& capacity) {
  ENSURE(tail != head && capacity.sign() >= 0, "an arc joins two nodes and has a capacity >= 0");
  leaving_[at(tail)].push_back(static_cast<int>(arcs_.size()));
  arcs_.push_back({head, capacity, capacity});
  leaving_[at(head)].push_back(static_cast<int>(arcs_.size()));
  arcs_.push_back({tail, 0, 0});
}

Integer FlowNetwork::max_flow(int source, int sink) {
  ENSURE(source != sink, "a flow needs two ends");
  for (Arc& arc : arcs_) arc.residual = arc.capacity;
  Integer value = 0;
  while (find_levels(source, sink)) value += blocking_flow(source, sink);
  return value;
}

std::vector<bool> FlowNetwork::source_side() const {
  std::vector<bool> side(level_.size());
  std::transform(level_.begin(), level_.end(), side.begin(), [](int level) { return level >= 0; });
  return side;
}

// Whether the sink can still be reached.
bool FlowNetwork::find_levels(int source, int sink) {
  level_.assign(leaving_.size(), -1);
  level_[at(source)] = 0;
  std::vector<int> queue = {source};
  for (std::size_t i = 0; i < queue.size(); ++i) {
    for (const int e : leaving_[at(queue[i])]) {
      const Arc& arc = arcs_[at(e)];
      if (arc.residual.sign() == 0 || level_[at(arc.head)] >= 0) continue;
      level_[at(arc.head)] = level_[at(queue[i])] + 1;
      queue.push_back(arc.head);
    }
  }
  return level_[at(sink)] >= 0;
}

Integer FlowNetwork::blocking_flow(int source, int sink) {
  next_.assign(leaving_.size(), 0);
  Integer value = 0;
  std::vector<int> path;  // arcs from the source to `node`; a loop, since paths can be long
  int node = source;
  while (true) {
    if (node == sink) {
      const int tightest = *std::ranges::min_element(
          path, {}, [&](int e) -> const Integer& { return arcs_[at(e)].residual; });
      const Integer amount = arcs_[at(tightest)].residual;
      for (const int e : path) {
        arcs_[at(e)].residual -= amount;
        arcs_[at(e ^ 1)].residual += amount;
      }
      value += amount;
      path.erase(std::ranges::find(path, tightest), path.end());  // go on from its tail
      node = arcs_[at(tightest ^ 1)].head;
      continue;
    }
    std::size_t& next = next_[at(node)];
    const std::vector<int>& leaving = leaving_[at(node)];
    while (next < leaving.size() &&
           (arcs_[at(leaving[next])].residual.sign() == 0 ||
            level_[at(arcs_[at(leaving[next])].head)] != level_[at(node)] + 1)) {
      ++next;
    }
    if (next < leaving.size()) {
      path.push_back(leaving[next]);
      node = arcs_[at(leaving[next])].head;
    } else if (node == source) {
      return value;
    } else {
      // A dead end: step back, and past the arc that led here.
      node = arcs_[at(path.back() ^ 1)].head;
      path.pop_back();
      ++next_[at(node)];
    }
  }
}

}  // namespace pleach::verify
