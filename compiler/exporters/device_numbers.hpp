// How NCCL numbers the GPUs of a host, which it calls a node.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "compiler/core/result.hpp"
#include "compiler/nccl/hosts.hpp"
#include "compiler/topology/topology.hpp"

namespace pleach::exporters {

using nccl::Host;

// NCCL's number of each GPU of a host (NVML's), in the order of `host.ranks`: the label "dev" where
// its GPUs have one, else the position in the host, which is right where the file lists GPUs in
// NVML's order.
// Errors: some GPUs of the host have the label and others do not; a label that is no whole number
// from 0 on; two GPUs with the same one.
[[nodiscard]] Result<std::vector<std::int64_t>> device_numbers(const Topology& topology,
                                                               const Host& host,
                                                               const std::string& file);

// A label's value as a whole number from 0 on: digits alone, below 2^63.
[[nodiscard]] std::optional<std::int64_t> whole_number(const std::string& text);

}  // namespace pleach::exporters
