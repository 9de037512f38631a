// What happens when ranks do something else than the others, never come, or are aborted: all are
// told, in words and in time, and nothing is left behind.
#include <atomic>
#include <chrono>
#include <fstream>
#include <string>
#include <thread>
#include <vector>

#include <doctest/doctest.h>
#include <fcntl.h>

#include "tests/runtime/comm/c_ranks.hpp"

namespace pleach {
namespace {

using testing::all_reduce;
using testing::contains;
using testing::join;
using testing::load_all;
using testing::Machine;
using testing::machine_named;
using testing::new_id;
using testing::shared_files;
using testing::why_no_network;

constexpr int kAmpleMs = 60000;

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
