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
std::uint64_t output_bytes(const CollectiveCall& call) {
  return call.collective == Collective::ReduceScatter ? part_bytes(call) : whole_bytes(call);
}

}  // namespace

void Storage::FreeShared::operator()(std::byte* memory) const { pleachMemFree(memory); }

Storage::Storage(Memory kind, std::size_t bytes, std::size_t offset) {
  if (kind == Memory::Private) {
    private_ = HostBuffer(bytes + offset);
    data_ = private_.data() + offset;
    return;
  }
  void* memory = nullptr;
  if (pleachMemAlloc(&memory, bytes + offset) != pleachSuccess) {
    throw MachineError(pleachGetLastError(nullptr));
  }
  shared_.reset(static_cast<std::byte*>(memory));
  std::memset(memory, 0, bytes + offset);  // its pages are there only once they are written to
  data_ = shared_.get() + offset;
}

RankStorage::RankStorage(const CollectiveCall& largest, int rank, Memory kind, std::size_t offset)
    : rank_(rank),
      whole_(kind, whole_bytes(largest), offset),
      other_(kind, part_bytes(largest), offset) {}

std::uint64_t RankStorage::bytes_needed(const CollectiveCall& largest) {
  return whole_bytes(largest) + part_bytes(largest);
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
  std::memset(pair.output, kPoison, output_bytes(call));
  fill_input(call, rank_, const_cast<std::byte*>(pair.input));
}

}  // namespace pleach::perf
