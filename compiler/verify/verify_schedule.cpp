#include "compiler/verify/verify_schedule.hpp"

#include "compiler/verify/check_achievable.hpp"
#include "compiler/verify/check_algbw.hpp"
#include "compiler/verify/check_bound.hpp"
#include "compiler/verify/check_topology.hpp"
#include "compiler/verify/check_trees.hpp"

namespace pleach {

Verification verify_schedule(const Schedule& schedule) {
  Verification result;
  verify::ViolationLog log;
  if (verify::check_indices(schedule, log)) {
    verify::check_topology(schedule, log);
    // Without sound nodes there are no ranks, without sound links no rates.
    if (!log.has("node")) {
      const auto hops = verify::check_routes(schedule, log);
      verify::check_trees(schedule, hops, log);
      const auto shares = verify::whole_shares(schedule, log);
      if (shares) verify::check_shares(schedule, *shares, log);
      if (!log.has("link")) {
        if (shares) result.algbw = verify::check_algbw(schedule, hops, *shares, log);
        const verify::CheckedBound bound = verify::check_bound(schedule, result.algbw, log);
        result.bound_algbw = bound.algbw;
        result.bound_is_least = bound.is_least;
        result.best_algbw = schedule.bound.achievable
                                ? verify::check_achievable(schedule, result.algbw, log)
                                : result.bound_algbw;
      }
    }
  }
  result.violations = std::move(log).take();
  return result;
}

}  // namespace pleach
