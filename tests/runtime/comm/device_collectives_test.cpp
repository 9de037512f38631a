// Every collective through the C interface on emulated devices: the kernels that GPUs run, in all
// the ways a program may have its ranks. The results are those of the host backend, bit by bit.
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "tests/runtime/comm/c_ranks.hpp"

namespace pleach {
namespace {

using testing::Case;
using testing::cases_of;
using testing::CaseSource;
using testing::Emulated;
using testing::Machine;
using testing::machine_named;
using testing::Outcome;
using testing::run_group;
using testing::run_processes;
using testing::run_threads;
using testing::why_no_network;

void check(const Outcome& outcome, const Outcome& expected, const CaseSource& source) {
  for (const std::string& error : outcome.errors) {
    FAIL_CHECK(source.machine << " (seed " << source.seed << "): " << error);
  }
  REQUIRE(outcome.digests.size() == expected.digests.size());
  const std::vector<Case> cases = cases_of(source);
  for (std::size_t i = 0; i < cases.size(); ++i) {
    CAPTURE(to_string(cases[i]));
    CHECK(outcome.digests[i] == expected.digests[i]);
  }
}

void check_all_ways(const CaseSource& source, bool processes) {
  CAPTURE(source.machine);
  const Machine machine = machine_named(source.machine);
  const std::vector<Case> cases = cases_of(source);
  const Outcome host = run_group(machine, cases);
  {
    // Small messages are reduced in the order of ranks, whatever the trees: that their sums of
    // exact values are right, the runs check themselves.
    const Emulated small("4096");
    const Outcome outcome = run_group(machine, cases);
    for (const std::string& error : outcome.errors) FAIL_CHECK(source.machine << ": " << error);
  }
  const Emulated trees_alone("0");
  check(run_group(machine, cases), host, source);
  check(run_threads(machine, cases), host, source);
  const bool network = why_no_network().empty() && machine.ranks > 1;
  if (network) check(run_threads(machine, cases, 2), host, source);
  if (!processes) return;
  check(run_processes(source), host, source);
  if (network) check(run_processes(source, 3), host, source);
}

TEST_CASE("emulated: one rank alone") {
  check_all_ways({.machine = "alone", .count = 20, .most = 5000, .seed = 1}, true);
}

TEST_CASE("emulated: hand-made schedules, all ways") {
  for (const int ranks : {2, 3, 5}) {
    const std::string machine = "made-" + std::to_string(ranks) + "-7";
    check_all_ways({.machine = machine, .count = 12, .most = 40000, .seed = 2}, ranks == 3);
  }
}

}  // namespace
}  // namespace pleach
