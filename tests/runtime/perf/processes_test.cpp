#include "runtime/perf/processes.hpp"

#include <atomic>

#include <doctest/doctest.h>
#include <signal.h>
#include <unistd.h>

namespace pleach::perf {
namespace {

TEST_CASE("the worst exit code is the machine's failure, then the largest") {
  CHECK(worse(0, 0) == 0);
  CHECK(worse(0, 1) == 1);
  CHECK(worse(70, 3) == 3);
  CHECK(worse(70, 1) == 70);
}

TEST_CASE("processes run the body with their number, and end with what it returns") {
  CHECK(run_processes(3, [](int number) { return number == 2 ? 1 : 0; }) == 1);
  CHECK(run_processes(1, [parent = ::getpid()](int) { return ::getpid() == parent ? 1 : 0; }) == 0);
}

TEST_CASE("a process that a signal ends is a failure of the machine") {
  CHECK(run_processes(2, [](int number) {
          if (number == 1) ::kill(::getpid(), SIGKILL);
          return 0;
        }) == 3);
}

TEST_CASE("threads run the body with their number") {
  std::atomic<int> sum = 0;
  CHECK(run_threads(4, [&](int number) {
          sum += 1 << number;
          return number == 1 ? 1 : 0;
        }) == 1);
  CHECK(sum == 15);
}

}  // namespace
}  // namespace pleach::perf
