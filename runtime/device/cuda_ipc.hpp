// Memory of a GPU that processes of one host share.
#pragma once

#include <array>
#include <cstddef>
#include <map>
#include <mutex>
#include <optional>
#include <span>
#include <vector>

namespace pleach {

// A name for `bytes` from `memory` on, by which other processes open it; nothing where CUDA can not
// share that (memory of a pool or of virtual memory management, memory of the host, or of two
// allocations). Needs: the memory's GPU is current.
// Throws: CudaError.
[[nodiscard]] std::optional<std::vector<std::byte>> name_memory(const std::byte* memory,
                                                                std::size_t bytes);

// What one GPU has opened of other processes. Threads may share it. All calls need the GPU to be
// current, and throw CudaError.
class OpenedMemory {
 public:
  // The same allocation is mapped once, however often parts of it are opened.
  // Throws: MachineError for something that is no name.
  [[nodiscard]] std::byte* open(std::span<const std::byte> name);
  // Of an address that open() gave, once for each time. Null does nothing.
  void close(std::byte* memory);

 private:
  using Handle = std::array<std::byte, 64>;
  struct Mapping {
    std::byte* base = nullptr;
    std::size_t users = 0;
  };
  std::mutex mutex_;
  std::map<Handle, Mapping> mappings_;
  std::multimap<std::byte*, Handle> opened_;
};

}  // namespace pleach
