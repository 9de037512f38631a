#include "compiler/verify/check_bound.hpp"

#include <algorithm>
#include <optional>
#include <string>
#include <vector>

#include "compiler/verify/check_topology.hpp"
#include "compiler/verify/tightest_cut.hpp"

namespace pleach::verify {
namespace {

// The set of the nodes in a list, or nothing where one stands twice.
std::optional<std::vector<bool>> node_set(const Topology& topology,
                                          const std::vector<NodeId>& nodes,
                                          const std::string& where,
                                          ViolationLog& log) {
  std::vector<bool> inside(topology.num_nodes());
  for (std::size_t i = 0; i < nodes.size(); ++i) {
    if (inside[index(nodes[i])]) {
      log.add("bound", pointer_to(where, i), node_name(topology, nodes[i]) + " stands here twice");
      return std::nullopt;
    }
    inside[index(nodes[i])] = true;
  }
  return inside;
}

std::ptrdiff_t ranks_inside(const Topology& topology, const std::vector<bool>& inside) {
  return std::ranges::count_if(topology.ranks, [&](NodeId node) { return inside[index(node)]; });
}

std::optional<Rational> rate_of_cut(const Schedule& schedule, int root, ViolationLog& log) {
  const Topology& topology = schedule.topology;
  const auto inside = node_set(topology, schedule.bound.cut, "/bound/cut", log);
  if (!inside) return std::nullopt;
  const auto held = static_cast<std::size_t>(ranks_inside(topology, *inside));
  if (held == 0 || held == topology.num_ranks()) {
    log.add("bound", "/bound/cut",
            "the cut holds " + std::to_string(held) + " of " +
                std::to_string(topology.num_ranks()) + " ranks; wanted some and not all");
    return std::nullopt;
  }
  if (has_root(schedule.collective) &&
      !(*inside)[index(topology.ranks[static_cast<std::size_t>(root)])]) {
    log.add("bound", "/bound/cut", "the cut does not hold the root, " + rank_name(topology, root));
    return std::nullopt;
  }
  return cut_rate(topology, schedule.collective, *inside);
}

std::optional<Rational> rate_of_parts(const Schedule& schedule, ViolationLog& log) {
  const Topology& topology = schedule.topology;
  const auto& parts = schedule.bound.parts;
  const auto report = [&](const std::string& where, const std::string& message) {
    log.add("bound", where, message);
    return std::nullopt;
  };
  if (schedule.collective != Collective::AllReduce) {
    return report("/bound/parts", "parts bound an allreduce; the collective is " +
                                      std::string(name_of(schedule.collective)));
  }
  if (parts.size() < 2) return report("/bound/parts", "there is 1 part; wanted at least 2");

  constexpr std::size_t kNone = static_cast<std::size_t>(-1);
  std::vector<std::size_t> part_of(topology.num_nodes(), kNone);
  for (std::size_t p = 0; p < parts.size(); ++p) {
    const std::string where = pointer_to("/bound/parts", p);
    const auto inside = node_set(topology, parts[p], where, log);
    if (!inside) return std::nullopt;
    if (ranks_inside(topology, *inside) == 0) return report(where, "the part holds no rank");
    for (const NodeId node : parts[p]) {
      std::size_t& part = part_of[index(node)];
      if (part != kNone) {
        return report(where, node_name(topology, node) + " is in part " + std::to_string(part) +
                                 " too; wanted disjoint parts");
      }
      part = p;
    }
  }
  for (std::size_t r = 0; r < topology.num_ranks(); ++r) {
    if (part_of[index(topology.ranks[r])] != kNone) continue;
    return report("/bound/parts", rank_name(topology, static_cast<int>(r)) + " is in no part");
  }
  Rational entering;
  Rational leaving;
  for (const Link& link : topology.links) {
    const std::size_t from = part_of[index(link.from)];
    const std::size_t to = part_of[index(link.to)];
    if (from == to) continue;
    if (from != kNone) leaving += link.bandwidth.gigabytes_per_second;
    if (to != kNone) entering += link.bandwidth.gigabytes_per_second;
  }
  return std::min(entering, leaving) / static_cast<std::int64_t>(2 * (parts.size() - 1));
}

std::string list_of(const Topology& topology, const std::vector<bool>& inside) {
  constexpr int kMost = 12;
  std::string list;
  int named = 0;
  for (std::size_t i = 0; i < inside.size(); ++i) {
    if (!inside[i]) continue;
    if (++named > kMost) return list + ", …";
    if (!list.empty()) list += ", ";
    list += node_name(topology, static_cast<NodeId>(i));
  }
  return list;
}

}  // namespace

CheckedBound check_bound(const Schedule& schedule, const Rational& algbw, ViolationLog& log) {
  // 0 is not looked at where there is no root.
  const int root = has_root(schedule.collective) ? root_of(schedule) : 0;
  if (root < 0) return {};
  const auto rate = schedule.bound.parts.empty() ? rate_of_cut(schedule, root, log)
                                                 : rate_of_parts(schedule, log);
  if (rate && *rate != schedule.bound.algbw) {
    log.add("bound", "/bound/algbw",
            "the stated bound is " + schedule.bound.algbw.to_string() +
                " GB/s; its witness gives " + rate->to_string());
  }
  if (rate && algbw > *rate) {
    log.add("bound", "/algbw",
            "the trees reach " + algbw.to_string() + " GB/s, more than the bound of " +
                rate->to_string() + " allows");
  }
  if (rate && algbw == *rate && log.empty()) return {.algbw = *rate, .is_least = true};
  if (schedule.collective == Collective::AllReduce || log.has_other_than("bound")) {
    return {.algbw = rate.value_or(0)};
  }

  const TightestCut tightest = tightest_cut(schedule.topology, schedule.collective, root);
  if (rate && tightest.algbw < *rate) {
    log.add("bound", "/bound/cut",
            "the cut allows " + rate->to_string() + " GB/s, but another allows only " +
                tightest.algbw.to_string() + ": " + list_of(schedule.topology, tightest.inside));
  }
  return {.algbw = tightest.algbw, .is_least = true};
}

}  // namespace pleach::verify
