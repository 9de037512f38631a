#include "kernels/kernel.cuh"

namespace pleach::device {

template const void* kernel_address<Copying>();
PLEACH_KERNELS_OF(Native<float>);
PLEACH_KERNELS_OF(Native<double>);

}  // namespace pleach::device
