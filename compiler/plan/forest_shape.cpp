#include "compiler/plan/forest_shape.hpp"

#include <algorithm>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "compiler/core/collective.hpp"

namespace pleach {
namespace {

enum class TreeKind { In, Out };

struct TreeEdge {
  int parent = 0;
  int child = 0;
};

// Gathers mistakes; past kMost it only counts them.
class MistakeList {
 public:
  void add(std::string pointer, std::string message, std::string expected) {
    if (++found_ > kMost) return;
    kept_.push_back({.file = "",
                     .line = 0,
                     .pointer = std::move(pointer),
                     .message = std::move(message),
                     .expected = std::move(expected),
                     .fix = "compile the schedule again; `pleach verify` lists all that is wrong"});
  }
  [[nodiscard]] Diagnostics take() && {
    if (found_ > kMost) {
      Diagnostic rest;
      rest.message = "and " + std::to_string(found_ - kMost) + " more mistakes";
      kept_.push_back(std::move(rest));
    }
    return std::move(kept_);
  }

 private:
  static constexpr int kMost = 20;
  Diagnostics kept_;
  int found_ = 0;
};

class ForestReader {
 public:
  explicit ForestReader(const Schedule& schedule)
      : schedule_(schedule),
        ranks_(static_cast<int>(schedule.topology.num_ranks())),
        rank_of_(rank_of_node(schedule.topology)) {}

  Result<ForestShape> read() && {
    const Collective collective = schedule_.collective;
    const bool up = collective == Collective::ReduceScatter || collective == Collective::Reduce ||
                    collective == Collective::AllReduce;
    const bool down = collective == Collective::AllGather || collective == Collective::Broadcast ||
                      collective == Collective::AllReduce;
    ForestShape forest;
    forest.reduce_trees = read_list(schedule_.reduce_trees, "/reduce_trees", TreeKind::In, up);
    forest.broadcast_trees =
        read_list(schedule_.broadcast_trees, "/broadcast_trees", TreeKind::Out, down);
    if (collective == Collective::AllReduce) check_equal_totals();
    Diagnostics mistakes = std::move(mistakes_).take();
    if (!mistakes.empty()) return mistakes;
    return forest;
  }

 private:
  std::vector<TreeShape> read_list(const std::vector<ScheduleTree>& trees,
                                   const std::string& pointer,
                                   TreeKind kind,
                                   bool wanted) {
    const std::string name(name_of(schedule_.collective));
    if (!wanted && !trees.empty()) {
      mistakes_.add(
          pointer,
          "a schedule for " + name + " has " + std::to_string(trees.size()) + " trees in this list",
          "none");
    }
    if (wanted && trees.empty()) {
      mistakes_.add(pointer, "a schedule for " + name + " has no trees in this list",
                    "trees whose shares add up to 1");
    }
    if (!wanted || trees.empty()) return {};

    std::vector<TreeShape> shapes;
    bool roots_exist = true;
    for (std::size_t i = 0; i < trees.size(); ++i) {
      const std::string at = pointer + "/" + std::to_string(i);
      if (trees[i].root < 0 || trees[i].root >= ranks_) {
        mistakes_.add(at + "/root", "there is no rank " + std::to_string(trees[i].root),
                      "a rank, 0 to " + std::to_string(ranks_ - 1));
        roots_exist = false;
        continue;
      }
      if (const auto shape = read_tree(trees[i], at, kind)) shapes.push_back(*shape);
    }
    if (roots_exist) check_shares(trees, pointer);
    return shapes;
  }

  // The edges of a tree from its root outwards, or nothing where a route does not exist or does not
  // join two ranks. An in-tree's last route is one into the root, so it is read backwards.
  std::optional<std::vector<TreeEdge>> edges_of(const ScheduleTree& tree,
                                                const std::string& pointer,
                                                TreeKind kind) {
    std::vector<TreeEdge> edges;
    for (std::size_t i = 0; i < tree.routes.size(); ++i) {
      const std::string at = pointer + "/routes/" + std::to_string(i);
      const int position = tree.routes[i];
      if (position < 0 || position >= static_cast<int>(schedule_.routes.size())) {
        mistakes_.add(at, "there is no route " + std::to_string(position), "a position in /routes");
        return std::nullopt;
      }
      const Route& route = schedule_.routes[position];
      const std::optional<int> from = route.empty() ? std::nullopt : rank_at(route.front());
      const std::optional<int> to = route.empty() ? std::nullopt : rank_at(route.back());
      if (!from || !to) {
        mistakes_.add(at, "route " + std::to_string(position) + " does not join two ranks",
                      "a route from one rank's node to another's");
        return std::nullopt;
      }
      edges.push_back(kind == TreeKind::Out ? TreeEdge{*from, *to} : TreeEdge{*to, *from});
    }
    if (kind == TreeKind::In) std::reverse(edges.begin(), edges.end());
    return edges;
  }

  std::optional<TreeShape> read_tree(const ScheduleTree& tree,
                                     const std::string& pointer,
                                     TreeKind kind) {
    const auto edges = edges_of(tree, pointer, kind);
    if (!edges) return std::nullopt;
    TreeShape shape{.root = tree.root,
                    .order = {tree.root},
                    .parent = std::vector<int>(ranks_, -1),
                    .child_begin = std::vector<int>(ranks_ + 1, 0),
                    .child_list = {}};
    std::vector<bool> joined(ranks_);
    joined[tree.root] = true;
    for (const TreeEdge& edge : *edges) {
      if (!joined[edge.parent] || joined[edge.child]) {
        mistakes_.add(pointer,
                      joined[edge.child]
                          ? "rank " + std::to_string(edge.child) + " is in the tree twice"
                          : "rank " + std::to_string(edge.parent) +
                                " is not joined to the root when rank " +
                                std::to_string(edge.child) + " needs it",
                      "a tree in which every rank but the root has one parent, in the order in "
                      "which data flows");
        return std::nullopt;
      }
      joined[edge.child] = true;
      shape.order.push_back(edge.child);
      shape.parent[edge.child] = edge.parent;
      ++shape.child_begin[edge.parent + 1];
    }
    if (static_cast<int>(shape.order.size()) != ranks_) {
      mistakes_.add(pointer,
                    "the tree has " + std::to_string(shape.order.size()) + " of " +
                        std::to_string(ranks_) + " ranks",
                    "a tree of all ranks");
      return std::nullopt;
    }
    list_children(*edges, kind, shape);
    return shape;
  }

  // `shape.child_begin[r + 1]` holds the number of r's children when this starts.
  static void list_children(std::vector<TreeEdge> edges, TreeKind kind, TreeShape& shape) {
    if (kind == TreeKind::In) std::reverse(edges.begin(), edges.end());  // siblings in file order
    for (std::size_t r = 1; r < shape.child_begin.size(); ++r) {
      shape.child_begin[r] += shape.child_begin[r - 1];
    }
    shape.child_list.resize(edges.size());
    std::vector<int> next = shape.child_begin;
    for (const TreeEdge& edge : edges) {
      shape.child_list[next[edge.parent]++] = edge.child;
    }
  }

  void check_shares(const std::vector<ScheduleTree>& trees, const std::string& pointer) {
    std::vector<Rational> totals(ranks_);
    Rational sum;
    for (std::size_t i = 0; i < trees.size(); ++i) {
      if (trees[i].share.sign() <= 0) {
        mistakes_.add(pointer + "/" + std::to_string(i) + "/share",
                      "the share is " + trees[i].share.to_string(), "a fraction above 0");
        return;
      }
      totals[trees[i].root] += trees[i].share;
      sum += trees[i].share;
    }
    if (sum != Rational(1)) {
      mistakes_.add(pointer, "the shares add up to " + sum.to_string(), "1");
    }
    if (has_root(schedule_.collective)) {
      for (std::size_t i = 1; i < trees.size(); ++i) {
        if (trees[i].root == trees.front().root) continue;
        mistakes_.add(pointer + "/" + std::to_string(i) + "/root",
                      "this tree has root " + std::to_string(trees[i].root) + ", the first one " +
                          std::to_string(trees.front().root),
                      "the same root for all trees");
      }
    } else if (schedule_.collective != Collective::AllReduce) {
      const Rational due(1, ranks_);
      for (int rank = 0; rank < ranks_; ++rank) {
        if (totals[rank] == due) continue;
        mistakes_.add(pointer,
                      "the trees of root " + std::to_string(rank) + " carry " +
                          totals[rank].to_string() + " of the buffer",
                      due.to_string());
      }
    }
  }

  // What goes up to a root must come down from it.
  void check_equal_totals() {
    std::vector<Rational> up(ranks_);
    std::vector<Rational> down(ranks_);
    const auto add = [&](const std::vector<ScheduleTree>& trees, std::vector<Rational>& totals) {
      for (const ScheduleTree& tree : trees) {
        if (tree.root >= 0 && tree.root < ranks_) totals[tree.root] += tree.share;
      }
    };
    add(schedule_.reduce_trees, up);
    add(schedule_.broadcast_trees, down);
    for (int rank = 0; rank < ranks_; ++rank) {
      if (up[rank] == down[rank]) continue;
      mistakes_.add("",
                    "the reduce trees of root " + std::to_string(rank) + " carry " +
                        up[rank].to_string() + " of the buffer, its broadcast trees " +
                        down[rank].to_string(),
                    "the same share up as down for every root");
    }
  }

  [[nodiscard]] std::optional<int> rank_at(NodeId node) const {
    return index(node) < rank_of_.size() ? rank_of_[index(node)] : std::nullopt;
  }

  const Schedule& schedule_;
  const int ranks_;
  const std::vector<std::optional<int>> rank_of_;
  MistakeList mistakes_;
};

}  // namespace

Result<ForestShape> shape_of(const Schedule& schedule) { return ForestReader(schedule).read(); }

}  // namespace pleach
