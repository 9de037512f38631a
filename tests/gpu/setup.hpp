// What every step of the program works with.
#pragma once

#include <functional>
#include <memory>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "runtime/device/device.hpp"
#include "runtime/device/device_executor.hpp"
#include "tests/gpu/baselines.hpp"

namespace pleach::gpu_check {

enum class Scale {
  Full,     // what a GPU does in a few minutes
  Reduced,  // under a tool that makes it a hundred times slower
  Tiny      // by threads in place of a GPU
};

// What the step `nccl` runs.
struct NcclSetup {
  std::string library;                              // NCCL's; "": wherever the system finds it
  std::string plugin;                               // libnccl-tuner-pleach.so
  std::string table = "tests/gpu/nccl_table.json";  // for the plugin
  std::string version;                              // of the library, "2.28.9"
  int limit = 150;                                  // seconds for each of the four runs
};

struct Setup {
  std::shared_ptr<Device> device;
  Baselines& baselines;
  // Whether a launch returns at once, so that one thread can launch ranks that wait for each other.
  bool asynchronous = true;
  Scale scale = Scale::Full;
  NcclSetup nccl = {};  // after prepare_nccl, where that step is wanted
};

// Memory of a device that goes with its owner.
class DeviceMemory {
 public:
  DeviceMemory(std::shared_ptr<Device> device, std::size_t bytes)
      : device_(std::move(device)), memory_(device_->allocate(bytes)) {}
  ~DeviceMemory() { device_->deallocate(memory_); }
  DeviceMemory(const DeviceMemory&) = delete;
  DeviceMemory& operator=(const DeviceMemory&) = delete;
  [[nodiscard]] std::byte* get() const { return memory_; }

 private:
  std::shared_ptr<Device> device_;
  std::byte* memory_;
};

// One for launches of all ranks together, and one for each rank.
class Streams {
 public:
  Streams(std::shared_ptr<Device> device, int ranks);
  ~Streams();
  Streams(const Streams&) = delete;
  Streams& operator=(const Streams&) = delete;
  [[nodiscard]] void* main() const { return main_; }
  [[nodiscard]] void* of(int rank) const { return ranks_[rank]; }
  // Waits for all of them.
  void synchronize() const;

 private:
  std::shared_ptr<Device> device_;
  void* main_;
  std::vector<void*> ranks_;
};

enum class Launches { Together, Apart };

// start(rank) for each of `ranks`, in threads where a start returns only when it has ended.
void start_each(const Setup& setup,
                std::span<const int> ranks,
                const std::function<void(int)>& start);

// Executes once with `ranks` (all, unless it is a test of failures) and waits for the end.
void execute(const Setup& setup,
             DeviceExecutor& executor,
             std::span<const int> ranks,
             std::span<const RankBuffers> buffers,
             Launches launches);
void execute(const Setup& setup,
             DeviceExecutor& executor,
             std::span<const RankBuffers> buffers,
             Launches launches);

}  // namespace pleach::gpu_check
