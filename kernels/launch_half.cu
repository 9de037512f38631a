#include "kernels/kernel.cuh"

namespace pleach::device {

PLEACH_KERNELS_OF(Float16);
PLEACH_KERNELS_OF(Bfloat16);

}  // namespace pleach::device
