#include "runtime/device/device_executor.hpp"

#include <algorithm>
#include <cstring>
#include <random>
#include <string>
#include <thread>

#include <doctest/doctest.h>

#include "compiler/plan/check_plan.hpp"
#include "compiler/plan/lower_plan.hpp"
#include "runtime/device/emulated_device.hpp"
#include "tests/runtime/collective_memory.hpp"
#include "tests/support/sample_schedules.hpp"

namespace pleach {
namespace {

using testing::binary;
using testing::chain;
using testing::CollectiveMemory;
using testing::make_schedule;
using testing::random_schedule;
using testing::star;
using testing::uniform_schedule;

std::shared_ptr<Device> many_blocks() { return open_emulated_device(0, 4096); }
// A small message takes what blocks there are, and each is four threads.
std::shared_ptr<Device> few_blocks() { return open_emulated_device(2, 24); }

Plan lowered(const Schedule& schedule, const PlanOptions& options) {
  const auto plan = lower_plan(schedule, options);
  REQUIRE(plan.ok());
  REQUIRE(violations(plan.value()).empty());
  return plan.value();
}

// How the ranks of one execution are launched.
enum class Launches { Together, Apart };

void execute(DeviceExecutor& executor, const CollectiveMemory& memory, Launches launches) {
  if (launches == Launches::Together) {
    executor.launch(memory.ranks(), nullptr);
    return;
  }
  std::vector<std::jthread> threads;
  for (int rank = 0; rank < executor.plan().ranks; ++rank) {
    threads.emplace_back(
        [&, rank] { executor.launch(std::span(&rank, 1), memory.ranks(), nullptr); });
  }
}

// Inputs whose sum depends on the order of reduction, and whose 16-bit values round at every step.
void fill_rough(const Plan& plan, DataType dtype, const CollectiveMemory& memory) {
  if (dtype != DataType::Float32 && dtype != DataType::Bfloat16) return;
  for (int rank = 0; rank < plan.ranks; ++rank) {
    std::mt19937_64 random(static_cast<std::uint64_t>(rank) + 99);
    auto* const input = const_cast<std::byte*>(memory.ranks()[rank].input);
    for (std::uint64_t i = 0; i < input_elements(plan, rank); ++i) {
      const float value = static_cast<float>(static_cast<double>(random() % 2000001) - 1e6) / 7;
      // The upper half of a float is a bfloat16.
      const std::size_t size = size_of(dtype);
      std::memcpy(input + i * size, reinterpret_cast<const char*>(&value) + 4 - size, size);
    }
  }
}

struct Run {
  bool misaligned = false;
  bool rough = false;
  Launches launches = Launches::Together;
  DeviceExecutorOptions options = {};
};

// Twice on the host and on the device: the same bits, and unless inputs are rough the right ones.
void check_run(
    const Schedule& schedule, PlanOptions options, DataType dtype, ReduceOp op, const Run& run) {
  options.element_size = size_of(dtype);
  const Plan plan = lowered(schedule, options);
  CAPTURE(std::string(name_of(schedule.collective)));
  CAPTURE(plan.ranks);
  CAPTURE(options.count);
  CAPTURE(options.in_place);
  CAPTURE(options.channels);
  CAPTURE(options.chunk_bytes);
  CAPTURE(std::string(name_of(dtype)));
  CAPTURE(std::string(name_of(op)));
  CAPTURE(run.misaligned);
  CAPTURE(run.rough);
  CAPTURE(run.options.shares_buffers);
  HostExecutor host(plan, dtype, op);
  DeviceExecutor device(many_blocks(), plan, dtype, op, run.options);
  for (int i = 0; i < 2; ++i) {
    const CollectiveMemory expected(plan, dtype, op, run.misaligned);
    const CollectiveMemory memory(plan, dtype, op, run.misaligned);
    if (run.rough) {
      fill_rough(plan, dtype, expected);
      fill_rough(plan, dtype, memory);
    }
    REQUIRE_FALSE(host.execute(expected.ranks()));
    execute(device, memory, run.launches);
    const auto stall = device.failure();
    REQUIRE_MESSAGE(!stall, to_string(*stall));
    CHECK(memory.outputs() == expected.outputs());
    if (!run.rough) CHECK(memory.wrong() == 0);
    if (!run.rough) CHECK(memory.inputs_untouched());
  }
}

// Types and operators in turn, so that a sweep over something else meets them all.
struct TypeWheel {
  std::size_t turn = 0;
  std::pair<DataType, ReduceOp> next() {
    const std::size_t at = turn++ % (kDataTypes.size() * kReduceOps.size());
    return {kDataTypes[at % kDataTypes.size()], kReduceOps[at / kDataTypes.size()]};
  }
};

// Ranks of one host in any number of processes.
Placement random_processes(int ranks, std::mt19937_64& random) {
  Placement placement{.process = std::vector<int>(ranks), .host = std::vector<int>(ranks, 0)};
  for (int& process : placement.process) process = static_cast<int>(random() % ranks);
  return placement;
}

void check_random(Collective collective, int rounds, std::uint64_t most, std::uint64_t seed) {
  std::mt19937_64 random(seed);
  TypeWheel wheel{.turn = random() % 1000};
  for (int round = 0; round < rounds; ++round) {
    const int ranks = 2 + static_cast<int>(random() % 7);
    auto [dtype, op] = wheel.next();
    Run run{.misaligned = random() % 3 == 0, .rough = random() % 4 == 0};
    if (run.rough) {
      dtype = random() % 2 == 0 ? DataType::Float32 : DataType::Bfloat16;
      op = random() % 2 == 0 ? ReduceOp::Sum : ReduceOp::Avg;
    }
    run.launches = random() % 2 == 0 ? Launches::Together : Launches::Apart;
    run.options.shares_buffers = random() % 2 == 0;
    run.options.bulk = random() % 2 == 0;
    const bool processes = random() % 2 == 0;
    check_run(random_schedule(collective, ranks, random),
              {.count = (random() % most) >> (random() % 8),
               .in_place = random() % 2 == 0,
               .channels = 1 + static_cast<int>(random() % 2),
               .chunk_bytes = std::size_t{1} << (random() % 12),
               .placement = processes ? random_processes(ranks, random) : Placement()},
              dtype, op, run);
  }
}

TEST_CASE("a sample of all there is: the bits of the host") {
  for (const Collective collective : kCollectives) check_random(collective, 40, 3000, 11);
}

TEST_CASE("slow: ten times the sample" * doctest::skip()) {
  for (const Collective collective : kCollectives) {
    for (std::uint64_t seed = 100; seed < 110; ++seed) check_random(collective, 60, 6000, seed);
  }
}

TEST_CASE("every type and operator") {
  const Schedule schedule = uniform_schedule(Collective::AllReduce, 3, binary);
  for (const DataType dtype : kDataTypes) {
    for (const ReduceOp op : kReduceOps) {
      for (const bool misaligned : {false, true}) {
        check_run(schedule, {.count = 217, .chunk_bytes = 200}, dtype, op,
                  {.misaligned = misaligned});
      }
    }
  }
}

TEST_CASE("nodes with more children than an op takes, and nothing to do") {
  for (const Collective collective : kCollectives) {
    const Schedule schedule = uniform_schedule(collective, 12, star, 5);
    for (const std::uint64_t count : {0, 1, 61}) {
      check_run(schedule, {.count = count, .chunk_bytes = 64}, DataType::Float32, ReduceOp::Sum,
                {});
    }
  }
}

TEST_CASE("blocks are joined where a device has fewer") {
  std::mt19937_64 random(3);
  for (const Collective collective : kCollectives) {
    const Schedule schedule = random_schedule(collective, 6, random);
    const Plan plan = lowered(schedule, {.count = 500, .channels = 3, .chunk_bytes = 64});
    const auto device = open_emulated_device(1, 6);
    DeviceExecutor executor(device, plan, DataType::Float32, ReduceOp::Sum);
    CHECK(executor.blocks() <= 6);
    const CollectiveMemory memory(plan, DataType::Float32, ReduceOp::Sum);
    executor.launch(memory.ranks(), nullptr);
    CHECK_FALSE(executor.failure());
    CHECK(memory.wrong() == 0);
  }
}

TEST_CASE("a recorded launch is replayed") {
  const Plan plan = lowered(uniform_schedule(Collective::AllReduce, 4, binary),
                            {.count = 999, .chunk_bytes = 256});
  for (const bool small : {false, true}) {
    const auto device = few_blocks();
    DeviceExecutor executor(device, plan, DataType::Float32, ReduceOp::Sum,
                            {.small_in_one_step = small});
    CollectiveMemory memory(plan, DataType::Float32, ReduceOp::Sum);
    void* const stream = device->make_stream();
    device->begin_recording(stream);
    executor.launch(memory.ranks(), stream);
    CHECK(device->is_recording(stream));
    void* const graph = device->end_recording(stream);
    CHECK(memory.wrong() > 0);  // nothing has run yet
    for (int i = 0; i < 100; ++i) {
      memory.clear_outputs();
      device->replay(graph, stream);
      REQUIRE_FALSE(executor.failure());
      REQUIRE(memory.wrong() == 0);
    }
    device->destroy_graph(graph);
    device->destroy_stream(stream);
  }
}

TEST_CASE("small messages: for up to 8 ranks the bits of a star rooted at rank 0") {
  TypeWheel wheel;
  for (const Collective collective :
       {Collective::AllReduce, Collective::AllGather, Collective::ReduceScatter}) {
    for (const int ranks : {2, 3, 5, 8, 12}) {
      for (const std::uint64_t count : {1, 7, 8, 61, 400}) {
        for (const bool rough : {false, true}) {
          auto [dtype, op] = wheel.next();
          if (rough) dtype = DataType::Bfloat16;
          if (rough) op = ReduceOp::Avg;
          if (rough && ranks > 8) continue;
          CAPTURE(std::string(name_of(collective)));
          CAPTURE(ranks);
          CAPTURE(count);
          CAPTURE(std::string(name_of(dtype)));
          CAPTURE(std::string(name_of(op)));
          // Of all-reduce one tree for everything; the others have a root for each part.
          const bool whole = collective == Collective::AllReduce;
          const std::vector trees = {star(ranks, 0, Rational(1))};
          const Schedule schedule = whole ? make_schedule(collective, ranks, trees, trees)
                                          : uniform_schedule(collective, ranks, star);
          const bool in_place = wheel.turn % 2 == 0;
          const Plan plan = lowered(
              schedule, {.count = count, .element_size = size_of(dtype), .in_place = in_place});
          DeviceExecutor executor(few_blocks(), plan, dtype, op, {.small_in_one_step = true});
          HostExecutor host(plan, dtype, op);
          for (int i = 0; i < 3; ++i) {
            const bool misaligned = i == 1;
            const CollectiveMemory memory(plan, dtype, op, misaligned);
            const CollectiveMemory expected(plan, dtype, op, misaligned);
            if (rough) fill_rough(plan, dtype, memory);
            if (rough) fill_rough(plan, dtype, expected);
            execute(executor, memory, i == 2 ? Launches::Apart : Launches::Together);
            REQUIRE_FALSE(host.execute(expected.ranks()));
            REQUIRE_FALSE(executor.failure());
            if (whole || !rough) CHECK(memory.outputs() == expected.outputs());
            if (!rough) CHECK(memory.wrong() == 0);
            if (!rough) CHECK(memory.inputs_untouched());
          }
        }
      }
    }
  }
}

TEST_CASE("hundreds of small messages, with ranks together and apart in turn") {
  const Plan plan =
      lowered(uniform_schedule(Collective::AllReduce, 4, star), {.count = 33, .element_size = 4});
  DeviceExecutor executor(many_blocks(), plan, DataType::Int32, ReduceOp::Sum,
                          {.small_in_one_step = true});
  for (int i = 0; i < 200; ++i) {
    const CollectiveMemory memory(plan, DataType::Int32, ReduceOp::Sum);
    execute(executor, memory, i % 2 == 0 ? Launches::Together : Launches::Apart);
    REQUIRE(memory.wrong() == 0);
  }
}

TEST_CASE("a rank that does not come: those that wait say for whom") {
  const Plan plan = lowered(uniform_schedule(Collective::AllReduce, 3, star),
                            {.count = 1000, .chunk_bytes = 256});
  for (const bool small : {false, true}) {
    DeviceExecutor executor(many_blocks(), plan, DataType::Float32, ReduceOp::Sum,
                            {.timeout = std::chrono::milliseconds(50), .small_in_one_step = small});
    const CollectiveMemory memory(plan, DataType::Float32, ReduceOp::Sum);
    const std::vector<int> present = {0, 2};
    executor.launch(present, memory.ranks(), nullptr);
    const auto stall = executor.failure();
    REQUIRE(stall);
    CHECK(stall->peer == 1);
    CHECK(stall->rank != 1);
    const std::string text = to_string(*stall);
    CHECK(text.find("waits for rank 1") != std::string::npos);
    CHECK(text.find(small ? "a small message" : "has not entered this call") != std::string::npos);
  }
}

TEST_CASE("an execution that is called off ends") {
  const Plan plan = lowered(uniform_schedule(Collective::AllReduce, 3, star), {.count = 1000});
  DeviceExecutor executor(many_blocks(), plan, DataType::Float32, ReduceOp::Sum,
                          {.timeout = std::chrono::hours(1)});
  const CollectiveMemory memory(plan, DataType::Float32, ReduceOp::Sum);
  std::jthread other([&] {
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
    executor.abort();
  });
  const std::vector<int> present = {0, 2};
  executor.launch(present, memory.ranks(), nullptr);
  const auto stall = executor.failure();
  REQUIRE(stall);
  CHECK(stall->peer == 1);
  CHECK(memory.wrong() > 0);
}

TEST_CASE("more ranks than a launch takes are refused") {
  const Plan plan = lowered(uniform_schedule(Collective::AllReduce, 33, star), {.count = 10});
  CHECK_THROWS_WITH_AS(DeviceExecutor(many_blocks(), plan, DataType::Float32, ReduceOp::Sum),
                       "33 ranks on one device; 32 are the most", std::exception);
}

}  // namespace
}  // namespace pleach
