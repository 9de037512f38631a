#include "compiler/baselines/assemble.hpp"

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "compiler/baselines/relays.hpp"
#include "compiler/topology/digest.hpp"

namespace pleach::baselines {
namespace {

// By connection: how many trees use it.
std::vector<std::int64_t> uses_of(const Outline& outline) {
  std::vector<std::int64_t> uses(outline.connections.size());
  for (const OutlineTree& tree : outline.trees) {
    for (const int connection : tree.connections) ++uses[static_cast<std::size_t>(connection)];
  }
  return uses;
}

// By link: the share of the buffer that it carries.
void add_loads(const Outline& outline, std::vector<Rational>& loads) {
  const std::vector<std::int64_t> uses = uses_of(outline);
  std::vector<std::int64_t> trees(loads.size());
  for (std::size_t i = 0; i < uses.size(); ++i) {
    for (const LinkId link : outline.connections[i].links) trees[index(link)] += uses[i];
  }
  for (std::size_t link = 0; link < loads.size(); ++link) {
    if (trees[link] == 0) continue;
    loads[link] += Rational(trees[link], static_cast<std::int64_t>(outline.trees.size()));
  }
}

// Seconds for 1 GB.
Rational longest_time(const Topology& topology, const std::vector<Rational>& loads) {
  Rational longest;
  for (std::size_t link = 0; link < loads.size(); ++link) {
    if (loads[link].sign() == 0) continue;
    longest = std::max(longest, loads[link] / topology.links[link].bandwidth.gigabytes_per_second);
  }
  return longest;
}

// Seconds for 1 GB when no connection of a step starts before all of the step before it are done.
Rational stepped_time(const Topology& topology, const Outline& outline) {
  int steps = 0;
  for (const Connection& connection : outline.connections) {
    steps = std::max(steps, connection.step + 1);
  }
  const std::vector<std::int64_t> uses = uses_of(outline);
  Rational sum;
  for (int step = 0; step < steps; ++step) {
    std::vector<std::int64_t> trees(topology.links.size());
    for (std::size_t i = 0; i < uses.size(); ++i) {
      if (outline.connections[i].step != step) continue;
      for (const LinkId link : outline.connections[i].links) trees[index(link)] += uses[i];
    }
    Rational longest;
    for (std::size_t link = 0; link < trees.size(); ++link) {
      if (trees[link] == 0) continue;
      longest = std::max(
          longest, Rational(trees[link]) / topology.links[link].bandwidth.gigabytes_per_second);
    }
    sum += longest / static_cast<std::int64_t>(outline.trees.size());
  }
  return sum;
}

// Nodes of a connection, in the direction of its links.
Route nodes_of(const Topology& topology, const Connection& connection) {
  Route route{topology.ranks[static_cast<std::size_t>(connection.from)]};
  for (const LinkId id : connection.links) {
    const Link& link = topology.links[index(id)];
    route.push_back(link.from == route.back() ? link.to : link.from);
  }
  return route;
}

std::vector<ScheduleTree> trees_of(const Outline& outline, std::size_t first_route, bool mirrored) {
  const Rational share(1, static_cast<std::int64_t>(outline.trees.size()));
  std::vector<ScheduleTree> trees;
  trees.reserve(outline.trees.size());
  for (const OutlineTree& outlined : outline.trees) {
    ScheduleTree tree{.root = outlined.root, .share = share, .routes = outlined.connections};
    for (int& route : tree.routes) route += static_cast<int>(first_route);
    if (mirrored) std::reverse(tree.routes.begin(), tree.routes.end());
    trees.push_back(std::move(tree));
  }
  return trees;
}

bool passes_rank(const Topology& topology, const std::vector<Route>& routes) {
  const auto rank_of = rank_of_node(topology);
  return std::any_of(routes.begin(), routes.end(), [&](const Route& route) {
    return std::any_of(route.begin() + 1, route.end() - 1,
                       [&](NodeId node) { return rank_of[index(node)].has_value(); });
  });
}

}  // namespace

void assemble(const Topology& topology,
              const Bound& bound,
              const std::optional<Outline>& out,
              const std::optional<Outline>& in,
              Baseline& baseline) {
  Schedule schedule;
  schedule.collective = bound.collective;
  std::vector<Rational> loads(topology.links.size());
  Rational waiting_time;
  for (const auto* direction : {&out, &in}) {
    if (!*direction) continue;
    const Outline& outline = **direction;
    const bool mirrored = direction == &in;
    (mirrored ? schedule.reduce_trees : schedule.broadcast_trees) =
        trees_of(outline, schedule.routes.size(), mirrored);
    for (const Connection& connection : outline.connections) {
      schedule.routes.push_back(nodes_of(topology, connection));
      if (mirrored) std::reverse(schedule.routes.back().begin(), schedule.routes.back().end());
    }
    add_loads(outline, loads);
    if (outline.waiting_time) waiting_time += *outline.waiting_time;
    if (outline.by_steps) waiting_time += stepped_time(topology, outline);
  }
  schedule.algbw = Rational(1) / longest_time(topology, loads);
  schedule.bound = {bound.upper_bound, bound.upper_cut.nodes, bound.upper_parts, bound.achievable};
  schedule.generator = {"pleach", PLEACH_VERSION, "baseline " + baseline.name};
  baseline.note = out ? out->note : in->note;
  if (passes_rank(topology, schedule.routes)) {
    schedule.topology = with_relays(topology);
    schedule.bound = relayed_bound(topology, schedule.bound);
    schedule.routes = relayed_routes(topology, schedule.routes);
    baseline.note += (baseline.note.empty() ? "" : "; ") + std::string("through other GPUs");
  } else {
    schedule.topology = topology;
  }
  schedule.topology_digest = topology_digest(schedule.topology);
  baseline.algbw = schedule.algbw;
  if (waiting_time.sign() > 0) baseline.waiting_algbw = Rational(1) / waiting_time;
  baseline.schedule = std::move(schedule);
}

}  // namespace pleach::baselines
