// What no all-reduce can beat without adding inside switches.
//
// Two limits, the lesser of which counts. Y is the rate, B(S) the capacity leaving S.
//   cuts    Y <= B(S) for every S that splits the compute nodes: the nodes outside need the sum of
//           what is inside, so M bytes or more cross it.
//   parts   Y <= sum_i B(entering P_i) / (2 (p-1)) for disjoint sets P_1 … P_p that hold all
//   compute
//           nodes between them. The way up of a byte (an in-tree over the contributors) has to join
//           the p parts, and so has its way down: at least p-1 tree edges each, and every edge
//           between parts enters one. The same holds for the capacity leaving the parts. Parts of
//           one compute node each give the known 2 (N-1) M bytes (Patarasu & Yuan 2009).
// Which parts to try: the single compute nodes, and the node sets that a tight cut of the
// all-gather separates. When those sets are tight and cover everything, the limit equals half the
// all-gather rate, and reduce-scatter + all-gather is proved optimal. Then, with tighten_limit, the
// node sets that limit the best division of the links.
#pragma once

#include <cstdint>
#include <vector>

#include "compiler/ir/bound.hpp"
#include "compiler/passes/demand_graph.hpp"
#include "compiler/passes/optimum.hpp"

namespace pleach {

struct AllReduceLimit {
  Rational algbw;                          // GB/s
  Cut cut;                                 // the witness, when the limit is a cut's
  std::vector<std::vector<NodeId>> parts;  // the witness otherwise; empty when it is a cut
  std::int64_t max_flows = 0;
};

// The node set as a Cut, with its capacity in GB/s.
[[nodiscard]] Cut cut_of(const DemandGraph& graph, const std::vector<bool>& set);

// Needs: the demand graph of the machine's all-gather, that collective's bound, and a rate that an
//        all-reduce is known to reach: no tighter limit is looked for once it is met.
// Cost:  2 N local max-flows; N more, which are not, where single nodes are not the limit.
[[nodiscard]] AllReduceLimit allreduce_limit(const DemandGraph& gather,
                                             const Rational& gather_algbw,
                                             const Rational& reached);

// Tries the parts that the best division of the links (divide_links.hpp) has, and replaces the
// limit where they prove a lower one: `divided` is its optimum, `proof` its certificate.
// Needs: the limit of the same all-gather.
// Cost:  N max-flows; none where the division meets the limit.
void tighten_limit(AllReduceLimit& limit,
                   const DemandGraph& gather,
                   const Optimum& divided,
                   const Achievable& proof);

}  // namespace pleach
