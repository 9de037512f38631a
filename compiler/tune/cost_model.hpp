// How long NCCL's algorithms take: its own alpha-beta model, on a machine's own links.
//
//   time = latency + bytes / bandwidth
//
// Formulas and constants are those that NCCL fills its cost table with (src/graph/tuning.cc; the
// constants are the same in 2.28 and 2.30). NCCL looks at one host and its NICs. `Fabric` adds what
// the links between the hosts allow: with no limits the model says what NCCL believes, with limits
// what this machine gives.
//
// Not modelled: CollNet (needs a plugin), symmetric kernels (no tuner is asked for them), copy
// engines, Power and Arm hosts, GPUs of one host that only PCIe joins.
#pragma once

#include <cstdint>
#include <limits>
#include <optional>

#include "compiler/core/collective.hpp"
#include "compiler/nccl/names.hpp"
#include "compiler/tune/channels.hpp"

namespace pleach::tune {

// What the links between hosts allow, in GB/s; no limit: infinity.
struct Fabric {
  static constexpr double kNoLimit = std::numeric_limits<double>::infinity();
  double rings = kNoLimit;  // that run round together, all rings
  double trees = kNoLimit;  // algbw of an allreduce along NCCL's trees of hosts
  double pat = kNoLimit;    // algbw of an allgather by PAT
  bool operator==(const Fabric&) const = default;
};

// Hosts that are alike, all their GPUs in one communicator.
struct Cluster {
  int hosts = 1;
  HostRates host;    // of the slowest one
  bool amd = false;  // the hosts' processors
  Channels ring = {};
  Channels tree = {};
  Channels nvls = {};
  Fabric fabric = {};

  [[nodiscard]] int ranks() const { return hosts * host.gpus; }
};

// Microseconds for a buffer of `bytes` (the whole one, as nccl-tests counts it); nothing where NCCL
// does not offer the combination. Needs: more than one rank.
[[nodiscard]] std::optional<double> predict_us(const Cluster& cluster,
                                               Collective collective,
                                               nccl::Algorithm algorithm,
                                               nccl::Protocol protocol,
                                               std::uint64_t bytes);

// The latency alone, that of the same prediction with no bytes.
[[nodiscard]] std::optional<double> predict_latency_us(const Cluster& cluster,
                                                       Collective collective,
                                                       nccl::Algorithm algorithm,
                                                       nccl::Protocol protocol);

}  // namespace pleach::tune
