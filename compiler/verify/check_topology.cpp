#include "compiler/verify/check_topology.hpp"

#include <algorithm>
#include <numeric>
#include <utility>
#include <vector>

#include "compiler/topology/digest.hpp"
#include "compiler/topology/json_text.hpp"

namespace pleach::verify {
namespace {

// Says which of the numbers in a list name nothing: `size` things of that kind exist.
class IndexCheck {
 public:
  IndexCheck(std::string_view kind, std::size_t size, ViolationLog& log)
      : kind_(kind), size_(size), log_(log) {}

  // `where` makes the pointer, only when it is needed.
  template <class Where>
  void operator()(std::int64_t value, const Where& where) {
    if (value >= 0 && static_cast<std::size_t>(value) < size_) return;
    log_.add("index", where(),
             "there is no " + std::string(kind_) + " " + std::to_string(value) + "; there are " +
                 std::to_string(size_) + ", counted from 0");
  }

 private:
  std::string_view kind_;
  std::size_t size_;
  ViolationLog& log_;
};

// `list` makes the list's pointer, only when it is needed.
template <class List>
void check_node_list(const std::vector<NodeId>& nodes, const List& list, IndexCheck check) {
  for (std::size_t i = 0; i < nodes.size(); ++i) {
    check(static_cast<std::int64_t>(nodes[i]), [&] { return pointer_to(list(), i); });
  }
}

void check_tree_list(const std::vector<ScheduleTree>& trees,
                     std::string_view list,
                     IndexCheck check_rank,
                     IndexCheck check_route) {
  for (std::size_t t = 0; t < trees.size(); ++t) {
    check_rank(trees[t].root, [&] { return pointer_to(list, t, "root"); });
    for (std::size_t i = 0; i < trees[t].routes.size(); ++i) {
      check_route(trees[t].routes[i], [&] { return pointer_to(pointer_to(list, t, "routes"), i); });
    }
  }
}

void check_nodes(const Topology& topology, ViolationLog& log) {
  std::vector<std::size_t> by_id(topology.num_nodes());
  std::iota(by_id.begin(), by_id.end(), std::size_t{0});
  std::ranges::stable_sort(
      by_id, {}, [&](std::size_t i) -> const std::string& { return topology.nodes[i].id; });
  for (std::size_t i = 0; i < by_id.size(); ++i) {
    const std::string& id = topology.nodes[by_id[i]].id;
    if (id.empty()) log.add("node", pointer_to("/nodes", by_id[i]), "a node has an empty id");
    if (i == 0 || id.empty() || topology.nodes[by_id[i - 1]].id != id) continue;
    log.add("node", pointer_to("/nodes", by_id[i]), "a second node has the id " + in_quotes(id));
  }
  std::vector<bool> has_rank(topology.num_nodes());
  for (std::size_t r = 0; r < topology.num_ranks(); ++r) {
    const NodeId node = topology.ranks[r];
    if (has_rank[index(node)]) {
      log.add("node", pointer_to("/ranks", r), node_name(topology, node) + " has a second rank");
    }
    has_rank[index(node)] = true;
  }
  if (topology.num_ranks() < 2) {
    log.add("node", "/ranks",
            topology.ranks.empty() ? "there are no ranks" : "there is only one rank");
  }
}

void check_links(const Topology& topology, ViolationLog& log) {
  const auto name = [&](const Link& link) {
    return "the link " + node_name(topology, link.from) + " -> " + node_name(topology, link.to);
  };
  const std::vector<std::size_t> by_ends = sorted_by_ends(topology.links);
  for (std::size_t i = 0; i < by_ends.size(); ++i) {
    const Link& link = topology.links[by_ends[i]];
    const auto where = [&] { return pointer_to("/links", by_ends[i]); };
    if (link.from == link.to) log.add("link", where(), name(link) + " ends where it starts");
    if (link.bandwidth.gigabytes_per_second.sign() <= 0) {
      log.add("link", where(),
              name(link) + " has " + to_string(link.bandwidth) + "; wanted a rate above 0");
    }
    if (i == 0) continue;
    const Link& previous = topology.links[by_ends[i - 1]];
    if (previous.from == link.from && previous.to == link.to) {
      log.add("link", where(),
              name(link) + " stands here and at " + pointer_to("/links", by_ends[i - 1]) +
                  "; wanted one link with their sum");
    }
  }
}

}  // namespace

bool check_indices(const Schedule& schedule, ViolationLog& log) {
  const Topology& topology = schedule.topology;
  IndexCheck check_node("node", topology.num_nodes(), log);
  const IndexCheck check_rank("rank", topology.num_ranks(), log);
  const IndexCheck check_route("route", schedule.routes.size(), log);

  for (std::size_t i = 0; i < topology.links.size(); ++i) {
    const Link& link = topology.links[i];
    const auto where = [&](std::size_t end) { return pointer_to(pointer_to("/links", i), end); };
    check_node(static_cast<std::int64_t>(link.from), [&] { return where(0); });
    check_node(static_cast<std::int64_t>(link.to), [&] { return where(1); });
  }
  check_node_list(
      topology.ranks, [] { return "/ranks"; }, check_node);
  for (std::size_t i = 0; i < schedule.routes.size(); ++i) {
    check_node_list(
        schedule.routes[i], [&] { return pointer_to("/routes", i); }, check_node);
  }
  check_tree_list(schedule.broadcast_trees, "/broadcast_trees", check_rank, check_route);
  check_tree_list(schedule.reduce_trees, "/reduce_trees", check_rank, check_route);
  check_node_list(
      schedule.bound.cut, [] { return "/bound/cut"; }, check_node);
  for (std::size_t i = 0; i < schedule.bound.parts.size(); ++i) {
    check_node_list(
        schedule.bound.parts[i], [&] { return pointer_to("/bound/parts", i); }, check_node);
  }
  if (schedule.bound.achievable) {
    const auto& cuts = schedule.bound.achievable->cuts;
    const auto& potentials = schedule.bound.achievable->potentials;
    for (std::size_t i = 0; i < cuts.size(); ++i) {
      check_node_list(
          cuts[i].nodes, [&] { return pointer_to("/bound/achievable/cuts", i, "nodes"); },
          check_node);
    }
    for (std::size_t i = 0; i < potentials.size(); ++i) {
      check_node(static_cast<std::int64_t>(potentials[i].node),
                 [&] { return pointer_to("/bound/achievable/potentials", i); });
    }
  }
  return !log.has("index");
}

void check_topology(const Schedule& schedule, ViolationLog& log) {
  check_nodes(schedule.topology, log);
  check_links(schedule.topology, log);
  const std::string digest = topology_digest(schedule.topology);
  if (digest != schedule.topology_digest) {
    log.add("digest", "/topology/digest",
            "the digest of the nodes, links and ranks in this file is " + digest +
                ", the stated one is " + schedule.topology_digest);
  }
}

std::vector<std::size_t> sorted_by_ends(const std::vector<Link>& links) {
  struct Key {
    NodeId from;
    NodeId to;
    std::size_t position;
    auto operator<=>(const Key&) const = default;
  };
  std::vector<Key> keys;
  keys.reserve(links.size());
  for (std::size_t i = 0; i < links.size(); ++i) keys.push_back({links[i].from, links[i].to, i});
  if (!std::ranges::is_sorted(keys)) std::ranges::sort(keys);
  std::vector<std::size_t> order(links.size());
  std::ranges::transform(keys, order.begin(), &Key::position);
  return order;
}

std::string node_name(const Topology& topology, NodeId node) {
  return in_quotes(topology.node(node).id);
}

std::string rank_name(const Topology& topology, int rank) {
  return "rank " + std::to_string(rank) + " (" +
         node_name(topology, topology.ranks[static_cast<std::size_t>(rank)]) + ")";
}

}  // namespace pleach::verify
