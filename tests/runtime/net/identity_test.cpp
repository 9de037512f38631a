#include <doctest/doctest.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "runtime/net/launcher.hpp"

namespace pleach {
namespace {

// What `identity` gives in a child of fork().
std::string in_child(std::string (*identity)()) {
  int ends[2];
  REQUIRE(::pipe(ends) == 0);
  const pid_t child = ::fork();
  if (child == 0) {
    const std::string text = identity();
    const bool written = ::write(ends[1], text.data(), text.size()) == ssize_t(text.size());
    ::_exit(written ? 0 : 1);
  }
  ::close(ends[1]);
  std::string text(4096, '\0');
  const ssize_t length = ::read(ends[0], text.data(), text.size());
  ::close(ends[0]);
  int status = 0;
  REQUIRE(::waitpid(child, &status, 0) == child);
  REQUIRE(status == 0);
  text.resize(static_cast<std::size_t>(length));
  return text;
}

TEST_CASE("processes of one machine share its identity and have each their own") {
  CHECK(host_identity() == host_identity());
  CHECK(process_identity() == process_identity());
  CHECK(in_child(host_identity) == host_identity());
  const std::string child = in_child(process_identity);
  CHECK(child != process_identity());
  // Boot, namespace of processes, pid, start time: none may be empty.
  CHECK(process_identity().find("pid:[") != std::string::npos);
  CHECK(process_identity().find(" " + std::to_string(::getpid()) + " ") != std::string::npos);
  CHECK(process_identity().back() >= '0');
  CHECK(process_identity().back() <= '9');
  CHECK(host_identity().find("net:[") != std::string::npos);
}

TEST_CASE("PLEACH_HOST_ID says which machine this is, and never which process") {
  const std::string process = process_identity();
  REQUIRE(::setenv("PLEACH_HOST_ID", "machine-7", 1) == 0);
  CHECK(host_identity() == "machine-7");
  CHECK(process_identity() == process);
  REQUIRE(::setenv("PLEACH_HOST_ID", "", 1) == 0);
  CHECK(host_identity() != "");
  REQUIRE(::unsetenv("PLEACH_HOST_ID") == 0);
}

TEST_CASE("the environment of this process") {
  REQUIRE(::setenv("PLEACH_TEST_VARIABLE", "here", 1) == 0);
  CHECK(process_environment()("PLEACH_TEST_VARIABLE") == "here");
  REQUIRE(::unsetenv("PLEACH_TEST_VARIABLE") == 0);
  CHECK_FALSE(process_environment()("PLEACH_TEST_VARIABLE").has_value());
}

}  // namespace
}  // namespace pleach
