// This test program in another process, running one of its cases that are named "role: …" and
// skipped otherwise. A role starts from a single thread, whatever the test has.
#pragma once

#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <iostream>
#include <string>
#include <utility>

#include <doctest/doctest.h>
#include <fcntl.h>
#include <poll.h>
#include <sys/wait.h>
#include <unistd.h>

#include "runtime/net/deadline.hpp"
#include "tests/support/await_exit.hpp"

namespace pleach::testing {

// Killed when the object ends before it does.
class RoleProcess {
 public:
  RoleProcess(const std::string& role, const std::string& argument) {
    int ends[2];
    REQUIRE(::pipe2(ends, O_CLOEXEC) == 0);
    const std::string filter = "--test-case=role: " + role;
    const char* const arguments[] = {"test", filter.c_str(), "--no-skip", "--minimal", nullptr};
    child_ = ::fork();
    REQUIRE(child_ >= 0);
    if (child_ == 0) {
      ::dup2(ends[1], STDOUT_FILENO);
      ::setenv("PLEACH_TEST_ARGUMENT", argument.c_str(), 1);
      ::execv("/proc/self/exe", const_cast<char* const*>(arguments));
      ::_exit(127);
    }
    ::close(ends[1]);
    output_ = ends[0];
  }
  RoleProcess(const RoleProcess&) = delete;
  RoleProcess& operator=(const RoleProcess&) = delete;
  RoleProcess(RoleProcess&& other) noexcept
      : child_(std::exchange(other.child_, -1)),
        output_(std::exchange(other.output_, -1)),
        buffer_(std::move(other.buffer_)) {}
  ~RoleProcess() {
    kill();
    if (output_ >= 0) ::close(output_);
  }

  // The next line it prints; what there is of it when the process ends first.
  std::string line(std::chrono::seconds limit = std::chrono::seconds(60)) {
    const Deadline deadline(limit);
    while (buffer_.find('\n') == std::string::npos) {
      pollfd entry{.fd = output_, .events = POLLIN, .revents = 0};
      if (::poll(&entry, 1, deadline.milliseconds_left()) <= 0) {
        return "no output in time: " + buffer_;
      }
      char room[4096];
      const ssize_t length = ::read(output_, room, sizeof room);
      if (length <= 0) return std::exchange(buffer_, "");
      buffer_.append(room, static_cast<std::size_t>(length));
    }
    const std::size_t end = buffer_.find('\n');
    std::string text = buffer_.substr(0, end);
    buffer_.erase(0, end + 1);
    return text;
  }

  void signal(int number) const {
    if (child_ > 0) ::kill(child_, number);
  }
  void kill() {
    if (child_ <= 0) return;
    ::kill(child_, SIGKILL);
    ::waitpid(child_, nullptr, 0);
    child_ = -1;
  }
  // As await_exit().
  int wait(std::chrono::seconds limit = std::chrono::seconds(60)) {
    return await_exit(child_, limit);
  }

 private:
  pid_t child_ = -1;
  int output_ = -1;
  std::string buffer_;
};

// In a role.
inline std::string role_argument() {
  const char* const text = std::getenv("PLEACH_TEST_ARGUMENT");
  return text != nullptr ? text : "";
}
inline void print_line(const std::string& text) { std::cout << text << std::endl; }

}  // namespace pleach::testing
