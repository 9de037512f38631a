// What each link of a machine carries under a schedule.
#pragma once

#include <vector>

#include "compiler/core/rational.hpp"
#include "compiler/ir/schedule.hpp"

namespace pleach::view {

struct LinkLoads {
  // GB/s that the trees reach: the least capacity / load over the links.
  Rational algbw;
  // By LinkId. The load is the fraction of the whole buffer that crosses the link: the sum of the
  // shares of the tree edges whose route takes it, both lists together.
  std::vector<Rational> load;
  // By LinkId: load * algbw / capacity, the part of the link's rate in use while the schedule runs
  // at its rate; 0 for an idle link, exactly 1 for those that bound the rate.
  std::vector<Rational> used;
};

// Needs: a schedule without violations (verify/).
// Cost:  one addition for each tree edge and for each hop of a route.
[[nodiscard]] LinkLoads link_loads(const Schedule& schedule);

}  // namespace pleach::view
