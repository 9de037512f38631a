// The rules that concern the machine in a schedule file: index, node, link, digest.
#pragma once

#include <string>
#include <vector>

#include "compiler/ir/schedule.hpp"
#include "compiler/verify/violation.hpp"

namespace pleach::verify {

// Whether every node, rank and route that the schedule names exists. Where one does not, no other
// checker may look at the schedule.
[[nodiscard]] bool check_indices(const Schedule& schedule, ViolationLog& log);

// The rules node, link and digest. Needs: sound indices.
void check_topology(const Schedule& schedule, ViolationLog& log);

// Positions in `links`, ordered by (from, to), equals as they stand.
[[nodiscard]] std::vector<std::size_t> sorted_by_ends(const std::vector<Link>& links);

// "g0" with its quotes, as messages name a node; rank 3 ("g3") as they name a rank.
[[nodiscard]] std::string node_name(const Topology& topology, NodeId node);
[[nodiscard]] std::string rank_name(const Topology& topology, int rank);

}  // namespace pleach::verify
