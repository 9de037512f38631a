#include "runtime/device/device_run.hpp"

#include <random>
#include <string>

#include <doctest/doctest.h>

#include "compiler/core/machine_error.hpp"
#include "runtime/device/emulated_device.hpp"
#include "runtime/host_run.hpp"
#include "tests/support/sample_schedules.hpp"

namespace pleach {
namespace {

using testing::binary;
using testing::chain;
using testing::random_schedule;
using testing::star;
using testing::uniform_schedule;

TEST_CASE("a checked run of every collective has the host's rows") {
  std::mt19937_64 random(8);
  for (const Collective collective : kCollectives) {
    const Schedule schedule = random_schedule(collective, 4, random);
    const RunOptions options{.bytes = 10003,
                             .dtype = DataType::Float64,
                             .op = ReduceOp::Avg,
                             .check = true,
                             .iterations = 2};
    const auto host = run_on_host(schedule, options);
    const auto device = run_on_device(schedule, options, open_emulated_device(), "emulated");
    REQUIRE(host.ok());
    REQUIRE(device.ok());
    CHECK(device.value().backend == "emulated");
    CHECK(device.value().collective == collective);
    CHECK(device.value().ranks == 4);
    REQUIRE(device.value().rows.size() == 1);
    const RunRow& row = device.value().rows[0];
    const RunRow& expected = host.value().rows[0];
    CHECK(row.bytes == expected.bytes);
    CHECK(row.count == expected.count);
    CHECK(row.dtype == expected.dtype);
    CHECK(row.op == expected.op);
    CHECK(row.root == expected.root);
    for (const RunTiming& timing : {row.out_of_place, row.in_place}) {
      REQUIRE(timing.wrong.has_value());
      CHECK(*timing.wrong == 0);
      CHECK(timing.time_us > 0);
    }
  }
}

TEST_CASE("what is not asked for is not checked") {
  const auto report = run_on_device(uniform_schedule(Collective::AllReduce, 3, binary),
                                    {.bytes = 400, .iterations = 1}, open_emulated_device(), "x");
  REQUIRE(report.ok());
  CHECK(report.value().backend == "x");
  CHECK_FALSE(report.value().rows[0].in_place.wrong.has_value());
}

std::string machine_error(const Schedule& schedule,
                          const RunOptions& options,
                          const std::shared_ptr<Device>& device) {
  try {
    (void)run_on_device(schedule, options, device, "emulated");
  } catch (const MachineError& error) {
    return error.what();
  }
  return "no error";
}

TEST_CASE("as many ranks as a launch takes, and not one more") {
  const auto device = open_emulated_device();
  const RunOptions options{.bytes = 256, .check = true, .iterations = 1, .warmup = 0};
  const Schedule most = uniform_schedule(Collective::Broadcast, 32, star);
  const auto report = run_on_device(most, options, device, "emulated");
  REQUIRE(report.ok());
  CHECK(report.value().rows[0].out_of_place.wrong == 0U);
  CHECK(machine_error(uniform_schedule(Collective::Broadcast, 33, star), options, device) ==
        "the schedule has 33 ranks, and one GPU takes 32 at most; run it with --backend host");
}

TEST_CASE("an emulated device's memory is the host's a second time") {
  const Schedule schedule = uniform_schedule(Collective::AllReduce, 4, binary);
  CHECK(machine_error(schedule, {.bytes = 1U << 20, .memory_limit_bytes = 8U << 20},
                      open_emulated_device())
            .find(" are allowed; run with fewer bytes") != std::string::npos);
}

TEST_CASE("a schedule that can not be lowered, and bytes that hold nothing, are mistakes") {
  Schedule schedule = uniform_schedule(Collective::AllGather, 4, chain);
  const auto few = run_on_device(schedule, {.bytes = 15}, open_emulated_device(), "emulated");
  REQUIRE_FALSE(few.ok());
  CHECK(few.mistakes()[0].expected == "16 bytes or more");
  schedule.broadcast_trees[2].routes.pop_back();
  const auto broken = run_on_device(schedule, {.bytes = 4096}, open_emulated_device(), "emulated");
  REQUIRE_FALSE(broken.ok());
  CHECK(broken.mistakes()[0].pointer == "/broadcast_trees/2");
}

}  // namespace
}  // namespace pleach
