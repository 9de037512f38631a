// Executes a plan over the buffers of all its ranks on one device: the counterpart of HostExecutor,
// for `pleach run`, tests and measurements on one GPU.
//
// Ranks are launched together, as one kernel, or apart, as ranks of several threads and processes
// are; what they then have to tell each other is part of the kernel. Launches are asynchronous as
// far as the device's are.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "compiler/plan/plan.hpp"
#include "runtime/device/device.hpp"
#include "runtime/device/one_shot_tables.hpp"
#include "runtime/device/program_tables.hpp"
#include "runtime/rank_executor.hpp"

namespace pleach {

struct DeviceExecutorOptions {
  std::chrono::nanoseconds timeout = std::chrono::seconds(60);  // of each wait
  // Whether ranks that the plan places in several processes reach one another's buffers there.
  bool shares_buffers = false;
  bool small_in_one_step = false;  // calls that one_shot_call takes
  bool bulk = false;               // pure copies by the bulk copy engine
};

class DeviceExecutor {
 public:
  // Needs:  violations(plan) empty, a plan whose ranks are all on one host, at most
  //         device::kMostLaunchRanks of them, and size_of(dtype) == plan.element_size.
  // Throws: MachineError.
  DeviceExecutor(std::shared_ptr<Device> device,
                 Plan plan,
                 DataType dtype,
                 ReduceOp op,
                 const DeviceExecutorOptions& options = {});
  ~DeviceExecutor();
  DeviceExecutor(const DeviceExecutor&) = delete;
  DeviceExecutor& operator=(const DeviceExecutor&) = delete;

  // Starts one execution of all ranks, or of some as one launch; each rank takes part in every
  // execution once. Needs: a RankBuffers of device memory for each rank of the plan.
  void launch(std::span<const RankBuffers> buffers, void* stream);
  void launch(std::span<const int> ranks, std::span<const RankBuffers> buffers, void* stream);

  // Ends what is under way, soon; nothing can be executed afterwards. From any thread.
  void abort();
  // What an execution waited for that did not end, in time or before it was called off. Once its
  // stream is synchronized.
  [[nodiscard]] std::optional<Stall> failure() const;

  [[nodiscard]] const Plan& plan() const { return plan_; }
  [[nodiscard]] std::uint32_t blocks() const;  // of all ranks

 private:
  struct Rank;
  void make_ranks(const DeviceExecutorOptions& options);
  [[nodiscard]] device::LaunchRank argument(int rank, const RankBuffers& buffers) const;

  const std::shared_ptr<Device> device_;
  const Plan plan_;
  const device::KernelKey key_;
  const std::uint32_t divisor_;
  const bool shares_buffers_;
  const bool bulk_;
  const std::optional<OneShotCall> one_shot_;
  std::vector<Rank> ranks_;
};

}  // namespace pleach
