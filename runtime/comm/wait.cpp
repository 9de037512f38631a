#include "runtime/comm/wait.hpp"

#include <chrono>
#include <optional>
#include <vector>

#include <sched.h>

namespace pleach {
namespace {

using Clock = std::chrono::steady_clock;

// Peers on other cores answer within a few hundred nanoseconds; those that wait for this core need
// it.
constexpr int kTurnsBeforeYield = 50;
constexpr int kTurnsBetweenLooks = 64;
constexpr auto kBetweenPeerChecks = std::chrono::milliseconds(5);

void relax() {
#if defined(__x86_64__) || defined(__i386__)
  __builtin_ia32_pause();
#endif
}

struct Waiting {
  Communicator* rank = nullptr;
  std::optional<Clock::time_point> stands_since;
  Clock::time_point checked;
};

void look_at(Waiting& waiting, Clock::time_point now) {
  if (!waiting.stands_since) {
    waiting.stands_since = now;
    waiting.checked = now;
  }
  Communicator& rank = *waiting.rank;
  if (now - waiting.checked >= kBetweenPeerChecks) {
    waiting.checked = now;
    rank.check_peers();
  }
  if (now - *waiting.stands_since < rank.timeout()) return;
  if (const auto mismatch = rank.await_mismatch()) {
    rank.fail(CommError::Kind::InvalidUsage, *mismatch);
  }
  rank.fail(CommError::Kind::Remote,
            rank.describe_stall() + "; nothing moved for " + seconds_text(rank.timeout()));
}

}  // namespace

std::string seconds_text(std::chrono::milliseconds time) {
  const std::string whole = std::to_string(time.count() / 1000);
  const std::string thousandths = std::to_string(1000 + time.count() % 1000).substr(1);
  return (thousandths == "000" ? whole : whole + "." + thousandths) + " s";
}

void finish(std::span<Communicator* const> ranks) {
  std::vector<Waiting> waiting;
  for (Communicator* const rank : ranks) {
    waiting.push_back({.rank = rank, .stands_since = {}, .checked = {}});
  }
  std::optional<CommError> first_failure;
  for (int idle_turns = 0; !waiting.empty();) {
    bool moved = false;
    const bool looks = idle_turns % kTurnsBetweenLooks == kTurnsBetweenLooks - 1;
    const Clock::time_point now = looks ? Clock::now() : Clock::time_point();
    std::erase_if(waiting, [&](Waiting& one) {
      try {
        const Communicator::State state = one.rank->progress();
        if (state == Communicator::State::Done) return true;
        if (state == Communicator::State::Moved) {
          moved = true;
          one.stands_since.reset();
        } else if (looks) {
          look_at(one, now);
        }
        return false;
      } catch (const CommError& error) {
        if (!first_failure) first_failure = error;
        return true;
      }
    });
    if (moved) {
      idle_turns = 0;
      continue;
    }
    if (++idle_turns < kTurnsBeforeYield) {
      relax();
    } else {
      ::sched_yield();
    }
  }
  if (first_failure) throw *first_failure;
}

}  // namespace pleach
