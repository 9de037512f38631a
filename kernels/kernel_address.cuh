// Where a kernel is found that another file compiles.
#pragma once

#include "kernels/shim.hpp"

namespace pleach::device {
inline namespace PLEACH_SHIM {

// What CUDA's runtime library knows the kernel of an Arithmetic (kernels/move.hpp) by. The files
// launch_*.cu define it, each for a few types, so that they compile side by side.
template <class Arithmetic>
const void* kernel_address();

}  // namespace PLEACH_SHIM
}  // namespace pleach::device
