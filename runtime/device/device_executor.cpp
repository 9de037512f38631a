#include "runtime/device/device_executor.hpp"

#include <algorithm>
#include <atomic>
#include <numeric>
#include <string>
#include <utility>

#include "compiler/core/check.hpp"
#include "compiler/core/machine_error.hpp"
#include "runtime/device/device_failure.hpp"
#include "runtime/device/device_memory.hpp"

namespace pleach {
namespace {

// Memory of any rank is one region, from address 0 on.
constexpr std::size_t kRegionTable = sizeof(std::byte*);

std::optional<OneShotCall> one_shot_of(const Plan& plan, bool wanted) {
  if (!wanted) return std::nullopt;
  return one_shot_call(plan.collective, plan.ranks, plan.count * plan.element_size);
}

}  // namespace

struct DeviceExecutor::Rank {
  DeviceMemory counters;  // State, then one for each op; then the State for small messages
  DeviceMemory scratch;
  DeviceMemory control;
  DeviceMemory regions;
  DeviceMemory slots;
  std::unique_ptr<DeviceProgram> program = {};
  std::unique_ptr<DeviceOneShot> one_shot = {};

  [[nodiscard]] device::State* state() const { return counters.as<device::State>(); }
  [[nodiscard]] device::State* one_shot_state() const { return state() + 1; }
  [[nodiscard]] std::uint64_t* first_counter() const {
    return reinterpret_cast<std::uint64_t*>(state() + 2);
  }
  [[nodiscard]] device::Control& told() const { return *control.as<device::Control>(); }
};

DeviceExecutor::DeviceExecutor(std::shared_ptr<Device> device,
                               Plan plan,
                               DataType dtype,
                               ReduceOp op,
                               const DeviceExecutorOptions& options)
    : device_(std::move(device)),
      plan_(std::move(plan)),
      key_{.combines = reduces(plan_.collective), .dtype = dtype, .op = op},
      divisor_(key_.combines && op == ReduceOp::Avg ? plan_.ranks : 0),
      shares_buffers_(options.shares_buffers),
      bulk_(options.bulk),
      one_shot_(one_shot_of(plan_, options.small_in_one_step)) {
  ENSURE(plan_.element_size == size_of(dtype), "a plan is lowered for elements of one size");
  if (static_cast<std::uint32_t>(plan_.ranks) > device::kMostLaunchRanks) {
    throw MachineError(std::to_string(plan_.ranks) + " ranks on one device; " +
                       std::to_string(device::kMostLaunchRanks) + " are the most");
  }
  make_ranks(options);
}

DeviceExecutor::~DeviceExecutor() = default;

void DeviceExecutor::make_ranks(const DeviceExecutorOptions& options) {
  std::vector<std::size_t> ops(plan_.ranks, 0);
  for (const NodeOp& op : plan_.ops) ++ops[op.rank];
  for (int rank = 0; rank < plan_.ranks; ++rank) {
    Device& device = *device_;
    ranks_.push_back(
        {.counters = DeviceMemory(device, 2 * sizeof(device::State) + ops[rank] * 8),
         .scratch = DeviceMemory(device, plan_.scratch[rank] * plan_.element_size),
         .control = DeviceMemory(device, sizeof(device::Control), DeviceMemory::Where::Host),
         .regions = DeviceMemory(device, kRegionTable),
         .slots = DeviceMemory(device, one_shot_ ? one_shot_memory(plan_.ranks) : 1)});
    ranks_.back().told().timeout_ns = static_cast<std::uint64_t>(options.timeout.count());
  }
  const std::uint32_t most = std::max(1U, device_->resident_blocks() / plan_.ranks);
  for (int rank = 0; rank < plan_.ranks; ++rank) {
    Rank& own = ranks_[rank];
    std::vector<DevicePeer> peers;
    std::vector<std::byte*> slots;
    for (int other = 0; other < plan_.ranks; ++other) {
      const Rank& peer = ranks_[other];
      const Reach reach = plan_.placement.between(rank, other);
      ENSURE(reach != Reach::Network, "all ranks are on one host");
      auto* const regions = peer.regions.as<std::byte*>();
      peers.push_back({.state = peer.state(),
                       .counters = peer.first_counter(),
                       .scratch = peer.scratch.get(),
                       .regions = reach == Reach::Process ? nullptr : regions});
      slots.push_back(peer.slots.get());
    }
    own.program = std::make_unique<DeviceProgram>(*device_, make_tables({.plan = plan_,
                                                                         .rank = rank,
                                                                         .peers = peers,
                                                                         .control = &own.told(),
                                                                         .most_blocks = most}));
    if (!one_shot_) continue;
    own.one_shot =
        std::make_unique<DeviceOneShot>(*device_, rank, slots, own.one_shot_state(), &own.told());
  }
}

std::uint32_t DeviceExecutor::blocks() const {
  std::uint32_t sum = 0;
  for (const Rank& rank : ranks_) sum += rank.program->num_blocks();
  return sum;
}

void DeviceExecutor::launch(std::span<const RankBuffers> buffers, void* stream) {
  std::vector<int> all(ranks_.size());
  std::iota(all.begin(), all.end(), 0);
  launch(all, buffers, stream);
}

void DeviceExecutor::launch(std::span<const int> ranks,
                            std::span<const RankBuffers> buffers,
                            void* stream) {
  ENSURE(buffers.size() == ranks_.size(), "every rank has buffers");
  if (plan_.count == 0) return;
  device::Launch launch{.num_ranks = static_cast<std::uint32_t>(ranks.size()),
                        .divisor = divisor_,
                        .bulk = bulk_ ? 1U : 0U};
  const std::uint32_t most = std::max(1U, device_->resident_blocks() / plan_.ranks);
  if (one_shot_) {
    launch.one_shot = one_shot_->kind;
    launch.one_shot_bytes = one_shot_->bytes;
  }
  for (std::size_t i = 0; i < ranks.size(); ++i) {
    launch.ranks[i] = argument(ranks[i], buffers[ranks[i]]);
    launch.ranks[i].first_block = launch.num_blocks;
    launch.num_blocks += one_shot_ ? one_shot_blocks(*one_shot_, device_->threads(), most)
                                   : ranks_[ranks[i]].program->num_blocks();
  }
  device_->launch(key_, launch, stream);
}

device::LaunchRank DeviceExecutor::argument(int rank, const RankBuffers& buffers) const {
  const Rank& own = ranks_[rank];
  const auto region = [this](const std::byte* buffer) {
    return shares_buffers_ && buffer != nullptr
               ? device::region_of(0, reinterpret_cast<std::uint64_t>(buffer))
               : 0;
  };
  return {.program = one_shot_ ? nullptr : own.program->address(),
          .one_shot = one_shot_ ? own.one_shot->address() : nullptr,
          .input = buffers.input,
          .output = buffers.output,
          .input_region = region(buffers.input),
          .output_region = region(buffers.output),
          .rank = static_cast<std::uint32_t>(rank)};
}

void DeviceExecutor::abort() {
  for (const Rank& rank : ranks_) {
    std::atomic_ref(rank.told().abort).store(1, std::memory_order_relaxed);
  }
}

std::optional<Stall> DeviceExecutor::failure() const {
  std::optional<Stall> first;
  for (const Rank& rank : ranks_) {
    const auto failure = failure_in(rank.told());
    if (!failure) continue;
    Stall stall = stall_of(&plan_, *failure);
    if (!first || comes_before(stall, *first)) first = std::move(stall);
  }
  return first;
}

}  // namespace pleach
