// What a communicator does where its buffers are on devices.
#include <array>
#include <chrono>
#include <cstddef>
#include <cstring>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "compiler/core/check.hpp"
#include "runtime/comm/communicator.hpp"
#include "runtime/comm/wait.hpp"
#include "runtime/device/device_failure.hpp"

namespace pleach {

using Kind = CommError::Kind;

namespace {

std::mutex& departures() {
  static std::mutex mutex;
  return mutex;
}

// One rank of the process leaves at a time.
class DepartureLock {
 private:
  std::lock_guard<std::mutex> lock_{departures()};
};

// One for the ranks of a communicator in this process.
std::shared_ptr<DeviceRanks> left_devices_of(const UniqueId& id) {
  static std::map<std::array<std::byte, sizeof id.bytes>, std::weak_ptr<DeviceRanks>> all;
  const DepartureLock lock;
  std::erase_if(all, [](const auto& entry) { return entry.second.expired(); });
  std::array<std::byte, sizeof id.bytes> key{};
  std::memcpy(key.data(), id.bytes.data(), key.size());
  std::weak_ptr<DeviceRanks>& known = all[key];
  std::shared_ptr<DeviceRanks> ranks = known.lock();
  if (ranks == nullptr) {
    ranks = std::make_shared<DeviceRanks>();
    known = ranks;
  }
  return ranks;
}

}  // namespace

void Communicator::meet_on_device() {
  as_comm_error(Kind::Device, [&] {
    device_ = std::make_unique<DeviceRank>(options_.device, rank_, ranks_, options_.timeout);
  });
  const DeviceMember mine =
      as_comm_error(Kind::Device, [&] { return device_->describe(placement()); });
  const std::vector<Blob> told = gather(encode(mine));
  std::vector<DeviceMember> members;
  for (int rank = 0; rank < ranks_; ++rank) {
    members.push_back(decode_device_member(rank, told[rank]));
  }
  as_comm_error(Kind::Device, [&] { device_->meet(members, placement()); });
  left_devices_ = left_devices_of(id_);
  if (NetworkPort* const port = neighbourhood_->port()) {
    proxy_ = std::make_unique<NetworkProxy>(*port, device_->control());
  }
}

void Communicator::prepare_on_device(PreparedPlan& prepared, const CallShape& shape) {
  NetworkPort* const port = neighbourhood_->port();
  prepared.device = as_comm_error(Kind::Device, [&] {
    return device_->prepare(prepared.plan, prepared.counters, prepared.number,
                            port != nullptr ? scratch_ : nullptr, scratch_bytes_);
  });
  if (proxy_ == nullptr || prepared.device->layout.empty()) return;
  proxy_->add(prepared.number, {.plan = &prepared.plan,
                                .use = &prepared.network,
                                .layout = &prepared.device->layout,
                                .memory = prepared.device->network.get(),
                                .hash = hash_of(shape)});
}

// The port is this thread's while the result lives.
std::unique_lock<std::mutex> Communicator::pause_network() {
  return proxy_ != nullptr ? proxy_->pause() : std::unique_lock<std::mutex>();
}

// Nothing of this rank is under way any more. Not while the network is paused: other ranks'
// kernels, and so this one's, may still need it.
void Communicator::settle_device() {
  device_->synchronize();
  if (proxy_ != nullptr) proxy_->settle();
}

// They move, or go.
void Communicator::leave_rings() {
  as_comm_error(Kind::Device, [&] {
    settle_device();
    device_->unmap_rings();
  });
}

void Communicator::forget_on_device() {
  as_comm_error(Kind::Device, [&] {
    settle_device();
    device_->clear_counters(plans_.counters_used());
  });
  if (proxy_ != nullptr) proxy_->forget_all();
}

// Kernels that still wait are told to end; those that run end first. What this rank has on its
// device goes when the last rank of its process does, and then only when ranks of other processes
// are through too.
void Communicator::leave_device() {
  if (failure_ || aborted_) device_->abort();
  try {
    settle_device();
    proxy_.reset();
    device_->unmap_rings();
    plans_.forget_all();
  } catch (const MachineError&) {
    device_.release();  // a device that has failed: its memory goes with the process
    return;
  }
  neighbourhood_->leave_passed();
  {
    const DepartureLock lock;
    left_devices_->push_back(std::move(device_));
    if (left_devices_.use_count() > 1) return;
  }
  if (soon([&] { return others_are_through(); })) return;
  for (std::unique_ptr<DeviceRank>& rank : *left_devices_) (void)rank.release();
}

std::optional<DeviceCall> Communicator::enter(const Call& call, void* stream) {
  check(call);
  device_->use(stream);
  if (ranks_ == 1) {
    as_comm_error(Kind::Device, [&] { copy_alone(call, stream); });
    return std::nullopt;
  }
  PreparedPlan* prepared = nullptr;
  try {
    neighbourhood_->pass(call.shape);
    if (!device_->one_shot(call.shape)) prepared = &plan_for(call.shape);
    return device_->call(call, prepared != nullptr ? &prepared->plan : nullptr,
                         prepared != nullptr ? prepared->device.get() : nullptr);
  } catch (const CommError& error) {
    fail_to_prepare(error);
  }
}

// What a kernel waited for, in words that name rank, tree, chunk and edge; of the last call that
// was made, or one before it that is still under way.
std::string Communicator::describe(const device::Failure& failure) const {
  const PreparedPlan* const prepared = plans_.find(failure.plan);
  const bool small = failure.wait == device::Failure::Wait::OneShot;
  const std::string call = "; last call " + std::to_string(neighbourhood_->calls()) + " (" +
                           to_string(neighbourhood_->shape()) + ")";
  if (!small && prepared == nullptr) return "rank " + std::to_string(rank_) + call;
  const Stall stall = stall_of(prepared != nullptr ? &prepared->plan : nullptr, failure);
  return to_string(stall) + edge_text(stall) + call;
}

// Why the other ranks are known to be of no help any more.
std::optional<CommError> Communicator::find_loss() {
  if (proxy_ != nullptr) {
    if (auto failure = proxy_->failure()) return failure;
  }
  std::optional<NetworkPort::Loss> loss;
  {
    const auto pause = pause_network();
    loss = neighbourhood_->find_loss();
  }
  if (loss) {
    return CommError(Kind::Remote, "rank " + std::to_string(loss->rank) + ": " + loss->message);
  }
  const std::vector<int> lost = bootstrap_->lost();
  if (lost.empty()) return std::nullopt;
  return CommError(Kind::Remote, "gone: rank " + std::to_string(lost.front()));
}

// The record, once the kernel has been told to end: it looks at that word every few microseconds.
std::optional<device::Failure> Communicator::await_record() const {
  const Deadline moment(std::chrono::milliseconds(50));
  while (!device_->failure() && !moment.passed()) {
    std::this_thread::sleep_for(std::chrono::microseconds(100));
  }
  return device_->failure();
}

void Communicator::check_device(Look look) {
  if (failure_) throw *failure_;
  const auto record = device_->failure();
  const bool timed_out = record && record->called_off == 0;
  if (look == Look::Here && !timed_out && (proxy_ == nullptr || !proxy_->has_failed())) return;
  const auto loss = find_loss();
  if (!timed_out && !loss) return;
  if (const auto mismatch = await_mismatch()) fail(Kind::InvalidUsage, *mismatch);
  device_->abort();
  const auto waited = timed_out ? record : await_record();
  const std::string text = waited ? describe(*waited) : "rank " + std::to_string(rank_);
  if (loss) fail(loss->kind(), text + "; " + loss->what());
  fail(Kind::Remote, text + "; nothing moved for " + seconds_text(options_.timeout));
}

std::optional<CommError> Communicator::look_for_failure() {
  if (device_ == nullptr || failure_) return failure_;
  try {
    check_device(Look::Everywhere);
  } catch (const CommError&) {
    return failure_;
  }
  return std::nullopt;
}

std::uint64_t Communicator::register_memory(const std::byte* memory, std::size_t bytes) {
  check_alive();
  SharedMemory mine;
  as_comm_error(Kind::Device, [&] { mine = device_->name_region(memory, bytes); });
  const std::vector<Blob> told = gather(encode(mine));
  std::vector<SharedMemory> regions;
  for (int rank = 0; rank < ranks_; ++rank) {
    regions.push_back(decode_shared_memory(rank, told[rank]));
  }
  return as_comm_error(Kind::Device, [&] { return device_->add_region(regions, bytes); });
}

void Communicator::deregister_memory(std::uint64_t handle) { device_->remove_region(handle); }

}  // namespace pleach
