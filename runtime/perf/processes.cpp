#include "runtime/perf/processes.hpp"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <iostream>
#include <string>
#include <thread>
#include <vector>

#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "compiler/core/machine_error.hpp"

namespace pleach::perf {
namespace {

constexpr int kMachineFailed = 3;

[[noreturn]] void be_child(pid_t parent, const std::function<int(int)>& body, int number) {
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (::getppid() != parent) ::_exit(kMachineFailed);  // it was gone before that was said
  ::_exit(body(number));
}

int code_of(pid_t child, int number) {
  int status = 0;
  while (::waitpid(child, &status, 0) < 0) {
    if (errno != EINTR) return kMachineFailed;
  }
  if (WIFEXITED(status)) return WEXITSTATUS(status);
  std::cerr << "pleach-perf: process " + std::to_string(number) + " was ended by signal " +
                   std::to_string(WTERMSIG(status)) + "\n";
  return kMachineFailed;
}

}  // namespace

int worse(int a, int b) {
  return a == kMachineFailed || b == kMachineFailed ? kMachineFailed : std::max(a, b);
}

int run_processes(int count, const std::function<int(int)>& body) {
  const pid_t parent = ::getpid();
  std::vector<pid_t> children;
  for (int number = 0; number < count; ++number) {
    const pid_t child = ::fork();
    if (child == 0) be_child(parent, body, number);
    if (child < 0) {
      const std::string words = std::strerror(errno);
      for (const pid_t one : children) ::kill(one, SIGKILL);
      for (const pid_t one : children) ::waitpid(one, nullptr, 0);
      throw MachineError("process " + std::to_string(number) + " of " + std::to_string(count) +
                         " can not be made: " + words);
    }
    children.push_back(child);
  }
  int code = 0;
  for (int number = 0; number < count; ++number) {
    code = worse(code, code_of(children[number], number));
  }
  return code;
}

int run_threads(int count, const std::function<int(int)>& body) {
  std::vector<int> codes(count, 0);
  {
    std::vector<std::jthread> threads;
    for (int number = 1; number < count; ++number) {
      threads.emplace_back([&codes, &body, number] { codes[number] = body(number); });
    }
    codes[0] = body(0);
  }
  int code = 0;
  for (const int one : codes) code = worse(code, one);
  return code;
}

}  // namespace pleach::perf
