// What happens when processes die or stop: whoever is left is told, in words and in time, and can
// go on.
#include <chrono>
#include <csignal>
#include <random>
#include <set>
#include <sstream>
#include <string>
#include <thread>
#include <vector>

#include <doctest/doctest.h>

#include "tests/runtime/comm/c_ranks.hpp"
#include "tests/support/role_process.hpp"

namespace pleach {
namespace {

using testing::all_reduce;
using testing::contains;
using testing::Emulated;
using testing::hex_of;
using testing::id_of_hex;
using testing::join;
using testing::Joining;
using testing::load_all;
using testing::Machine;
using testing::machine_named;
using testing::new_id;
using testing::print_line;
using testing::role_argument;
using testing::RoleProcess;
using testing::shared_files;
using testing::why_no_network;

// Of ranks that stop: on a loaded machine the others need some of it to meet at all.
constexpr int kTimeoutMs = 2500;
constexpr int kAmpleMs = 60000;

std::string describe(pleachResult_t result, pleachComm_t comm) {
  return std::to_string(result) + " " + pleachGetLastError(comm);
}

struct Job {
  std::string machine = "made-4-1";
  int hosts = 1;
  int timeout_ms = kTimeoutMs;
  std::size_t count = 300000;
  std::string id = {};
  // For the ranks that are left, "-" for none: they meet again without `victim`.
  std::string next_id = "-";
  int victim = 0;
};

// Prints "ready" in the midst of work, then what it fails with, then whether it works again.
TEST_CASE("role: a rank that works until it fails" * doctest::skip()) {
  std::istringstream words(role_argument());
  Job job;
  int rank = 0;
  words >> rank >> job.machine >> job.hosts >> job.timeout_ms >> job.count >> job.id >>
      job.next_id >> job.victim;
  REQUIRE_FALSE(words.fail());
  const Machine machine = machine_named(job.machine);
  std::string error;
  pleachComm_t comm = join({.id = id_of_hex(job.id),
                            .rank = rank,
                            .ranks = machine.ranks,
                            .hosts = job.hosts,
                            .timeout_ms = job.timeout_ms},
                           error);
  if (comm == nullptr) return print_line("init: " + error);
  error = load_all(comm, machine);
  if (!error.empty()) return print_line("load: " + error);
  pleachResult_t result = all_reduce(comm, job.count);
  if (result == pleachSuccess) print_line("ready");
  while (result == pleachSuccess) result = all_reduce(comm, job.count);
  print_line(describe(result, comm));
  // It stays as it is.
  pleachResult_t known = pleachSuccess;
  (void)pleachCommGetAsyncError(comm, &known);
  if (known != result || all_reduce(comm, 1) != result) return print_line("it changed its mind");
  (void)pleachCommDestroy(comm);
  if (job.next_id == "-") return;
  const Machine smaller = machine_named("made-" + std::to_string(machine.ranks - 1) + "-1");
  comm = join({.id = id_of_hex(job.next_id),
               .rank = rank < job.victim ? rank : rank - 1,
               .ranks = smaller.ranks,
               .hosts = job.hosts,
               .timeout_ms = kAmpleMs},
              error);
  if (comm == nullptr) return print_line("again: " + error);
  error = load_all(comm, smaller);
  result = all_reduce(comm, job.count);
  print_line(error.empty() && result == pleachSuccess ? "works again" : describe(result, comm));
  (void)pleachCommDestroy(comm);
}

std::vector<RoleProcess> start(const Job& job) {
  std::vector<RoleProcess> ranks;
  for (int rank = 0; rank < machine_named(job.machine).ranks; ++rank) {
    std::ostringstream argument;
    argument << rank << ' ' << job.machine << ' ' << job.hosts << ' ' << job.timeout_ms << ' '
             << job.count << ' ' << job.id << ' ' << job.next_id << ' ' << job.victim;
    ranks.emplace_back("a rank that works until it fails", argument.str());
  }
  return ranks;
}

// `number` to one rank in the midst of work; all others must say what they waited for, and work
// again without it.
void check_survivors(int number, int hosts) {
  const std::set<std::string> files = shared_files();
  for (const int victim : {0, 2}) {
    Job job{.hosts = hosts, .victim = victim};
    job.id = hex_of(new_id());
    job.next_id = hex_of(new_id());
    std::vector<RoleProcess> ranks = start(job);
    for (RoleProcess& rank : ranks) REQUIRE(rank.line() == "ready");
    ranks[victim].signal(number);
    for (int rank = 0; rank < static_cast<int>(ranks.size()); ++rank) {
      if (rank == victim) continue;
      const std::string said = ranks[rank].line();
      CAPTURE(said);
      CHECK(said.starts_with(std::to_string(pleachRemoteError) + " rank " + std::to_string(rank)));
      CHECK(contains(said, "allreduce of 300000 float32, sum"));
      // Where all is done but for what the network still holds, there is no tree to name.
      if (contains(said, "waits for the network")) {
        CHECK(hosts > 1);
        continue;
      }
      CHECK(contains(said, "waits for rank "));
      CHECK(contains(said, "_trees/"));
      CHECK(contains(said, "chunk "));
      CHECK(contains(said, "edge gpu"));
    }
    for (int rank = 0; rank < static_cast<int>(ranks.size()); ++rank) {
      if (rank != victim) CHECK(ranks[rank].line() == "works again");
      if (rank != victim) CHECK(ranks[rank].wait() == 0);
    }
  }
  CHECK(shared_files() == files);
}

TEST_CASE("a rank that is killed: shared memory") { check_survivors(SIGKILL, 1); }
TEST_CASE("a rank that stops: shared memory") { check_survivors(SIGSTOP, 1); }
TEST_CASE("a rank that is killed: a network") {
  if (why_no_network().empty()) check_survivors(SIGKILL, 2);
}
TEST_CASE("a rank that stops: a network") {
  if (why_no_network().empty()) check_survivors(SIGSTOP, 2);
}

// A kernel notices by its own clock.
TEST_CASE("a rank that is killed: emulated devices") {
  const Emulated emulated("0");
  check_survivors(SIGKILL, 1);
}
TEST_CASE("a rank that is killed: emulated devices and a network") {
  const Emulated emulated("0");
  if (why_no_network().empty()) check_survivors(SIGKILL, 2);
}

// Kills one of four ranks at any time; the others must end by themselves.
void check_random_kills(int kills, std::uint64_t seed) {
  std::mt19937_64 random(seed);
  const bool network = why_no_network().empty();
  int mid_call = 0;
  for (int kill = 0; kill < kills; ++kill) {
    Job job{.machine = "made-4-" + std::to_string(random() % 5),
            .hosts = network && random() % 4 == 0 ? 2 : 1,
            .timeout_ms = 10000,  // for those that meet; what dies is known sooner
            .count = std::size_t{1} << random() % 19,
            .victim = static_cast<int>(random() % 4)};
    job.id = hex_of(new_id());
    CAPTURE(seed);
    CAPTURE(kill);
    CAPTURE(job.hosts);
    CAPTURE(job.victim);
    std::vector<RoleProcess> ranks = start(job);
    const bool while_they_meet = random() % 4 == 0;
    const auto moment = std::chrono::microseconds(random() % (while_they_meet ? 40000 : 10000));
    if (!while_they_meet) {
      bool all_ready = true;
      for (RoleProcess& rank : ranks) {
        const std::string said = rank.line();
        CHECK_MESSAGE(said == "ready", said);
        all_ready = all_ready && said == "ready";
      }
      if (!all_ready) continue;
    }
    std::this_thread::sleep_for(moment);
    ranks[job.victim].signal(SIGKILL);
    for (int rank = 0; rank < 4; ++rank) {
      if (rank == job.victim) continue;
      CAPTURE(rank);
      std::string said = ranks[rank].line();
      if (while_they_meet && said == "ready") said = ranks[rank].line();
      CAPTURE(said);
      const bool told = said.starts_with(std::to_string(pleachRemoteError) + " ");
      if (while_they_meet) {
        const bool earlier = said.starts_with("init: ") || said.starts_with("load: ");
        CHECK((told || earlier));
      } else {
        CHECK(told);
        ++mid_call;
      }
      CHECK(ranks[rank].wait() == 0);
    }
  }
  CHECK(mid_call > 0);
}

TEST_CASE("killed at any time: nothing hangs") { check_random_kills(20, 1); }
// PLEACH_TEST_KILLS: how many, instead of 1,000.
TEST_CASE("slow: killed at any of a thousand times" * doctest::skip()) {
  const char* const text = std::getenv("PLEACH_TEST_KILLS");
  check_random_kills(text != nullptr ? std::atoi(text) : 1000, 2);
}

}  // namespace
}  // namespace pleach
