#include <algorithm>
#include <optional>

#include "compiler/verify/check_topology.hpp"
#include "compiler/verify/check_trees.hpp"

namespace pleach::verify {
namespace {

// Finds the link between two nodes.
class LinkTable {
 public:
  explicit LinkTable(const Topology& topology) {
    entries_.reserve(topology.links.size());
    for (std::size_t i = 0; i < topology.links.size(); ++i) {
      entries_.push_back({topology.links[i].from, topology.links[i].to, static_cast<LinkId>(i)});
    }
    std::ranges::sort(entries_);
  }

  [[nodiscard]] std::optional<LinkId> find(NodeId from, NodeId to) const {
    const auto entry = std::ranges::lower_bound(entries_, Entry{from, to, LinkId{0}});
    if (entry == entries_.end() || entry->from != from || entry->to != to) return std::nullopt;
    return entry->link;
  }

 private:
  struct Entry {
    NodeId from;
    NodeId to;
    LinkId link;
    auto operator<=>(const Entry&) const = default;
  };
  std::vector<Entry> entries_;
};

}  // namespace

std::vector<Hop> check_routes(const Schedule& schedule, ViolationLog& log) {
  const Topology& topology = schedule.topology;
  const LinkTable links(topology);
  const auto ranks = rank_of_node(topology);
  std::vector<std::size_t> seen_in(topology.num_nodes(), schedule.routes.size());
  std::vector<Hop> hops(schedule.routes.size());

  for (std::size_t i = 0; i < schedule.routes.size(); ++i) {
    const Route& route = schedule.routes[i];
    const auto report = [&](const std::string& message) {
      log.add("route", pointer_to("/routes", i), message);
    };
    if (route.size() < 2) {
      report(route.empty() ? "the route is empty" : "the route has only one node");
      continue;
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
        hops[i].links.push_back(*link);
      } else {
        report("there is no link " + node_name(topology, route[j - 1]) + " -> " +
               node_name(topology, route[j]));
        joined = false;
      }
    }
    if (!joined) hops[i].links.clear();
    const auto sender = ranks[index(route.front())];
    const auto receiver = ranks[index(route.back())];
    if (sender && receiver && sender != receiver) {
      hops[i].sender = *sender;
      hops[i].receiver = *receiver;
    }
  }
  return hops;
}

}  // namespace pleach::verify
