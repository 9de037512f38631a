#include "tests/gpu/timing.hpp"

#include <algorithm>
#include <numeric>

namespace pleach::gpu_check {
namespace {

// Graphs that go with their owner.
class Graphs {
 public:
  explicit Graphs(Device& device) : device_(device) {}
  ~Graphs() {
    for (void* const graph : graphs_) device_.destroy_graph(graph);
  }
  Graphs(const Graphs&) = delete;
  Graphs& operator=(const Graphs&) = delete;

  void record(void* stream, int repeats, const std::function<void()>& launch) {
    device_.begin_recording(stream);
    for (int i = 0; i < repeats; ++i) launch();
    graphs_.push_back(device_.end_recording(stream));
  }
  void replay(int graph, void* stream) { device_.replay(graphs_[graph], stream); }

 private:
  Device& device_;
  std::vector<void*> graphs_;
};

}  // namespace

Times times_of(std::vector<double> samples) {
  std::sort(samples.begin(), samples.end());
  return {.median = samples[samples.size() / 2], .least = samples.front(), .most = samples.back()};
}

Times time_of(Device& device, void* stream, int repeats, const std::function<void()>& start) {
  std::vector<double> samples;
  for (int i = -kWarmUps; i < kSamples; ++i) {
    const std::uint64_t first = device.mark(stream);
    start();
    const double seconds = device.seconds_between(first, device.mark(stream));
    if (i >= 0) samples.push_back(seconds / repeats);
  }
  return times_of(samples);
}

Times time_of_execution(const Setup& setup,
                        DeviceExecutor& executor,
                        std::span<const RankBuffers> buffers,
                        Launches launches,
                        int repeats) {
  Device& device = *setup.device;
  const int ranks = executor.plan().ranks;
  const Streams streams(setup.device, ranks);
  Graphs graphs(device);
  if (launches == Launches::Together) {
    graphs.record(streams.main(), repeats, [&] { executor.launch(buffers, streams.main()); });
    return time_of(device, streams.main(), repeats, [&] { graphs.replay(0, streams.main()); });
  }
  std::vector<int> all(ranks);
  std::iota(all.begin(), all.end(), 0);
  for (const int rank : all) {
    graphs.record(streams.of(rank), repeats,
                  [&] { executor.launch(std::span(&rank, 1), buffers, streams.of(rank)); });
  }
  return time_of(device, streams.main(), repeats, [&] {
    for (const int rank : all) device.order(streams.main(), streams.of(rank));
    start_each(setup, all, [&](int rank) { graphs.replay(rank, streams.of(rank)); });
    for (const int rank : all) device.order(streams.of(rank), streams.main());
  });
}

}  // namespace pleach::gpu_check
