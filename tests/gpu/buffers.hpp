// The buffers of all ranks of a plan in memory of a device, with guards before and behind, and what
// must stand there after an execution.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "compiler/plan/plan.hpp"
#include "runtime/reference.hpp"
#include "tests/gpu/setup.hpp"

namespace pleach::gpu_check {

class Buffers {
 public:
  // Each rank's buffers start at another address, none of which is aligned, if `misaligned`.
  Buffers(const Setup& setup, const Plan& plan, DataType dtype, ReduceOp op, bool misaligned);

  // Inputs of runtime/reference.hpp, whose result has the same bits in any order of reduction.
  void fill_exact();
  // Floating point inputs that round at every step. Needs: float16, bfloat16 or float32.
  void fill_rough(std::uint64_t seed);
  // Inputs of int32 that `seed` chooses.
  void fill_integers(std::uint64_t seed);

  [[nodiscard]] const std::vector<RankBuffers>& on_device() const { return device_ranks_; }

  // Reads everything back. The words say what is wrong with guards, inputs or results.
  [[nodiscard]] std::optional<std::string> check_exact();
  // Against float64: off by no more than a rounding of the type for each rank allows.
  [[nodiscard]] std::optional<std::string> check_near();
  // Against the bits of the host's executor on the same inputs.
  [[nodiscard]] std::optional<std::string> check_like_host();
  // Of fill_integers and an all-reduce, `times` one after the other: each in place multiplies the
  // result by the number of ranks.
  [[nodiscard]] std::optional<std::string> check_integers(std::uint64_t seed, int times);

 private:
  [[nodiscard]] std::optional<std::string> read_back();
  [[nodiscard]] std::vector<RankBuffers> on_host(std::vector<std::vector<std::byte>>& images) const;
  void upload();

  const Setup& setup_;
  const Plan& plan_;
  const CollectiveCall call_;
  // Of each rank first the input (in place: nothing), then the output.
  std::vector<std::unique_ptr<DeviceMemory>> memory_;
  std::vector<std::vector<std::byte>> before_;
  std::vector<std::vector<std::byte>> after_;
  std::vector<std::size_t> shift_;  // of each rank's buffers in an image
  std::vector<RankBuffers> device_ranks_;
};

}  // namespace pleach::gpu_check
