// Stands for the GPU's files where the build has no CUDA.
#include "compiler/core/machine_error.hpp"
#include "runtime/device/device.hpp"

namespace pleach {
namespace {

[[noreturn]] void refuse() {
  throw MachineError(
      "this build has no CUDA: install CUDA's compiler (nvcc 12.8 or later), configure again with "
      "-DPLEACH_CUDA=ON and build; without a GPU use host memory");
}

}  // namespace

std::shared_ptr<Device> open_cuda_device(int /*device*/) { refuse(); }

std::shared_ptr<Device> open_current_cuda_device() { refuse(); }

int count_cuda_devices() { refuse(); }

}  // namespace pleach
