#include "compiler/verify/check_trees.hpp"

#include <algorithm>
#include <optional>
#include <string>
#include <string_view>

#include "compiler/verify/check_topology.hpp"

namespace pleach::verify {
namespace {

enum class TreeKind { Out, In };

// Checks the trees of one list for the rules reachability and order.
//
// An in-tree read from its last route to its first, each route as an edge from receiver to sender,
// is an out-tree. So both are read from the root: a child joins when an edge from its parent comes,
// every rank joins once, and a parent has joined before its children.
class TreeCheck {
 public:
  TreeCheck(const Topology& topology,
            const Hops& hops,
            std::string_view list,
            TreeKind kind,
            ViolationLog& log)
      : topology_(topology),
        hops_(hops),
        list_(list),
        kind_(kind),
        log_(log),
        joined_(topology.num_ranks()) {}

  void operator()(const ScheduleTree& tree, std::size_t position) {
    const auto broken = [&](int route) { return hop(route).sender < 0; };
    if (!hops_.all_sound && std::ranges::any_of(tree.routes, broken)) return;

    std::ranges::fill(joined_, char{false});
    joined_[static_cast<std::size_t>(tree.root)] = true;
    bool each_once = true;
    std::optional<std::size_t> too_early;
    for (std::size_t i = 0; i < tree.routes.size(); ++i) {
      const std::size_t at = kind_ == TreeKind::Out ? i : tree.routes.size() - 1 - i;
      const Hop& edge = hop(tree.routes[at]);
      const int parent = kind_ == TreeKind::Out ? edge.sender : edge.receiver;
      const int child = kind_ == TreeKind::Out ? edge.receiver : edge.sender;
      if (!joined_[static_cast<std::size_t>(parent)] && !too_early) too_early = at;
      if (joined_[static_cast<std::size_t>(child)]) {
        report("reachability", position, at, joins_again(child, child == tree.root));
        each_once = false;
      }
      joined_[static_cast<std::size_t>(child)] = true;
    }
    if (!report_missing(position) || !each_once) return;
    // Only a tree whose every rank joins once has an order at all.
    if (too_early) report("order", position, *too_early, wrong_order(hop(tree.routes[*too_early])));
  }

 private:
  const Hop& hop(int route) const { return hops_.ends[static_cast<std::size_t>(route)]; }

  void report(std::string_view rule,
              std::size_t position,
              std::size_t route,
              const std::string& message) {
    log_.add(rule, pointer_to(pointer_to(list_, position, "routes"), route), message);
  }

  // Whether every rank joined.
  bool report_missing(std::size_t position) {
    const auto missing = std::ranges::count(joined_, char{false});
    if (missing == 0) return true;
    const auto first = static_cast<int>(std::ranges::find(joined_, char{false}) - joined_.begin());
    const std::string others = missing > 1 ? " and " + std::to_string(missing - 1) + " more" : "";
    log_.add("reachability", pointer_to(list_, position),
             kind_ == TreeKind::Out
                 ? "the root's data does not reach " + rank_name(topology_, first) + others
                 : "the root does not get the data of " + rank_name(topology_, first) + others);
    return false;
  }

  [[nodiscard]] std::string joins_again(int rank, bool is_root) const {
    if (kind_ == TreeKind::Out) {
      return is_root ? "a route ends at the root, " + rank_name(topology_, rank)
                     : rank_name(topology_, rank) + " is reached a second time";
    }
    return is_root ? "a route starts at the root, " + rank_name(topology_, rank)
                   : rank_name(topology_, rank) + " sends a second time";
  }

  [[nodiscard]] std::string wrong_order(const Hop& edge) const {
    return kind_ == TreeKind::Out ? rank_name(topology_, edge.sender) +
                                        " sends before it has received; wanted parent before child"
                                  : rank_name(topology_, edge.receiver) +
                                        " receives after it has sent; wanted child before parent";
  }

  const Topology& topology_;
  const Hops& hops_;
  std::string_view list_;
  TreeKind kind_;
  ViolationLog& log_;
  std::vector<char> joined_;  // by rank, true or false; kept between trees to save the allocation
};

}  // namespace

void check_trees(const Schedule& schedule, const Hops& hops, ViolationLog& log) {
  TreeCheck check_broadcast(schedule.topology, hops, "/broadcast_trees", TreeKind::Out, log);
  for (std::size_t t = 0; t < schedule.broadcast_trees.size(); ++t) {
    check_broadcast(schedule.broadcast_trees[t], t);
  }
  TreeCheck check_reduce(schedule.topology, hops, "/reduce_trees", TreeKind::In, log);
  for (std::size_t t = 0; t < schedule.reduce_trees.size(); ++t) {
    check_reduce(schedule.reduce_trees[t], t);
  }
}

}  // namespace pleach::verify
