#include <cstdint>

#include "kernels/kernel.cuh"

namespace pleach::device {

PLEACH_KERNELS_OF(Native<std::int32_t>);
PLEACH_KERNELS_OF(Native<std::uint32_t>);
PLEACH_KERNELS_OF(Native<std::int64_t>);
PLEACH_KERNELS_OF(Native<std::uint64_t>);

}  // namespace pleach::device
