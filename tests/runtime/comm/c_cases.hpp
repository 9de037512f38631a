// Calls through the C interface: machines to make them on, buffers, and what must come out.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "runtime/include/pleach.h"
#include "runtime/reference.hpp"

namespace pleach::testing {

// The schedules that serve every collective on a machine:
//   "alone"      one rank, no schedule
//   "made-N-S"   N ranks, hand-made random forests for all collectives, from seed S; broadcast and
//                reduce from and to one root
//   else         the all-reduce schedule of that name in schedules/, which holds the others
struct Machine {
  int ranks = 1;
  int root = -1;  // the only one there are broadcast and reduce for; -1: all
  std::vector<std::string> schedules;
};
[[nodiscard]] Machine machine_named(const std::string& name);

struct Case {
  CollectiveCall call;
  bool in_place = false;
  bool misaligned = false;
  bool shared = false;  // memory of pleachMemAlloc
  bool rough = false;   // inputs whose sum depends on the order of reduction; float32 sums only
};
[[nodiscard]] std::string to_string(const Case& one);
// Drawn from everything there is. `most` elements in a rank's largest buffer.
[[nodiscard]] std::vector<Case> random_cases(const Machine& machine,
                                             int count,
                                             std::uint64_t most,
                                             std::uint64_t seed);

// Every collective, type and operator, three sizes, any alignment, in and out of place.
[[nodiscard]] std::vector<Case> every_case(const Machine& machine);

// One rank's memory for one case; guards behind both ends are checked.
class CaseMemory {
 public:
  CaseMemory(const Case& one, int rank);
  ~CaseMemory();
  CaseMemory(CaseMemory&& other) noexcept;
  CaseMemory& operator=(CaseMemory&&) = delete;

  // Makes the call.
  pleachResult_t start(pleachComm_t comm) const;
  // Null where the rank has none.
  [[nodiscard]] const std::byte* output() const;
  // SHA-256 of the output; "-" where the rank has none.
  [[nodiscard]] std::string digest() const;
  // What was written where nothing may be; "" when nothing was.
  [[nodiscard]] std::string damage() const;

 private:
  struct Block {
    std::byte* whole = nullptr;
    std::byte* data = nullptr;  // `bytes` of it
    std::size_t bytes = 0;
  };
  [[nodiscard]] Block allocate(std::size_t bytes) const;

  Case case_;
  int rank_ = 0;
  Block input_;
  Block output_;
  std::byte* send_ = nullptr;
  std::byte* receive_ = nullptr;
  std::size_t output_bytes_ = 0;
  std::vector<std::byte> input_before_;
};

// Elements that are wrong over all ranks of a case that is not rough.
[[nodiscard]] std::uint64_t count_wrong(const Case& one, const std::vector<CaseMemory>& ranks);

[[nodiscard]] pleachDataType_t c_type(DataType dtype);
[[nodiscard]] pleachRedOp_t c_op(ReduceOp op);

}  // namespace pleach::testing
