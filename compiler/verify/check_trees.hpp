// The rules that concern routes and trees: route, lists, root, reachability, order, share.
#pragma once

#include <span>
#include <vector>

#include "compiler/ir/schedule.hpp"
#include "compiler/verify/violation.hpp"
#include "compiler/verify/whole_shares.hpp"

namespace pleach::verify {

// Which rank sends to which on a route.
struct Hop {
  int sender = -1;  // a rank; -1, as `receiver`, where the ends are not two ranks
  int receiver = -1;
};

// What all routes do, one after the other: a schedule for a thousand ranks has a hundred thousand.
struct Hops {
  std::vector<Hop> ends;  // by route
  std::vector<LinkId> links;
  std::vector<std::size_t> first_link;  // in `links`, by route, and one past the last
  bool all_sound = true;                // no route has an end of -1

  // In the order of the route; empty where a link on the way does not exist.
  [[nodiscard]] std::span<const LinkId> links_of(std::size_t route) const {
    return std::span(links).subspan(first_link[route], first_link[route + 1] - first_link[route]);
  }
};

// Needs: sound indices and nodes (as all of this file).
[[nodiscard]] Hops check_routes(const Schedule& schedule, ViolationLog& log);

// Trees with a route whose ends are wrong are left to the rule route.
void check_trees(const Schedule& schedule, const Hops& hops, ViolationLog& log);

// The rules lists, root and share.
void check_shares(const Schedule& schedule, const WholeShares& shares, ViolationLog& log);

}  // namespace pleach::verify
