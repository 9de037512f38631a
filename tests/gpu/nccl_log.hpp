// What NCCL's log says of a tuner and of its own decisions.
//
// Form: NCCL 2.28, with NCCL_DEBUG=INFO and NCCL_DEBUG_SUBSYS=INIT,ENV,TUNING. Rank 0 of a
// communicator alone writes a line for each call:
//   HOST:PID:TID [0] NCCL INFO AllReduce: 1024 Bytes -> Algo RING proto LL channel{Lo..Hi}={0..3}
// The bytes are those of the caller's count: of all-gather and reduce-scatter one rank's part.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "compiler/core/collective.hpp"
#include "compiler/nccl/names.hpp"

namespace pleach::gpu_check {

struct NcclDecision {
  Collective collective = Collective::AllReduce;
  std::uint64_t bytes = 0;  // as NCCL prints them
  nccl::Algorithm algorithm = nccl::Algorithm::Ring;
  nccl::Protocol protocol = nccl::Protocol::Simple;
  bool operator==(const NcclDecision&) const = default;
};

struct NcclLog {
  bool tuner_loaded = false;              // NCCL says that it took a tuner whose name has "pleach"
  std::vector<std::string> plugin_lines;  // what the plugin said, from "pleach: " on
  std::vector<NcclDecision> decisions;    // in the order of the calls
  std::vector<std::string> unread;        // decisions that this reader does not understand
  std::vector<std::string> warnings;      // NCCL's
};

// Names in any case, with or without underscores, or NCCL's numbers.
[[nodiscard]] NcclLog read_nccl_log(std::string_view text);

// The digest of the table that the plugin says it has loaded, each time it says so.
[[nodiscard]] std::vector<std::string> digests_told(const NcclLog& log);

}  // namespace pleach::gpu_check
