// A row of nccl-tests' table: one size of one collective, out of place and in place.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "compiler/core/collective.hpp"

namespace pleach {

struct RunTiming {
  double time_us = 0;  // of one call
  double algbw = 0;    // GB/s: RunRow::bytes / time
  double busbw = 0;    // GB/s: algbw times nccl-tests' factor of the collective
  std::optional<std::uint64_t> wrong = {};  // elements, over all ranks; empty when not checked
};

struct RunRow {
  std::uint64_t bytes = 0;  // of the whole buffer, after rounding
  std::uint64_t count =
      0;  // elements, as the call takes them: per rank for allgather, reduce_scatter
  std::string dtype;
  std::string op;  // "none" for allgather and broadcast
  int root = -1;   // a rank for broadcast and reduce, else -1
  RunTiming out_of_place = {};
  RunTiming in_place = {};
};

// Both bandwidths from a time; `bytes` is the whole buffer.
[[nodiscard]] RunTiming timing_of(Collective collective,
                                  int ranks,
                                  std::uint64_t bytes,
                                  double time_us);

// The three lines above the rows, and a row without the end of its line.
[[nodiscard]] std::string run_table_head();
[[nodiscard]] std::string to_string(const RunRow& row);

}  // namespace pleach
