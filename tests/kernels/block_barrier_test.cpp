#include "kernels/block_barrier.hpp"

#include <cstdint>
#include <vector>

#include <doctest/doctest.h>

#include "tests/kernels/block.hpp"

namespace pleach {
namespace {

// What a thread says in a round: most say yes, and rounds of one verdict follow on those of the
// other in every way.
bool says(std::uint32_t round, std::uint32_t thread) {
  const std::uint32_t mixed = (round * 2654435761U) >> 16;
  return (mixed & 1U) != 0 || (mixed >> 1) % 5 != thread;
}

TEST_CASE("many rounds: each has its own verdict, and who leaves sees what all wrote before") {
  for (const std::uint32_t threads : {1U, 2U, 3U, 4U, 7U}) {
    CAPTURE(threads);
    constexpr std::uint32_t kRounds = 2000;
    std::vector<std::uint32_t> reached(threads, 0);
    std::vector<int> wrong_verdicts(threads, 0);
    std::vector<int> unseen(threads, 0);
    testing::run_block_of(threads, [&](const device::Thread& thread) {
      const std::uint32_t own = thread.index();
      for (std::uint32_t round = 1; round <= kRounds; ++round) {
        reached[own] = round;
        bool expected = true;
        for (std::uint32_t t = 0; t < threads; ++t) expected = expected && says(round, t);
        if (thread.sync_and(says(round, own)) != expected) ++wrong_verdicts[own];
        for (const std::uint32_t there : reached) {
          if (there != round) ++unseen[own];
        }
        // Nobody writes before all have read. A verdict of these must not reach the others.
        if (round % 2 == 0) {
          thread.sync();
        } else if (!thread.sync_and(true)) {
          ++wrong_verdicts[own];
        }
      }
    });
    CHECK(wrong_verdicts == std::vector<int>(threads, 0));
    CHECK(unseen == std::vector<int>(threads, 0));
  }
}

TEST_CASE("verdicts of rounds that follow at once") {
  // Nothing between two rounds, so that the fast meet the slow of the round before.
  constexpr std::uint32_t kThreads = 4;
  constexpr std::uint32_t kRounds = 5000;
  std::vector<int> wrong(kThreads, 0);
  testing::run_block_of(kThreads, [&](const device::Thread& thread) {
    CHECK(thread.count() == kThreads);
    for (std::uint32_t round = 0; round < kRounds; ++round) {
      bool expected = true;
      for (std::uint32_t t = 0; t < kThreads; ++t) expected = expected && says(round, t);
      if (thread.sync_and(says(round, thread.index())) != expected) ++wrong[thread.index()];
    }
  });
  CHECK(wrong == std::vector<int>(kThreads, 0));
}

}  // namespace
}  // namespace pleach
