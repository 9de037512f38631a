// What the runtime is measured against, on the same device: plain copies, and an all-reduce written
// by hand for one tree shape.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

#include "compiler/core/data_type.hpp"

namespace pleach::gpu_check {

inline constexpr int kMostStarRanks = 8;

// Sums; every rank has `bytes`, a multiple of 16 times the number of ranks, at addresses divisible
// by 16. Each rank's part is combined by the blocks of that rank.
struct StarCall {
  int ranks = 0;  // 2, 4 or 8
  const std::byte* input[kMostStarRanks] = {};
  std::byte* output[kMostStarRanks] = {};
  std::uint64_t bytes = 0;
  DataType dtype = DataType::Float32;  // or Bfloat16
};

// All throw MachineError, and start after what `stream` has.
class Baselines {
 public:
  Baselines() = default;
  Baselines(const Baselines&) = delete;
  Baselines& operator=(const Baselines&) = delete;
  virtual ~Baselines() = default;

  // Name of the device, its driver, and what else a reader of measurements wants.
  [[nodiscard]] virtual std::string describe() const = 0;
  virtual void copy(std::byte* to, const std::byte* from, std::size_t bytes, void* stream) = 0;
  virtual void set(std::byte* to, std::size_t bytes, void* stream) = 0;
  virtual void all_reduce(const StarCall& call, void* stream) = 0;
};

// Of GPU 0. Null where the build has no CUDA.
[[nodiscard]] std::unique_ptr<Baselines> cuda_baselines();
// Loops of this thread.
[[nodiscard]] std::unique_ptr<Baselines> host_baselines();

}  // namespace pleach::gpu_check
