// The buffers of one rank, for every size up to the largest, out of place and in place.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>

#include "runtime/device/device.hpp"
#include "runtime/device/device_buffer.hpp"
#include "runtime/host_memory.hpp"
#include "runtime/perf/perf_options.hpp"
#include "runtime/rank_executor.hpp"
#include "runtime/reference.hpp"

namespace pleach::perf {

// `bytes` of memory, `offset` away from a cache line. Move-only.
class Storage {
 public:
  // Of `device`, whatever the kind, where it is not null. Throws MachineError, std::bad_alloc.
  Storage(Memory kind,
          std::size_t bytes,
          std::size_t offset,
          const std::shared_ptr<Device>& device = nullptr);
  [[nodiscard]] std::byte* data() const { return data_; }
  [[nodiscard]] std::span<std::byte> all() const { return all_; }  // with the offset

 private:
  struct FreeShared {
    void operator()(std::byte* memory) const;
  };
  HostBuffer private_;
  std::unique_ptr<std::byte, FreeShared> shared_;
  DeviceBuffer of_device_;
  std::byte* data_ = nullptr;
  std::span<std::byte> all_;
};

class RankStorage {
 public:
  // For calls like `largest` with no more elements. Throws like Storage.
  RankStorage(const CollectiveCall& largest,
              int rank,
              Memory kind,
              std::size_t offset,
              const std::shared_ptr<Device>& device = nullptr);
  // What the two need together, in bytes.
  [[nodiscard]] static std::uint64_t bytes_needed(const CollectiveCall& largest);
  // What fill() and output() need for themselves where memory is a device's.
  [[nodiscard]] static std::uint64_t bytes_aside(const CollectiveCall& largest);

  // The two, to be registered.
  [[nodiscard]] std::array<std::span<std::byte>, 2> memory() const {
    return {whole_.all(), other_.all()};
  }

  [[nodiscard]] RankBuffers buffers(const CollectiveCall& call, bool in_place) const;
  // Writes the input, after something else to where the output will be: an old result can not pass.
  // Here and below: no call is under way.
  void fill(const CollectiveCall& call, bool in_place) const;
  // The output, where the host reads it: `copy`, or itself.
  [[nodiscard]] const std::byte* output(const CollectiveCall& call,
                                        bool in_place,
                                        HostBuffer& copy) const;

 private:
  int rank_ = 0;
  std::shared_ptr<Device> device_;
  Storage whole_;  // the whole buffer; in place all there is
  Storage other_;  // out of place the other side
};

}  // namespace pleach::perf
