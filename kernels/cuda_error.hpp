// Failures of CUDA's runtime library, as exceptions.
#pragma once

#include <string>

#include "compiler/core/machine_error.hpp"

namespace pleach {

// what(): the call, the GPU, CUDA's own words, and what to do where that is known.
class CudaError : public MachineError {
 public:
  CudaError(const std::string& what, int status) : MachineError(what), status_(status) {}
  // CUDA's cudaError_t.
  [[nodiscard]] int status() const { return status_; }

 private:
  int status_;
};

// Throws CudaError unless `status`, a cudaError_t that `call` returned, is cudaSuccess. An error
// that CUDA keeps for cudaGetLastError is taken from there: the program's own checks must not meet
// it.
void check_cuda(int status, const char* call);

}  // namespace pleach

// The arguments are in the message as they are written.
#define PLEACH_CUDA_CHECK(call) ::pleach::check_cuda(static_cast<int>(call), #call)
