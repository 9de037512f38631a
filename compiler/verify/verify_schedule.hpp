// Checks a schedule against the definitions, sharing no code with the passes that made it.
#pragma once

#include <string>
#include <vector>

#include "compiler/core/rational.hpp"
#include "compiler/ir/schedule.hpp"

namespace pleach {

struct Violation {
  std::string rule;     // a short stable name: "reachability", "order", "share", "load", "bound", …
  std::string where;    // JSON pointer into the schedule file, "" for the whole
  std::string message;  // what was found and what the rule wants
  bool operator==(const Violation&) const = default;
};

struct Verification {
  Rational algbw;        // recomputed from link loads; 0 where it can not be computed
  Rational bound_algbw;  // recomputed: the best rate of this collective on this machine
  std::vector<Violation> violations;
  [[nodiscard]] bool valid() const { return violations.empty(); }
};

[[nodiscard]] Verification verify_schedule(const Schedule& schedule);

}  // namespace pleach
