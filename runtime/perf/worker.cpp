#include "runtime/perf/worker.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <cstring>
#include <exception>
#include <functional>
#include <memory>
#include <new>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "compiler/core/machine_error.hpp"
#include "compiler/plan/lower_plan.hpp"
#include "compiler/plan/plan.hpp"
#include "runtime/device/emulated_device.hpp"
#include "runtime/host_memory.hpp"
#include "runtime/net/launcher.hpp"
#include "runtime/perf/device_rates.hpp"
#include "runtime/perf/memcpy_rate.hpp"
#include "runtime/perf/rank_group.hpp"
#include "runtime/perf/rank_storage.hpp"
#include "runtime/perf/rival.hpp"
#include "runtime/perf/sizes.hpp"
#include "runtime/perf/streams.hpp"
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

// That of a GPU is not looked at: it says itself what it lacks.
void check_memory(const Job& job, const CollectiveCall& largest) {
  // Processes of a launcher may be on other machines; each speaks for itself.
  const int here = job.launcher.empty() ? job.ranks : 1;
  double each = 0;
  if (job.backend != Backend::Cuda) each += static_cast<double>(RankStorage::bytes_needed(largest));
  if (job.backend != Backend::Host) each += static_cast<double>(RankStorage::bytes_aside(largest));
  const double needed = each * here;
  const auto there = static_cast<double>(available_memory());
  if (needed <= there) return;
  constexpr double kMebi = 1 << 20;
  throw MachineError("the buffers of " + std::to_string(here) + " ranks need " +
                     std::to_string(static_cast<long long>(needed / kMebi)) +
                     " MiB of memory, and " +
                     std::to_string(static_cast<long long>(there / kMebi)) +
                     " MiB are available; run with a smaller -e");
}

// The devices of a worker's ranks; null on the host.
std::vector<std::shared_ptr<Device>> open_devices(const Job& job, int number) {
  std::vector<std::shared_ptr<Device>> devices(job.ranks_per_thread);
  if (job.backend == Backend::Host) return devices;
  const bool cuda = job.backend == Backend::Cuda;
  const int there = cuda ? count_cuda_devices() : 1;
  for (int i = 0; i < job.ranks_per_thread; ++i) {
    const int device = device_of(job.options, job.first_local_rank(number) + i, there);
    devices[i] = cuda ? open_cuda_device(device) : open_emulated_device(device);
  }
  return devices;
}

// What is measured: ours, or a rival.
struct Contender {
  std::function<void()> run;    // one call of each rank of the worker; on devices it is started
  std::function<void()> check;  // throws when one has failed
  const Streams& streams;
};

class Worker {
 public:
  Worker(const Job& job, int number)
      : job_(job),
        number_(number),
        meeting_(job, number),
        devices_(open_devices(job, number)),
        streams_(devices_, StreamFor::EachDevice),
        group_(meeting_.gather(number == 0 ? make_id() : pleachUniqueId{})[0],
               job.ranks,
               number * job.ranks_per_thread,
               job.ranks_per_thread,
               group_options()),
        root_(load()),
        largest_(call_of(job, root_, sizes_of(job.options).back())) {
    if (job.options.versus) make_rival();
    check_memory(job, largest_);
    meeting_.barrier();  // all have looked before any takes memory
    for (int i = 0; i < job.ranks_per_thread; ++i) {
      storage_.emplace_back(largest_, first_rank() + i, job.memory, job.options.offset,
                            devices_[i]);
    }
    if (on_device() && job.memory == Memory::Shared) register_memory();
  }

  // What a rival has started may wait for ranks that are gone.
  ~Worker() {
    if (rival_ != nullptr && std::uncaught_exceptions() > 0) rival_->abort();
  }
  Worker(const Worker&) = delete;
  Worker& operator=(const Worker&) = delete;

  [[nodiscard]] Report first_report() {
    DeviceRates rates;
    if (number_ == 0 && on_device()) rates = measure_device_rates(devices_[0]);
    if (number_ == 0 && !on_device()) rates.copy = measure_memcpy_rate();
    rates = meeting_.gather(rates)[0];
    Report report{.memcpy_rate = rates.copy,
                  .memset_rate = rates.set,
                  .devices = {},
                  .rival = rival_ ? rival_->version() : "",
                  .rows = {}};
    if (on_device()) report.devices = gather_devices();
    return report;
  }

  [[nodiscard]] Row measure(std::uint64_t bytes, double memcpy_rate) {
    // Several devices copy at the same time.
    if (distinct_devices_ > 1) memcpy_rate *= distinct_devices_;
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
  [[nodiscard]] bool on_device() const { return job_.backend != Backend::Host; }

  [[nodiscard]] RankGroup::Options group_options() const {
    RankGroup::Options options{.timeout = job_.options.timeout,
                               // Ranks that nobody has put anywhere stand for those of any machine.
                               .placement = job_.launcher.empty() ? RankGroup::Placement::Rank
                                                                  : RankGroup::Placement::Labels,
                               .backend = name_of(job_.backend)};
    for (const auto& device : devices_) {
      if (device != nullptr) options.devices.push_back(device->number());
    }
    return options;
  }

  // The numbers of all ranks' devices; counts devices, each in its host.
  std::vector<int> gather_devices() {
    struct Place {
      std::size_t host;
      int device;
      auto operator<=>(const Place&) const = default;
    };
    const std::size_t host = std::hash<std::string>()(host_identity());
    std::set<Place> distinct;
    std::vector<int> numbers(job_.ranks);
    for (int i = 0; i < job_.ranks_per_thread; ++i) {
      const std::vector<Place> places =
          meeting_.gather(Place{.host = host, .device = devices_[i]->number()});
      distinct.insert(places.begin(), places.end());
      for (std::size_t worker = 0; worker < places.size(); ++worker) {
        numbers[worker * job_.ranks_per_thread + i] = places[worker].device;
      }
    }
    distinct_devices_ = static_cast<int>(distinct.size());
    return numbers;
  }

  void register_memory() {
    for (const std::size_t which : {0, 1}) {
      std::vector<std::span<std::byte>> memory;
      for (const RankStorage& storage : storage_) memory.push_back(storage.memory()[which]);
      group_.register_memory(memory);
    }
  }

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
    RivalJob job{.rank = first_rank(),
                 .ranks = job_.ranks,
                 .folder = meeting_.gather(path)[0].data(),
                 .timeout = job_.options.timeout};
    if (on_device()) {
      rival_streams_.emplace(devices_, StreamFor::EachRank);
      job.devices = devices_;
      job.streams = rival_streams_->by_rank();
      job.barrier = [this] { meeting_.barrier(); };
    }
    rival_.reset(make(job));
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
    std::vector<Contender> runs = {{.run = [&] { group_.run(shape, buffers, streams_.by_rank()); },
                                    .check = [&] { group_.check(); },
                                    .streams = streams_}};
    if (rival_) {
      runs.push_back({.run = [&] { rival_->run(shape, buffers); },
                      .check = [&] { rival_->check_started(); },
                      .streams = rival_streams_ ? *rival_streams_ : streams_});
    }

    const std::vector<double> mine = times_of(runs);
    std::vector<RunTiming> timings;
    for (std::size_t i = 0; i < runs.size(); ++i) {
      const double time = average_of(job_.options.average, meeting_.gather(mine[i]));
      timings.push_back(timing_of(call.collective, call.ranks, whole, time));
      if (job_.options.check) timings.back().wrong = count_wrong_of(call, in_place, runs[i]);
    }
    return timings;
  }

  void await(const Contender& run) const { run.streams.await(job_.options.timeout, run.check); }

  // Of a call in this thread, in microseconds: of each run the mean or median.
  std::vector<double> times_of(const std::vector<Contender>& runs) {
    const int turn = runs.size() == 1 ? job_.options.iterations : kTurn;
    std::vector<std::vector<double>> times(runs.size());
    for (int done = 0; done < job_.options.iterations; done += turn) {
      const int calls = std::min(turn, job_.options.iterations - done);
      for (std::size_t i = 0; i < runs.size(); ++i) {
        // What is left of the threads' different starts goes into the warm-up.
        meeting_.barrier();
        int warmup = done == 0 ? job_.options.warmup : std::min(job_.options.warmup, 1);
        // What is recorded has been prepared by a call before.
        if (done == 0 && job_.options.replays > 0) warmup = std::max(warmup, 1);
        for (int call = 0; call < warmup; ++call) runs[i].run();
        await(runs[i]);
        job_.options.replays > 0 ? time_replays(runs[i], calls, times[i])
                                 : time_calls(runs[i].run, calls, runs[i], times[i]);
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
  void time_calls(const std::function<void()>& work,
                  int calls,
                  const Contender& run,
                  std::vector<double>& times) const {
    const int together = job_.options.median ? 1 : calls;
    for (int call = 0; call < calls; call += together) {
      const auto start = Clock::now();
      for (int i = 0; i < together; ++i) work();
      await(run);
      const std::chrono::duration<double, std::micro> time = Clock::now() - start;
      times.insert(times.end(), together, time.count() / together);
    }
  }

  // The same with calls that are recorded together, for a median each alone.
  void time_replays(const Contender& run, int calls, std::vector<double>& times) const {
    const int together = job_.options.median ? 1 : calls;
    const auto recording = run.streams.record([&] {
      for (int i = 0; i < together; ++i) run.run();
    });
    const std::size_t before = times.size();
    time_calls([&] { recording->replay(); }, calls / together * job_.options.replays, run, times);
    for (std::size_t i = before; i < times.size(); ++i) times[i] /= together;
  }

  // A call of its own: in place, the timed ones have overwritten their inputs.
  std::uint64_t count_wrong_of(const CollectiveCall& call, bool in_place, const Contender& run) {
    for (const RankStorage& storage : storage_) storage.fill(call, in_place);
    std::unique_ptr<Recording> recording;
    if (job_.options.replays > 0) recording = run.streams.record(run.run);
    recording != nullptr ? recording->replay() : run.run();
    await(run);
    std::vector<HostBuffer> copies(storage_.size());
    std::vector<const std::byte*> outputs(call.ranks, nullptr);
    for (int i = 0; i < job_.ranks_per_thread; ++i) {
      outputs[first_rank() + i] = storage_[i].output(call, in_place, copies[i]);
    }
    std::uint64_t wrong = 0;
    for (const std::uint64_t part : meeting_.gather(count_wrong(call, outputs))) wrong += part;
    return wrong;
  }

  const Job& job_;
  const int number_;
  Meeting meeting_;
  // In this order: what is further down uses what is above as long as it is there.
  const std::vector<std::shared_ptr<Device>> devices_;  // of each rank
  const Streams streams_;
  std::vector<RankStorage> storage_;
  RankGroup group_;
  const int root_;
  const CollectiveCall largest_;
  int distinct_devices_ = 0;
  std::optional<TemporaryFolder> folder_;  // of worker 0
  std::optional<Streams> rival_streams_;
  std::unique_ptr<Rival> rival_;
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
