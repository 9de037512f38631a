// Small schedules whose every number can be worked out by hand.
//
//   ring3    g0 - g1 - g2 - g0, each link 10 GB/s each way
//   star4    g0 … g3 on one switch s, each link 100 GB/s each way
#pragma once

#include <string_view>
#include <vector>

#include "compiler/ir/schedule.hpp"

namespace pleach {

[[nodiscard]] Topology ring3();
[[nodiscard]] Topology star4();

// Each root sends straight to each other rank: a share of 1/N over each of its links.
// All links of ring3 carry 1/3, all of star4 3/4.
[[nodiscard]] Schedule ring3_allgather();       // 30, the bound
[[nodiscard]] Schedule star4_allgather();       // 400/3, the bound
[[nodiscard]] Schedule star4_reduce_scatter();  // 400/3, the bound
[[nodiscard]] Schedule star4_allreduce();       // 200/3, the bound by four parts
[[nodiscard]] Schedule star4_broadcast();       // along g0 g1 g2 g3: 100, the bound
[[nodiscard]] Schedule star4_reduce();          // along g3 g2 g1 g0: 100, the bound
// The root sends three copies: 100/3, while the bound is 100.
[[nodiscard]] Schedule star4_slow_broadcast();

// All of the above.
[[nodiscard]] std::vector<Schedule> example_schedules();

// Adds the route and returns its position.
int add_route(Schedule& schedule, const std::vector<int>& nodes);

}  // namespace pleach
