#include "runtime/perf/rank_storage.hpp"

#include <cstring>

#include "compiler/core/machine_error.hpp"
#include "compiler/plan/plan.hpp"
#include "runtime/include/pleach.h"

namespace pleach::perf {
namespace {

constexpr int kPoison = 0xa5;

std::uint64_t part_bytes(const CollectiveCall& call) { return call.count * size_of(call.dtype); }
std::uint64_t whole_bytes(const CollectiveCall& call) {
  return part_bytes(call) * (is_sharded(call.collective) ? call.ranks : 1);
}
std::uint64_t input_bytes(const CollectiveCall& call) {
  return call.collective == Collective::AllGather ? part_bytes(call) : whole_bytes(call);
}
std::uint64_t output_bytes(const CollectiveCall& call) {
  return call.collective == Collective::ReduceScatter ? part_bytes(call) : whole_bytes(call);
}

}  // namespace

void Storage::FreeShared::operator()(std::byte* memory) const { pleachMemFree(memory); }

Storage::Storage(Memory kind,
                 std::size_t bytes,
                 std::size_t offset,
                 const std::shared_ptr<Device>& device) {
  if (device != nullptr) {
    of_device_ = DeviceBuffer(device, bytes + offset);
    all_ = {of_device_.data(), bytes + offset};
    data_ = of_device_.data() + offset;
    return;
  }
  if (kind == Memory::Private) {
    private_ = HostBuffer(bytes + offset);
    all_ = {private_.data(), bytes + offset};
    data_ = private_.data() + offset;
    return;
  }
  void* memory = nullptr;
  if (pleachMemAlloc(&memory, bytes + offset) != pleachSuccess) {
    throw MachineError(pleachGetLastError(nullptr));
  }
  shared_.reset(static_cast<std::byte*>(memory));
  std::memset(memory, 0, bytes + offset);  // its pages are there only once they are written to
  all_ = {shared_.get(), bytes + offset};
  data_ = shared_.get() + offset;
}

RankStorage::RankStorage(const CollectiveCall& largest,
                         int rank,
                         Memory kind,
                         std::size_t offset,
                         const std::shared_ptr<Device>& device)
    : rank_(rank),
      device_(device),
      whole_(kind, whole_bytes(largest), offset, device),
      other_(kind, part_bytes(largest), offset, device) {}

std::uint64_t RankStorage::bytes_needed(const CollectiveCall& largest) {
  return whole_bytes(largest) + part_bytes(largest);
}

std::uint64_t RankStorage::bytes_aside(const CollectiveCall& largest) {
  return whole_bytes(largest);
}

RankBuffers RankStorage::buffers(const CollectiveCall& call, bool in_place) const {
  std::byte* const whole = whole_.data();
  std::byte* const part = whole + part_bytes(call) * (is_sharded(call.collective) ? rank_ : 0);
  if (call.collective == Collective::AllGather) {
    return {.input = in_place ? part : other_.data(), .output = whole};
  }
  return {.input = whole, .output = in_place ? part : other_.data()};
}

void RankStorage::fill(const CollectiveCall& call, bool in_place) const {
  const RankBuffers pair = buffers(call, in_place);
  auto* const input = const_cast<std::byte*>(pair.input);
  if (device_ == nullptr) {
    std::memset(pair.output, kPoison, output_bytes(call));
    fill_input(call, rank_, input);
    return;
  }
  const HostBuffer aside(bytes_aside(call));
  std::memset(aside.data(), kPoison, aside.size());
  device_->write(pair.output, {aside.data(), output_bytes(call)});
  fill_input(call, rank_, aside.data());
  device_->write(input, {aside.data(), input_bytes(call)});
}

const std::byte* RankStorage::output(const CollectiveCall& call,
                                     bool in_place,
                                     HostBuffer& copy) const {
  const std::byte* const output = buffers(call, in_place).output;
  if (device_ == nullptr) return output;
  copy = HostBuffer(output_bytes(call));
  device_->read({copy.data(), copy.size()}, output);
  return copy.data();
}

}  // namespace pleach::perf
