// What pleach-perf prints: nccl-tests' table, or one JSON object.
#pragma once

#include <string>

#include <nlohmann/json.hpp>

#include "runtime/perf/job.hpp"

namespace pleach::perf {

// Lines that begin with #: what runs where, the memory's rate, the columns.
[[nodiscard]] std::string head_text(const Job& job, const Report& report);
// Our line, and below it the rival's.
[[nodiscard]] std::string row_text(const Job& job, const Row& row);
// Wrong elements, and the mean of all bus bandwidths, as nccl-tests ends.
[[nodiscard]] std::string end_text(const Report& report);

[[nodiscard]] nlohmann::ordered_json to_json(const Job& job, const Report& report);

// Elements of ours that are wrong, over all rows.
[[nodiscard]] std::uint64_t wrong_elements(const Report& report);

}  // namespace pleach::perf
