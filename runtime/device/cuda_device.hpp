// One GPU of this process, by CUDA's runtime library. See runtime/device/device.hpp for what the
// calls mean, and open_cuda_device there for how to get one.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "kernels/launch.hpp"
#include "runtime/device/cuda_ipc.hpp"
#include "runtime/device/device.hpp"

namespace pleach {

// Threads may share it. Each call makes the GPU current while it runs, and the former one after.
class CudaDevice final : public Device {
 public:
  // Loads all kernels. Needs: `device` below the number of GPUs.
  // Throws: MachineError for a GPU that is too old; CudaError.
  explicit CudaDevice(int device);
  ~CudaDevice() override;

  [[nodiscard]] std::string identity() const override { return identity_; }
  [[nodiscard]] int number() const override { return device_; }
  [[nodiscard]] std::string pci() const override { return pci_; }
  [[nodiscard]] std::uint32_t threads() const override { return device::kThreadsPerBlock; }
  [[nodiscard]] std::uint32_t resident_blocks() const override { return kernels_.resident_blocks; }

  [[nodiscard]] std::byte* allocate(std::size_t bytes) override;
  void deallocate(std::byte* memory) override;
  [[nodiscard]] std::byte* allocate_host(std::size_t bytes) override;
  void deallocate_host(std::byte* memory) override;
  [[nodiscard]] std::byte* map_host(std::byte* memory, std::size_t bytes) override;
  void unmap_host(std::byte* memory) override;

  void write(std::byte* to, std::span<const std::byte> from) override;
  void read(std::span<std::byte> to, const std::byte* from) override;
  void clear(std::byte* memory, std::size_t bytes) override;
  void copy(std::byte* to, const std::byte* from, std::size_t bytes, void* stream) override;
  void set(std::byte* memory, std::byte value, std::size_t bytes, void* stream) override;

  [[nodiscard]] std::optional<std::vector<std::byte>> share(const std::byte* memory,
                                                            std::size_t bytes) override;
  [[nodiscard]] std::byte* open(std::span<const std::byte> name) override;
  void close(std::byte* memory) override;
  void reach(Device& other) override;

  void launch(const device::KernelKey& key, const device::Launch& launch, void* stream) override;

  [[nodiscard]] void* make_stream() override;
  void destroy_stream(void* stream) override;
  void order(void* earlier, void* later) override;
  void synchronize(void* stream) override;
  [[nodiscard]] bool is_done(void* stream) override;
  [[nodiscard]] std::uint64_t mark(void* stream) override;
  [[nodiscard]] double seconds_between(std::uint64_t first, std::uint64_t last) override;

  void begin_recording(void* stream) override;
  [[nodiscard]] bool is_recording(void* stream) override;
  [[nodiscard]] void* end_recording(void* stream) override;
  void replay(void* graph, void* stream) override;
  void destroy_graph(void* graph) override;
  [[nodiscard]] std::unique_ptr<Unrecorded> unrecorded() override;
  void make_current() override;

 private:
  // "GPU 3 (NVIDIA H200, 0000:1b:00.0)"
  [[nodiscard]] std::string words() const;

  const int device_;
  std::string name_;
  std::string pci_;
  std::string identity_;
  device::GpuKernels kernels_;
  void* copies_ = nullptr;      // a stream of its own, which waits for no other
  std::byte* zeros_ = nullptr;  // host memory that clear() copies from
  OpenedMemory opened_;
};

}  // namespace pleach
