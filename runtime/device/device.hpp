// A device that runs launches of kernels/: a GPU, or threads of this process in its place.
//
// All that the runtime asks of CUDA is here, so that everything else runs, and is tested, without.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "kernels/kernel_key.hpp"
#include "kernels/program.hpp"

namespace pleach {

// Everything throws MachineError with the device's own words when it fails.
class Device {
 public:
  Device() = default;
  Device(const Device&) = delete;
  Device& operator=(const Device&) = delete;
  virtual ~Device() = default;

  // The same for all that share the device, in this process and others of the host; unlike that of
  // any other device of the host.
  [[nodiscard]] virtual std::string identity() const = 0;
  // By which its process opens it.
  [[nodiscard]] virtual int number() const = 0;
  // "0000:1b:00.0"; "" for one that is on no bus.
  [[nodiscard]] virtual std::string pci() const = 0;
  // Threads of each block.
  [[nodiscard]] virtual std::uint32_t threads() const = 0;
  // Blocks of any kernel that are resident at once, so that they can wait for one another.
  [[nodiscard]] virtual std::uint32_t resident_blocks() const = 0;

  // Memory of the device, zeroed, aligned to 256 bytes. Null is no failure of deallocate.
  [[nodiscard]] virtual std::byte* allocate(std::size_t bytes) = 0;
  virtual void deallocate(std::byte* memory) = 0;
  // Host memory that the device reads and writes at the same address, zeroed and aligned likewise.
  [[nodiscard]] virtual std::byte* allocate_host(std::size_t bytes) = 0;
  virtual void deallocate_host(std::byte* memory) = 0;
  // Where the device reads and writes host memory that is allocated elsewhere, until unmap_host.
  [[nodiscard]] virtual std::byte* map_host(std::byte* memory, std::size_t bytes) = 0;
  virtual void unmap_host(std::byte* memory) = 0;

  // Return when it is done; they wait for no kernel.
  virtual void write(std::byte* to, std::span<const std::byte> from) = 0;
  virtual void read(std::span<std::byte> to, const std::byte* from) = 0;
  virtual void clear(std::byte* memory, std::size_t bytes) = 0;

  // From memory of the device to memory of the device, after what `stream` already has.
  virtual void copy(std::byte* to, const std::byte* from, std::size_t bytes, void* stream) = 0;
  // Writes `value` to every byte, after what `stream` already has.
  virtual void set(std::byte* memory, std::byte value, std::size_t bytes, void* stream) = 0;

  // A name for memory of this device, by which another process opens it; nothing where that can not
  // be done with this memory (it was not allocated in a way that can be shared).
  [[nodiscard]] virtual std::optional<std::vector<std::byte>> share(const std::byte* memory,
                                                                    std::size_t bytes) = 0;
  [[nodiscard]] virtual std::byte* open(std::span<const std::byte> name) = 0;
  virtual void close(std::byte* memory) = 0;
  // Lets kernels here use memory of another device of this process.
  virtual void reach(Device& other) = 0;

  // Starts the launch, after what `stream` already has. Needs: launch.num_blocks within
  // resident_blocks(). An emulated device returns when it has ended.
  virtual void launch(const device::KernelKey& key, const device::Launch& launch, void* stream) = 0;

  // A stream is CUDA's, or null; an emulated device has that one alone, where nothing ever waits.
  [[nodiscard]] virtual void* make_stream() = 0;
  virtual void destroy_stream(void* stream) = 0;
  // `later` waits for what `earlier` has now. Nothing for one and the same, and while a graph is
  // recorded.
  virtual void order(void* earlier, void* later) = 0;
  virtual void synchronize(void* stream) = 0;
  // Whether synchronize() would return at once.
  [[nodiscard]] virtual bool is_done(void* stream) = 0;
  // Seconds of all that was between two calls on one stream: mark() returns a moment of it.
  [[nodiscard]] virtual std::uint64_t mark(void* stream) = 0;
  // Waits for both moments, and forgets them.
  [[nodiscard]] virtual double seconds_between(std::uint64_t first, std::uint64_t last) = 0;

  // From now on what `stream` is given is recorded, not done.
  virtual void begin_recording(void* stream) = 0;
  [[nodiscard]] virtual bool is_recording(void* stream) = 0;
  [[nodiscard]] virtual void* end_recording(void* stream) = 0;
  virtual void replay(void* graph, void* stream) = 0;
  virtual void destroy_graph(void* graph) = 0;
  // Calls that take memory are allowed while this object lives, even if a graph is recorded.
  class Unrecorded {
   public:
    Unrecorded() = default;
    Unrecorded(const Unrecorded&) = delete;
    Unrecorded& operator=(const Unrecorded&) = delete;
    virtual ~Unrecorded() = default;
  };
  [[nodiscard]] virtual std::unique_ptr<Unrecorded> unrecorded() = 0;

  // What other libraries of this thread take for the current device, from now on.
  virtual void make_current() = 0;
};

// GPU number `device` of this process, the same object for all who ask while any has it. Throws
// MachineError: built without CUDA, no driver, no such GPU; says what to do.
[[nodiscard]] std::shared_ptr<Device> open_cuda_device(int device);
// The GPU that is current in the calling thread.
[[nodiscard]] std::shared_ptr<Device> open_current_cuda_device();
// GPUs of this process, at least 1. Throws MachineError, as open_cuda_device.
[[nodiscard]] int count_cuda_devices();

}  // namespace pleach
