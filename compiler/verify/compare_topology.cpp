#include <algorithm>
#include <optional>
#include <string>
#include <utility>

#include "compiler/topology/digest.hpp"
#include "compiler/topology/json_text.hpp"
#include "compiler/verify/check_topology.hpp"
#include "compiler/verify/verify_schedule.hpp"

namespace pleach {
namespace {

using verify::node_name;
using verify::pointer_to;
using verify::sorted_by_ends;

struct Difference {
  std::string where;
  std::string message;
};

std::string counts(std::string_view things, std::size_t scheduled, std::size_t given) {
  return "the schedule has " + std::to_string(scheduled) + " " + std::string(things) +
         ", the given topology " + std::to_string(given);
}

std::optional<Difference> first_node_difference(const Topology& scheduled, const Topology& given) {
  if (scheduled.num_nodes() != given.num_nodes()) {
    return Difference{"/nodes", counts("nodes", scheduled.num_nodes(), given.num_nodes())};
  }
  for (std::size_t i = 0; i < given.num_nodes(); ++i) {
    if (scheduled.nodes[i].id == given.nodes[i].id) continue;
    return Difference{pointer_to("/nodes", i),
                      "node " + std::to_string(i) + " is " + in_quotes(scheduled.nodes[i].id) +
                          " in the schedule, " + in_quotes(given.nodes[i].id) +
                          " in the given topology"};
  }
  return std::nullopt;
}

// Needs: the same nodes. Links may stand in any order.
std::optional<Difference> first_link_difference(const Topology& scheduled, const Topology& given) {
  const auto ends = [](const Link& link) { return std::pair(link.from, link.to); };
  const auto name = [&](const Link& link) {
    return "the link " + node_name(given, link.from) + " -> " + node_name(given, link.to);
  };
  const auto ours = sorted_by_ends(scheduled.links);
  const auto theirs = sorted_by_ends(given.links);
  for (std::size_t i = 0; i < std::max(ours.size(), theirs.size()); ++i) {
    const Link* const mine = i < ours.size() ? &scheduled.links[ours[i]] : nullptr;
    const Link* const other = i < theirs.size() ? &given.links[theirs[i]] : nullptr;
    if (other == nullptr || (mine != nullptr && ends(*mine) < ends(*other))) {
      return Difference{pointer_to("/links", ours[i]),
                        name(*mine) + " is not in the given topology"};
    }
    if (mine == nullptr || ends(*mine) != ends(*other)) {
      return Difference{"/links", name(*other) + " of the given topology is not in the schedule"};
    }
    if (mine->bandwidth != other->bandwidth) {
      return Difference{pointer_to("/links", ours[i]),
                        name(*mine) + " has " + to_string(mine->bandwidth) + " in the schedule, " +
                            to_string(other->bandwidth) + " in the given topology"};
    }
    if (mine->latency != other->latency) {
      return Difference{pointer_to("/links", ours[i]),
                        name(*mine) + " takes " + to_string(mine->latency) + " in the schedule, " +
                            to_string(other->latency) + " in the given topology"};
    }
  }
  return std::nullopt;
}

// Needs: the same nodes.
std::optional<Difference> first_rank_difference(const Topology& scheduled, const Topology& given) {
  if (scheduled.num_ranks() != given.num_ranks()) {
    return Difference{"/ranks", counts("ranks", scheduled.num_ranks(), given.num_ranks())};
  }
  for (std::size_t r = 0; r < given.num_ranks(); ++r) {
    if (scheduled.ranks[r] == given.ranks[r]) continue;
    return Difference{pointer_to("/ranks", r),
                      "rank " + std::to_string(r) + " is " +
                          node_name(scheduled, scheduled.ranks[r]) + " in the schedule, " +
                          node_name(given, given.ranks[r]) + " in the given topology"};
  }
  return std::nullopt;
}

}  // namespace

std::vector<Violation> compare_topology(const Schedule& schedule, const Topology& topology) {
  const Topology& scheduled = schedule.topology;
  if (topology_digest(scheduled) == topology_digest(topology)) return {};
  auto difference = first_node_difference(scheduled, topology);
  if (!difference) difference = first_link_difference(scheduled, topology);
  if (!difference) difference = first_rank_difference(scheduled, topology);
  ENSURE(difference, "two topologies with different digests differ");
  return {{"topology", difference->where, difference->message}};
}

}  // namespace pleach
