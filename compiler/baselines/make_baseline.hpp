// What people use today, as schedules, on any machine.
//
// The rate of a baseline is what a schedule's rate always is: the least capacity / load over the
// links, all trees running at once. It is the most that the method can reach with these trees and
// routes. Methods whose ranks wait for each other between steps stay below it; `waiting_algbw` says
// what they reach if nothing but the waiting is lost.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "compiler/baselines/ring_search.hpp"
#include "compiler/baselines/router.hpp"
#include "compiler/ir/bound.hpp"
#include "compiler/ir/schedule.hpp"
#include "compiler/topology/topology.hpp"

namespace pleach::baselines {

struct Baseline {
  std::string name;
  Rational algbw;  // GB/s; 0 where it does not apply
  // GB/s, with its waits between steps; only for methods that have such steps.
  std::optional<Rational> waiting_algbw;
  // Nothing where the baseline does not apply, and for a rate that no schedule file can express.
  // Where routes pass a GPU that does not keep what it passes on, the schedule is one for
  // with_relays(topology) (relays.hpp).
  std::optional<Schedule> schedule;
  // A remark; where the baseline does not apply, why not.
  std::string note;

  [[nodiscard]] bool applies() const { return algbw.sign() > 0; }
};

class BaselineMaker {
 public:
  // Needs: `bound` is that of `topology`; both must outlive the maker.
  // Cost:  that of find_rings (ring_search.hpp).
  BaselineMaker(const Topology& topology, const Bound& bound);

  // "ring", "multi-ring", "hierarchical-ring", "double-binary-tree", "nccl-tree",
  // "recursive-doubling", "direct", "greedy", "nvls".
  [[nodiscard]] static std::vector<std::string_view> names();

  // For the collective and root of the bound. Needs: one of names().
  // Gives: a schedule without violations; its bound is the given one.
  // Cost:  ranks^2 tree edges (multi-ring: for each ring), each over the links of its route. Above
  //        1,024 ranks (direct: 512, greedy: 256) the baseline says that it does not apply.
  [[nodiscard]] Baseline make(std::string_view name);

 private:
  const Topology& topology_;
  const Bound& bound_;
  Topology reversed_;
  Router router_;
  Router reversed_router_;
  std::vector<std::vector<int>> boxes_;
  Rings rings_;
  Rings reversed_rings_;
};

}  // namespace pleach::baselines
