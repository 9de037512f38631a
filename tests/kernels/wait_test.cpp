#include "kernels/wait.hpp"

#include <atomic>
#include <chrono>
#include <cstdint>
#include <thread>
#include <vector>

#include <doctest/doctest.h>

namespace pleach {
namespace {

using device::Failure;

constexpr std::uint64_t kMillisecond = 1'000'000;
constexpr std::uint64_t kHour = 3'600'000 * kMillisecond;

// A rank's side of waits.
struct Side {
  device::State state = {};
  device::Control control = {};
  device::Watch watch = {&state, &control};
  explicit Side(std::uint64_t timeout_ns) { control.timeout_ns = timeout_ns; }
};

// Every field another number, so that none stands for another.
Failure some_failure(std::uint32_t n) {
  return {.wait = Failure::Wait::Op,
          .plan = n + 1,
          .rank = n + 2,
          .peer = n + 3,
          .op = n + 4,
          .awaited = n + 5,
          .chunk = n + 6,
          .expected = n + 7,
          .seen = n + 8};
}

void check_record(const Failure& record, const Failure& told) {
  CHECK(record.there == 1);
  CHECK(record.wait == told.wait);
  CHECK(record.called_off == told.called_off);
  CHECK(record.plan == told.plan);
  CHECK(record.rank == told.rank);
  CHECK(record.peer == told.peer);
  CHECK(record.op == told.op);
  CHECK(record.awaited == told.awaited);
  CHECK(record.chunk == told.chunk);
  CHECK(record.expected == told.expected);
  CHECK(record.seen == told.seen);
}

void check_untold(const Side& side) {
  CHECK(side.control.failure.there == 0);
  CHECK(side.state.failed == 0);
}

TEST_CASE("a wait that is met says nothing") {
  Side side(kMillisecond);
  for (const std::uint64_t counter : {std::uint64_t{9}, std::uint64_t{10}, ~std::uint64_t{0}}) {
    CHECK(device::await_counter(side.watch, &counter, {.expected = 9}));
  }
  check_untold(side);
  CHECK(side.control.abort == 0);
}

TEST_CASE("what is met is looked at before whether all is called off") {
  Side side(kMillisecond);
  side.control.abort = 1;
  const std::uint64_t counter = 9;
  CHECK(device::await_counter(side.watch, &counter, {.expected = 9}));
}

TEST_CASE("who has waited sees what was stored before the counter") {
  Side side(kHour);
  std::uint64_t counter = 0;
  std::uint64_t data = 0;
  std::jthread other([&] {
    for (std::uint64_t round = 1; round <= 300; ++round) {
      if (round % 100 == 0) std::this_thread::sleep_for(std::chrono::milliseconds(2));
      data = round * 7;
      device::store_release(&counter, 2 * round - 1);
      (void)device::await_counter(side.watch, &counter, {.expected = 2 * round});
    }
  });
  int wrong = 0;
  for (std::uint64_t round = 1; round <= 300; ++round) {
    if (!device::await_counter(side.watch, &counter, {.expected = 2 * round - 1})) ++wrong;
    if (data != round * 7) ++wrong;
    device::store_release(&counter, 2 * round);
  }
  CHECK(wrong == 0);
  check_untold(side);
}

TEST_CASE("a wait that takes too long leaves its record and calls the others off") {
  Side side(2 * kMillisecond);
  std::uint64_t counter = 40;
  Failure failure = some_failure(100);
  failure.expected = 41;
  const std::uint64_t start = device::clock_ns();
  CHECK_FALSE(device::await_counter(side.watch, &counter, failure));
  CHECK(device::clock_ns() - start >= 2 * kMillisecond);  // not before its time
  failure.seen = 40;
  check_record(side.control.failure, failure);
  CHECK(side.control.abort == 1);
  CHECK(side.state.failed == 1);
}

TEST_CASE("what a wait has seen is what it last looked at") {
  Side side(kMillisecond);
  std::uint64_t looks = 0;
  Failure failure = some_failure(100);
  failure.wait = Failure::Wait::OneShot;
  CHECK_FALSE(device::await(
      side.watch, failure, [&] { return ++looks; }, [](std::uint64_t) { return false; }));
  failure.seen = looks;
  check_record(side.control.failure, failure);
}

TEST_CASE("a wait that is called off ends, and its record says so") {
  Failure told = some_failure(0);
  told.called_off = 1;
  told.seen = 3;
  const std::uint64_t counter = 3;
  SUBCASE("before it begins") {
    Side side(kHour);
    side.control.abort = 1;
    CHECK_FALSE(device::await_counter(side.watch, &counter, some_failure(0)));
    check_record(side.control.failure, told);
  }
  SUBCASE("while it lasts") {
    Side side(kHour);
    std::jthread other([&] {
      std::this_thread::sleep_for(std::chrono::milliseconds(20));
      device::store_relaxed(&side.control.abort, 1);
    });
    CHECK_FALSE(device::await_counter(side.watch, &counter, some_failure(0)));
    check_record(side.control.failure, told);
  }
}

TEST_CASE("the first report is kept") {
  Side side(kHour);
  device::report(side.watch, some_failure(200));
  side.control.abort = 0;
  device::report(side.watch, some_failure(300));
  check_record(side.control.failure, some_failure(200));
  CHECK(side.control.abort == 1);  // the second calls off too
}

TEST_CASE("of reports at the same time one is kept whole") {
  for (int round = 0; round < 50; ++round) {
    Side side(kHour);
    std::atomic<int> ready = 0;
    {
      std::vector<std::jthread> threads;
      for (std::uint32_t t = 0; t < 4; ++t) {
        threads.emplace_back([&, t] {
          ++ready;
          while (ready < 4) std::this_thread::yield();
          device::report(side.watch, some_failure(100 * t));
        });
      }
    }
    const auto first = static_cast<std::uint32_t>(side.control.failure.plan - 1);
    CHECK(first % 100 == 0);
    CHECK(first < 400);
    check_record(side.control.failure, some_failure(first));
  }
}

}  // namespace
}  // namespace pleach
