// How far stock NCCL is from the optimum, and which door would close the gap.
#pragma once

#include <algorithm>
#include <cstdint>
#include <string_view>
#include <vector>

#include "compiler/core/collective.hpp"
#include "compiler/core/rational.hpp"
#include "compiler/tune/describe_cluster.hpp"
#include "compiler/tune/make_table.hpp"

namespace pleach::tune {

// Ways into a job that uses NCCL, the one that changes least first.
enum class Door {
  None,      // NCCL is within kWorthwhile of the optimum
  Latency,   // time that goes by whatever the rate: at large sizes NCCL comes near the optimum
  InSwitch,  // what NCCL's sums in the switches leave of them; no trees do better
  Tuner,     // another of NCCL's own algorithms: the table
  Graph,     // better rings inside the host: a graph file
  CollNet,   // other trees between hosts: a CollNet plugin
  Runtime,   // other trees inside hosts: pleach's own runtime
};
// "none", "latency", "in-switch", "tuner", "graph", "collnet", "runtime".
[[nodiscard]] std::string_view name_of(Door door);

struct ReportLine {
  Collective collective = Collective::AllReduce;
  std::uint64_t bytes = 0;
  Prediction stock;  // what NCCL chooses, and the time that it takes here
  Prediction best;   // the best of what it offers
  Rational optimum;  // GB/s of the buffer, see make_report
  Door door = Door::None;

  [[nodiscard]] double stock_gbps() const {
    return static_cast<double>(bytes) / stock.time_us / 1e3;
  }
  [[nodiscard]] double best_gbps() const { return static_cast<double>(bytes) / best.time_us / 1e3; }
  // What is missing to the optimum, as a share of it.
  [[nodiscard]] double gap() const { return std::max(0.0, 1 - stock_gbps() / optimum.to_double()); }
};

// For all GPUs of the machine: allreduce, allgather and reduce_scatter at 1 KiB to 1 GiB. The
// optimum is the bound of schedules (Bound::best()), or what the switches of a host allow that can
// add, where NCCL uses them and they allow more. It counts links as NCCL does (Machine::effective),
// so that both sides have the same wires.
// Needs: a machine of describe_machine, with at least one cluster.
// Cost: three bounds.
[[nodiscard]] std::vector<ReportLine> make_report(const Machine& machine);

}  // namespace pleach::tune
