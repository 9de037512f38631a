#include "compiler/passes/pack_batches.hpp"

#include <algorithm>
#include <limits>
#include <optional>
#include <utility>

#include "compiler/core/check.hpp"
#include "compiler/graph/supply_flow.hpp"
#include "compiler/passes/tight_sets.hpp"

namespace pleach {
namespace {

std::vector<ArcEnds> arcs_of(const PackGraph& graph) {
  std::vector<ArcEnds> arcs;
  for (std::size_t edge = 0; edge < graph.tail.size(); ++edge) {
    arcs.push_back({graph.tail[edge], graph.head[edge]});
  }
  return arcs;
}

// What is left while trees are packed.
struct State {
  std::vector<std::int64_t> capacity;  // by edge
  std::vector<std::int64_t> pending;   // by root: trees still to be built
};

class Packer {
 public:
  Packer(const PackGraph& graph, const Progress& progress)
      : graph_(graph),
        progress_(progress),
        state_{graph.capacity, graph.trees},
        sets_(graph.num_ranks),
        flow_(graph.num_ranks, arcs_of(graph)),
        depth_(graph.num_ranks),
        ways_(graph.num_ranks) {}

  std::vector<ParentTree> pack() && {
    State safe = state_;  // no cut is broken here
    std::size_t num_safe = 0;
    std::size_t batch = std::numeric_limits<std::size_t>::max();
    for (;;) {
      const bool stuck = !grow_batch(num_safe, batch);
      const std::size_t grown = trees_.size() - num_safe;
      if (!stuck && next_root() == graph_.num_ranks) return std::move(trees_);
      if (breaks_no_cut()) {
        if (stuck) grow_surely(next_root());
        safe = state_;
        num_safe = trees_.size();
        batch = std::max<std::size_t>(2 * grown, 1);
        continue;
      }
      trees_.resize(num_safe);
      state_ = safe;
      sets_.recount(graph_, state_.capacity, state_.pending);
      batch = grown / 2;
      if (batch == 0) grow_surely(next_root());
    }
  }

 private:
  struct Choice {
    int edge = -1;
    std::int64_t copies = 0;
  };

  [[nodiscard]] int next_root() const {
    int root = 0;
    while (root < graph_.num_ranks && state_.pending[root] == 0) ++root;
    return root;
  }

  // Grows up to `most` trees; says whether none got stuck.
  bool grow_batch(std::size_t num_safe, std::size_t most) {
    for (int root = next_root(); root < graph_.num_ranks; root = next_root()) {
      if (trees_.size() - num_safe == most) return true;
      report(progress_, {"packing trees, root", root, graph_.num_ranks});
      if (!grow(root, false)) return false;
    }
    return true;
  }

  void grow_surely(int root) {
    set_flow();
    ENSURE(grow(root, true), "no edge can be added to a tree");
  }

  void set_flow() {
    pending_sum_ = 0;
    for (std::size_t edge = 0; edge < state_.capacity.size(); ++edge) {
      flow_.set_capacity(static_cast<int>(edge), state_.capacity[edge]);
    }
    for (int rank = 0; rank < graph_.num_ranks; ++rank) {
      flow_.set_supply(rank, state_.pending[rank]);
      pending_sum_ += state_.pending[rank];
    }
  }

  // The sets that the last flow could not enter.
  std::vector<bool> sink_side() {
    std::vector<bool> members(graph_.num_ranks);
    for (int rank = 0; rank < graph_.num_ranks; ++rank) members[rank] = flow_.on_sink_side(rank);
    return members;
  }

  // Puts broken cuts into the pool, one for each rank that has one no earlier rank is in.
  bool breaks_no_cut() {
    set_flow();
    bool fits = true;
    for (int sink = 0; sink < graph_.num_ranks; ++sink) {
      if (flow_.into(sink, pending_sum_) < pending_sum_) {
        fits = false;
        sets_.add(sink_side(), 0);
      }
      flow_.set_unlimited(sink, true);
    }
    for (int sink = 0; sink < graph_.num_ranks; ++sink) flow_.set_unlimited(sink, false);
    return fits;
  }

  // How many copies of the growing tree can take the edge.
  std::int64_t allowance(int edge, bool surely) {
    const int tail = graph_.tail[edge];
    const int head = graph_.head[edge];
    std::int64_t allowed = std::min(sets_.allowance(tail, head), state_.capacity[edge]);
    if (!surely || allowed == 0) return allowed;
    flow_.set_unlimited(tail, true);
    const std::int64_t spare = flow_.into(head, pending_sum_ + allowed) - pending_sum_;
    flow_.set_unlimited(tail, false);
    if (spare < allowed) {
      ENSURE(spare >= 0, "a cut was broken");
      const std::vector<bool> members = sink_side();
      sets_.add(members, slack_of(members));
      allowed = spare;
    }
    return allowed;
  }

  // Of a set, without the tree that grows.
  std::int64_t slack_of(const std::vector<bool>& members) {
    std::int64_t slack = 0;
    for (std::size_t edge = 0; edge < state_.capacity.size(); ++edge) {
      if (members[graph_.head[edge]] && !members[graph_.tail[edge]]) slack += state_.capacity[edge];
    }
    for (int rank = 0; rank < graph_.num_ranks; ++rank) {
      if (!members[rank]) slack -= state_.pending[rank];
      const int edge = tree_.edge_into[rank];
      if (edge >= 0 && members[rank] && !members[graph_.tail[edge]]) slack += tree_.copies;
    }
    return members[tree_.root] ? slack : slack - tree_.copies;
  }

  void take(int edge, std::int64_t copies, bool surely) {
    state_.capacity[edge] -= copies;
    if (surely) flow_.set_capacity(edge, state_.capacity[edge]);
  }

  void set_pending(int root, std::int64_t trees, bool surely) {
    pending_sum_ += trees - state_.pending[root];
    state_.pending[root] = trees;
    if (surely) flow_.set_supply(root, trees);
  }

  // Sends all but `copies` of the growing tree's copies back to its root.
  void reduce(std::int64_t copies, bool surely) {
    if (copies == tree_.copies) return;
    const std::int64_t returned = tree_.copies - copies;
    for (const int edge : tree_.edge_into) {
      if (edge >= 0) take(edge, -returned, surely);
    }
    set_pending(tree_.root, state_.pending[tree_.root] + returned, surely);
    tree_.copies = copies;
    sets_.reduce(copies);
  }

  // The edge that takes all copies, the widest; else the one that takes most.
  Choice best_choice(std::vector<int>& edges, bool surely) {
    std::stable_sort(edges.begin(), edges.end(),
                     [&](int a, int b) { return state_.capacity[a] > state_.capacity[b]; });
    Choice best;
    for (const int edge : edges) {
      if (std::min(state_.capacity[edge], tree_.copies) <= best.copies) break;
      const std::int64_t allowed = allowance(edge, surely);
      if (allowed > best.copies) best = {edge, allowed};
    }
    return best;
  }

  void add(const Choice& choice, bool surely) {
    reduce(choice.copies, surely);
    const int head = graph_.head[choice.edge];
    tree_.edge_into[head] = choice.edge;
    take(choice.edge, tree_.copies, surely);
    sets_.add_edge(graph_.tail[choice.edge], head);
  }

  // Undoes the growing tree.
  void give_up() {
    for (const int edge : tree_.edge_into) {
      if (edge >= 0) state_.capacity[edge] += tree_.copies;
    }
    state_.pending[tree_.root] += tree_.copies;
  }

  // Adds one tree; says whether it could be completed. `surely`: every edge is asked of max-flows.
  bool grow(int root, bool surely) {
    tree_ = {root, state_.pending[root], std::vector<int>(graph_.num_ranks, -1)};
    set_pending(root, 0, surely);
    sets_.begin(root, tree_.copies);
    std::fill(depth_.begin(), depth_.end(), -1);
    depth_[root] = 0;
    std::vector<int> level = {root};
    int missing = graph_.num_ranks - 1;
    for (int depth = 0; missing > 0; ++depth) {
      for (auto& edges : ways_) edges.clear();
      for (const int tail : level) {
        for (int edge = graph_.first_out[tail]; edge < graph_.first_out[tail + 1]; ++edge) {
          if (depth_[graph_.head[edge]] < 0 && state_.capacity[edge] > 0) {
            ways_[graph_.head[edge]].push_back(edge);
          }
        }
      }
      level.clear();
      for (const bool partly : {false, true}) {
        for (int step = 1; step < graph_.num_ranks; ++step) {
          const int head = (root + step) % graph_.num_ranks;
          if (depth_[head] >= 0 || ways_[head].empty()) continue;
          const Choice choice = best_choice(ways_[head], surely);
          if (choice.edge < 0 || (choice.copies < tree_.copies && !partly)) continue;
          add(choice, surely);
          depth_[head] = depth + 1;
          level.push_back(head);
          --missing;
        }
      }
      if (level.empty()) {
        give_up();
        return false;
      }
    }
    sets_.finish();
    trees_.push_back(std::move(tree_));
    return true;
  }

  const PackGraph& graph_;
  const Progress& progress_;
  State state_;
  TightSets sets_;
  std::vector<ParentTree> trees_;
  ParentTree tree_;  // the one that grows
  SupplyFlow<std::int64_t> flow_;
  std::int64_t pending_sum_ = 0;
  std::vector<int> depth_;              // by rank, in the growing tree
  std::vector<std::vector<int>> ways_;  // by rank: edges into it from the last level
};

}  // namespace

std::vector<ParentTree> pack_batches(const PackGraph& graph, const Progress& progress) {
  return Packer(graph, progress).pack();
}

}  // namespace pleach
