// The table that the tuner plugin obeys, from the model and from measurements.
//
// The model is asked twice: for what NCCL believes, which sees a host and its NICs, and for what
// this machine's links give. Where NCCL's own choice is slower here than another one by more than
// kWorthwhile, the table says so; else it has no opinion, and NCCL decides. Measurements win: at
// sizes where at least two ways were measured, the fastest of them is taken, or nothing where
// NCCL's own choice is within kWorthwhile of it.
#pragma once

#include <cstdint>
#include <vector>

#include "compiler/core/result.hpp"
#include "compiler/nccl/choice_table.hpp"
#include "compiler/tune/cost_model.hpp"
#include "compiler/tune/measurements.hpp"

namespace pleach::tune {

// What another choice must save of the time.
inline constexpr double kWorthwhile = 0.05;

// The sizes that the model is asked about: 2^k from 8 B to 16 GiB. Each speaks for all from it up
// to the next, the first also for smaller, the last for greater ones.
[[nodiscard]] std::vector<std::uint64_t> table_sizes();

struct Prediction {
  nccl::Choice choice;
  double time_us = 0;
  double latency_us = 0;
};

// The fastest by the model; nothing where NCCL offers none. `believed`: without the links between
// the hosts.
[[nodiscard]] std::optional<Prediction> best_choice(const Cluster& cluster,
                                                    Collective collective,
                                                    std::uint64_t bytes,
                                                    bool believed);
// What NCCL chooses, and how long that takes here.
[[nodiscard]] std::optional<Prediction> stock_choice(const Cluster& cluster,
                                                     Collective collective,
                                                     std::uint64_t bytes);

// Rows for every cluster and collective, and for what was measured beyond them; in the order of
// nodes, ranks per node, collective, registration and size. Neighbouring sizes that are alike are
// one row; a call that nothing is said about has none.
// Notes: measurements of ranks that their nodes do not divide, which are left out; sizes at which
// something is chosen and NCCL's own choice was not measured.
[[nodiscard]] Result<std::vector<nccl::ChoiceRow>> make_rows(
    const std::vector<Cluster>& clusters, const std::vector<Measurement>& measurements);

}  // namespace pleach::tune
