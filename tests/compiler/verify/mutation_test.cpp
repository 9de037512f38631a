// verify_schedule against the plain definitions of brute_force_check.cpp, on damaged schedules.
#include <doctest/doctest.h>

#include "compiler/topology/digest.hpp"
#include "compiler/verify/verify_schedule.hpp"
#include "tests/compiler/verify/brute_force_check.hpp"
#include "tests/compiler/verify/example_schedules.hpp"
#include "tests/compiler/verify/random_schedule.hpp"

namespace pleach {
namespace {

// The rates that the loads and the witness give, so that a change elsewhere is not always told from
// the numbers alone.
void restate_rates(Schedule& schedule) {
  const Verification verification = verify_schedule(schedule);
  if (verification.algbw.sign() > 0) schedule.algbw = verification.algbw;
}

void compare_with_brute_force(std::uint64_t seed, int most_mutations, bool restate) {
  Random random(seed);
  int valid = 0;
  int broken = 0;
  const std::vector<Schedule> examples = example_schedules();
  for (int round = 0; round < 6000; ++round) {
    Schedule schedule = examples[static_cast<std::size_t>(round) % examples.size()];
    const Topology machine = schedule.topology;
    const int mutations = 1 + pick(random, most_mutations);
    for (int i = 0; i < mutations; ++i) mutate(schedule, random);
    if (restate) restate_rates(schedule);
    const Verification verification = verify_schedule(schedule);
    const bool wanted = brute_force_valid(schedule, machine);
    ++(wanted ? valid : broken);
    CAPTURE(round);
    CAPTURE(verification.violations.size());
    REQUIRE(verification.valid() == wanted);
  }
  CHECK(valid > 100);
  CHECK(broken > 1000);
}

TEST_CASE("a single random change is found, or leaves the schedule valid") {
  compare_with_brute_force(1, 1, false);
}

TEST_CASE("so is a change after which the stated rate was adapted") {
  compare_with_brute_force(2, 1, true);
}

TEST_CASE("so are several random changes at once") { compare_with_brute_force(3, 4, true); }

}  // namespace
}  // namespace pleach
