#include <cstdint>

#include "kernels/kernel.cuh"

namespace pleach::device {

PLEACH_KERNELS_OF(Native<std::int8_t>);
PLEACH_KERNELS_OF(Native<std::uint8_t>);
PLEACH_KERNELS_OF(Native<std::int16_t>);

}  // namespace pleach::device
