// A tuner behind any version of the interface, driven alike.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "runtime/nccl/abi.hpp"
#include "tests/runtime/nccl/random_table.hpp"

namespace pleach::testing {

struct AnyTuner {
  int version = 0;               // 3 to 6
  const void* plugin = nullptr;  // nccl::abi::TunerV3 and so on

  // The return codes of NCCL's interface.
  int init(Shape shape, nccl::abi::Logger logger, void** context) const;
  int get_coll_info(void* context,
                    int function,
                    std::uint64_t bytes,
                    float* costs,
                    int algorithms,
                    int protocols,
                    bool registered,
                    int* channels) const;
  // Versions 3 to 5 have none: leaves it.
  int get_chunk_size(void* context, int function, std::uint64_t bytes, std::size_t* chunk) const;
  int stop(void* context) const;
};

// Asks `count` seeded calls and compares each with expected_of; returns what differed, in words.
// `context` is of a communicator of this shape.
[[nodiscard]] std::vector<std::string> differences(const AnyTuner& tuner,
                                                   void* context,
                                                   const nccl::ChoiceTable& table,
                                                   Shape shape,
                                                   std::uint64_t seed,
                                                   int count);

}  // namespace pleach::testing
