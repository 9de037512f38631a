// Which GPUs there are, and one Device for each that is in use.
#include <cstdlib>
#include <map>
#include <memory>
#include <mutex>
#include <string>

#include <cuda_runtime_api.h>

#include "kernels/cuda_error.hpp"
#include "runtime/device/cuda_device.hpp"
#include "runtime/device/device.hpp"

namespace pleach {
namespace {

// "13.0", of CUDA's way to write it: 13000.
std::string version_text(int version) {
  return std::to_string(version / 1000) + "." + std::to_string(version % 1000 / 10);
}

// Which of the machine's GPUs the process may use.
std::string visible_words() {
  const char* const visible = std::getenv("CUDA_VISIBLE_DEVICES");
  return visible == nullptr ? "CUDA_VISIBLE_DEVICES is not set"
                            : "CUDA_VISIBLE_DEVICES is \"" + std::string(visible) + "\"";
}

// Above 0.
int count_gpus() {
  int count = 0;
  const cudaError_t status = cudaGetDeviceCount(&count);
  if (status == cudaSuccess && count > 0) return count;
  (void)cudaGetLastError();
  int driver = 0;
  if (cudaDriverGetVersion(&driver) != cudaSuccess) (void)cudaGetLastError();
  if (status == cudaErrorInsufficientDriver || status == cudaErrorStubLibrary) {
    throw CudaError(driver == 0
                        ? "no NVIDIA driver is installed (libcuda.so.1 was not found), and CUDA " +
                              version_text(CUDART_VERSION) +
                              " of this build needs one: install it, or make the container pass it "
                              "through; without a GPU use host memory"
                        : "the NVIDIA driver is for CUDA " + version_text(driver) +
                              ", and this build needs " + version_text(CUDART_VERSION) +
                              ": install a newer driver, or build with an older CUDA",
                    status);
  }
  if (status == cudaSuccess || status == cudaErrorNoDevice) {
    throw CudaError("CUDA finds no GPU (" + visible_words() +
                        "): see what `nvidia-smi -L` lists; without a GPU use host memory",
                    status);
  }
  check_cuda(status, "cudaGetDeviceCount(&count)");
  return 0;  // not reached
}

struct Devices {
  std::mutex mutex;
  std::map<int, std::weak_ptr<Device>> by_number;
};

// GPUs are the process's: what is loaded onto one and mapped there is there for all.
Devices& devices() {
  static Devices all;
  return all;
}

}  // namespace

std::shared_ptr<Device> open_cuda_device(int device) {
  const int count = count_gpus();
  if (device < 0 || device >= count) {
    throw MachineError("there is no GPU " + std::to_string(device) + ": this process sees " +
                       std::to_string(count) + ", numbered from 0 (" + visible_words() + ")");
  }
  Devices& all = devices();
  const std::lock_guard lock(all.mutex);
  std::weak_ptr<Device>& known = all.by_number[device];
  if (auto open = known.lock()) return open;
  auto opened = std::make_shared<CudaDevice>(device);
  known = opened;
  return opened;
}

std::shared_ptr<Device> open_current_cuda_device() {
  (void)count_gpus();  // so that a missing GPU is told in our words
  int device = 0;
  PLEACH_CUDA_CHECK(cudaGetDevice(&device));
  return open_cuda_device(device);
}

int count_cuda_devices() { return count_gpus(); }

}  // namespace pleach
