#include <algorithm>
#include <optional>
#include <span>

#include "compiler/verify/check_topology.hpp"
#include "compiler/verify/check_trees.hpp"

namespace pleach::verify {
namespace {

// Finds the link between two nodes; of several the first.
class LinkTable {
 public:
  explicit LinkTable(const Topology& topology) : first_(topology.num_nodes() + 1) {
    const std::vector<std::size_t> order = sorted_by_ends(topology.links);
    entries_.reserve(order.size());
    for (const std::size_t i : order) {
      ++first_[index(topology.links[i].from) + 1];
      entries_.push_back({topology.links[i].to, static_cast<LinkId>(i)});
    }
    for (std::size_t i = 1; i < first_.size(); ++i) first_[i] += first_[i - 1];
  }

  [[nodiscard]] std::optional<LinkId> find(NodeId from, NodeId to) const {
    const std::span<const Entry> leaving = std::span(entries_).subspan(
        first_[index(from)], first_[index(from) + 1] - first_[index(from)]);
    const auto entry = std::ranges::lower_bound(leaving, to, {}, &Entry::to);
    if (entry == leaving.end() || entry->to != to) return std::nullopt;
    return entry->link;
  }

 private:
  struct Entry {
    NodeId to;
    LinkId link;
  };
  std::vector<std::size_t> first_;  // in entries_, by node, and one past the last
  std::vector<Entry> entries_;      // ordered by (from, to)
};

}  // namespace

Hops check_routes(const Schedule& schedule, ViolationLog& log) {
  const Topology& topology = schedule.topology;
  const LinkTable links(topology);
  const auto ranks = rank_of_node(topology);
  std::vector<std::size_t> seen_in(topology.num_nodes(), schedule.routes.size());
  Hops hops;
  hops.ends.resize(schedule.routes.size());
  hops.first_link.reserve(schedule.routes.size() + 1);
  hops.first_link.push_back(0);

  const auto check_route = [&](std::size_t i) {
    const Route& route = schedule.routes[i];
    const auto report = [&](const std::string& message) {
      log.add("route", pointer_to("/routes", i), message);
    };
    if (route.size() < 2) {
      report(route.empty() ? "the route is empty" : "the route has only one node");
      return;
    }
    bool joined = true;
    for (std::size_t j = 0; j < route.size(); ++j) {
      const bool is_end = j == 0 || j + 1 == route.size();
      if (is_end && !ranks[index(route[j])]) {
        report("the route " + std::string(j == 0 ? "starts" : "ends") + " at " +
               node_name(topology, route[j]) + ", which has no rank");
      }
      if (!is_end && ranks[index(route[j])]) {
        report("the route passes through " + rank_name(topology, *ranks[index(route[j])]) +
               "; wanted two routes that meet there");
      }
      if (seen_in[index(route[j])] == i) {
        report("the route visits " + node_name(topology, route[j]) + " twice");
      }
      seen_in[index(route[j])] = i;
      if (j == 0) continue;
      const auto link = links.find(route[j - 1], route[j]);
      if (link) {
        hops.links.push_back(*link);
      } else {
        report("there is no link " + node_name(topology, route[j - 1]) + " -> " +
               node_name(topology, route[j]));
        joined = false;
      }
    }
    if (!joined) hops.links.resize(hops.first_link.back());
    const auto sender = ranks[index(route.front())];
    const auto receiver = ranks[index(route.back())];
    if (sender && receiver && sender != receiver) hops.ends[i] = {*sender, *receiver};
  };
  for (std::size_t i = 0; i < schedule.routes.size(); ++i) {
    check_route(i);
    hops.first_link.push_back(hops.links.size());
    hops.all_sound = hops.all_sound && hops.ends[i].sender >= 0;
  }
  return hops;
}

}  // namespace pleach::verify
