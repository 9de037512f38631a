// One rank of the step `nccl`, a process of its own: NCCL takes what it needs from the environment,
// which must be there before it is opened.
#pragma once

#include <string>
#include <vector>

namespace pleach::gpu_check {

inline constexpr const char* kNcclRankWord = "nccl-rank";

struct NcclRank {
  int rank = 0;
  int ranks = 0;
  std::string folder;   // where rank 0 leaves NCCL's unique id for the others
  std::string library;  // of NCCL; "": wherever the system finds it
  bool emulated = false;
};

// The words of a command line from kNcclRankWord on, and back. Throws MachineError on other words.
[[nodiscard]] std::vector<std::string> words_of(const NcclRank& rank);
[[nodiscard]] NcclRank nccl_rank_of(const std::vector<std::string>& words);

// Makes all of nccl_calls() in one communicator, with small whole numbers, and compares each
// result. Prints what is wrong to stderr. The exit code: 0 all right, 1 wrong results or a call of
// NCCL that failed, 3 no device or no library. Waits for the other ranks without end: whoever
// started it ends it.
[[nodiscard]] int run_nccl_rank(const NcclRank& rank);

}  // namespace pleach::gpu_check
