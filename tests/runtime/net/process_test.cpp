// Ranks as processes that die. Each is this program again, running one of the roles below: a role
// starts from a single thread, so that it may have a root of its own under any sanitizer.
#include <csignal>
#include <cstdlib>
#include <memory>
#include <utility>

#include <doctest/doctest.h>
#include <sys/wait.h>
#include <unistd.h>

#include "runtime/net/bootstrap.hpp"
#include "tests/runtime/net/rank_threads.hpp"
#include "tests/support/role_process.hpp"

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

[[noreturn]] void wait_to_be_killed() {
  std::this_thread::sleep_for(std::chrono::minutes(2));
  std::abort();
}

TEST_CASE("role: rank 1 of 3" * doctest::skip()) {
  Bootstrap bootstrap(id_of(role_argument()), 1, 3, ample());
  print_line("there");
  wait_to_be_killed();
}

TEST_CASE("role: rank 0 with the root" * doctest::skip()) {
  const UniqueId id = make_unique_id();
  print_line(hex_of(id));
  Bootstrap bootstrap(id, 0, 3, ample());
  bootstrap.barrier(ample());
  print_line("there");
  wait_to_be_killed();
}

TEST_CASE("role: a root whose ranks never all come" * doctest::skip()) {
  print_line(hex_of(make_unique_id()));
  wait_to_be_killed();
}

TEST_CASE("role: a root whose ranks are forked one after the other" * doctest::skip()) {
  const UniqueId id = make_unique_id();
  if (::fork() == 0) {
    const std::string error = error_of([&] {
      Bootstrap bootstrap(id, 0, 2, ample());
      bootstrap.barrier(ample());
      print_line("rank 0 is there");
      bootstrap.barrier(ample());
    });
    print_line(contains(error, "the root at") && contains(error, "is gone") ? "told" : error);
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
  print_line(hex_of(id));
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
  RoleProcess victim("rank 1 of 3", hex_of(id));
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
  RoleProcess victim("rank 1 of 3", hex_of(id));
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
  RoleProcess host("rank 0 with the root", "");
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
  RoleProcess host("a root whose ranks never all come", "");
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
  RoleProcess host("a root whose ranks are forked one after the other", "");
  CHECK(host.line() == "rank 0 is there");
  host.kill();
  CHECK(host.line() == "told");
}
#endif

TEST_CASE("a host that leaves first takes nothing from the others and is no loss") {
  RoleProcess host("rank 0 that gathers once and goes", "");
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
