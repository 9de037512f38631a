#include "runtime/comm/c_group.hpp"

#include <algorithm>
#include <exception>
#include <optional>
#include <thread>
#include <utility>

#include "runtime/comm/device_launch.hpp"
#include "runtime/comm/wait.hpp"

namespace pleach {

void run_together(std::vector<std::function<void()>> tasks) {
  std::vector<std::exception_ptr> failures(tasks.size());
  const auto run = [&](std::size_t i) {
    try {
      tasks[i]();
    } catch (...) {
      failures[i] = std::current_exception();
    }
  };
  if (tasks.size() == 1) {
    run(0);
  } else {
    std::vector<std::jthread> threads;
    for (std::size_t i = 0; i < tasks.size(); ++i) threads.emplace_back(run, i);
  }
  for (const std::exception_ptr& failure : failures) {
    if (failure != nullptr) std::rethrow_exception(failure);
  }
}

void CallGroup::end() {
  if (depth_ == 0) throw CommError(CommError::Kind::InvalidUsage, "no group has been started");
  if (--depth_ > 0) return;
  const std::vector<Meeting> meetings = std::exchange(meetings_, {});
  const std::vector<Entry> calls = std::exchange(calls_, {});
  try {
    run_meetings(meetings);
    run_calls(calls);
  } catch (...) {
    for (const Entry& entry : calls) {
      const auto failure = entry.comm->rank->failure();
      if (failure) entry.comm->last_error = failure->what();
    }
    throw;
  }
}

void CallGroup::meet(pleachComm_t comm, std::function<void()> work) {
  if (!is_open()) return work();
  meetings_.push_back({.comm = comm, .work = std::move(work)});
}

void CallGroup::call(pleachComm_t comm, const Call& call) {
  const Entry entry{.comm = comm, .call = call};
  if (!is_open()) return run_round({&entry, 1});
  calls_.push_back(entry);
}

void CallGroup::run_meetings(const std::vector<Meeting>& meetings) {
  std::vector<pleachComm_t> comms;  // by first mention
  for (const Meeting& meeting : meetings) {
    if (std::find(comms.begin(), comms.end(), meeting.comm) == comms.end()) {
      comms.push_back(meeting.comm);
    }
  }
  std::vector<std::function<void()>> tasks;
  for (pleachComm_t const comm : comms) {
    tasks.emplace_back([comm, &meetings] {
      for (const Meeting& meeting : meetings) {
        if (meeting.comm == comm) meeting.work();
      }
    });
  }
  run_together(std::move(tasks));
}

// At most one call for each communicator.
void CallGroup::run_round(std::span<const Entry> calls) {
  std::vector<std::function<void()>> preparations;
  for (const Entry& entry : calls) {
    if (!entry.comm->rank->is_prepared(entry.call)) {
      preparations.emplace_back([&entry] { entry.comm->rank->prepare(entry.call); });
    }
  }
  run_together(std::move(preparations));
  std::vector<Communicator*> ranks;
  std::vector<DeviceEntry> on_devices;
  std::optional<CommError> failure;  // of one that could not start; what has started is to end
  for (const Entry& entry : calls) {
    if (entry.comm->rank->device() != nullptr) {
      on_devices.push_back({.rank = entry.comm->rank.get(), .call = entry.call});
      continue;
    }
    try {
      entry.comm->rank->start(entry.call);
      ranks.push_back(entry.comm->rank.get());
    } catch (const CommError& error) {
      if (!failure) failure = error;
    }
  }
  try {
    launch(on_devices);
  } catch (const CommError& error) {
    if (!failure) failure = error;
  }
  try {
    finish(ranks);
  } catch (const CommError& error) {
    if (!failure) failure = error;
  }
  for (const Entry& entry : calls) entry.comm->rank->settle();
  if (failure) throw *failure;
}

void CallGroup::run_calls(std::vector<Entry> calls) {
  while (!calls.empty()) {
    std::vector<Entry> round;
    std::vector<Entry> later;
    for (const Entry& entry : calls) {
      const bool is_first = std::none_of(
          round.begin(), round.end(), [&](const Entry& other) { return other.comm == entry.comm; });
      (is_first ? round : later).push_back(entry);
    }
    run_round(round);
    calls = std::move(later);
  }
}

CallGroup& thread_group() {
  thread_local CallGroup group;
  return group;
}

}  // namespace pleach
