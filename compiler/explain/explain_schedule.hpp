// What a schedule makes of its machine: how busy it keeps each kind of link.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "compiler/core/rational.hpp"
#include "compiler/ir/schedule.hpp"
#include "compiler/ir/tree_height.hpp"

namespace pleach {

// Links whose ends' ids have the same patterns, "box*/nic*" to "leaf*". Use of a link is load *
// algbw / capacity: 1 where it carries all that it can.
struct LinkUse {
  std::string from;
  std::string to;
  std::size_t links = 0;
  std::size_t full = 0;  // with a use of 1
  std::size_t idle = 0;  // with a use of 0
  Rational least;
  Rational most;
  bool operator==(const LinkUse&) const = default;
};

struct ScheduleExplanation {
  Rational algbw;  // GB/s
  std::size_t broadcast_trees = 0;
  std::size_t reduce_trees = 0;
  TreeHeights heights;
  std::vector<LinkUse> uses;  // the busiest first; of equals in order of first link
  [[nodiscard]] std::size_t full_links() const;
};

// Needs: a schedule without violations (verify_schedule). Cost: linear in its trees' routes.
[[nodiscard]] ScheduleExplanation explain_schedule(const Schedule& schedule);

}  // namespace pleach
