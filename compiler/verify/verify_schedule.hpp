// Checks a schedule against the definitions, sharing no code with the passes that made it.
//
// Rules, by the names that violations carry:
//   index         every node, rank and route that is named exists
//   node          node ids are there and differ; ranks are different nodes, at least two
//   link          links join two different nodes at a rate above 0, one for each ordered pair
//   digest        the stated digest is that of the topology in the file
//   route         consecutive nodes are joined by a link; a route goes from one rank to another,
//                 passes no third and visits no node twice
//   lists         the collective has the tree lists it needs and no other
//   root          all trees of a broadcast or reduce have the same root
//   reachability  a broadcast tree reaches every rank exactly once; in a reduce tree every rank but
//                 the root sends exactly once
//   order         a rank sends only what it has: in a broadcast tree after it received, in a reduce
//                 tree before its parent does
//   share         shares are above 0, add up to 1 in each list, and each root has its due total;
//                 their common denominator has at most 1,000 digits
//   algbw         the stated rate is the least capacity / load over the links
//   bound         the stated bound is what its witness allows, is the least of its kind, and the
//                 schedule does not claim to beat it
//   achievable    where the schedule says what the machine's switches allow, its proof holds and
//                 the schedule does not claim to beat it
//   topology      (compare_topology only) the given machine is the one the schedule was made for
#pragma once

#include <vector>

#include "compiler/core/rational.hpp"
#include "compiler/ir/schedule.hpp"
#include "compiler/topology/topology.hpp"
#include "compiler/verify/violation.hpp"

namespace pleach {

struct Verification {
  Rational algbw;  // recomputed from link loads; 0 where it can not be computed
  // Recomputed: the best rate that cuts allow this collective on this machine, where that is
  // proved, else what the schedule's witness allows; 0 where it can not be computed.
  Rational bound_algbw;
  // Whether no cut is tighter: the schedule reaches it, or all cuts were searched. Cuts are not
  // searched for an allreduce, nor while a rule other than `bound` is broken.
  bool bound_is_least = false;
  // What is proved that no schedule beats: the proof in bound.achievable, recomputed, where there
  // is one, else bound_algbw.
  Rational best_algbw;
  std::vector<Violation> violations;
  [[nodiscard]] bool valid() const { return violations.empty(); }
};

// Takes any Schedule, however broken. Where the schedule reaches its bound the two prove each
// other. Where it does not (a fixed number of trees) and nothing else is wrong, max-flows prove
// that no cut is tighter than the stated one. Cost: the size of the file; one max-flow for each
// rank more where the bound is not reached.
[[nodiscard]] Verification verify_schedule(const Schedule& schedule);

// Whether `topology` is the machine that the schedule was made for: same digest, so the same nodes,
// links and ranks in the same order. Otherwise says what differs first.
[[nodiscard]] std::vector<Violation> compare_topology(const Schedule& schedule,
                                                      const Topology& topology);

}  // namespace pleach
