// Whether NCCL obeyed the table, from what two runs of the same calls left in its logs.
#pragma once

#include <string>
#include <vector>

#include "tests/gpu/nccl_calls.hpp"
#include "tests/gpu/nccl_log.hpp"

namespace pleach::gpu_check {

struct NcclEvidence {
  int ranks = 0;
  std::string digest;            // of the table's rows
  std::vector<NcclLog> control;  // of each rank, without a tuner
  std::vector<NcclLog> tuned;    // of each rank, with it
};

// What is wrong with the control run: a tuner that is there all the same; a call of which rank 0's
// log tells no decision, or another one's.
[[nodiscard]] std::vector<std::string> control_mistakes(const NcclEvidence& evidence);

// What is wrong with the loading: NCCL does not say that it loaded the plugin, or the plugin not
// that it has this table, on some rank.
[[nodiscard]] std::vector<std::string> loading_mistakes(const NcclEvidence& evidence);

// What is wrong with the decisions: one that is not the table's; one that is not the control run's
// where the table has no opinion, or names what is not there (the plugin must say so); ranks whose
// plugins decided differently; and nothing that differs from the control run, which would show
// nothing. Needs: both runs made all of nccl_calls().
[[nodiscard]] std::vector<std::string> decision_mistakes(const NcclEvidence& evidence);

// A line each, with a head: what NCCL did by itself, what the table says, what NCCL did with it.
[[nodiscard]] std::string decision_table(const NcclEvidence& evidence);

}  // namespace pleach::gpu_check
