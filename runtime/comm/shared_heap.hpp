// Memory of this process that other processes of the host can map: the heap behind pleachMemAlloc,
// and the home of a communicator's counters and rings.
//
// One anonymous file (memfd) of the size of the machine's memory, of which only the pages in use
// take any. It has no name, so nothing is left behind however a process ends; peers are handed its
// descriptor (exchange_descriptors.hpp).
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>

namespace pleach {

class SharedHeap {
 public:
  // Throws MachineError when the system has no such memory.
  explicit SharedHeap(std::size_t bytes);
  ~SharedHeap();
  SharedHeap(const SharedHeap&) = delete;
  SharedHeap& operator=(const SharedHeap&) = delete;

  // `bytes` of zeroed memory, aligned to a cache line; a mebibyte or more to a huge page. Thread
  // safe, like deallocate. Throws MachineError when there is not enough.
  [[nodiscard]] std::byte* allocate(std::size_t bytes);
  // Gives the pages back to the system. Null does nothing. Needs: a pointer from allocate.
  void deallocate(std::byte* memory);

  // A few zeroed bytes that stay as long as the heap. They share a page with others like them.
  // Needs: at most kMostForGood bytes.
  [[nodiscard]] std::byte* allocate_for_good(std::size_t bytes);
  static constexpr std::size_t kMostForGood = 4096;

  // Whether all of it lies in one block of this heap.
  [[nodiscard]] bool contains(const std::byte* memory, std::size_t bytes) const;
  [[nodiscard]] std::uint64_t offset_of(const std::byte* memory) const;
  [[nodiscard]] std::byte* at(std::uint64_t offset) const { return base_ + offset; }

  [[nodiscard]] std::size_t size() const { return size_; }
  // Open as long as the heap.
  [[nodiscard]] int descriptor() const { return descriptor_; }

 private:
  struct Blocks;
  std::size_t size_ = 0;
  int descriptor_ = -1;
  std::byte* base_ = nullptr;
  std::unique_ptr<Blocks> blocks_;
};

// The heap of this process, made when it is first asked for; a forked child gets its own. As large
// as the memory of the machine.
[[nodiscard]] SharedHeap& process_heap();

// Another process's heap, mapped.
class MappedHeap {
 public:
  // Takes the descriptor, and closes it. Throws MachineError when it can not be mapped.
  MappedHeap(int descriptor, std::size_t bytes);
  ~MappedHeap();
  MappedHeap(MappedHeap&& other) noexcept;
  MappedHeap& operator=(MappedHeap&&) = delete;

  [[nodiscard]] std::byte* at(std::uint64_t offset) const { return base_ + offset; }
  [[nodiscard]] std::size_t size() const { return size_; }

 private:
  std::byte* base_ = nullptr;
  std::size_t size_ = 0;
};

}  // namespace pleach
