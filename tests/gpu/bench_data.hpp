// Inputs of measurements and what must come out, without a copy of it all on the host.
//
// All buffers are made once, for the largest call. An input's 16-bit words are those of a pattern,
// from another place on for each rank; each is a bfloat16 in [1, 2), and so is the upper half of
// each float32.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "compiler/plan/plan.hpp"
#include "tests/gpu/setup.hpp"

namespace pleach::gpu_check {

class BenchData {
 public:
  // `bytes`: of the whole buffer of the largest call.
  BenchData(const Setup& setup, int ranks, std::size_t bytes);

  [[nodiscard]] const std::vector<RankBuffers>& ranks() const { return ranks_; }

  // Looks at some elements of every output, among them the first and the last.
  [[nodiscard]] std::optional<std::string> check(const Plan& plan, DataType dtype) const;
  // Outputs become zero where check() looks, so that a result can not be one of a call before.
  void forget(const Plan& plan) const;

 private:
  [[nodiscard]] double input_value(int rank, std::uint64_t element, DataType dtype) const;
  [[nodiscard]] double expected(const Plan& plan, std::uint64_t element, DataType dtype) const;

  const Setup& setup_;
  std::vector<std::uint16_t> pattern_;  // kPattern words, and as many again
  std::vector<std::unique_ptr<DeviceMemory>> memory_;
  std::vector<RankBuffers> ranks_;
};

}  // namespace pleach::gpu_check
