// What happens when ranks die, stop, do something else, or never come: whoever is left is told,
// in words and in time, and can go on.
#include <atomic>
#include <chrono>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <random>
#include <set>
#include <sstream>
#include <string>
#include <thread>
#include <vector>

#include <doctest/doctest.h>
#include <fcntl.h>
#include <unistd.h>

#include "tests/runtime/comm/c_ranks.hpp"
#include "tests/support/role_process.hpp"

namespace pleach {
namespace {

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
using testing::why_no_network;

// Of ranks that stop: on a loaded machine the others need some of it to meet at all.
constexpr int kTimeoutMs = 2500;
constexpr int kAmpleMs = 60000;

bool contains(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

pleachResult_t all_reduce(pleachComm_t comm, std::vector<float>& data, std::size_t count) {
  return pleachAllReduce(data.data(), data.data(), count, pleachFloat32, pleachSum, comm, nullptr);
}
pleachResult_t all_reduce(pleachComm_t comm, std::size_t count) {
  std::vector<float> data(count, 1.0F);
  return all_reduce(comm, data, count);
}

std::string describe(pleachResult_t result, pleachComm_t comm) {
  return std::to_string(result) + " " + pleachGetLastError(comm);
}

// ---- Processes that die ----

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

std::set<std::string> shared_files() {
  std::set<std::string> names;
  for (const auto& file : std::filesystem::directory_iterator("/dev/shm")) {
    const std::string name = file.path().filename().string();
    if (contains(name, "pleach")) names.insert(name);
  }
  return names;
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

// ---- Threads that do not do the same ----

// Each rank's result and words. `act` runs on each rank's thread, with its communicator.
struct Said {
  pleachResult_t result = pleachSuccess;
  std::string words;
};
template <class Act>
std::vector<Said> on_ranks(const Machine& machine, int hosts, int timeout_ms, const Act& act) {
  const pleachUniqueId id = new_id();
  std::vector<Said> said(machine.ranks);
  std::vector<std::thread> threads;
  for (int rank = 0; rank < machine.ranks; ++rank) {
    threads.emplace_back([&, rank] {
      pleachComm_t const comm = join({.id = id,
                                      .rank = rank,
                                      .ranks = machine.ranks,
                                      .hosts = hosts,
                                      .timeout_ms = timeout_ms},
                                     said[rank].words);
      if (comm == nullptr) {
        said[rank].result = pleachInternalError;
        return;
      }
      said[rank].result = act(comm, rank);
      said[rank].words = pleachGetLastError(comm);
      (void)pleachCommDestroy(comm);
    });
  }
  for (std::thread& thread : threads) thread.join();
  return said;
}

std::string all_words(const std::vector<Said>& said) {
  std::string text;
  for (const Said& one : said) text += std::to_string(one.result) + " " + one.words + "\n";
  return text;
}

// Rank 1 makes another call than the others. At least one rank must name both.
void check_mismatch(int hosts, bool prepared, bool other_collective) {
  const Machine machine = machine_named("made-3-2");
  const auto said = on_ranks(machine, hosts, 3000, [&](pleachComm_t comm, int rank) {
    std::vector<float> data(300, 1.0F);  // gone as soon as the rank's calls have ended
    const auto gather = [&] {
      return pleachAllGather(data.data() + 100 * rank, data.data(), 100, pleachFloat32, comm,
                             nullptr);
    };
    const std::string error = load_all(comm, machine);
    if (!error.empty()) return pleachInternalError;
    if (prepared) {
      const bool well = all_reduce(comm, 99) == pleachSuccess &&
                        all_reduce(comm, 100) == pleachSuccess && gather() == pleachSuccess;
      if (!well) return pleachInternalError;
    }
    if (rank != 1) return all_reduce(comm, data, 99);
    return other_collective ? gather() : all_reduce(comm, data, 100);
  });
  CAPTURE(all_words(said));
  CAPTURE(hosts);
  CAPTURE(prepared);
  bool named = false;
  for (const Said& one : said) {
    CHECK((one.result == pleachInvalidUsage || one.result == pleachRemoteError));
    const std::string theirs =
        other_collective ? "allgather of 100 float32" : "allreduce of 100 float32, sum";
    named = named ||
            (one.result == pleachInvalidUsage && contains(one.words, theirs) &&
             contains(one.words, "allreduce of 99 float32, sum") && contains(one.words, "rank 1"));
  }
  CHECK(named);
}

TEST_CASE("other counts and other collectives: the error names both calls") {
  for (const int hosts : {1, 2, 3}) {
    if (hosts > 1 && !why_no_network().empty()) continue;
    for (const bool prepared : {false, true}) {
      for (const bool other_collective : {false, true}) {
        check_mismatch(hosts, prepared, other_collective);
      }
    }
  }
}

// Over a network; rank 1 needs more scratch than there is, and waits to meet rank 0, which does
// not.
TEST_CASE("one rank waits in a call and the other to prepare one: the error names both calls") {
  if (!why_no_network().empty()) return;
  const Machine machine = machine_named("made-2-2");
  const auto said = on_ranks(machine, 2, 1500, [&](pleachComm_t comm, int rank) {
    if (!load_all(comm, machine).empty()) return pleachInternalError;
    if (all_reduce(comm, 99) != pleachSuccess) return pleachInternalError;
    return all_reduce(comm, rank == 0 ? 99 : 3'000'000);
  });
  CAPTURE(all_words(said));
  bool named = false;
  for (const Said& one : said) {
    CHECK((one.result == pleachInvalidUsage || one.result == pleachRemoteError));
    // At least by the one whose time is over last.
    named = named || (one.result == pleachInvalidUsage &&
                      contains(one.words, "rank 0 is allreduce of 99 float32, sum") &&
                      contains(one.words, "rank 1 is allreduce of 3000000 float32, sum"));
  }
  CHECK(named);
}

TEST_CASE("other schedules and machines: both ranks and digests; the right ones work after it") {
  const Machine machine = machine_named("made-3-2");
  const Machine same_size = machine_named("made-3-3");
  Machine other_links = machine;
  for (std::string& text : other_links.schedules) {
    const std::size_t at = text.find("\"name\":");
    REQUIRE(at != std::string::npos);
    // Another digest of the machine, as a changed link would give it.
    const std::size_t digest = text.find("\"digest\":", at) + 10;
    text[digest] = text[digest] == 'a' ? 'b' : 'a';
  }
  for (const bool other_machine : {false, true}) {
    std::vector<std::string> words(3);
    const auto said = on_ranks(machine, 1, kAmpleMs, [&](pleachComm_t comm, int rank) {
      const Machine& other = other_machine ? other_links : same_size;
      const std::string& text = (rank == 2 ? other : machine).schedules[2];
      const pleachResult_t result = pleachPlanLoadBytes(comm, text.data(), text.size());
      words[rank] = pleachGetLastError(comm);
      if (result != pleachInvalidUsage) return pleachInternalError;
      if (!load_all(comm, machine).empty()) return pleachInternalError;
      return all_reduce(comm, 1000);
    });
    CAPTURE(all_words(said));
    for (int rank = 0; rank < 3; ++rank) {
      CAPTURE(words[rank]);
      CHECK(said[rank].result == pleachSuccess);
      CHECK(contains(words[rank], "ranks " + std::to_string(rank) + " and " +
                                      (rank == 2 ? "0" : "2") + " load different schedules"));
      CHECK(contains(words[rank], other_machine ? "for different machines" : "the same machine"));
      CHECK(contains(words[rank], "SHA-256 "));
    }
  }
}

TEST_CASE("a schedule for another number of ranks") {
  const Machine machine = machine_named("made-3-2");
  const auto said = on_ranks(machine_named("made-2-2"), 1, kAmpleMs, [&](pleachComm_t comm, int) {
    const std::string& text = machine.schedules[0];
    return pleachPlanLoadBytes(comm, text.data(), text.size());
  });
  for (const Said& one : said) {
    CHECK(one.result == pleachInvalidArgument);
    CHECK(contains(one.words, "for 3 GPUs"));
    CHECK(contains(one.words, "has 2 ranks"));
  }
}

TEST_CASE("a rank that never comes is named to the others") {
  const pleachUniqueId id = new_id();
  std::string errors[2];
  std::vector<std::thread> threads;
  for (int rank = 0; rank < 2; ++rank) {
    threads.emplace_back([&, rank] {
      (void)join({.id = id, .rank = rank, .ranks = 3, .timeout_ms = 500}, errors[rank]);
    });
  }
  for (std::thread& thread : threads) thread.join();
  for (const std::string& error : errors) {
    CHECK_MESSAGE(contains(error, "rank 2"), error);
    CHECK_MESSAGE(contains(error, pleachGetErrorString(pleachRemoteError)), error);
  }
}

TEST_CASE("abort from another thread ends a call at once, and every call after it") {
  const Machine machine = machine_named("made-2-2");
  std::atomic<bool> is_over = false;
  const auto said = on_ranks(machine, 1, kAmpleMs, [&](pleachComm_t comm, int rank) {
    if (!load_all(comm, machine).empty()) return pleachInternalError;
    if (all_reduce(comm, 1000) != pleachSuccess) return pleachInternalError;
    if (rank == 1) {  // makes no second call while rank 0 waits in it
      while (!is_over) std::this_thread::sleep_for(std::chrono::milliseconds(1));
      return all_reduce(comm, 1000);
    }
    std::thread aborter([comm] {
      std::this_thread::sleep_for(std::chrono::milliseconds(50));
      (void)pleachCommAbort(comm);
    });
    const pleachResult_t result = all_reduce(comm, 1000);
    aborter.join();
    is_over = true;
    return all_reduce(comm, 1000) == result ? result : pleachInternalError;
  });
  CAPTURE(all_words(said));
  CHECK(said[0].result == pleachInvalidUsage);
  CHECK(contains(said[0].words, "aborted"));
  // The other one learns it when it calls.
  CHECK(said[1].result == pleachRemoteError);
  CHECK(contains(said[1].words, "rank 0"));
}

// Rank 1 comes to none of them while rank 0 waits.
TEST_CASE(
    "abort ends the wait for other ranks: for a schedule, for a first call, for a larger one") {
  const Machine machine = machine_named("made-2-2");
  for (const int prepared : {0, 1, 2}) {
    CAPTURE(prepared);
    std::atomic<bool> is_over = false;
    const auto said = on_ranks(machine, 1, kAmpleMs, [&](pleachComm_t comm, int rank) {
      if (prepared > 0 && !load_all(comm, machine).empty()) return pleachInternalError;
      if (prepared > 1 && all_reduce(comm, 1000) != pleachSuccess) return pleachInternalError;
      const auto act = [&] {
        if (prepared > 0) return all_reduce(comm, 3'000'000);
        const std::string& text = machine.schedules[0];
        return pleachPlanLoadBytes(comm, text.data(), text.size());
      };
      if (rank == 1) {
        while (!is_over) std::this_thread::sleep_for(std::chrono::milliseconds(1));
        return act();
      }
      std::thread aborter([comm] {
        std::this_thread::sleep_for(std::chrono::milliseconds(50));
        (void)pleachCommAbort(comm);
      });
      const pleachResult_t result = act();
      aborter.join();
      is_over = true;
      return act() == result ? result : pleachInternalError;
    });
    CAPTURE(all_words(said));
    CHECK(said[0].result == pleachInvalidUsage);
    CHECK(said[0].words == "rank 0: the communicator was aborted");
    CHECK(said[1].result == pleachRemoteError);
    CHECK(contains(said[1].words, "rank 0"));
  }
}

TEST_CASE("one rank of a group is aborted: all calls of the group end, and are told") {
  const Machine machine = machine_named("made-3-2");
  std::vector<pleachComm_t> comms(3);
  REQUIRE(pleachCommInitAll(comms.data(), 3, nullptr) == pleachSuccess);
  (void)pleachGroupStart();
  for (pleachComm_t const comm : comms) CHECK(load_all(comm, machine) == "");
  REQUIRE(pleachGroupEnd() == pleachSuccess);
  std::vector<std::vector<float>> data(3, std::vector<float>(100, 1.0F));
  (void)pleachGroupStart();
  for (int rank = 0; rank < 3; ++rank) {
    CHECK(pleachAllReduce(data[rank].data(), data[rank].data(), 100, pleachFloat32, pleachSum,
                          comms[rank], nullptr) == pleachSuccess);
  }
  CHECK(pleachCommAbort(comms[1]) == pleachSuccess);
  CHECK(pleachGroupEnd() == pleachRemoteError);  // the first communicator's; rank 1 has its own
  for (pleachComm_t const comm : comms) {
    pleachResult_t known = pleachSuccess;
    CHECK(pleachCommGetAsyncError(comm, &known) == pleachSuccess);
    CHECK(known == (comm == comms[1] ? pleachInvalidUsage : pleachRemoteError));
    CHECK(std::string(pleachGetLastError(comm)) != "");
    CHECK(pleachCommDestroy(comm) == pleachSuccess);
  }
}

// ---- Nothing is left behind ----

struct Footprint {
  long pages = 0;  // resident, shared ones among them
  int descriptors = 0;
};
Footprint footprint() {
  Footprint found;
  long size = 0;
  std::ifstream("/proc/self/statm") >> size >> found.pages;
  for (int descriptor = 0; descriptor < 4096; ++descriptor) {
    if (::fcntl(descriptor, F_GETFD) >= 0) ++found.descriptors;
  }
  return found;
}

TEST_CASE("two hundred communicators that failed leave nothing") {
  const Machine machine = machine_named("made-3-2");
  const auto fail_once = [&] {
    const auto said = on_ranks(machine, 1, kAmpleMs, [&](pleachComm_t comm, int rank) {
      if (!load_all(comm, machine).empty()) return pleachInternalError;
      if (all_reduce(comm, 50000) != pleachSuccess) return pleachInternalError;
      if (rank == 1) (void)pleachCommAbort(comm);
      return all_reduce(comm, 50000);
    });
    for (const Said& one : said) {
      CHECK((one.result == pleachInvalidUsage || one.result == pleachRemoteError));
    }
  };
  for (int i = 0; i < 40; ++i) fail_once();
  const Footprint before = footprint();
  for (int i = 0; i < 160; ++i) fail_once();
  // Roots that have seen their ranks leave end soon, and close what they hold.
  Footprint after = footprint();
  for (int i = 0; i < 500 && after.descriptors > before.descriptors; ++i) {
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
    after = footprint();
  }
  CHECK(after.descriptors <= before.descriptors);
#ifndef __SANITIZE_ADDRESS__  // it holds back what was freed
  // Each has mebibytes of counters, scratch and buffers while it lives.
  CHECK((after.pages - before.pages) * 4096 < 12 << 20);
#endif
  CHECK(shared_files().empty());
}

}  // namespace
}  // namespace pleach
