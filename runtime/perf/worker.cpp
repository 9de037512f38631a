#include "runtime/perf/worker.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <cstring>
#include <memory>
#include <new>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include "compiler/core/machine_error.hpp"
#include "compiler/plan/lower_plan.hpp"
#include "compiler/plan/plan.hpp"
#include "runtime/host_memory.hpp"
#include "runtime/perf/memcpy_rate.hpp"
#include "runtime/perf/rank_group.hpp"
#include "runtime/perf/rank_storage.hpp"
#include "runtime/perf/rival.hpp"
#include "runtime/perf/sizes.hpp"
#include "runtime/perf/temporary_folder.hpp"

namespace pleach::perf {
namespace {

using Clock = std::chrono::steady_clock;

// Calls in a row of one library, before the other has its turn: what else the machine does falls on
// both.
constexpr int kTurn = 5;

// The other workers, over the slow way: nothing here is timed.
class Meeting {
 public:
  Meeting(const Job& job, int number)
      : timeout_(job.options.timeout),
        bootstrap_(job.meeting, number, job.workers(), Deadline(timeout_)) {}

  void barrier() { bootstrap_.barrier(Deadline(timeout_)); }

  // The value of each worker.
  template <class T>
  std::vector<T> gather(const T& mine) {
    const auto parts =
        bootstrap_.all_gather(std::as_bytes(std::span(&mine, 1)), Deadline(timeout_));
    std::vector<T> values(parts.size());
    for (std::size_t i = 0; i < parts.size(); ++i) {
      if (parts[i].size() != sizeof(T)) throw MachineError("the processes run different programs");
      std::memcpy(&values[i], parts[i].data(), sizeof(T));
    }
    return values;
  }

 private:
  std::chrono::seconds timeout_;
  Bootstrap bootstrap_;
};

CollectiveCall call_of(const Job& job, int root, std::uint64_t bytes) {
  return {.collective = job.collective,
          .ranks = job.ranks,
          .root = std::max(root, 0),
          .count = count_of(job.collective, job.ranks, bytes, size_of(job.options.dtype)),
          .dtype = job.options.dtype,
          .op = job.options.op};
}

CallShape shape_of(const Job& job, int root, const CollectiveCall& call) {
  return {.collective = job.collective,
          .count = call.count,
          .dtype = call.dtype,
          .op = reduces(job.collective) ? call.op : ReduceOp::Sum,
          .root = root};
}

void check_memory(const Job& job, const CollectiveCall& largest) {
  // Processes of a launcher may be on other machines; each speaks for itself.
  const int here = job.launcher.empty() ? job.ranks : 1;
  const double needed = static_cast<double>(RankStorage::bytes_needed(largest)) * here;
  const auto there = static_cast<double>(available_memory());
  if (needed <= there) return;
  constexpr double kMebi = 1 << 20;
  throw MachineError("the buffers of " + std::to_string(here) + " ranks need " +
                     std::to_string(static_cast<long long>(needed / kMebi)) +
                     " MiB of memory, and " +
                     std::to_string(static_cast<long long>(there / kMebi)) +
                     " MiB are available; run with a smaller -e");
}

class Worker {
 public:
  Worker(const Job& job, int number)
      : job_(job),
        number_(number),
        meeting_(job, number),
        group_(meeting_.gather(number == 0 ? make_id() : pleachUniqueId{})[0],
               job.ranks,
               number * job.ranks_per_thread,
               job.ranks_per_thread,
               job.options.timeout,
               // Ranks that nobody has put anywhere stand for those of any machine.
               job.launcher.empty() ? RankGroup::Placement::Rank : RankGroup::Placement::Labels),
        root_(load()),
        largest_(call_of(job, root_, sizes_of(job.options).back())) {
    if (job.options.versus) make_rival();
    check_memory(job, largest_);
    meeting_.barrier();  // all have looked before any takes memory
    for (int i = 0; i < job.ranks_per_thread; ++i) {
      storage_.emplace_back(largest_, first_rank() + i, job.memory, job.options.offset);
    }
  }

  [[nodiscard]] Report first_report() {
    const double rate = number_ == 0 ? measure_memcpy_rate() : 0;
    return {.memcpy_rate = meeting_.gather(rate)[0],
            .rival = rival_ ? rival_->version() : "",
            .rows = {}};
  }

  [[nodiscard]] Row measure(std::uint64_t bytes, double memcpy_rate) {
    const CollectiveCall call = call_of(job_, root_, bytes);
    const std::uint64_t whole =
        call.count * size_of(call.dtype) * (is_sharded(call.collective) ? call.ranks : 1);
    Row row;
    row.ours = {.bytes = whole,
                .count = call.count,
                .dtype = std::string(name_of(call.dtype)),
                .op = reduces(call.collective) ? std::string(name_of(call.op)) : "none",
                .root = root_};
    if (rival_) row.rival = row.ours;
    for (const bool in_place : {false, true}) {
      const std::vector<RunTiming> timings = measure(call, in_place, whole);
      (in_place ? row.ours.in_place : row.ours.out_of_place) = timings[0];
      if (rival_) (in_place ? row.rival->in_place : row.rival->out_of_place) = timings[1];
    }
    row.efficiency = efficiency_of(call.collective, call.ranks, static_cast<double>(whole),
                                   row.ours.out_of_place.time_us, memcpy_rate);
    return row;
  }

 private:
  using Run = std::function<void()>;

  [[nodiscard]] int first_rank() const { return number_ * job_.ranks_per_thread; }

  // The root that the schedule has where the ranks run, or -1.
  int load() {
    group_.load(job_.text);
    return job_.root < 0 ? -1 : group_.rank_on(job_.root_node);
  }

  void make_rival() {
    MakeRival* const make = open_rival(*job_.options.versus);
    std::array<char, 1024> path{};
    if (number_ == 0) folder_.emplace().path().copy(path.data(), path.size() - 1);
    rival_.reset(make({.rank = number_,
                       .ranks = job_.ranks,
                       .folder = meeting_.gather(path)[0].data(),
                       .timeout = job_.options.timeout}));
    const auto objection = rival_->objection(shape_of(job_, root_, largest_));
    if (objection) throw MachineError(*objection);
  }

  // Ours, then the rival's.
  std::vector<RunTiming> measure(const CollectiveCall& call, bool in_place, std::uint64_t whole) {
    std::vector<RankBuffers> buffers;
    for (const RankStorage& storage : storage_) {
      buffers.push_back(storage.buffers(call, in_place));
      storage.fill(call, in_place);
    }
    const CallShape shape = shape_of(job_, root_, call);
    std::vector<Run> runs = {[&] { group_.run(shape, buffers); }};
    if (rival_) runs.emplace_back([&] { rival_->run(shape, buffers[0]); });

    const std::vector<double> mine = times_of(runs);
    std::vector<RunTiming> timings;
    for (std::size_t i = 0; i < runs.size(); ++i) {
      const double time = average_of(job_.options.average, meeting_.gather(mine[i]));
      timings.push_back(timing_of(call.collective, call.ranks, whole, time));
      if (job_.options.check) timings.back().wrong = count_wrong_of(call, in_place, runs[i]);
    }
    return timings;
  }

  // Of a call in this thread, in microseconds: of each run the mean or median.
  std::vector<double> times_of(const std::vector<Run>& runs) {
    const int turn = runs.size() == 1 ? job_.options.iterations : kTurn;
    std::vector<std::vector<double>> times(runs.size());
    for (int done = 0; done < job_.options.iterations; done += turn) {
      const int calls = std::min(turn, job_.options.iterations - done);
      for (std::size_t i = 0; i < runs.size(); ++i) {
        // What is left of the threads' different starts goes into the warm-up.
        meeting_.barrier();
        const int warmup = done == 0 ? job_.options.warmup : std::min(job_.options.warmup, 1);
        for (int call = 0; call < warmup; ++call) runs[i]();
        time_calls(runs[i], calls, times[i]);
      }
    }
    std::vector<double> result;
    for (std::vector<double>& of_run : times) {
      result.push_back(job_.options.median ? median_of(std::move(of_run))
                                           : average_of(Average::Mean, of_run));
    }
    return result;
  }

  // Adds a time for each call: its own for a median, else an equal part of the whole.
  void time_calls(const Run& run, int calls, std::vector<double>& times) const {
    const int together = job_.options.median ? 1 : calls;
    for (int call = 0; call < calls; call += together) {
      const auto start = Clock::now();
      for (int i = 0; i < together; ++i) run();
      const std::chrono::duration<double, std::micro> time = Clock::now() - start;
      times.insert(times.end(), together, time.count() / together);
    }
  }

  // A call of its own: in place, the timed ones have overwritten their inputs.
  std::uint64_t count_wrong_of(const CollectiveCall& call, bool in_place, const Run& run) {
    std::vector<const std::byte*> outputs(call.ranks, nullptr);
    for (int i = 0; i < job_.ranks_per_thread; ++i) {
      storage_[i].fill(call, in_place);
      outputs[first_rank() + i] = storage_[i].buffers(call, in_place).output;
    }
    run();
    std::uint64_t wrong = 0;
    for (const std::uint64_t part : meeting_.gather(count_wrong(call, outputs))) wrong += part;
    return wrong;
  }

  const Job& job_;
  const int number_;
  Meeting meeting_;
  RankGroup group_;
  const int root_;
  const CollectiveCall largest_;
  std::optional<TemporaryFolder> folder_;  // of worker 0
  std::unique_ptr<Rival> rival_;
  std::vector<RankStorage> storage_;
};

}  // namespace

Report run_worker(const Job& job,
                  int number,
                  const std::function<void(const Report&)>& progress) try {
  Worker worker(job, number);
  Report report = worker.first_report();
  progress(report);
  for (const std::uint64_t bytes : sizes_of(job.options)) {
    report.rows.push_back(worker.measure(bytes, report.memcpy_rate));
    progress(report);
  }
  return report;
} catch (const std::bad_alloc&) {
  throw MachineError("memory ran out for the buffers; run with a smaller -e");
}

}  // namespace pleach::perf
