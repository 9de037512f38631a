#include "runtime/comm/shared_heap.hpp"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <iterator>
#include <map>
#include <mutex>
#include <string>
#include <utility>

#include <sys/mman.h>
#include <unistd.h>

#include "compiler/core/check.hpp"
#include "compiler/core/machine_error.hpp"

namespace pleach {
namespace {

constexpr std::size_t kPage = 4096;
constexpr std::size_t kCacheLine = 64;
constexpr std::size_t kHugePage = std::size_t{2} << 20;
constexpr std::size_t kLarge = std::size_t{1} << 20;  // from here on, aligned to a huge page

[[noreturn]] void fail(const std::string& what) {
  throw MachineError(what + ": " + std::strerror(errno));
}

std::size_t rounded_up(std::size_t value, std::size_t unit) {
  return (value + unit - 1) / unit * unit;
}

std::byte* map(int descriptor, std::size_t bytes) {
  void* const memory =
      ::mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_NORESERVE, descriptor, 0);
  if (memory == MAP_FAILED) {
    fail("can not map " + std::to_string(bytes) + " bytes of shared memory");
  }
  // Advice only: small pages do as well.
  (void)::madvise(memory, bytes, MADV_HUGEPAGE);
  // A child that has forked must not work on its parent's heap.
  (void)::madvise(memory, bytes, MADV_DONTFORK);
  return static_cast<std::byte*>(memory);
}

}  // namespace

// First fit over whole pages: blocks are few and large, and their bookkeeping is out of reach of
// whoever writes past the end of one.
struct SharedHeap::Blocks {
  mutable std::mutex mutex;
  std::map<std::size_t, std::size_t> free;  // offset to bytes
  std::map<std::size_t, std::size_t> used;
  std::byte* for_good = nullptr;  // the rest of a page
  std::size_t for_good_left = 0;
};

SharedHeap::SharedHeap(std::size_t bytes)
    : size_(rounded_up(bytes, kHugePage)), blocks_(std::make_unique<Blocks>()) {
  descriptor_ = ::memfd_create("pleach", MFD_CLOEXEC);
  if (descriptor_ < 0) fail("can not make shared memory");
  if (::ftruncate(descriptor_, static_cast<off_t>(size_)) != 0) {
    const int error = errno;
    ::close(descriptor_);
    errno = error;
    fail("can not make shared memory of " + std::to_string(size_) + " bytes");
  }
  try {
    base_ = map(descriptor_, size_);
  } catch (...) {
    ::close(descriptor_);
    throw;
  }
  blocks_->free[0] = size_;
}

SharedHeap::~SharedHeap() {
  ::munmap(base_, size_);
  ::close(descriptor_);
}

std::byte* SharedHeap::allocate(std::size_t bytes) {
  const std::size_t alignment = bytes >= kLarge ? kHugePage : kPage;
  const std::size_t room = rounded_up(std::max<std::size_t>(bytes, 1), kPage);
  const std::lock_guard lock(blocks_->mutex);
  for (const auto& [offset, length] : blocks_->free) {
    const std::size_t begin = rounded_up(offset, alignment);
    const std::size_t end = offset + length;
    if (room < bytes || begin > end || room > end - begin) continue;
    const std::size_t hole = offset;
    blocks_->free.erase(hole);
    if (begin > hole) blocks_->free[hole] = begin - hole;
    if (end > begin + room) blocks_->free[begin + room] = end - (begin + room);
    blocks_->used[begin] = room;
    return base_ + begin;
  }
  throw MachineError("shared memory for " + std::to_string(bytes) +
                     " bytes is not to be had: the " + std::to_string(size_) +
                     " bytes of this machine's memory are taken or split");
}

std::byte* SharedHeap::allocate_for_good(std::size_t bytes) {
  ENSURE(bytes <= kMostForGood, "what stays for good is small");
  const std::size_t room = rounded_up(bytes, kCacheLine);
  std::unique_lock lock(blocks_->mutex);
  if (blocks_->for_good_left < room) {
    lock.unlock();
    std::byte* const page = allocate(kPage);
    lock.lock();
    blocks_->for_good = page;
    blocks_->for_good_left = kPage;
  }
  std::byte* const memory = blocks_->for_good;
  blocks_->for_good += room;
  blocks_->for_good_left -= room;
  return memory;
}

void SharedHeap::deallocate(std::byte* memory) {
  if (memory == nullptr) return;
  const std::lock_guard lock(blocks_->mutex);
  const auto block = blocks_->used.find(offset_of(memory));
  ENSURE(block != blocks_->used.end(), "memory is freed where it was allocated, and once");
  auto [begin, length] = *block;
  blocks_->used.erase(block);
  // The pages go back, and are zero when they are used again.
  (void)::madvise(base_ + begin, length, MADV_REMOVE);
  const auto after = blocks_->free.lower_bound(begin);
  if (after != blocks_->free.end() && after->first == begin + length) {
    length += after->second;
    blocks_->free.erase(after);
  }
  const auto behind = blocks_->free.lower_bound(begin);
  if (behind != blocks_->free.begin() &&
      std::prev(behind)->first + std::prev(behind)->second == begin) {
    std::prev(behind)->second += length;
  } else {
    blocks_->free[begin] = length;
  }
}

bool SharedHeap::contains(const std::byte* memory, std::size_t bytes) const {
  if (memory < base_ || memory >= base_ + size_) return false;
  const std::lock_guard lock(blocks_->mutex);
  const std::size_t begin = offset_of(memory);
  const auto next = blocks_->used.upper_bound(begin);
  if (next == blocks_->used.begin()) return false;
  const auto& [offset, length] = *std::prev(next);
  return begin < offset + length && bytes <= offset + length - begin;
}

std::uint64_t SharedHeap::offset_of(const std::byte* memory) const {
  return static_cast<std::uint64_t>(memory - base_);
}

SharedHeap& process_heap() {
  // The one thing that a process has once: pleachMemAlloc knows of no communicator. Never
  // destroyed, because communicators may be, after it. A forked child leaves its parent's alone.
  static std::mutex mutex;
  static SharedHeap* heap = nullptr;
  static pid_t owner = 0;
  const std::lock_guard lock(mutex);
  if (heap == nullptr || owner != ::getpid()) {
    const auto pages = static_cast<std::size_t>(std::max(1L, ::sysconf(_SC_PHYS_PAGES)));
    heap = new SharedHeap(pages * static_cast<std::size_t>(::sysconf(_SC_PAGESIZE)));
    owner = ::getpid();
  }
  return *heap;
}

MappedHeap::MappedHeap(int descriptor, std::size_t bytes) : size_(bytes) {
  try {
    base_ = map(descriptor, bytes);
  } catch (...) {
    ::close(descriptor);
    throw;
  }
  ::close(descriptor);  // the mapping keeps the file
}

MappedHeap::~MappedHeap() {
  if (base_ != nullptr) ::munmap(base_, size_);
}

MappedHeap::MappedHeap(MappedHeap&& other) noexcept
    : base_(std::exchange(other.base_, nullptr)), size_(std::exchange(other.size_, 0)) {}

}  // namespace pleach
