// What tests of GPUs ask of the machine they run on, without asking the code that they test.
#pragma once

#include <dlfcn.h>
#include <sys/stat.h>

namespace pleach {

#ifdef PLEACH_HAS_CUDA
inline constexpr bool kBuiltWithCuda = true;
#else
inline constexpr bool kBuiltWithCuda = false;
#endif

inline bool has_gpu_driver() {
  void* const library = ::dlopen("libcuda.so.1", RTLD_LAZY | RTLD_LOCAL);
  if (library != nullptr) ::dlclose(library);
  return library != nullptr;
}

// Why tests that need a GPU can not run here; "" where they can. A GPU that is there and does not
// open is no reason.
inline const char* missing_gpu() {
  if (!kBuiltWithCuda) return "the build has no CUDA";
  if (!has_gpu_driver()) return "there is no NVIDIA driver (libcuda.so.1)";
  struct stat status = {};
  // The driver's device, or that of the Windows Subsystem for Linux.
  if (::stat("/dev/nvidiactl", &status) != 0 && ::stat("/dev/dxg", &status) != 0) {
    return "there is no NVIDIA GPU (/dev/nvidiactl)";
  }
  return "";
}

}  // namespace pleach
