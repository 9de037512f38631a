// The GPU that CUDA's calls of this thread are about.
#pragma once

namespace pleach {

// Makes a GPU current in the calling thread, and the former one again when it goes. CUDA makes its
// context on a GPU the first time it is current, so a program that uses one GPU does well to make
// that one current at its start (cudaSetDevice).
// Throws: CudaError.
class CurrentGpu {
 public:
  explicit CurrentGpu(int device);
  CurrentGpu(const CurrentGpu&) = delete;
  CurrentGpu& operator=(const CurrentGpu&) = delete;
  ~CurrentGpu();

 private:
  int former_ = 0;
  bool changed_ = false;
};

}  // namespace pleach
