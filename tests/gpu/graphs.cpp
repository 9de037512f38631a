#include <random>

#include "tests/gpu/buffers.hpp"
#include "tests/gpu/plans.hpp"
#include "tests/gpu/section.hpp"
#include "tests/gpu/steps.hpp"

namespace pleach::gpu_check {
namespace {

struct Kind {
  const char* name;
  Shape shape = Shape::Star;
  int ranks = 8;
  std::uint64_t most = 0;  // elements
  bool in_place = false;
  bool small = false;
  int launches = 1;  // in one graph; in place each goes on with the result of the one before
};

constexpr Kind kKinds[] = {
    {.name = "star", .most = 40000},
    {.name = "star, in place", .most = 40000, .in_place = true},
    {.name = "two levels", .shape = Shape::TwoLevels, .most = 40000},
    {.name = "chain, in place, twice in a graph",
     .shape = Shape::Chain,
     .ranks = 4,
     .most = 20000,
     .in_place = true,
     .launches = 2},
    {.name = "small", .most = 4000, .small = true},
    {.name = "small, in place, three times in a graph",
     .most = 4000,
     .in_place = true,
     .small = true,
     .launches = 3},
};

class Graph {
 public:
  Graph(
      Device& device, void* stream, DeviceExecutor& executor, const Buffers& buffers, int launches)
      : device_(device) {
    device_.begin_recording(stream);
    for (int i = 0; i < launches; ++i) executor.launch(buffers.on_device(), stream);
    graph_ = device_.end_recording(stream);
  }
  ~Graph() { device_.destroy_graph(graph_); }
  Graph(const Graph&) = delete;
  Graph& operator=(const Graph&) = delete;
  void replay(void* stream) { device_.replay(graph_, stream); }

 private:
  Device& device_;
  void* graph_ = nullptr;
};

// Replays of graphs of several sizes.
void replay(const Setup& setup, Kind kind, Section& section) {
  const bool full = setup.scale == Scale::Full;
  const int sizes = full ? 10 : 2;
  const int replays = full ? 100 : 10;
  if (!full) kind.ranks = 4;
  if (!full) kind.most /= 100;
  std::mt19937_64 random(17);
  for (int size = 0; size < sizes; ++size) {
    const std::uint64_t count = 1 + random() % kind.most;
    const std::uint32_t blocks = setup.device->resident_blocks() / 8;
    const Plan plan = make_plan({.ranks = kind.ranks,
                                 .count = count,
                                 .in_place = kind.in_place,
                                 .shape = kind.shape,
                                 .budget = {.blocks = blocks, .most_channels = 4}});
    DeviceExecutor executor(setup.device, plan, DataType::Int32, ReduceOp::Sum,
                            {.timeout = std::chrono::seconds(5), .small_in_one_step = kind.small});
    Buffers buffers(setup, plan, DataType::Int32, ReduceOp::Sum, size % 2 == 1);
    const Streams streams(setup.device, 0);
    Graph graph(*setup.device, streams.main(), executor, buffers, kind.launches);
    for (int i = 0; i < replays && section.wants_more(); ++i) {
      const auto seed = static_cast<std::uint64_t>(size * replays + i);
      buffers.fill_integers(seed);
      graph.replay(streams.main());
      streams.synchronize();
      const auto stall = executor.failure();
      const int times = kind.in_place ? kind.launches : 1;
      section.count("replay " + std::to_string(i) + " of " + std::to_string(count) + " elements",
                    stall ? to_string(*stall) : buffers.check_integers(seed, times));
      if (stall) break;
    }
  }
}

}  // namespace

bool run_graphs(const Setup& setup) {
  bool all = true;
  for (const Kind& kind : kKinds) {
    Section section(std::string("replays: ") + kind.name, all);
    replay(setup, kind, section);
    section.end();
  }
  return all;
}

}  // namespace pleach::gpu_check
