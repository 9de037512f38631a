// Ranks as processes that die. Each is this program again, running one of the roles below: a role
// starts from a single thread, so that it may have a root of its own under any sanitizer.
#include <csignal>
#include <cstdlib>
#include <iostream>
#include <memory>
#include <utility>

#include <doctest/doctest.h>
#include <fcntl.h>
#include <poll.h>
#include <sys/wait.h>
#include <unistd.h>

#include "runtime/net/bootstrap.hpp"
#include "tests/runtime/net/rank_threads.hpp"

namespace pleach {
namespace {

using namespace testing;
using std::chrono::milliseconds;

std::string hex_of(const UniqueId& id) {
  std::string text;
  for (const std::byte byte : id.bytes) {
    for (const int shift : {4, 0}) {
      text += "0123456789abcdef"[std::to_integer<unsigned>(byte >> shift) & 15];
    }
  }
  return text;
}

UniqueId id_of(const std::string& hex) {
  UniqueId id;
  for (std::size_t i = 0; i < id.bytes.size(); ++i) {
    id.bytes[i] = static_cast<std::byte>(std::stoi(hex.substr(2 * i, 2), nullptr, 16));
  }
  return id;
}

// This program in another process; killed when the object ends before it does.
class Process {
 public:
  Process(const std::string& role, const std::string& argument) {
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
  Process(const Process&) = delete;
  Process& operator=(const Process&) = delete;
  ~Process() {
    kill();
    ::close(output_);
  }

  // The next line it prints; what there is of it when the process ends first.
  std::string line() {
    const Deadline deadline = ample();
    while (buffer_.find('\n') == std::string::npos) {
      pollfd entry{.fd = output_, .events = POLLIN, .revents = 0};
      if (::poll(&entry, 1, deadline.milliseconds_left()) <= 0)
        return "no output in time: " + buffer_;
      char room[4096];
      const ssize_t length = ::read(output_, room, sizeof room);
      if (length <= 0) return std::exchange(buffer_, "");
      buffer_.append(room, static_cast<std::size_t>(length));
    }
    const std::size_t end = buffer_.find('\n');
    const std::string text = buffer_.substr(0, end);
    buffer_.erase(0, end + 1);
    return text;
  }

  void kill() {
    if (child_ <= 0) return;
    ::kill(child_, SIGKILL);
    ::waitpid(child_, nullptr, 0);
    child_ = -1;
  }

 private:
  pid_t child_ = -1;
  int output_ = -1;
  std::string buffer_;
};

std::string argument() { return std::getenv("PLEACH_TEST_ARGUMENT"); }

void print(const std::string& text) { std::cout << text << std::endl; }

[[noreturn]] void wait_to_be_killed() {
  std::this_thread::sleep_for(std::chrono::minutes(2));
  std::abort();
}

TEST_CASE("role: rank 1 of 3" * doctest::skip()) {
  Bootstrap bootstrap(id_of(argument()), 1, 3, ample());
  print("there");
  wait_to_be_killed();
}

TEST_CASE("role: rank 0 with the root" * doctest::skip()) {
  const UniqueId id = make_unique_id();
  print(hex_of(id));
  Bootstrap bootstrap(id, 0, 3, ample());
  bootstrap.barrier(ample());
  print("there");
  wait_to_be_killed();
}

TEST_CASE("role: a root whose ranks never all come" * doctest::skip()) {
  print(hex_of(make_unique_id()));
  wait_to_be_killed();
}

TEST_CASE("role: a root whose ranks are forked one after the other" * doctest::skip()) {
  const UniqueId id = make_unique_id();
  if (::fork() == 0) {
    const std::string error = error_of([&] {
      Bootstrap bootstrap(id, 0, 2, ample());
      bootstrap.barrier(ample());
      print("rank 0 is there");
      bootstrap.barrier(ample());
    });
    print(contains(error, "the root at") && contains(error, "is gone") ? "told" : error);
    ::_exit(0);
  }
  // By now the root has a connection that a child must not hold open.
  std::this_thread::sleep_for(milliseconds(200));
  if (::fork() == 0) {
    (void)error_of([&] {
      Bootstrap bootstrap(id, 1, 2, ample());
      bootstrap.barrier(ample());
      // Lives on after the root's process, until rank 0 has reported what it saw.
      std::this_thread::sleep_for(std::chrono::seconds(3));
    });
    ::_exit(0);
  }
  wait_to_be_killed();
}

TEST_CASE("role: rank 0 that gathers once and goes" * doctest::skip()) {
  const UniqueId id = make_unique_id();
  print(hex_of(id));
  Bootstrap bootstrap(id, 0, 3, ample());
  (void)bootstrap.all_gather(Bootstrap::Bytes(std::size_t{8} << 20), ample());
}

TEST_CASE("children of fork() meet at the root of their parent") {
  const UniqueId id = make_unique_id();
  std::vector<pid_t> children;
  for (int rank = 0; rank < 8; ++rank) {
    const pid_t child = ::fork();
    REQUIRE(child >= 0);
    if (child == 0) {
      const std::string error = error_of([&] {
        Bootstrap bootstrap(id, rank, 8, ample());
        const auto parts = bootstrap.all_gather(bytes_of(std::to_string(rank)), ample());
        if (text_of(parts.at(7)) != "7") throw MachineError("another part");
      });
      ::_exit(error.empty() ? 0 : 1);
    }
    children.push_back(child);
  }
  for (const pid_t child : children) {
    int status = -1;
    CHECK(::waitpid(child, &status, 0) == child);
    CHECK(status == 0);
  }
}

TEST_CASE("a child's copy of a communicator does not say goodbye for its parent") {
  const UniqueId id = make_unique_id();
  const auto errors = on_ranks({0}, [&](int rank) {
    Bootstrap bootstrap(id, rank, 1, ample());
    const pid_t child = ::fork();
    if (child == 0) {
      { const Bootstrap copy = std::move(bootstrap); }
      ::_exit(0);
    }
    ::waitpid(child, nullptr, 0);
    bootstrap.barrier(ample());
  });
  CHECK_MESSAGE(errors[0].empty(), errors[0]);
}

TEST_CASE("a rank that is killed is lost to the others, at once and by name") {
  const UniqueId id = make_unique_id();
  Process victim("rank 1 of 3", hex_of(id));
  const auto errors = on_ranks({0, 2}, [&](int rank) {
    Bootstrap bootstrap(id, rank, 3, ample());
    if (rank == 2) return bootstrap.barrier(ample());
    if (!bootstrap.lost().empty()) throw MachineError("too early");
    if (victim.line() != "there") throw MachineError("the victim is not there");
    victim.kill();
    const Deadline deadline = ample();
    while (bootstrap.lost().empty() && !deadline.passed()) std::this_thread::yield();
    if (bootstrap.lost() != std::vector<int>{1}) throw MachineError("others are lost");
    bootstrap.barrier(ample());
  });
  for (const std::string& error : errors) CHECK_MESSAGE(contains(error, "rank 1 is gone"), error);
}

TEST_CASE("a rank that is killed before all have come is named to those that wait") {
  const UniqueId id = make_unique_id();
  Process victim("rank 1 of 3", hex_of(id));
  std::vector<std::string> errors;
  std::thread killer([&] {
    std::this_thread::sleep_for(milliseconds(500));
    victim.kill();
  });
  errors =
      on_ranks({0}, [&](int rank) { Bootstrap(id, rank, 3, Deadline(std::chrono::seconds(5))); });
  killer.join();
  // On a loaded machine the victim may die before it has come; then it is among the missing.
  CHECK_MESSAGE((contains(errors[0], "rank 1 is gone") || contains(errors[0], "ranks 1, 2")),
                errors[0]);
  CHECK_MESSAGE(contains(errors[0], "2 "), errors[0]);
}

TEST_CASE("the process with the root is killed: every rank learns it, waiting or asking") {
  Process host("rank 0 with the root", "");
  const UniqueId id = id_of(host.line());
  const auto errors = on_ranks({1, 2}, [&](int rank) {
    Bootstrap bootstrap(id, rank, 3, ample());
    bootstrap.barrier(ample());
    if (rank == 2) return bootstrap.barrier(ample());
    if (host.line() != "there") throw MachineError("the host is not there");
    host.kill();
    const Deadline deadline = ample();
    while (bootstrap.lost().empty() && !deadline.passed()) std::this_thread::yield();
    if (bootstrap.lost() != std::vector<int>{0, 2}) throw MachineError("not all are lost");
    bootstrap.barrier(ample());
  });
  for (const std::string& error : errors) CHECK_MESSAGE(contains(error, "is gone"), error);
}

TEST_CASE("the process with the root is killed before all ranks have come") {
  Process host("a root whose ranks never all come", "");
  const UniqueId id = id_of(host.line());
  std::thread killer([&] {
    std::this_thread::sleep_for(milliseconds(200));
    host.kill();
  });
  const std::string error =
      error_of([&] { Bootstrap(id, 0, 2, Deadline(std::chrono::seconds(3))); });
  killer.join();
  CHECK_MESSAGE((contains(error, "is gone") || contains(error, "found no root")), error);
}

#ifndef __SANITIZE_THREAD__  // there the root shares the program's descriptors (root_thread.cpp)
TEST_CASE("children of the root's process do not keep its connections alive") {
  Process host("a root whose ranks are forked one after the other", "");
  CHECK(host.line() == "rank 0 is there");
  host.kill();
  CHECK(host.line() == "told");
}
#endif

TEST_CASE("a host that leaves first takes nothing from the others and is no loss") {
  Process host("rank 0 that gathers once and goes", "");
  const UniqueId id = id_of(host.line());
  const auto errors = on_ranks({1, 2}, [&](int rank) {
    Bootstrap bootstrap(id, rank, 3, ample());
    const auto parts = bootstrap.all_gather(Bootstrap::Bytes(std::size_t{8} << 20), ample());
    if (parts.at(0).size() != std::size_t{8} << 20) throw MachineError("a part is missing");
    if (rank == 2) return;
    while (!host.line().empty()) {
    }
    if (!bootstrap.lost().empty()) throw MachineError("leaving is no loss");
    bootstrap.barrier(ample());
  });
  CHECK_MESSAGE(contains(errors[0], "left the communicator"), errors[0]);
  CHECK_MESSAGE(errors[1].empty(), errors[1]);
}

}  // namespace
}  // namespace pleach
