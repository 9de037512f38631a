#include "compiler/view/bar_plan.hpp"

#include <algorithm>

#include "compiler/view/cluster_order.hpp"
#include "compiler/view/labels.hpp"
#include "compiler/view/layout.hpp"

namespace pleach::view {
namespace {

double thickest_stroke(const BarPlan& plan) {
  std::size_t most = 0;
  for (const NodeId gpu : plan.topology.ranks) {
    most = std::max(most, plan.incidence[index(gpu)].size());
  }
  if (most <= 3) return 6;
  if (most <= 8) return 4;
  return most <= 12 ? 3 : 2;
}

}  // namespace

BarPlan make_bar_plan(const Topology& topology, const std::vector<LinkPair>& pairs) {
  BarPlan plan{.topology = topology,
               .pairs = pairs,
               .incidence = incidence_of(topology, pairs),
               .labels = short_labels(topology)};
  plan.clusters = clusters_of(topology, pairs, plan.incidence);
  plan.roles = roles_of(topology, pairs, plan.incidence, plan.clusters);
  plan.order = order_clusters(plan.clusters, pairs);
  plan.hangs.assign(plan.clusters.list.size(), false);
  plan.widths = {.largest = largest_capacity(topology), .thickest = thickest_stroke(plan)};
  return plan;
}

std::pair<int, int> height_of(const Role& role) {
  switch (role.zone) {
    case Zone::Gpu: return {0, 0};
    case Zone::BoxNear:
    case Zone::BoxFar: return {1, role.level};
    case Zone::Fabric:
    case Zone::FabricBelow: return {2, role.level};
  }
  return {0, 0};
}

WireKind kind_of(const BarPlan& plan, const LinkPair& pair) {
  const Role& a = plan.roles[index(pair.a)];
  const Role& b = plan.roles[index(pair.b)];
  if (a.zone == Zone::Gpu && b.zone == Zone::Gpu) return WireKind::Arc;
  const auto cluster_a = plan.clusters.cluster_of[index(pair.a)];
  const auto cluster_b = plan.clusters.cluster_of[index(pair.b)];
  return cluster_a && cluster_b && cluster_a != cluster_b ? WireKind::Bridge : WireKind::Vertical;
}

std::pair<NodeId, NodeId> lower_and_upper(const BarPlan& plan, const LinkPair& pair) {
  const bool turned = height_of(plan.roles[index(pair.b)]) < height_of(plan.roles[index(pair.a)]);
  return turned ? std::pair(pair.b, pair.a) : std::pair(pair.a, pair.b);
}

double slot_width(const BarPlan& plan, const LinkPair& pair) {
  constexpr double kGap = 4;
  constexpr double kArrow = 7;  // room for the head of an arrow
  double width = 0;
  for (const auto& link : {pair.there, pair.back}) {
    if (!link) continue;
    const double stroke = plan.widths.of(plan.topology.links[index(*link)].bandwidth);
    if (pair.alike) return stroke + kGap;
    width += std::max(stroke, kArrow) + (width > 0 ? kGapBetweenDirections : 0);
  }
  return width + kGap;
}

}  // namespace pleach::view
