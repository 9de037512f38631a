#include "compiler/baselines/make_baseline.hpp"

#include <algorithm>
#include <array>
#include <string>
#include <utility>

#include "compiler/baselines/algorithms.hpp"
#include "compiler/baselines/assemble.hpp"
#include "compiler/baselines/in_switch.hpp"
#include "compiler/core/check.hpp"
#include "compiler/topology/boxes.hpp"

namespace pleach::baselines {
namespace {

constexpr std::size_t kMostRanks = 1024;

struct Method {
  std::string_view name;
  Outline (*outline)(const Direction&);
};

constexpr std::array kMethods = {Method{"ring", ring},
                                 Method{"multi-ring", multi_ring},
                                 Method{"hierarchical-ring", hierarchical_ring},
                                 Method{"double-binary-tree", double_binary_tree},
                                 Method{"nccl-tree", nccl_tree},
                                 Method{"recursive-doubling", recursive_doubling},
                                 Method{"direct", direct},
                                 Method{"greedy", greedy}};
constexpr std::string_view kInSwitch = "nvls";

Topology reversed(Topology topology) {
  for (Link& link : topology.links) std::swap(link.from, link.to);
  return topology;
}

// The ranks of each box, where ids name a box for every rank and more than one in all.
std::vector<std::vector<int>> ranks_of_boxes(const Topology& topology) {
  const Boxes boxes = boxes_of(topology);
  std::vector<std::vector<int>> ranks(boxes.list.size());
  std::vector<int> all;
  bool each_has_one = true;
  for (std::size_t r = 0; r < topology.num_ranks(); ++r) {
    all.push_back(static_cast<int>(r));
    const auto box = boxes.box_of[index(topology.ranks[r])];
    each_has_one = each_has_one && box;
    if (box) ranks[static_cast<std::size_t>(*box)].push_back(static_cast<int>(r));
  }
  std::erase_if(ranks, [](const auto& box) { return box.empty(); });
  if (!each_has_one || ranks.size() < 2) return {all};
  return ranks;
}

bool goes_out(Collective collective) {
  return collective != Collective::ReduceScatter && collective != Collective::Reduce;
}

bool comes_in(Collective collective) {
  return collective != Collective::AllGather && collective != Collective::Broadcast;
}

// What can flow through rings at best: of all that a rank takes in, the ring brings (N-1)/N, and
// all of it for a single root; an allreduce goes round twice.
Rational ring_limit(const Bound& bound, std::size_t ranks) {
  if (has_root(bound.collective)) return bound.best();
  const auto count = static_cast<std::int64_t>(ranks);
  const Rational once = bound.best() * Rational(count - 1, count);
  return bound.collective == Collective::AllReduce ? once * 2 : once;
}

}  // namespace

BaselineMaker::BaselineMaker(const Topology& topology, const Bound& bound)
    : topology_(topology),
      bound_(bound),
      reversed_(reversed(topology)),
      router_(topology_),
      reversed_router_(reversed_),
      boxes_(ranks_of_boxes(topology)) {
  if (topology.num_ranks() > kMostRanks) return;
  rings_ = find_rings(topology, router_, boxes_, ring_limit(bound, topology.num_ranks()));
  reversed_rings_ = rings_;
  std::reverse(reversed_rings_.best.begin(), reversed_rings_.best.end());
  for (auto& ring : reversed_rings_.channels) std::reverse(ring.begin(), ring.end());
}

std::vector<std::string_view> BaselineMaker::names() {
  std::vector<std::string_view> names;
  for (const Method& method : kMethods) names.push_back(method.name);
  names.push_back(kInSwitch);
  return names;
}

Baseline BaselineMaker::make(std::string_view name) {
  Baseline baseline;
  baseline.name = name;
  if (name == kInSwitch) {
    const auto rate = in_switch_rate(topology_, bound_.collective);
    baseline.algbw = rate.value_or(0);
    baseline.note = rate ? "computed, if the switches copy and add" : "not one level of switches";
    return baseline;
  }
  const auto* const method = std::find_if(kMethods.begin(), kMethods.end(),
                                          [&](const Method& m) { return m.name == name; });
  ENSURE(method != kMethods.end(), "an unknown baseline");
  if (topology_.num_ranks() > kMostRanks) {
    baseline.note = "more than " + std::to_string(kMostRanks) + " GPUs";
    return baseline;
  }
  const auto outline = [&](const Topology& topology, Router& router, const Rings& rings) {
    return method->outline({.topology = topology,
                            .router = router,
                            .collective = bound_.collective,
                            .root = bound_.root,
                            .boxes = boxes_,
                            .ring = rings.best,
                            .channels = rings.channels,
                            .order = rings_.best});
  };
  std::optional<Outline> out;
  std::optional<Outline> in;
  if (goes_out(bound_.collective)) out = outline(topology_, router_, rings_);
  if (comes_in(bound_.collective)) in = outline(reversed_, reversed_router_, reversed_rings_);
  for (const auto* direction : {&out, &in}) {
    if (!*direction || (*direction)->refusal.empty()) continue;
    baseline.note = (*direction)->refusal;
    return baseline;
  }
  assemble(topology_, bound_, out, in, baseline);
  return baseline;
}

}  // namespace pleach::baselines
