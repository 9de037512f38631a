// One rank of a communicator on a device: its memory there, what it reaches of the other ranks',
// and its plans as programs.
//
// What a CUDA graph may have recorded stays where it is as long as the communicator lives: scratch
// that a larger one has replaced is kept.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "compiler/plan/placement.hpp"
#include "compiler/plan/plan.hpp"
#include "runtime/comm/call.hpp"
#include "runtime/comm/member.hpp"
#include "runtime/device/device.hpp"
#include "runtime/device/lower_for_device.hpp"
#include "runtime/device/network_layout.hpp"
#include "runtime/device/one_shot_tables.hpp"
#include "runtime/device/program_tables.hpp"

namespace pleach {

// Regions that a rank can register.
inline constexpr std::size_t kMostRegions = 1024;

// A plan as this rank's device executes it.
struct DevicePlan {
  std::unique_ptr<DeviceProgram> program;
  NetworkLayout layout = {};
  DeviceMemory network = {};  // layout.bytes of host memory
};

// What a call becomes on its way to a launch.
struct DeviceCall {
  device::LaunchRank rank = {};  // without first_block
  std::uint32_t blocks = 0;
  device::KernelKey key = {};
  std::uint32_t divisor = 0;
  std::optional<OneShotCall> one_shot = {};
  bool bulk = false;
};

// Where ranks differ, the least of all counts.
struct DeviceOptions {
  std::string backend = "host";  // as the program names it
  // Opens a device by its number; the same one always gives the same object. Null: the host
  // backend.
  std::shared_ptr<Device> (*open)(int number) = nullptr;
  int number = 0;
  std::uint64_t small_bytes = kMostOneShotBytes;  // messages up to these go in one step; 0: none
  std::uint32_t channels = 0;                     // at most; 0: as many as suit the device
  bool bulk = false;                              // pure copies by the bulk copy engine
};

class DeviceRank {
 public:
  // Here and below: throws MachineError when the device fails.
  DeviceRank(const DeviceOptions& options, int rank, int ranks, std::chrono::milliseconds timeout);
  ~DeviceRank();
  DeviceRank(const DeviceRank&) = delete;
  DeviceRank& operator=(const DeviceRank&) = delete;

  [[nodiscard]] Device& device() const { return *device_; }
  // What the others are told, and what they tell: by rank.
  [[nodiscard]] DeviceMember describe(const Placement& placement);
  void meet(std::span<const DeviceMember> members, const Placement& placement);
  // Of any plan; the same on all ranks.
  [[nodiscard]] const DeviceBudget& budget() const { return budget_; }

  // A larger scratch: make it, tell the others, hear theirs.
  [[nodiscard]] SharedMemory make_scratch(std::size_t bytes);
  void set_scratch(std::span<const SharedMemory> scratch);
  // The rank's counters are zero again; they were used up to here, in words. Waits for its kernels.
  void clear_counters(std::uint64_t words);

  // Memory that is to be read in place by other processes: tell them, hear theirs. Of this rank it
  // may be less than nothing: then the others hear that there is none.
  [[nodiscard]] SharedMemory name_region(const std::byte* memory, std::size_t bytes);
  // Its number; the same on all ranks.
  std::size_t add_region(std::span<const SharedMemory> regions, std::size_t bytes);
  void remove_region(std::size_t number);

  // `first_word` of each rank: where its State for this plan is among its counters, which follow
  // it. `rings`: where the network writes, at an address of this process; null without a network.
  // Before `rings` move or go.
  void unmap_rings();
  [[nodiscard]] std::unique_ptr<DevicePlan> prepare(const Plan& plan,
                                                    std::span<const std::uint64_t> first_word,
                                                    std::uint64_t number,
                                                    std::byte* rings,
                                                    std::size_t ring_bytes);
  [[nodiscard]] DeviceCall call(const Call& call, const Plan* plan, const DevicePlan* prepared);
  // Whether such a call goes in one step, and needs no plan.
  [[nodiscard]] std::optional<OneShotCall> one_shot(const CallShape& shape) const;

  // The stream of the rank's next launch: it waits for the last one's. Notes recordings.
  void use(void* stream);
  [[nodiscard]] bool has_recorded() const { return recorded_; }
  void synchronize();

  [[nodiscard]] std::optional<device::Failure> failure() const;
  // From any thread.
  void abort() const;
  [[nodiscard]] device::Control& control() const { return *control_.as<device::Control>(); }

 private:
  [[nodiscard]] SharedMemory shared(std::byte* memory, std::size_t bytes);
  [[nodiscard]] std::byte* reach(int rank, const SharedMemory& memory);
  [[nodiscard]] std::uint64_t region_at(const std::byte* buffer, std::size_t bytes) const;
  [[nodiscard]] std::byte** regions_of(int rank) const;

  const DeviceOptions options_;
  const std::shared_ptr<Device> device_;
  const int rank_;
  const int ranks_;
  Placement placement_;
  DeviceBudget budget_;
  std::uint64_t small_bytes_ = 0;
  bool shares_ = false;  // with another process of the host

  DeviceMemory counters_;
  DeviceMemory slots_;          // none where there are too many ranks
  DeviceMemory region_tables_;  // of each rank kMostRegions addresses
  DeviceMemory control_;
  std::vector<std::byte*> counters_of_;  // by rank; null over the network
  std::vector<std::byte*> scratch_of_;
  std::byte* scratch_ = nullptr;             // its own, of owned_
  std::unique_ptr<DeviceOneShot> one_shot_;  // null where a rank is over the network

  struct Region {
    const std::byte* begin = nullptr;
    std::size_t bytes = 0;
  };
  std::vector<Region> regions_;      // of this rank; null begin: others do not reach it
  std::vector<DeviceMemory> owned_;  // scratch of all times
  std::vector<std::byte*> opened_;
  std::vector<std::shared_ptr<Device>> neighbours_;
  std::byte* mapped_rings_ = nullptr;  // the device's address of
  std::byte* rings_ = nullptr;         // these
  bool has_launched_ = false;
  void* last_stream_ = nullptr;
  bool recorded_ = false;
};

}  // namespace pleach
