// The shares of a schedule as whole numbers, so that a million of them are added and compared
// without one fraction being reduced.
#pragma once

#include <optional>
#include <vector>

#include "compiler/core/integer.hpp"
#include "compiler/ir/schedule.hpp"
#include "compiler/verify/violation.hpp"

namespace pleach::verify {

struct WholeShares {
  Integer denominator = 1;         // a multiple of that of every share
  std::vector<Integer> broadcast;  // by tree: its share times the denominator
  std::vector<Integer> reduce;
};

// Part of the rule share: the least common denominator has at most 1,000 digits; where it has more,
// gives nothing. Sums over longer ones could take hours on a file of few megabytes, and what trees
// of equal size are made of has a denominator of ranks times trees per root.
// Cost: linear in the trees.
[[nodiscard]] std::optional<WholeShares> whole_shares(const Schedule& schedule, ViolationLog& log);

}  // namespace pleach::verify
