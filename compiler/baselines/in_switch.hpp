// NVLS: switches that copy and add, one level of them.
#pragma once

#include <optional>
#include <string>

#include "compiler/core/collective.hpp"
#include "compiler/core/rational.hpp"
#include "compiler/topology/topology.hpp"

namespace pleach::baselines {

// The rate if the switches that every GPU is joined to, both ways, copied what one GPU sends to all
// and added what all send, as NVLink SHARP does. Every GPU takes part as sender and receiver of
// each copy and sum, its own included, so with B the rate of the slowest GPU's links to them:
//   allgather, reduce_scatter, broadcast, reduce   B        each GPU takes in, or puts out, it all
//   allreduce                                      B N/(N+1)  out: all of it, and 1/N sums to copy
// A topology does not say whether its switches can; this is a computed rate, not a schedule: files
// hold no copies by switches.
//
// Gives: GB/s; nothing where no switch joins all GPUs, or some are joined without one.
[[nodiscard]] std::optional<Rational> in_switch_rate(const Topology& topology,
                                                     Collective collective);

}  // namespace pleach::baselines
