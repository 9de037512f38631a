// What nccl-tests measured, as a table of comma-separated values.
//
// The first line that is no comment names the columns, in any order and letter case; columns of
// other names are passed over:
//   collective   allreduce, all_reduce, all_reduce_perf, …
//   size_bytes   (or bytes, size)       the whole buffer, as nccl-tests counts it
//   algorithm    (or algo)              tree, ring, nvls, …; "default": NCCL's own choice
//   protocol     (or proto)             ll, ll128, simple; empty or "default" with "default"
//   latency_us   (or time_us, time)     microseconds for one call, above 0
//   channels     optional; -1, 0 or empty: NCCL's own number
//   nodes, ranks optional; -1 or empty: all of the machine
//   regbuff      (or registered)        optional; 0, 1, -1 or empty: either
// These are the columns that the scripts beside NCCL's example tuner read
// (plugins/tuner/example/scripts in NCCL 2.28 and later).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "compiler/core/result.hpp"
#include "compiler/nccl/choice_table.hpp"

namespace pleach::tune {

struct Measurement {
  Collective collective = Collective::AllReduce;
  std::uint64_t bytes = 0;
  int nodes = 0;  // 0: all of the machine, as the next
  int ranks = 0;
  std::optional<bool> registered = {};
  std::optional<nccl::Choice> choice = {};  // nothing: NCCL's own
  double time_us = 0;
  bool operator==(const Measurement&) const = default;
};

// Reads a file's text; lines that start with # and empty ones are comments. `file` is the name that
// diagnostics carry. Errors, each with its line: columns that are missing or named twice, a line
// with another number of values, values that will not do, no line at all.
[[nodiscard]] Result<std::vector<Measurement>> read_measurements(std::string_view text,
                                                                 const std::string& file);

}  // namespace pleach::tune
