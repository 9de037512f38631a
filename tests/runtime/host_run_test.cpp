#include "runtime/host_run.hpp"

#include <cstdint>
#include <random>
#include <string>

#include <doctest/doctest.h>

#include "compiler/core/machine_error.hpp"
#include "runtime/host_memory.hpp"
#include "tests/support/sample_schedules.hpp"

namespace pleach {
namespace {

using testing::binary;
using testing::chain;
using testing::random_schedule;
using testing::uniform_schedule;

TEST_CASE("a checked run of every collective") {
  std::mt19937_64 random(8);
  for (const Collective collective : kCollectives) {
    const Schedule schedule = random_schedule(collective, 4, random);
    const auto report = run_on_host(schedule, {.bytes = 100003,
                                               .dtype = DataType::Float64,
                                               .op = ReduceOp::Avg,
                                               .check = true,
                                               .iterations = 2});
    REQUIRE(report.ok());
    CHECK(report.value().collective == collective);
    CHECK(report.value().ranks == 4);
    CHECK(report.value().backend == "host");
    REQUIRE(report.value().rows.size() == 1);
    const RunRow& row = report.value().rows[0];
    const bool sharded =
        collective == Collective::AllGather || collective == Collective::ReduceScatter;
    CHECK(row.count == (sharded ? 3125U : 12500U));
    CHECK(row.bytes == 100000);
    CHECK(row.dtype == "float64");
    const bool copies = collective == Collective::AllGather || collective == Collective::Broadcast;
    CHECK(row.op == (copies ? "none" : "avg"));
    CHECK((row.root >= 0) == has_root(collective));
    for (const RunTiming& timing : {row.out_of_place, row.in_place}) {
      REQUIRE(timing.wrong.has_value());
      CHECK(*timing.wrong == 0);
      CHECK(timing.time_us > 0);
      CHECK(timing.algbw == doctest::Approx(100000 / (timing.time_us * 1e3)));
    }
  }
}

TEST_CASE("a checked run of every type and operator") {
  const Schedule schedule = uniform_schedule(Collective::AllReduce, 5, binary);
  for (const DataType dtype : kDataTypes) {
    for (const ReduceOp op : kReduceOps) {
      const auto report = run_on_host(
          schedule, {.bytes = 30011, .dtype = dtype, .op = op, .check = true, .iterations = 1});
      REQUIRE(report.ok());
      const RunRow& row = report.value().rows[0];
      CAPTURE(row.dtype);
      CAPTURE(row.op);
      CHECK(row.dtype == name_of(dtype));
      CHECK(row.op == name_of(op));
      CHECK(row.count == 30011 / size_of(dtype));
      CHECK(row.bytes == row.count * size_of(dtype));
      CHECK(row.out_of_place.wrong == 0U);
      CHECK(row.in_place.wrong == 0U);
    }
  }
}

TEST_CASE("busbw has nccl-tests' factors") {
  const auto factor = [](Collective collective) {
    const auto report =
        run_on_host(uniform_schedule(collective, 4, chain), {.bytes = 4096, .iterations = 1});
    REQUIRE(report.ok());
    const RunTiming& timing = report.value().rows[0].out_of_place;
    CHECK_FALSE(timing.wrong.has_value());  // not asked for
    return timing.busbw / timing.algbw;
  };
  CHECK(factor(Collective::AllGather) == doctest::Approx(0.75));
  CHECK(factor(Collective::ReduceScatter) == doctest::Approx(0.75));
  CHECK(factor(Collective::AllReduce) == doctest::Approx(1.5));
  CHECK(factor(Collective::Broadcast) == doctest::Approx(1));
  CHECK(factor(Collective::Reduce) == doctest::Approx(1));
}

TEST_CASE("a run of nothing is refused: it would find nothing wrong") {
  const auto mistakes = [](Collective collective, std::uint64_t bytes) {
    const auto report =
        run_on_host(uniform_schedule(collective, 4, chain), {.bytes = bytes, .iterations = 1});
    return report.ok() ? "" : to_string(report.mistakes().front());
  };
  CHECK(mistakes(Collective::AllGather, 15) ==
        "error: a buffer of 15 bytes holds less than one float32 element for each of 4 ranks\n"
        "  expected: 16 bytes or more\n");
  CHECK(mistakes(Collective::AllGather, 16).empty());
  CHECK(mistakes(Collective::AllReduce, 1) ==
        "error: a buffer of 1 byte holds less than one float32 element\n"
        "  expected: 4 bytes or more\n");
  CHECK(mistakes(Collective::AllReduce, 4).empty());
}

TEST_CASE("a schedule that can not be lowered is the user's mistake") {
  Schedule schedule = uniform_schedule(Collective::AllGather, 4, chain);
  schedule.broadcast_trees[2].routes.pop_back();
  const auto report = run_on_host(schedule, {.bytes = 4096});
  REQUIRE_FALSE(report.ok());
  CHECK(report.mistakes()[0].pointer == "/broadcast_trees/2");
}

TEST_CASE("buffers that do not fit are the machine's lack") {
  const Schedule schedule = uniform_schedule(Collective::AllReduce, 4, binary);
  const auto message_for = [&](const RunOptions& options) -> std::string {
    try {
      (void)run_on_host(schedule, options);
    } catch (const MachineError& error) {
      return error.what();
    }
    return "no error";
  };
  // 4 ranks, input and output of 1 MiB
  CHECK(message_for({.bytes = 1 << 20, .iterations = 1, .memory_limit_bytes = 8 << 20}) ==
        "no error");
  CHECK(message_for({.bytes = std::uint64_t{1} << 30, .memory_limit_bytes = 1U << 30}) ==
        "the buffers of 4 ranks need 8 GiB of memory, 1 GiB are allowed; run with fewer bytes");
  // more than any machine has
  CHECK(message_for({.bytes = std::uint64_t{1} << 62}).find("are available") != std::string::npos);
  CHECK(message_for({.bytes = UINT64_MAX}).find("are available") != std::string::npos);
}

TEST_CASE("host buffers are zeroed, aligned, and empty ones are null") {
  CHECK(HostBuffer(0).data() == nullptr);
  for (const std::size_t bytes : {1U, 1000U, 5U << 20}) {
    const HostBuffer buffer(bytes);
    REQUIRE(buffer.data() != nullptr);
    CHECK(buffer.size() == bytes);
    CHECK(reinterpret_cast<std::uintptr_t>(buffer.data()) % 64 == 0);
    for (std::size_t i = 0; i < bytes; i += 997) REQUIRE(buffer.data()[i] == std::byte{0});
    REQUIRE(buffer.data()[bytes - 1] == std::byte{0});
  }
  CHECK_THROWS_AS(HostBuffer(SIZE_MAX), std::bad_alloc);
  CHECK(available_memory() > 0);
}

}  // namespace
}  // namespace pleach
