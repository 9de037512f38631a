// The best rate of one direction of a collective, and the capacities that reach it.
#pragma once

#include <optional>

#include "compiler/core/progress.hpp"
#include "compiler/ir/achievable.hpp"
#include "compiler/passes/demand_graph.hpp"
#include "compiler/passes/tightest_cut.hpp"

namespace pleach {

struct Optimum {
  DemandGraph demand;    // the whole machine
  TightestCut tightest;  // of it
  // What trees are packed into: the machine itself, or its best balanced part where switches are
  // not balanced, with the proof that no part is better.
  DemandGraph balanced;
  Rational time;  // of the tightest cut of `balanced`
  std::optional<Achievable> achievable;

  [[nodiscard]] Rational algbw() const {
    return balanced.unit * Rational(balanced.total_weight) / time;
  }
};

// Cost: that of tightest_cut, and of balance_switches where it is needed.
[[nodiscard]] Optimum find_optimum(DemandGraph demand, const Progress& progress = {});

}  // namespace pleach
