// Every collective through the C interface, in all the ways a program may have its ranks.
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "tests/runtime/comm/c_ranks.hpp"

namespace pleach {
namespace {

using testing::Case;
using testing::cases_of;
using testing::CaseSource;
using testing::every_case;
using testing::Machine;
using testing::machine_named;
using testing::Outcome;
using testing::run_group;
using testing::run_processes;
using testing::run_threads;
using testing::why_no_network;

void check(const Outcome& outcome, const CaseSource& source) {
  for (const std::string& error : outcome.errors) {
    FAIL_CHECK(source.machine << " (seed " << source.seed << "): " << error);
  }
  CHECK(outcome.digests.size() == static_cast<std::size_t>(source.count));
}

// Threads, one thread, processes, and both over a network: the right result, and the same bits.
void check_all_ways(const CaseSource& source, bool processes) {
  CAPTURE(source.machine);
  const Machine machine = machine_named(source.machine);
  const std::vector<Case> cases = cases_of(source);
  const Outcome group = run_group(machine, cases);
  check(group, source);
  const Outcome threads = run_threads(machine, cases);
  check(threads, source);
  CHECK(threads.digests == group.digests);
  const int most_hosts = why_no_network().empty() && machine.ranks > 1 ? 3 : 1;
  if (most_hosts > 1) {
    const Outcome network = run_threads(machine, cases, 2);
    check(network, source);
    CHECK(network.digests == group.digests);
  }
  if (!processes) return;
  for (int hosts = 1; hosts <= most_hosts; hosts += 2) {
    const Outcome apart = run_processes(source, hosts);
    check(apart, source);
    CHECK(apart.digests == group.digests);
  }
}

TEST_CASE("one rank alone: the result is its input, and there is no schedule to load") {
  check_all_ways({.machine = "alone", .count = 60, .most = 5000, .seed = 1}, true);
}

TEST_CASE("hand-made schedules, few ranks, all ways") {
  for (const int ranks : {2, 3, 5}) {
    const std::string machine = "made-" + std::to_string(ranks) + "-4";
    check_all_ways({.machine = machine, .count = 30, .most = 40000, .seed = 2}, true);
  }
}

TEST_CASE("schedules of the catalogue, all ways") {
  check_all_ways({.machine = "hypercube-3", .count = 15, .most = 40000, .seed = 3}, true);
  check_all_ways({.machine = "dgx-a100-x2", .count = 8, .most = 40000, .seed = 4}, false);
}

TEST_CASE("up to 16 ranks and machines of 32 GPUs, in one thread") {
  std::vector<std::string> machines = {"dgx-a100-x4", "torus-4x8", "mi250-x2"};
  for (int ranks = 2; ranks <= 16; ++ranks) {
    machines.push_back("made-" + std::to_string(ranks) + "-" + std::to_string(100 + ranks));
  }
  for (const std::string& name : machines) {
    const CaseSource source{.machine = name, .count = 12, .most = 20000, .seed = 5};
    check(run_group(machine_named(name), cases_of(source)), source);
  }
}

TEST_CASE("buffers of some mebibytes") {
  for (const char* const machine : {"made-4-9", "hypercube-3"}) {
    check_all_ways({.machine = machine, .count = 4, .most = 1 << 20, .seed = 6}, true);
  }
}

// ctest -L slow: everything times everything.
TEST_CASE("slow: every collective, type, operator, size, alignment, in and out of place" *
          doctest::skip()) {
  std::vector<std::string> machines = {"alone",       "dgx-1v",       "dgx-a100-x1", "dgx-a100-x2",
                                       "dgx-a100-x4", "dgx-h100-x2",  "dgx-h100-x4", "hypercube-4",
                                       "hypercube-5", "mesh-full-16", "mi250-x1",    "mi250-x2",
                                       "ring-8",      "ring-32",      "torus-3x3x3", "torus-4x8"};
  for (int ranks = 2; ranks <= 16; ++ranks) {
    machines.push_back("made-" + std::to_string(ranks) + "-" + std::to_string(ranks));
  }
  for (const std::string& name : machines) {
    const Machine machine = machine_named(name);
    const std::vector<Case> cases = every_case(machine);
    // Not all at once: the buffers of all cases are there together.
    for (std::size_t i = 0; i < cases.size(); i += 100) {
      const auto first = cases.begin() + static_cast<std::ptrdiff_t>(i);
      const auto last =
          cases.begin() + static_cast<std::ptrdiff_t>(std::min(cases.size(), i + 100));
      const Outcome outcome = run_group(machine, {first, last});
      for (const std::string& error : outcome.errors) FAIL_CHECK(name << ": " << error);
    }
    MESSAGE(name << ": " << cases.size() << " calls");
  }
}

TEST_CASE("slow: all ways, many seeds" * doctest::skip()) {
  for (std::uint64_t seed = 20; seed < 32; ++seed) {
    const std::string made = "made-" + std::to_string(2 + seed % 11) + "-" + std::to_string(seed);
    check_all_ways({.machine = made, .count = 100, .most = 60000, .seed = seed}, true);
  }
  for (const char* const machine : {"dgx-a100-x2", "torus-4x4", "mi250-x1", "mesh-full-8"}) {
    check_all_ways({.machine = machine, .count = 30, .most = 60000, .seed = 40}, true);
  }
}

}  // namespace
}  // namespace pleach
