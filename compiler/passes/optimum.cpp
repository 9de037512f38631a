#include "compiler/passes/optimum.hpp"

#include <utility>

#include "compiler/passes/balance_switches.hpp"
#include "compiler/passes/remove_switches.hpp"

namespace pleach {

Optimum find_optimum(DemandGraph demand, const Progress& progress) {
  TightestCut tightest = tightest_cut(demand, progress);
  if (unbalanced_switches(demand).empty()) {
    DemandGraph balanced = demand;
    Rational time = tightest.time;
    return {std::move(demand), std::move(tightest), std::move(balanced), std::move(time), {}};
  }
  BalancedGraph balanced = balance_switches(demand, tightest, progress);
  return {std::move(demand), std::move(tightest), std::move(balanced.graph),
          std::move(balanced.time), std::move(balanced.achievable)};
}

}  // namespace pleach
