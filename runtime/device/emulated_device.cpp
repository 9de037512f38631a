#include "runtime/device/emulated_device.hpp"

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <deque>
#include <map>
#include <mutex>
#include <string>
#include <utility>

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "compiler/core/check.hpp"
#include "compiler/core/machine_error.hpp"
#include "kernels/emulate.hpp"

namespace pleach {
namespace {

[[noreturn]] void fail(const std::string& what) {
  throw MachineError("the emulated device can not " + what + ": " + std::strerror(errno));
}

// What another process needs to map an allocation: the descriptor of its file, and where in it.
struct Name {
  std::int64_t process = 0;
  std::int64_t descriptor = 0;
  std::uint64_t bytes = 0;
  std::uint64_t offset = 0;
};

std::byte* map_file(int descriptor, std::size_t bytes) {
  void* const memory = ::mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, descriptor, 0);
  if (memory == MAP_FAILED) fail("map " + std::to_string(bytes) + " bytes");
  return static_cast<std::byte*>(memory);
}

// A launch with its key: what a graph holds.
struct Recorded {
  device::KernelKey key;
  device::Launch launch;
};
using Graph = std::deque<Recorded>;

class EmulatedDevice final : public Device {
 public:
  EmulatedDevice(int number, std::uint32_t resident_blocks)
      : number_(number), resident_blocks_(resident_blocks) {}
  ~EmulatedDevice() override {
    while (!allocations_.empty()) EmulatedDevice::deallocate(allocations_.begin()->first);
  }

  std::string identity() const override {
    return "emulated " + std::to_string(::getpid()) + "/" + std::to_string(number_);
  }
  int number() const override { return number_; }
  std::string pci() const override { return ""; }
  std::uint32_t threads() const override { return kEmulatedThreads; }
  std::uint32_t resident_blocks() const override { return resident_blocks_; }

  std::byte* allocate(std::size_t bytes) override {
    const int descriptor = ::memfd_create("pleach-emulated-device", MFD_CLOEXEC);
    if (descriptor < 0) fail("take memory");
    Allocation allocation{.descriptor = descriptor, .bytes = std::max<std::size_t>(bytes, 1)};
    if (::ftruncate(descriptor, static_cast<off_t>(allocation.bytes)) != 0) {
      ::close(descriptor);
      fail("take " + std::to_string(bytes) + " bytes");
    }
    std::byte* const memory = map_file(descriptor, allocation.bytes);
    const std::lock_guard lock(mutex_);
    allocations_.emplace(memory, allocation);
    return memory;
  }
  void deallocate(std::byte* memory) override {
    if (memory == nullptr) return;
    const std::lock_guard lock(mutex_);
    const auto at = allocations_.find(memory);
    ENSURE(at != allocations_.end(), "only what was allocated is given back");
    ::munmap(memory, at->second.bytes);
    ::close(at->second.descriptor);
    allocations_.erase(at);
  }
  std::byte* allocate_host(std::size_t bytes) override { return allocate(bytes); }
  void deallocate_host(std::byte* memory) override { deallocate(memory); }
  std::byte* map_host(std::byte* memory, std::size_t /*bytes*/) override { return memory; }
  void unmap_host(std::byte* /*memory*/) override {}

  void write(std::byte* to, std::span<const std::byte> from) override {
    if (!from.empty()) std::memcpy(to, from.data(), from.size());
  }
  void read(std::span<std::byte> to, const std::byte* from) override {
    if (!to.empty()) std::memcpy(to.data(), from, to.size());
  }
  void clear(std::byte* memory, std::size_t bytes) override { std::memset(memory, 0, bytes); }

  void copy(std::byte* to, const std::byte* from, std::size_t bytes, void* /*stream*/) override {
    if (bytes > 0) std::memmove(to, from, bytes);
  }

  void set(std::byte* memory, std::byte value, std::size_t bytes, void* /*stream*/) override {
    if (bytes > 0) std::memset(memory, std::to_integer<int>(value), bytes);
  }

  std::optional<std::vector<std::byte>> share(const std::byte* memory, std::size_t bytes) override {
    const std::lock_guard lock(mutex_);
    auto at = allocations_.upper_bound(const_cast<std::byte*>(memory));
    if (at == allocations_.begin()) return std::nullopt;
    --at;
    const auto offset = static_cast<std::uint64_t>(memory - at->first);
    if (offset + bytes > at->second.bytes) return std::nullopt;
    const Name name{.process = ::getpid(),
                    .descriptor = at->second.descriptor,
                    .bytes = at->second.bytes,
                    .offset = offset};
    std::vector<std::byte> told(sizeof name);
    std::memcpy(told.data(), &name, sizeof name);
    return told;
  }
  std::byte* open(std::span<const std::byte> told) override {
    Name name;
    if (told.size() != sizeof name)
      throw MachineError("a peer's memory has no name of this device");
    std::memcpy(&name, told.data(), sizeof name);
    const std::string path =
        "/proc/" + std::to_string(name.process) + "/fd/" + std::to_string(name.descriptor);
    const int descriptor = ::open(path.c_str(), O_RDWR | O_CLOEXEC);
    if (descriptor < 0) fail("open a peer's memory (" + path + ")");
    std::byte* const memory = map_file(descriptor, name.bytes);
    ::close(descriptor);
    const std::lock_guard lock(mutex_);
    opened_.emplace(memory + name.offset, Opened{.base = memory, .bytes = name.bytes});
    return memory + name.offset;
  }
  void close(std::byte* memory) override {
    const std::lock_guard lock(mutex_);
    const auto at = opened_.find(memory);
    ENSURE(at != opened_.end(), "only what was opened is closed");
    ::munmap(at->second.base, at->second.bytes);
    opened_.erase(at);
  }
  void reach(Device& /*other*/) override {}

  void launch(const device::KernelKey& key, const device::Launch& launch, void* stream) override {
    if (launch.num_blocks > resident_blocks_) {
      throw MachineError("a launch of " + std::to_string(launch.num_blocks) +
                         " blocks; this device runs " + std::to_string(resident_blocks_) +
                         " at once");
    }
    {
      const std::lock_guard lock(mutex_);
      const auto recording = recordings_.find(stream);
      if (recording != recordings_.end()) {
        recording->second->push_back({.key = key, .launch = launch});
        return;
      }
    }
    device::emulate(key, launch, kEmulatedThreads);
  }

  void* make_stream() override {
    const std::lock_guard lock(mutex_);
    return &streams_.emplace_back();
  }
  void destroy_stream(void* /*stream*/) override {}
  void order(void* /*earlier*/, void* /*later*/) override {}
  void synchronize(void* /*stream*/) override {}
  bool is_done(void* /*stream*/) override { return true; }
  std::uint64_t mark(void* /*stream*/) override {
    const auto now = std::chrono::steady_clock::now().time_since_epoch();
    return static_cast<std::uint64_t>(
        std::chrono::duration_cast<std::chrono::nanoseconds>(now).count());
  }
  double seconds_between(std::uint64_t first, std::uint64_t last) override {
    return static_cast<double>(last - first) * 1e-9;
  }

  void begin_recording(void* stream) override {
    const std::lock_guard lock(mutex_);
    recordings_.emplace(stream, std::make_unique<Graph>());
  }
  bool is_recording(void* stream) override {
    const std::lock_guard lock(mutex_);
    return recordings_.contains(stream);
  }
  void* end_recording(void* stream) override {
    const std::lock_guard lock(mutex_);
    const auto at = recordings_.find(stream);
    ENSURE(at != recordings_.end(), "a recording ends after it has begun");
    Graph* const graph = at->second.release();
    recordings_.erase(at);
    return graph;
  }
  void replay(void* graph, void* stream) override {
    for (const Recorded& one : *static_cast<Graph*>(graph)) launch(one.key, one.launch, stream);
  }
  void destroy_graph(void* graph) override { delete static_cast<Graph*>(graph); }
  std::unique_ptr<Unrecorded> unrecorded() override { return std::make_unique<Unrecorded>(); }
  void make_current() override {}

 private:
  struct Allocation {
    int descriptor = -1;
    std::size_t bytes = 0;
  };
  struct Opened {
    std::byte* base = nullptr;
    std::size_t bytes = 0;
  };

  const int number_;
  const std::uint32_t resident_blocks_;
  std::mutex mutex_;
  std::map<std::byte*, Allocation> allocations_;
  std::multimap<std::byte*, Opened> opened_;
  std::deque<char> streams_;  // whose addresses are streams
  std::map<void*, std::unique_ptr<Graph>> recordings_;
};

}  // namespace

std::shared_ptr<Device> open_emulated_device(int number, std::uint32_t resident_blocks) {
  static std::mutex mutex;
  static std::map<int, std::weak_ptr<Device>> devices;
  const std::lock_guard lock(mutex);
  std::shared_ptr<Device> device = devices[number].lock();
  if (device == nullptr) {
    device = std::make_shared<EmulatedDevice>(number, resident_blocks);
    devices[number] = device;
  }
  return device;
}

}  // namespace pleach
