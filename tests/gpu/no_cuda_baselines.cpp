// Stands for star_kernel.cu where the build has no CUDA.
#include "tests/gpu/baselines.hpp"

namespace pleach::gpu_check {

std::unique_ptr<Baselines> cuda_baselines() { return nullptr; }

}  // namespace pleach::gpu_check
