// The rules that concern routes and trees: route, lists, root, reachability, order, share.
#pragma once

#include <vector>

#include "compiler/ir/schedule.hpp"
#include "compiler/verify/violation.hpp"

namespace pleach::verify {

// What a route does: which rank sends to which, over which links.
struct Hop {
  int sender = -1;  // a rank; -1, as `receiver`, where the ends are not two ranks
  int receiver = -1;
  std::vector<LinkId> links;  // empty where a link on the way does not exist
};

// One Hop for each route. Needs: sound indices and nodes (as all of this file).
[[nodiscard]] std::vector<Hop> check_routes(const Schedule& schedule, ViolationLog& log);

// Trees with a route whose ends are wrong are left to the rule route.
void check_trees(const Schedule& schedule, const std::vector<Hop>& hops, ViolationLog& log);

// The rules lists, root and share.
void check_shares(const Schedule& schedule, ViolationLog& log);

}  // namespace pleach::verify
