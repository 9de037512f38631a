// How calls on several communicators run together: what a thread gathers between pleachGroupStart
// and pleachGroupEnd.
#pragma once

#include <functional>
#include <span>
#include <vector>

#include "runtime/comm/c_comm.hpp"
#include "runtime/comm/call.hpp"

namespace pleach {

// Runs all tasks at the same time, in threads of their own where there are several. Throws the
// first one's failure, by their order, when all have ended.
void run_together(std::vector<std::function<void()>> tasks);

class CallGroup {
 public:
  // Groups nest; only the outermost one counts.
  void start() { ++depth_; }
  // Ends the innermost group. With the outermost: runs the meetings, then the calls. Throws the
  // first failure, when all that had begun has ended; each communicator that failed keeps its own
  // words. CommError when no group has been started.
  void end();
  [[nodiscard]] bool is_open() const { return depth_ > 0; }

  // Work of `comm` that waits for other ranks: at once, or at the end of the group. Then all
  // communicators do theirs at the same time, each in its order.
  void meet(pleachComm_t comm, std::function<void()> work);
  // A call that has been checked: at once, or at the end of the group. Then each communicator's
  // first calls start together, before any is waited for; then the second ones, and so on.
  void call(pleachComm_t comm, const Call& call);

 private:
  struct Meeting {
    pleachComm_t comm = nullptr;
    std::function<void()> work;
  };
  struct Entry {
    pleachComm_t comm = nullptr;
    Call call;
  };
  static void run_meetings(const std::vector<Meeting>& meetings);
  static void run_round(std::span<const Entry> calls);
  static void run_calls(std::vector<Entry> calls);

  int depth_ = 0;
  std::vector<Meeting> meetings_;
  std::vector<Entry> calls_;
};

// The calling thread's.
[[nodiscard]] CallGroup& thread_group();

}  // namespace pleach
