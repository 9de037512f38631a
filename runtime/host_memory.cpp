#include "runtime/host_memory.hpp"

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <limits>
#include <new>
#include <string>

#include <sys/mman.h>

namespace pleach {
namespace {

constexpr std::size_t kCacheLine = 64;
constexpr std::size_t kHugePage = std::size_t{2} << 20;

constexpr std::uint64_t kUnknown = std::numeric_limits<std::uint64_t>::max();

std::uint64_t available_to_system() {
  std::ifstream file("/proc/meminfo");
  std::string key;
  std::uint64_t kibibytes = 0;
  while (file >> key >> kibibytes) {
    if (key == "MemAvailable:") return kibibytes * 1024;
    file.ignore(std::numeric_limits<std::streamsize>::max(), '\n');
  }
  return kUnknown;
}

std::uint64_t limit_of_control_group() {
  std::ifstream file("/sys/fs/cgroup/memory.max");
  std::uint64_t bytes = 0;
  return file >> bytes ? bytes : kUnknown;  // the file says "max" where there is no limit
}

}  // namespace

HostBuffer::HostBuffer(std::size_t bytes) : size_(bytes) {
  if (bytes == 0) return;
  const std::size_t alignment = bytes >= kHugePage ? kHugePage : kCacheLine;
  if (bytes > std::numeric_limits<std::size_t>::max() - alignment) throw std::bad_alloc();
  const std::size_t room = (bytes + alignment - 1) / alignment * alignment;
  data_.reset(static_cast<std::byte*>(std::aligned_alloc(alignment, room)));
  if (data_ == nullptr) throw std::bad_alloc();
  // Advice only: small pages do as well.
  if (alignment == kHugePage) (void)::madvise(data_.get(), room, MADV_HUGEPAGE);
  std::memset(data_.get(), 0, room);
}

void HostBuffer::Free::operator()(std::byte* data) const { std::free(data); }

std::uint64_t available_memory() {
  return std::min(available_to_system(), limit_of_control_group());
}

}  // namespace pleach
