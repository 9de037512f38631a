// The buffers of one rank, for every size up to the largest, out of place and in place.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>

#include "runtime/host_memory.hpp"
#include "runtime/perf/perf_options.hpp"
#include "runtime/rank_executor.hpp"
#include "runtime/reference.hpp"

namespace pleach::perf {

// `bytes` of memory, `offset` away from a cache line. Move-only.
class Storage {
 public:
  // Throws MachineError, std::bad_alloc.
  Storage(Memory kind, std::size_t bytes, std::size_t offset);
  [[nodiscard]] std::byte* data() const { return data_; }

 private:
  struct FreeShared {
    void operator()(std::byte* memory) const;
  };
  HostBuffer private_;
  std::unique_ptr<std::byte, FreeShared> shared_;
  std::byte* data_ = nullptr;
};

class RankStorage {
 public:
  // For calls like `largest` with no more elements. Throws like Storage.
  RankStorage(const CollectiveCall& largest, int rank, Memory kind, std::size_t offset);
  // What the two need together, in bytes.
  [[nodiscard]] static std::uint64_t bytes_needed(const CollectiveCall& largest);

  [[nodiscard]] RankBuffers buffers(const CollectiveCall& call, bool in_place) const;
  // Writes the input, after something else to where the output will be: an old result can not pass.
  void fill(const CollectiveCall& call, bool in_place) const;

 private:
  int rank_ = 0;
  Storage whole_;  // the whole buffer; in place all there is
  Storage other_;  // out of place the other side
};

}  // namespace pleach::perf
