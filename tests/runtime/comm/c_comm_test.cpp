#include "runtime/comm/c_comm.hpp"

#include <new>
#include <stdexcept>
#include <string>
#include <thread>

#include <doctest/doctest.h>

#include "compiler/core/machine_error.hpp"

namespace pleach {
namespace {

using Kind = CommError::Kind;

TEST_CASE("what is thrown becomes a code, and its words are kept") {
  pleachComm comm;
  CHECK(guarded(&comm, [] {}) == pleachSuccess);
  CHECK(comm.last_error.empty());
  const auto check = [&](auto error, pleachResult_t code, const std::string& words) {
    CHECK(guarded(&comm, [&] { throw error; }) == code);
    CHECK(last_error_of(&comm) == words);
    CHECK(last_error_of(nullptr) == words);
  };
  check(CommError(Kind::InvalidArgument, "a"), pleachInvalidArgument, "a");
  check(CommError(Kind::InvalidUsage, "b"), pleachInvalidUsage, "b");
  check(CommError(Kind::Aborted, "c"), pleachInvalidUsage, "c");
  check(CommError(Kind::System, "d"), pleachSystemError, "d");
  check(CommError(Kind::Remote, "e"), pleachRemoteError, "e");
  check(MachineError("f"), pleachSystemError, "f");
  check(std::bad_alloc(), pleachSystemError, "memory ran out");
  check(std::logic_error("g"), pleachInternalError, "g");
  // Success changes nothing, and each communicator and thread has words of its own.
  CHECK(guarded(&comm, [] {}) == pleachSuccess);
  CHECK(comm.last_error == "g");
  CHECK(tell(nullptr, pleachRemoteError, "h") == pleachRemoteError);
  CHECK(comm.last_error == "g");
  std::string elsewhere = "?";
  std::thread([&] { elsewhere = last_error_of(nullptr); }).join();
  CHECK(elsewhere.empty());
}

TEST_CASE("a communicator that is none yet") {
  pleachComm comm;
  CHECK_THROWS_WITH_AS((void)rank_of(nullptr), "the communicator is NULL", CommError);
  CHECK_THROWS_WITH_AS((void)rank_of(&comm), doctest::Contains("group that has not ended"),
                       CommError);
}

}  // namespace
}  // namespace pleach
