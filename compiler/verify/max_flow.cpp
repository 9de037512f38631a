#include "compiler/verify/max_flow.hpp"

#include <algorithm>

#include "compiler/core/check.hpp"

namespace pleach::verify {
namespace {

std::size_t at(int position) { return static_cast<std::size_t>(position); }

template <class Whole>
bool is_positive(const Whole& value) {
  return value > Whole(0);
}

bool is_positive(const Integer& value) { return value.sign() > 0; }

}  // namespace

template <class Whole>
FlowNetwork<Whole>::FlowNetwork(int num_nodes, const std::vector<FlowArc<Whole>>& arcs)
    : first_(at(num_nodes) + 1),
      entries_(2 * arcs.size()),
      feed_(at(num_nodes)),
      left_(at(num_nodes)),
      level_(at(num_nodes), -1),
      next_(at(num_nodes)) {
  for (const FlowArc<Whole>& arc : arcs) {
    ENSURE(arc.tail != arc.head && arc.capacity >= Whole(0),
           "an arc joins two nodes and has a capacity >= 0");
    ++first_[at(arc.tail) + 1];
    ++first_[at(arc.head) + 1];
  }
  for (std::size_t i = 1; i < first_.size(); ++i) first_[i] += first_[i - 1];
  std::vector<std::size_t> place(first_.begin(), first_.end() - 1);
  for (const FlowArc<Whole>& arc : arcs) {
    const std::size_t forward = place[at(arc.head)]++;
    const std::size_t backward = place[at(arc.tail)]++;
    entries_[forward] = {arc.tail, backward, arc.capacity, arc.capacity};
    entries_[backward] = {arc.head, forward, Whole(0), Whole(0)};
  }
}

template <class Whole>
void FlowNetwork<Whole>::feed(int node, const Whole& amount) {
  ENSURE(amount >= Whole(0), "a node is fed an amount >= 0");
  feed_[at(node)] = left_[at(node)] = amount;
}

template <class Whole>
Whole FlowNetwork<Whole>::flow_to(int sink, const Whole& wanted) {
  ENSURE(wanted >= Whole(0), "a flow is wanted from 0 on");
  forget_last_flow();
  Whole value(0);
  while (value < wanted && find_levels(sink)) value += blocking_flow(sink, wanted - value);
  return value;
}

template <class Whole>
std::vector<bool> FlowNetwork<Whole>::sink_side() const {
  std::vector<bool> side(level_.size());
  std::transform(level_.begin(), level_.end(), side.begin(), [](int level) { return level >= 0; });
  return side;
}

template <class Whole>
void FlowNetwork<Whole>::forget_last_flow() {
  for (const std::size_t e : changed_) {
    Entry& reverse = entries_[entries_[e].reverse];
    entries_[e].residual = entries_[e].capacity;
    reverse.residual = reverse.capacity;
  }
  changed_.clear();
  for (const int node : drawn_) left_[at(node)] = feed_[at(node)];
  drawn_.clear();
}

template <class Whole>
void FlowNetwork<Whole>::forget_levels() {
  for (const int node : queue_) level_[at(node)] = -1;
  queue_.clear();
}

// Whether anything that is left can still reach the sink. Nodes farther than the nearest such have
// no use and get no level.
template <class Whole>
bool FlowNetwork<Whole>::find_levels(int sink) {
  forget_levels();
  const auto reach = [&](int node, int level) {
    level_[at(node)] = level;
    next_[at(node)] = first_[at(node)];
    queue_.push_back(node);
    return is_positive(left_[at(node)]);
  };
  bool found = reach(sink, 0);
  int last_level = found ? 0 : static_cast<int>(level_.size());
  for (std::size_t i = 0; i < queue_.size(); ++i) {
    const int node = queue_[i];
    const int level = level_[at(node)] + 1;
    if (level > last_level) break;
    for (std::size_t e = first_[at(node)]; e < first_[at(node) + 1]; ++e) {
      const Entry& entry = entries_[e];
      if (level_[at(entry.tail)] >= 0 || !is_positive(entry.residual)) continue;
      if (reach(entry.tail, level)) {
        found = true;
        last_level = level;
      }
    }
  }
  return found;
}

template <class Whole>
Whole FlowNetwork<Whole>::blocking_flow(int sink, const Whole& wanted) {
  Whole value(0);
  std::vector<std::size_t> path;  // entries from the sink to `node`; a loop: paths can be long
  int node = sink;
  const auto node_before = [&](std::size_t e) { return entries_[entries_[e].reverse].tail; };
  while (value < wanted) {
    if (is_positive(left_[at(node)])) {
      Whole amount = std::min<Whole>(left_[at(node)], wanted - value);
      for (const std::size_t e : path) amount = std::min<Whole>(amount, entries_[e].residual);
      push(path, node, amount);
      value += amount;
      // Goes on from the head of the first entry that is used up.
      const auto used_up = std::ranges::find_if(
          path, [&](std::size_t e) { return !is_positive(entries_[e].residual); });
      if (used_up != path.end()) {
        node = node_before(*used_up);
        path.erase(used_up, path.end());
      }
      continue;
    }
    std::size_t& next = next_[at(node)];
    const std::size_t end = first_[at(node) + 1];
    while (next < end && (!is_positive(entries_[next].residual) ||
                          level_[at(entries_[next].tail)] != level_[at(node)] + 1)) {
      ++next;
    }
    if (next < end) {
      path.push_back(next);
      node = entries_[next].tail;
    } else if (path.empty()) {
      return value;
    } else {
      // A dead end: step back, and past the entry that led here.
      node = node_before(path.back());
      path.pop_back();
      ++next_[at(node)];
    }
  }
  return value;
}

template <class Whole>
void FlowNetwork<Whole>::push(const std::vector<std::size_t>& path,
                              int source,
                              const Whole& amount) {
  for (const std::size_t e : path) {
    Entry& entry = entries_[e];
    if (entry.residual == entry.capacity) changed_.push_back(e);
    entry.residual -= amount;
    entries_[entry.reverse].residual += amount;
  }
  if (left_[at(source)] == feed_[at(source)]) drawn_.push_back(source);
  left_[at(source)] -= amount;
}

template class FlowNetwork<std::int64_t>;
template class FlowNetwork<Integer>;

}  // namespace pleach::verify
