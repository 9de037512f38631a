#include "runtime/perf/nccl_library.hpp"

#include <doctest/doctest.h>

#include "compiler/core/machine_error.hpp"

namespace pleach::perf {
namespace {

std::string error_of(const std::string& path) {
  try {
    (void)open_nccl(path);
  } catch (const MachineError& error) {
    return error.what();
  }
  return "none";
}

TEST_CASE("versions as NCCL writes them, before 2.9 and since") {
  CHECK(nccl_version_text(23007) == "2.30.7");
  CHECK(nccl_version_text(22809) == "2.28.9");
  CHECK(nccl_version_text(2804) == "2.8.4");
}

TEST_CASE("a library that is not there: what to install, or to set") {
  const std::string words = error_of("/no/such/libnccl.so.2");
  CHECK(words.starts_with("NCCL can not be opened (/no/such/libnccl.so.2: "));
  CHECK(words.find("install it (the package libnccl2") != std::string::npos);
  CHECK(words.find("PLEACH_NCCL_LIBRARY") != std::string::npos);
}

TEST_CASE("a library that is none is told by the function that it lacks") {
  CHECK(error_of("libc.so.6").starts_with("NCCL lacks ncclGetVersion: it is too old"));
}

}  // namespace
}  // namespace pleach::perf
