// The rule algbw: what the trees put on each link, and the rate that this allows.
#pragma once

#include "compiler/core/rational.hpp"
#include "compiler/ir/schedule.hpp"
#include "compiler/verify/check_trees.hpp"
#include "compiler/verify/violation.hpp"
#include "compiler/verify/whole_shares.hpp"

namespace pleach::verify {

// load(link)  = sum of the shares of all tree edges, of both lists, whose route crosses the link
// algbw       = least capacity / load over the links with a load
//
// Gives: that rate in GB/s; 0, and no violation of its own, where nothing is sent or a route that
// trees use crosses a link that is not there.
// Needs: sound indices, nodes and links.
[[nodiscard]] Rational check_algbw(const Schedule& schedule,
                                   const Hops& hops,
                                   const WholeShares& shares,
                                   ViolationLog& log);

}  // namespace pleach::verify
