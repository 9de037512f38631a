// Every collective through the C interface on emulated devices: the kernels that GPUs run, in all
// the ways a program may have its ranks. The results are those of the host backend, bit by bit.
#include <algorithm>
#include <sstream>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "tests/runtime/comm/c_ranks.hpp"
#include "tests/support/role_process.hpp"

namespace pleach {
namespace {

using testing::Case;
using testing::cases_of;
using testing::CaseSource;
using testing::Emulated;
using testing::every_case;
using testing::hex_of;
using testing::id_of_hex;
using testing::join;
using testing::Joining;
using testing::load_all;
using testing::Machine;
using testing::machine_named;
using testing::new_id;
using testing::Outcome;
using testing::print_line;
using testing::role_argument;
using testing::RoleProcess;
using testing::run_group;
using testing::run_processes;
using testing::run_threads;
using testing::why_no_network;

// ThreadSanitizer sees no order that goes through another process. (On the host backend a rank is
// one thread, which is in order with itself.)
#ifdef __SANITIZE_THREAD__
constexpr bool kProcesses = false;
#else
constexpr bool kProcesses = true;
#endif

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
  if (!processes || !kProcesses) return;
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

TEST_CASE("emulated: a machine of the catalogue, all ways") {
  check_all_ways({.machine = "hypercube-3", .count = 6, .most = 40000, .seed = 3}, true);
}

// ctest -L slow: the host's matrix, on machines of up to 8 ranks.
TEST_CASE("slow: emulated: every collective, type, operator, size, alignment, in and out of place" *
          doctest::skip()) {
  std::vector<std::string> machines = {"alone", "dgx-1v", "dgx-a100-x1", "ring-8", "hypercube-3"};
  for (int ranks = 2; ranks <= 8; ++ranks) {
    machines.push_back("made-" + std::to_string(ranks) + "-" + std::to_string(ranks));
  }
  for (const std::string& name : machines) {
    const Machine machine = machine_named(name);
    const std::vector<Case> cases = every_case(machine);
    for (std::size_t i = 0; i < cases.size(); i += 100) {
      const auto first = cases.begin() + static_cast<std::ptrdiff_t>(i);
      const auto last =
          cases.begin() + static_cast<std::ptrdiff_t>(std::min(cases.size(), i + 100));
      const Outcome host = run_group(machine, {first, last});
      // By trees in one half, and small messages in one step in the other.
      const Emulated emulated(i / 100 % 2 == 0 ? "0" : "65536");
      const Outcome outcome = run_group(machine, {first, last});
      for (const std::string& error : outcome.errors) FAIL_CHECK(name << ": " << error);
      CHECK(outcome.digests == host.digests);
    }
    MESSAGE(name << ": " << cases.size() << " calls");
  }
}

TEST_CASE("slow: emulated: all ways, many seeds" * doctest::skip()) {
  for (std::uint64_t seed = 20; seed < 32; ++seed) {
    const std::string made = "made-" + std::to_string(2 + seed % 7) + "-" + std::to_string(seed);
    check_all_ways({.machine = made, .count = 100, .most = 60000, .seed = seed}, true);
  }
  for (const char* const machine : {"hypercube-3", "mesh-full-8", "ring-8", "dgx-a100-x1"}) {
    check_all_ways({.machine = machine, .count = 30, .most = 60000, .seed = 40}, true);
  }
}

// All-reduces within one registered block: before it is registered, while it is, and after.
TEST_CASE("role: a rank with registered memory" * doctest::skip()) {
  std::istringstream words(role_argument());
  std::string id;
  Joining joining{.ranks = 3};
  words >> id >> joining.rank;
  REQUIRE_FALSE(words.fail());
  joining.id = id_of_hex(id);
  std::string error;
  pleachComm_t const comm = join(joining, error);
  if (comm == nullptr) return print_line(error);
  error = load_all(comm, machine_named("made-3-7"));
  if (!error.empty()) return print_line(error);
  constexpr std::size_t kFloats = 100000;
  void* memory = nullptr;
  REQUIRE(pleachMemAlloc(&memory, kFloats * sizeof(float)) == pleachSuccess);
  auto* const floats = static_cast<float*>(memory);
  void* handle = nullptr;
  for (int step = 0; step < 6; ++step) {
    if (step == 2) {
      const auto result = pleachCommRegister(comm, memory, kFloats * sizeof(float), &handle);
      if (result != pleachSuccess) return print_line(pleachGetLastError(comm));
    }
    if (step == 4) REQUIRE(pleachCommDeregister(comm, handle) == pleachSuccess);
    // Each rank has its data elsewhere in the block; every other call is in place.
    const std::size_t count = 20000 + step;
    float* const send = floats + 7 + joining.rank * 1000;
    float* const receive = step % 2 == 0 ? send : send + 40000;
    for (std::size_t i = 0; i < count; ++i) send[i] = static_cast<float>(i + joining.rank);
    const auto result =
        pleachAllReduce(send, receive, count, pleachFloat32, pleachSum, comm, nullptr);
    if (result != pleachSuccess) return print_line(pleachGetLastError(comm));
    std::size_t wrong = 0;
    for (std::size_t i = 0; i < count; ++i) {
      if (receive[i] != static_cast<float>(3 * i + 3)) ++wrong;
    }
    print_line("step " + std::to_string(step) + ": " + std::to_string(wrong) + " wrong");
  }
  (void)pleachMemFree(memory);
  (void)pleachCommDestroy(comm);
}

TEST_CASE("emulated: registered memory is read in place by other processes" *
          doctest::skip(!kProcesses)) {
  const Emulated emulated("0");
  const std::string id = hex_of(new_id());
  std::vector<RoleProcess> processes;
  for (int rank = 0; rank < 3; ++rank) {
    processes.emplace_back("a rank with registered memory", id + " " + std::to_string(rank));
  }
  for (int step = 0; step < 6; ++step) {
    for (RoleProcess& process : processes) {
      CHECK(process.line() == "step " + std::to_string(step) + ": 0 wrong");
    }
  }
}

}  // namespace
}  // namespace pleach
