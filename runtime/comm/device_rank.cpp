#include "runtime/comm/device_rank.hpp"

#include <algorithm>
#include <atomic>
#include <map>
#include <utility>

#include "compiler/core/check.hpp"
#include "compiler/core/machine_error.hpp"
#include "runtime/comm/plan_cache.hpp"
#include "runtime/device/device_failure.hpp"

namespace pleach {
namespace {

// NVLink is full with as many blocks of each kind; a device that several ranks share is there for
// tests and measurements, and may have all.
constexpr std::uint32_t kChannels = 16;
constexpr std::uint32_t kChannelsOfSharedDevice = 64;

// The State for small messages is the first in a rank's counters; plans have theirs behind it.
constexpr std::size_t kCounterBytes =
    sizeof(device::State) + kCountersOfRank * sizeof(std::uint64_t);

}  // namespace

DeviceRank::DeviceRank(const DeviceOptions& options,
                       int rank,
                       int ranks,
                       std::chrono::milliseconds timeout)
    : options_(options), device_(options.open(options.number)), rank_(rank), ranks_(ranks) {
  const auto recording = device_->unrecorded();
  counters_ = DeviceMemory(*device_, kCounterBytes);
  if (ranks <= kMostOneShotRanks) slots_ = DeviceMemory(*device_, one_shot_memory(ranks));
  region_tables_ = DeviceMemory(*device_, ranks * kMostRegions * sizeof(std::byte*));
  control_ = DeviceMemory(*device_, sizeof(device::Control), DeviceMemory::Where::Host);
  control().timeout_ns = static_cast<std::uint64_t>(
      std::chrono::duration_cast<std::chrono::nanoseconds>(timeout).count());
}

DeviceRank::~DeviceRank() {
  for (std::byte* const memory : opened_) device_->close(memory);
  unmap_rings();
}

SharedMemory DeviceRank::shared(std::byte* memory, std::size_t bytes) {
  SharedMemory result{.address = reinterpret_cast<std::uint64_t>(memory)};
  if (!shares_ || memory == nullptr) return result;
  auto name = device_->share(memory, bytes);
  if (!name) throw MachineError("memory of the device can not be shared with other processes");
  result.name = *std::move(name);
  return result;
}

// At an address of this device.
std::byte* DeviceRank::reach(int rank, const SharedMemory& memory) {
  switch (placement_.between(rank_, rank)) {
    case Reach::Process: return reinterpret_cast<std::byte*>(memory.address);
    case Reach::Host: return opened_.emplace_back(device_->open(memory.name));
    case Reach::Network: break;
  }
  return nullptr;
}

DeviceMember DeviceRank::describe(const Placement& placement) {
  placement_ = placement;
  for (int rank = 0; rank < ranks_; ++rank) {
    shares_ = shares_ || placement.between(rank_, rank) == Reach::Host;
  }
  return {.identity = device_->identity(),
          .number = options_.number,
          .resident_blocks = device_->resident_blocks(),
          .channels = options_.channels,
          .small_bytes = options_.small_bytes,
          .counters = shared(counters_.get(), kCounterBytes),
          .slots = shared(slots_.get(), one_shot_memory(ranks_))};
}

void DeviceRank::meet(std::span<const DeviceMember> members, const Placement& placement) {
  std::map<std::pair<int, std::string>, std::uint32_t> sharing;  // host and device: ranks
  for (int rank = 0; rank < ranks_; ++rank) {
    ++sharing[{placement.host[rank], members[rank].identity}];
  }
  budget_ = {.blocks = ~0U, .most_channels = kChannels};
  std::uint32_t wanted = ~0U;  // channels
  small_bytes_ = kMostOneShotBytes;
  bool network = false;
  std::vector<std::byte*> slots;
  for (int rank = 0; rank < ranks_; ++rank) {
    const DeviceMember& member = members[rank];
    const std::uint32_t on_device = sharing[{placement.host[rank], member.identity}];
    budget_.blocks = std::min(budget_.blocks, std::max(1U, member.resident_blocks / on_device));
    if (on_device > 1) budget_.most_channels = kChannelsOfSharedDevice;
    if (member.channels > 0) wanted = std::min(wanted, member.channels);
    small_bytes_ = std::min(small_bytes_, member.small_bytes);
    if (placement.between(rank_, rank) == Reach::Process && member.number != options_.number) {
      device_->reach(*neighbours_.emplace_back(options_.open(member.number)));
    }
    network = network || placement.host[rank] != 0;
    const bool own = rank == rank_;
    counters_of_.push_back(own ? counters_.get() : reach(rank, member.counters));
    if (slots_.get() != nullptr) slots.push_back(own ? slots_.get() : reach(rank, member.slots));
  }
  budget_.most_channels = std::min(budget_.most_channels, wanted);
  if (network || slots_.get() == nullptr) return;
  one_shot_ = std::make_unique<DeviceOneShot>(*device_, rank_, slots, counters_.as<device::State>(),
                                              &control());
}

SharedMemory DeviceRank::make_scratch(std::size_t bytes) {
  const auto recording = device_->unrecorded();
  scratch_ = owned_.emplace_back(*device_, bytes).get();
  return shared(scratch_, bytes);
}

void DeviceRank::set_scratch(std::span<const SharedMemory> scratch) {
  const auto recording = device_->unrecorded();
  scratch_of_.clear();
  for (int rank = 0; rank < ranks_; ++rank) {
    scratch_of_.push_back(rank == rank_ ? scratch_ : reach(rank, scratch[rank]));
  }
}

void DeviceRank::clear_counters(std::uint64_t words) {
  synchronize();
  device_->clear(counters_.get() + sizeof(device::State), words * sizeof(std::uint64_t));
}

SharedMemory DeviceRank::name_region(const std::byte* memory, std::size_t bytes) {
  SharedMemory result;
  auto name = device_->share(memory, bytes);
  if (!name) return result;
  result.address = reinterpret_cast<std::uint64_t>(memory);
  result.name = *std::move(name);
  return result;
}

std::byte** DeviceRank::regions_of(int rank) const {
  return region_tables_.as<std::byte*>() + rank * kMostRegions;
}

std::size_t DeviceRank::add_region(std::span<const SharedMemory> regions, std::size_t bytes) {
  const std::size_t number = regions_.size();
  if (number == kMostRegions) {
    throw MachineError("more than " + std::to_string(kMostRegions) +
                       " buffers are registered; register larger ones");
  }
  for (int rank = 0; rank < ranks_; ++rank) {
    const bool is_there = !regions[rank].name.empty();
    if (rank == rank_ || !is_there || placement_.between(rank_, rank) != Reach::Host) continue;
    std::byte* const mapped = reach(rank, regions[rank]);
    device_->write(reinterpret_cast<std::byte*>(regions_of(rank) + number),
                   std::as_bytes(std::span(&mapped, 1)));
  }
  const SharedMemory& own = regions[rank_];
  regions_.push_back(
      {.begin = own.name.empty() ? nullptr : reinterpret_cast<const std::byte*>(own.address),
       .bytes = bytes});
  return number;
}

// Others keep their mapping; this rank names it no more.
void DeviceRank::remove_region(std::size_t number) {
  if (number < regions_.size()) regions_[number] = {};
}

void DeviceRank::unmap_rings() {
  if (rings_ != nullptr) device_->unmap_host(rings_);
  rings_ = nullptr;
}

std::uint64_t DeviceRank::region_at(const std::byte* buffer, std::size_t bytes) const {
  for (std::size_t i = 0; i < regions_.size(); ++i) {
    const Region& region = regions_[i];
    if (region.begin == nullptr || buffer < region.begin) continue;
    const auto offset = static_cast<std::uint64_t>(buffer - region.begin);
    if (offset + bytes <= region.bytes) return device::region_of(i, offset);
  }
  return 0;
}

std::unique_ptr<DevicePlan> DeviceRank::prepare(const Plan& plan,
                                                std::span<const std::uint64_t> first_word,
                                                std::uint64_t number,
                                                std::byte* rings,
                                                std::size_t ring_bytes) {
  const auto recording = device_->unrecorded();
  std::vector<DevicePeer> peers;
  for (int rank = 0; rank < ranks_; ++rank) {
    DevicePeer peer;
    const Reach reach = placement_.between(rank_, rank);
    if (reach != Reach::Network) {
      auto* const words =
          reinterpret_cast<std::uint64_t*>(counters_of_[rank] + sizeof(device::State)) +
          first_word[rank];
      peer = {.state = reinterpret_cast<device::State*>(words),
              .counters = words + device::kStateWords,
              .scratch = scratch_of_[rank],
              .regions = reach == Reach::Process ? nullptr : regions_of(rank)};
    }
    peers.push_back(peer);
  }
  auto prepared = std::make_unique<DevicePlan>();
  prepared->layout = network_layout(plan, rank_);
  const bool network = !prepared->layout.empty();
  if (network) {
    prepared->network = DeviceMemory(*device_, prepared->layout.bytes, DeviceMemory::Where::Host);
    if (rings != rings_) {
      unmap_rings();
      mapped_rings_ = device_->map_host(rings, ring_bytes);
      rings_ = rings;
    }
  }
  prepared->program = std::make_unique<DeviceProgram>(
      *device_, make_tables({.plan = plan,
                             .rank = rank_,
                             .peers = peers,
                             .control = &control(),
                             .number = number,
                             .most_blocks = budget_.blocks,
                             .network = network ? &prepared->layout : nullptr,
                             .network_memory = prepared->network.get(),
                             .rings = mapped_rings_}));
  return prepared;
}

std::optional<OneShotCall> DeviceRank::one_shot(const CallShape& shape) const {
  if (one_shot_ == nullptr) return std::nullopt;
  return one_shot_call(shape.collective, ranks_, shape.count * size_of(shape.dtype), small_bytes_);
}

DeviceCall DeviceRank::call(const Call& call, const Plan* plan, const DevicePlan* prepared) {
  const CallShape& shape = call.shape;
  const bool combines = reduces(shape.collective);
  DeviceCall result{
      .rank = {.input = call.send,
               .output = call.receive,
               .rank = static_cast<std::uint32_t>(rank_)},
      .key = {.combines = combines, .dtype = shape.dtype, .op = shape.op},
      .divisor = combines && shape.op == ReduceOp::Avg ? static_cast<std::uint32_t>(ranks_) : 0,
      .one_shot = one_shot(shape),
      .bulk = options_.bulk};
  if (result.one_shot) {
    result.rank.one_shot = one_shot_->address();
    result.blocks = one_shot_blocks(*result.one_shot, device_->threads(), budget_.blocks);
    return result;
  }
  ENSURE(plan != nullptr && prepared != nullptr, "a call has its plan");
  result.rank.program = prepared->program->address();
  result.blocks = prepared->program->num_blocks();
  const std::size_t in = input_elements(*plan, rank_) * plan->element_size;
  const std::size_t out = output_elements(*plan, rank_) * plan->element_size;
  if (in > 0) result.rank.input_region = region_at(call.send, in);
  if (out > 0) result.rank.output_region = region_at(call.receive, out);
  return result;
}

void DeviceRank::use(void* stream) {
  recorded_ = recorded_ || device_->is_recording(stream);
  if (has_launched_) device_->order(last_stream_, stream);
  has_launched_ = true;
  last_stream_ = stream;
}

void DeviceRank::synchronize() {
  if (has_launched_) device_->synchronize(last_stream_);
}

std::optional<device::Failure> DeviceRank::failure() const { return failure_in(control()); }

void DeviceRank::abort() const {
  std::atomic_ref(control().abort).store(1, std::memory_order_relaxed);
}

}  // namespace pleach
