// The compiler: from a topology to a schedule, one pass after the other.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>

#include "compiler/core/collective.hpp"
#include "compiler/core/integer.hpp"
#include "compiler/core/progress.hpp"
#include "compiler/core/rational.hpp"
#include "compiler/ir/bound.hpp"
#include "compiler/ir/schedule.hpp"
#include "compiler/topology/topology.hpp"

namespace pleach {

struct CompileOptions {
  Collective collective = Collective::AllGather;
  int root = 0;  // a rank; broadcast and reduce only
  // Fixes the number of equal trees per root (>= 1) and finds the best rate for it; else the fewest
  // that the tolerance allows.
  std::optional<std::int64_t> trees_per_root = {};
  // How much of the optimum may be given up for fewer trees: 0 <= tolerance < 1. 0 is exact.
  Rational tolerance = 0;
};

struct PassSeconds {
  double bound = 0;
  double split = 0;
  double pack = 0;
};

// Which way each pass took, in a few words; where reduce trees needed another, "one / other".
struct Method {
  std::string rate;   // "exact optimum"
  std::string split;  // "nearest gateways"
  std::string pack;   // "shortest paths"
};

struct Compiled {
  Schedule schedule;
  Bound bound;
  Integer trees_per_root;  // that the schedule is made of
  Method method;           // joined in schedule.generator.method
  PassSeconds seconds;
};

// Monotonic seconds; a parameter so that passes read no clock of their own.
using Clock = std::function<double()>;

// Needs:  a validated topology; options.root < ranks.
// Gives:  a schedule whose algbw is bound.best(), when trees_per_root is not fixed and nothing may
// be
//        given up.
[[nodiscard]] Compiled compile_schedule(const Topology& topology,
                                        const CompileOptions& options,
                                        const Clock& clock,
                                        const Progress& progress = {});

}  // namespace pleach
