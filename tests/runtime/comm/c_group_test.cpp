#include "runtime/comm/c_group.hpp"

#include <atomic>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include <doctest/doctest.h>

namespace pleach {
namespace {

TEST_CASE("tasks run at the same time; the first failure by order is thrown when all have ended") {
  // Each waits for the others: one after the other they would never end.
  std::atomic<int> here = 0;
  std::atomic<int> ended = 0;
  const auto meet_and = [&](const char* failure) {
    return [&, failure] {
      ++here;
      while (here < 3) std::this_thread::yield();
      ++ended;
      if (*failure != '\0') throw std::runtime_error(failure);
    };
  };
  CHECK_THROWS_WITH(run_together({meet_and(""), meet_and("second"), meet_and("third")}), "second");
  CHECK(ended == 3);
  run_together({});
}

TEST_CASE("without a group work is done at once") {
  CallGroup group;
  pleachComm comm;
  bool done = false;
  group.meet(&comm, [&] { done = true; });
  CHECK(done);
  CHECK_FALSE(group.is_open());
}

TEST_CASE("in a group work waits for the outermost end, each communicator's in its order") {
  CallGroup group;
  pleachComm first;
  pleachComm second;
  std::vector<int> of_first;
  std::atomic<bool> second_came = false;
  std::atomic<bool> first_came = false;
  group.start();
  group.start();
  // Of two communicators at the same time: each waits for the other.
  group.meet(&first, [&] {
    first_came = true;
    while (!second_came) std::this_thread::yield();
    of_first.push_back(1);
  });
  group.meet(&second, [&] {
    second_came = true;
    while (!first_came) std::this_thread::yield();
  });
  group.meet(&first, [&] { of_first.push_back(2); });
  group.end();
  CHECK(group.is_open());
  CHECK_FALSE(first_came);
  group.end();
  CHECK_FALSE(group.is_open());
  CHECK(of_first == std::vector<int>{1, 2});
}

TEST_CASE("a group that failed is over, and the next one starts with nothing") {
  CallGroup group;
  pleachComm comm;
  int later = 0;
  group.start();
  group.meet(&comm, [] { throw std::runtime_error("no"); });
  group.meet(&comm, [&] { ++later; });
  CHECK_THROWS_WITH(group.end(), "no");
  CHECK(later == 0);
  CHECK_FALSE(group.is_open());
  group.start();
  group.end();
  CHECK(later == 0);
  CHECK_THROWS_WITH_AS(group.end(), "no group has been started", CommError);
}

TEST_CASE("each thread has a group of its own") {
  thread_group().start();
  bool open_elsewhere = true;
  std::thread([&] { open_elsewhere = thread_group().is_open(); }).join();
  CHECK_FALSE(open_elsewhere);
  CHECK(thread_group().is_open());
  thread_group().end();
}

}  // namespace
}  // namespace pleach
