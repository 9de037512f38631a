#include "runtime/device/device_run.hpp"

#include <algorithm>
#include <utility>

#include "compiler/core/check.hpp"
#include "compiler/core/machine_error.hpp"
#include "runtime/device/device_buffer.hpp"
#include "runtime/device/device_executor.hpp"
#include "runtime/device/lower_for_device.hpp"
#include "runtime/run_memory.hpp"

namespace pleach {
namespace {

// As communicators give to ranks that share a device.
constexpr std::uint32_t kChannels = 64;

// Memory of the host, and the same on the device.
class MirroredMemory {
 public:
  MirroredMemory(const std::shared_ptr<Device>& device, const Plan& plan)
      : device_(*device), host_(plan) {
    for (const std::span<std::byte> piece : host_.pieces()) {
      pieces_.push_back({.host = piece, .device = DeviceBuffer(device, piece.size())});
    }
    for (const RankBuffers& rank : host_.ranks()) {
      ranks_.push_back({.input = on_device(rank.input), .output = on_device(rank.output)});
    }
  }

  void fill(const CollectiveCall& call) {
    host_.fill(call);
    for (const Piece& piece : pieces_) device_.write(piece.device.data(), piece.host);
  }

  [[nodiscard]] std::uint64_t count_wrong(const CollectiveCall& call) {
    for (const Piece& piece : pieces_) device_.read(piece.host, piece.device.data());
    return host_.count_wrong_elements(call);
  }

  [[nodiscard]] std::span<const RankBuffers> ranks() const { return ranks_; }

 private:
  struct Piece {
    std::span<std::byte> host;
    DeviceBuffer device;
  };

  [[nodiscard]] std::byte* on_device(const std::byte* host) const {
    if (host == nullptr) return nullptr;
    const auto holds = [host](const Piece& piece) {
      return host >= piece.host.data() && host < piece.host.data() + piece.host.size();
    };
    const auto piece = std::find_if(pieces_.begin(), pieces_.end(), holds);
    ENSURE(piece != pieces_.end(), "a rank's buffer is in one of the pieces");
    return piece->device.data() + (host - piece->host.data());
  }

  Device& device_;
  RunMemory host_;
  std::vector<Piece> pieces_;
  std::vector<RankBuffers> ranks_;
};

class DeviceRun final : public PlanRun {
 public:
  DeviceRun(const std::shared_ptr<Device>& device, Plan plan, const RunOptions& options)
      : stream_(device),
        executor_(device, std::move(plan), options.dtype, options.op),
        memory_(device, executor_.plan()) {}

  void fill(const CollectiveCall& call) override { memory_.fill(call); }

  double execute() override {
    Device& device = stream_.device();
    const std::uint64_t start = device.mark(stream_.get());
    executor_.launch(memory_.ranks(), stream_.get());
    const std::uint64_t stop = device.mark(stream_.get());
    const double seconds = device.seconds_between(start, stop);
    // Each wait of a kernel ends, and what it waited for is told.
    if (const std::optional<Stall> stall = executor_.failure()) {
      throw MachineError("the device did not execute the plan: " + to_string(*stall));
    }
    return seconds * 1e6;
  }

  std::uint64_t count_wrong(const CollectiveCall& call) override {
    return memory_.count_wrong(call);
  }

 private:
  DeviceStream stream_;
  DeviceExecutor executor_;
  MirroredMemory memory_;
};

}  // namespace

Result<RunReport> run_on_device(const Schedule& schedule,
                                const RunOptions& options,
                                const std::shared_ptr<Device>& device,
                                const std::string& backend) {
  const auto ranks = static_cast<std::uint32_t>(schedule.topology.num_ranks());
  if (ranks > device::kMostLaunchRanks) {
    throw MachineError("the schedule has " + std::to_string(ranks) + " ranks, and one GPU takes " +
                       std::to_string(device::kMostLaunchRanks) +
                       " at most; run it with --backend host");
  }
  const DeviceBudget budget{.blocks = std::max(1U, device->resident_blocks() / std::max(1U, ranks)),
                            .most_channels = kChannels};
  return run_schedule(
      schedule, options,
      {.name = backend,
       .copies = device->pci().empty() ? 2.0 : 1.0,  // an emulated device is memory of the host
       .lower =
           [&budget](const Schedule& lowered, const PlanOptions& wanted) {
             return lower_for_device(lowered, wanted, budget);
           },
       .start =
           [&device](Plan plan, const RunOptions& wanted) {
             return std::make_unique<DeviceRun>(device, std::move(plan), wanted);
           }});
}

}  // namespace pleach
