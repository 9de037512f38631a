// Ranks that make calls through the C interface, in the ways a program may have them.
#pragma once

#include <cstdlib>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/include/pleach.h"
#include "tests/runtime/comm/c_cases.hpp"

namespace pleach::testing {

// How a rank joins. Where `hosts` is above 1, rank r is on host r % hosts, and hosts meet over
// libfabric's tcp on the loopback interface.
struct Joining {
  pleachUniqueId id{};
  int rank = 0;
  int ranks = 1;
  int hosts = 1;
  int timeout_ms = 60000;
};
// Communicators and buffers made while it lives are on emulated devices, in child processes too.
class Emulated {
 public:
  explicit Emulated(const char* small_bytes) {
    ::setenv("PLEACH_BACKEND", "emulated", 1);
    ::setenv("PLEACH_SMALL_BYTES", small_bytes, 1);
  }
  ~Emulated() {
    ::unsetenv("PLEACH_BACKEND");
    ::unsetenv("PLEACH_SMALL_BYTES");
  }
  Emulated(const Emulated&) = delete;
  Emulated& operator=(const Emulated&) = delete;
};

[[nodiscard]] pleachUniqueId new_id();
// Null, and `error` says why, when it fails.
[[nodiscard]] pleachComm_t join(const Joining& joining, std::string& error);
// Says why not; "" when all are loaded.
[[nodiscard]] std::string load_all(pleachComm_t comm, const Machine& machine);

[[nodiscard]] std::string hex_of(const pleachUniqueId& id);
[[nodiscard]] pleachUniqueId id_of_hex(std::string_view hex);

// Digests of what came out, by case and rank, and everything that went wrong, in words.
struct Outcome {
  std::vector<std::vector<std::string>> digests;
  std::vector<std::string> errors;
};
// One thread each.
[[nodiscard]] Outcome run_threads(const Machine& machine,
                                  const std::vector<Case>& cases,
                                  int hosts = 1);
// All in this thread, with groups.
[[nodiscard]] Outcome run_group(const Machine& machine, const std::vector<Case>& cases);
// A process each. The cases are those that the arguments give in random_cases.
struct CaseSource {
  std::string machine;
  int count = 0;
  std::uint64_t most = 0;
  std::uint64_t seed = 0;
};
[[nodiscard]] std::vector<Case> cases_of(const CaseSource& source);
[[nodiscard]] Outcome run_processes(const CaseSource& source, int hosts = 1);

// In place, of float32, with sum: of the first `count` of `data`, or of as many ones.
pleachResult_t all_reduce(pleachComm_t comm, std::vector<float>& data, std::size_t count);
pleachResult_t all_reduce(pleachComm_t comm, std::size_t count);

// Named shared memory of pleach's.
[[nodiscard]] std::set<std::string> shared_files();

inline bool contains(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

// "" where libfabric's tcp is to be had, else why not.
[[nodiscard]] std::string why_no_network();

}  // namespace pleach::testing
