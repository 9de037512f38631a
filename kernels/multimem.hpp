// All-reduce by the switches of NVLink: a multicast address stands for the same place in the memory
// of several GPUs. One load from it gives the sum of all, one store to it stores to all.
//
// Compiled, and not used yet: schedules get multicast nodes in a later step, which also makes the
// addresses. Plain C++: no header of CUDA is needed to include it.
#pragma once

#include <cstddef>
#include <cstdint>

#include "compiler/core/data_type.hpp"

namespace pleach::device {

// The part of an all-reduce that one GPU does; the GPUs of an address do each a part of their own.
struct MulticastSum {
  DataType dtype = DataType::Float32;
  std::byte* memory = nullptr;  // multicast address; 16 divides it
  std::uint64_t bytes = 0;      // 16 divides them
  std::uint32_t num_blocks = 1;
};

// Whether switches add elements of the type: not those of 8 bits, nor integers of 16.
[[nodiscard]] bool multicast_adds(DataType dtype);

// Starts it on the current GPU, after what `stream` (a cudaStream_t) has; a graph may record it.
// 16-bit floating point is added in float32 and rounded once. The switch chooses the order of
// additions, so floating point results may differ in the last place from those of trees; every GPU
// gets the same bits.
// Needs:  the data of all GPUs there before the launch begins, and none of it used elsewhere until
//         all of their launches have ended: the caller sees to both.
// Throws: MachineError when the GPU is older than sm_90, when the switches do not add the type, and
//         for an address or a length that 16 does not divide; CudaError when CUDA fails.
void launch_multicast_sum(const MulticastSum& sum, void* stream);

}  // namespace pleach::device
