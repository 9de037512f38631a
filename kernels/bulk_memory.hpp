// Shared memory that the bulk copy engine (kernels/bulk_copy.hpp) passes data through.
#pragma once

#include <cstdint>

namespace pleach::device {

inline constexpr std::uint32_t kBulkStages = 3;
inline constexpr std::uint32_t kBulkPiece = 16 * 1024;  // bytes of a stage
inline constexpr std::uint32_t kBulkBarriers = 128;     // bytes before the stages
// Of a block; two blocks and their other shared memory fit into the 227 KiB of sm_90.
inline constexpr std::uint32_t kBulkMemory = kBulkBarriers + kBulkStages * kBulkPiece;

}  // namespace pleach::device
