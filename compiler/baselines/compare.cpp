#include "compiler/baselines/compare.hpp"

#include <algorithm>
#include <utility>

#include "compiler/baselines/make_baseline.hpp"
#include "compiler/core/check.hpp"
#include "compiler/ir/tree_height.hpp"
#include "compiler/verify/check_algbw.hpp"
#include "compiler/verify/check_topology.hpp"
#include "compiler/verify/check_trees.hpp"
#include "compiler/verify/violation.hpp"

namespace pleach::baselines {
namespace {

// All rules of verify_schedule but that of the bound, which costs max-flows and is the same proof
// for every baseline.
std::vector<Violation> violations_of(const Schedule& schedule) {
  verify::ViolationLog log;
  if (verify::check_indices(schedule, log)) {
    verify::check_topology(schedule, log);
    if (!log.has("node") && !log.has("link")) {
      const auto hops = verify::check_routes(schedule, log);
      verify::check_trees(schedule, hops, log);
      if (const auto shares = verify::whole_shares(schedule, log)) {
        verify::check_shares(schedule, *shares, log);
        [[maybe_unused]] const Rational algbw = verify::check_algbw(schedule, hops, *shares, log);
      }
    }
  }
  return std::move(log).take();
}

}  // namespace

std::vector<Comparison> compare_baselines(const Topology& topology, const Bound& bound) {
  BaselineMaker maker(topology, bound);
  std::vector<Comparison> all;
  for (const std::string_view name : BaselineMaker::names()) {
    const Baseline baseline = maker.make(name);
    Comparison row{.name = baseline.name,
                   .algbw = baseline.algbw,
                   .waiting_algbw = baseline.waiting_algbw,
                   .max_height = 0,
                   .trees = 0,
                   .note = baseline.note};
    if (baseline.schedule) {
      const Schedule& schedule = *baseline.schedule;
      const std::vector<Violation> violations = violations_of(schedule);
      ENSURE(violations.empty(), "the baseline " + row.name + ": " + violations.front().message);
      ENSURE(row.algbw <= bound.upper_bound, "the baseline " + row.name + " beats the bound");
      row.max_height = tree_heights(schedule).max;
      row.trees = schedule.broadcast_trees.size() + schedule.reduce_trees.size();
    }
    all.push_back(std::move(row));
  }
  std::stable_sort(all.begin(), all.end(),
                   [](const Comparison& a, const Comparison& b) { return a.algbw > b.algbw; });
  return all;
}

bool ring_is_optimal(const std::vector<Comparison>& comparisons, const Bound& bound) {
  return std::any_of(comparisons.begin(), comparisons.end(), [&](const Comparison& row) {
    return row.name == "ring" && row.algbw == bound.upper_bound;
  });
}

}  // namespace pleach::baselines
