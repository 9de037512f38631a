#include "runtime/device/cuda_device.hpp"

#include <algorithm>
#include <cctype>
#include <cstring>

#include <cuda_runtime_api.h>

#include "kernels/cuda_error.hpp"
#include "runtime/device/cuda_host_memory.hpp"
#include "runtime/device/current_gpu.hpp"

namespace pleach {
namespace {

constexpr std::size_t kZeros = std::size_t{1} << 20;

cudaStream_t stream_of(void* stream) { return static_cast<cudaStream_t>(stream); }

// "0000:1b:00.0"
std::string pci_of(int device) {
  char text[32] = {};
  PLEACH_CUDA_CHECK(cudaDeviceGetPCIBusId(text, static_cast<int>(sizeof text), device));
  std::string pci = text;
  std::transform(pci.begin(), pci.end(), pci.begin(),
                 [](unsigned char letter) { return static_cast<char>(std::tolower(letter)); });
  return pci;
}

// As nvidia-smi writes it: "GPU-2f7a0d4e-…".
std::string text_of(const cudaUUID_t& uuid) {
  constexpr char kDigits[] = "0123456789abcdef";
  std::string text = "GPU-";
  for (std::size_t i = 0; i < sizeof uuid.bytes; ++i) {
    if (i == 4 || i == 6 || i == 8 || i == 10) text += '-';
    const auto byte = static_cast<unsigned char>(uuid.bytes[i]);
    text += kDigits[byte >> 4];
    text += kDigits[byte & 15];
  }
  return text;
}

std::byte* allocate_pinned(std::size_t bytes) {
  void* memory = nullptr;
  bytes = std::max<std::size_t>(bytes, 1);
  PLEACH_CUDA_CHECK(cudaHostAlloc(&memory, bytes, cudaHostAllocMapped | cudaHostAllocPortable));
  std::memset(memory, 0, bytes);
  return static_cast<std::byte*>(memory);
}

}  // namespace

CudaDevice::CudaDevice(int device) : device_(device) {
  const CurrentGpu current(device_);
  cudaDeviceProp properties{};
  PLEACH_CUDA_CHECK(cudaGetDeviceProperties(&properties, device_));
  name_ = properties.name;
  pci_ = pci_of(device_);
  identity_ = pci_ + " " + text_of(properties.uuid);
  if (properties.major < 8) {
    throw MachineError(words() + " has compute capability " + std::to_string(properties.major) +
                       "." + std::to_string(properties.minor) +
                       ", and pleach's kernels need 8.0 (A100) or later: choose another GPU with "
                       "CUDA_VISIBLE_DEVICES, or use host memory");
  }
  kernels_ = device::prepare_kernels();
  // If one fails, the other goes: no destructor runs for an object that is not made.
  zeros_ = allocate_pinned(kZeros);
  try {
    copies_ = make_stream();
  } catch (...) {
    (void)cudaFreeHost(zeros_);
    throw;
  }
}

// CUDA may have gone before it, at the end of the process: then there is nothing to give back.
CudaDevice::~CudaDevice() {
  try {
    const CurrentGpu current(device_);
    (void)cudaStreamDestroy(stream_of(copies_));
    (void)cudaFreeHost(zeros_);
  } catch (const MachineError&) {
    return;
  }
}

std::string CudaDevice::words() const {
  return "GPU " + std::to_string(device_) + " (" + name_ + ", " + pci_ + ")";
}

std::byte* CudaDevice::allocate(std::size_t bytes) {
  const CurrentGpu current(device_);
  void* memory = nullptr;
  PLEACH_CUDA_CHECK(cudaMalloc(&memory, std::max<std::size_t>(bytes, 1)));
  auto* const ours = static_cast<std::byte*>(memory);
  try {
    clear(ours, bytes);
  } catch (...) {
    (void)cudaFree(memory);
    throw;
  }
  return ours;
}

void CudaDevice::deallocate(std::byte* memory) {
  const CurrentGpu current(device_);
  PLEACH_CUDA_CHECK(cudaFree(memory));
}

std::byte* CudaDevice::allocate_host(std::size_t bytes) {
  const CurrentGpu current(device_);
  std::byte* const memory = allocate_pinned(bytes);
  void* address = nullptr;
  const cudaError_t status = cudaHostGetDevicePointer(&address, memory, 0);
  if (status == cudaSuccess && address == memory) return memory;
  (void)cudaFreeHost(memory);
  check_cuda(status, "cudaHostGetDevicePointer(&address, memory, 0)");
  throw MachineError(words() +
                     " sees host memory at other addresses than the host, which pleach "
                     "does not support: use a 64-bit system with unified addressing");
}

void CudaDevice::deallocate_host(std::byte* memory) {
  const CurrentGpu current(device_);
  PLEACH_CUDA_CHECK(cudaFreeHost(memory));
}

std::byte* CudaDevice::map_host(std::byte* memory, std::size_t bytes) {
  const CurrentGpu current(device_);
  return map_host_memory(memory, bytes);
}

void CudaDevice::unmap_host(std::byte* memory) {
  const CurrentGpu current(device_);
  unmap_host_memory(memory);
}

void CudaDevice::write(std::byte* to, std::span<const std::byte> from) {
  if (from.empty()) return;
  const CurrentGpu current(device_);
  PLEACH_CUDA_CHECK(
      cudaMemcpyAsync(to, from.data(), from.size(), cudaMemcpyHostToDevice, stream_of(copies_)));
  PLEACH_CUDA_CHECK(cudaStreamSynchronize(stream_of(copies_)));
}

void CudaDevice::read(std::span<std::byte> to, const std::byte* from) {
  if (to.empty()) return;
  const CurrentGpu current(device_);
  PLEACH_CUDA_CHECK(
      cudaMemcpyAsync(to.data(), from, to.size(), cudaMemcpyDeviceToHost, stream_of(copies_)));
  PLEACH_CUDA_CHECK(cudaStreamSynchronize(stream_of(copies_)));
}

// Copies zeros: cudaMemset is a kernel, and would wait for room beside kernels that fill the GPU
// and wait themselves.
void CudaDevice::clear(std::byte* memory, std::size_t bytes) {
  if (bytes == 0) return;
  const CurrentGpu current(device_);
  for (std::size_t at = 0; at < bytes; at += kZeros) {
    PLEACH_CUDA_CHECK(cudaMemcpyAsync(memory + at, zeros_, std::min(kZeros, bytes - at),
                                      cudaMemcpyHostToDevice, stream_of(copies_)));
  }
  PLEACH_CUDA_CHECK(cudaStreamSynchronize(stream_of(copies_)));
}

void CudaDevice::copy(std::byte* to, const std::byte* from, std::size_t bytes, void* stream) {
  if (bytes == 0) return;
  const CurrentGpu current(device_);
  PLEACH_CUDA_CHECK(cudaMemcpyAsync(to, from, bytes, cudaMemcpyDeviceToDevice, stream_of(stream)));
}

void CudaDevice::set(std::byte* memory, std::byte value, std::size_t bytes, void* stream) {
  if (bytes == 0) return;
  const CurrentGpu current(device_);
  PLEACH_CUDA_CHECK(cudaMemsetAsync(memory, std::to_integer<int>(value), bytes, stream_of(stream)));
}

std::optional<std::vector<std::byte>> CudaDevice::share(const std::byte* memory,
                                                        std::size_t bytes) {
  const CurrentGpu current(device_);
  return name_memory(memory, bytes);
}

std::byte* CudaDevice::open(std::span<const std::byte> name) {
  const CurrentGpu current(device_);
  return opened_.open(name);
}

void CudaDevice::close(std::byte* memory) {
  const CurrentGpu current(device_);
  opened_.close(memory);
}

void CudaDevice::reach(Device& other) {
  if (&other == this) return;
  auto* const peer = dynamic_cast<CudaDevice*>(&other);
  if (peer == nullptr) {
    throw MachineError(words() + " can not use memory of " + other.identity() +
                       ", which is no GPU: give all ranks of the process GPUs");
  }
  const auto enable = [](const CudaDevice& from, const CudaDevice& to) {
    const CurrentGpu current(from.device_);
    int possible = 0;
    PLEACH_CUDA_CHECK(cudaDeviceCanAccessPeer(&possible, from.device_, to.device_));
    if (possible == 0) {
      throw MachineError(from.words() + " can not use memory of " + to.words() +
                         ": choose GPUs that NVLink or one PCIe switch joins (`nvidia-smi topo "
                         "-p2p r` shows them) with CUDA_VISIBLE_DEVICES");
    }
    const cudaError_t status = cudaDeviceEnablePeerAccess(to.device_, 0);
    if (status == cudaErrorPeerAccessAlreadyEnabled) {
      (void)cudaGetLastError();
      return;
    }
    check_cuda(status, "cudaDeviceEnablePeerAccess(peer, 0)");
  };
  enable(*this, *peer);
  enable(*peer, *this);
}

void CudaDevice::launch(const device::KernelKey& key, const device::Launch& launch, void* stream) {
  if (launch.num_blocks > kernels_.resident_blocks) {
    throw MachineError("a collective needs " + std::to_string(launch.num_blocks) +
                       " blocks at once, and " + words() + " holds " +
                       std::to_string(kernels_.resident_blocks) + ": set PLEACH_CHANNELS lower");
  }
  const CurrentGpu current(device_);
  device::launch_kernel(kernels_, key, launch, stream);
}

}  // namespace pleach
