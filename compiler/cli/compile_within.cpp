#include "compiler/cli/compile_within.hpp"

#include <array>
#include <cstdio>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "compiler/baselines/make_baseline.hpp"
#include "compiler/core/machine_error.hpp"
#include "compiler/passes/compute_bound.hpp"

namespace pleach::cli {
namespace {

// Thrown out of a pass, and caught here.
struct TimeIsUp {};

// The same with an end to it.
Progress until(double deadline, const Clock& clock, const Progress& progress) {
  return [=](const Stage& stage) {
    if (clock() > deadline) throw TimeIsUp{};
    report(progress, stage);
  };
}

std::optional<Compiled> try_compile(const Topology& topology,
                                    const CompileOptions& options,
                                    const Clock& clock,
                                    const Progress& progress) {
  try {
    return compile_schedule(topology, options, clock, progress);
  } catch (const TimeIsUp&) {
    return std::nullopt;
  }
}

// The least number of equal trees that each root's share can be cut into.
Integer equal_trees(const Schedule& schedule) {
  const Rational roots = has_root(schedule.collective)
                             ? Rational(1)
                             : Rational(static_cast<std::int64_t>(schedule.topology.num_ranks()));
  Integer common = 1;
  for (const auto* trees : {&schedule.broadcast_trees, &schedule.reduce_trees}) {
    for (const ScheduleTree& tree : *trees) {
      const Integer parts = (tree.share * roots).den();
      common *= parts / gcd(common, parts);
    }
  }
  return common;
}

// The best of all on a machine this small, which takes a moment; on others of those that there is
// time for, and one in any case.
constexpr std::size_t kFewRanks = 128;

std::optional<Compiled> best_baseline(const Topology& topology,
                                      const CompileOptions& options,
                                      double deadline,
                                      const Clock& clock) {
  Compiled best;
  best.bound = compute_bound(topology, options.collective, options.root);
  baselines::BaselineMaker maker(topology, best.bound);
  bool found = false;
  for (const std::string_view name : {"hierarchical-ring", "direct", "ring", "multi-ring"}) {
    if (found && topology.num_ranks() > kFewRanks && clock() > deadline) break;
    auto baseline = maker.make(name);
    // Some pass through GPUs that keep nothing; those have no schedule for this machine.
    if (!baseline.schedule || baseline.schedule->topology != topology) continue;
    if (found && baseline.algbw <= best.schedule.algbw) continue;
    best.schedule = *std::move(baseline.schedule);
    best.method = {"out of time", "none", std::string(name)};
    best.schedule.generator.method = "out of time, " + std::string(name);
    found = true;
  }
  if (!found) return std::nullopt;
  best.trees_per_root = equal_trees(best.schedule);
  return best;
}

}  // namespace

Compiled compile_within(const Topology& topology,
                        const CompileOptions& options,
                        double seconds,
                        const Clock& clock,
                        const Progress& progress) {
  constexpr double kPartForWhatWasAsked = 0.75;
  const double start = clock();
  const auto ends_at = [&](double part) { return until(start + part * seconds, clock, progress); };
  if (auto asked = try_compile(topology, options, clock, ends_at(kPartForWhatWasAsked))) {
    return *std::move(asked);
  }
  CompileOptions simple = options;
  simple.trees_per_root = 1;
  if (auto one_tree = try_compile(topology, simple, clock, ends_at(1))) {
    one_tree->method.rate = "out of time, fixed tree count";
    one_tree->schedule.generator.method = "out of time, " + one_tree->schedule.generator.method;
    return *std::move(one_tree);
  }
  if (auto baseline = best_baseline(topology, options, start + seconds, clock))
    return *std::move(baseline);
  std::array<char, 32> limit{};
  std::snprintf(limit.data(), limit.size(), "%g", seconds);
  throw MachineError("no schedule for " + topology.name + " in " + limit.data() +
                     " seconds; give --time-limit more");
}

}  // namespace pleach::cli
