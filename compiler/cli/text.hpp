// Numbers and node lists as people read them.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "compiler/core/rational.hpp"
#include "compiler/topology/topology.hpp"

namespace pleach::cli {

// The nearest multiple of 1/100, halves up; decided exactly, then converted.
[[nodiscard]] double to_hundredths(const Rational& value);

// "346.67", halves up.
[[nodiscard]] std::string two_decimals(const Rational& value);

// "325 GB/s"; "1040/3 GB/s (346.67)".
[[nodiscard]] std::string rate_text(const Rational& gigabytes_per_second);

// "99.71 %"; "100 %" only for exactly all, "99.99 %" for what would round up to it.
[[nodiscard]] std::string percent_text(const Rational& part, const Rational& whole);

// A number where it fits 64 bits, else its digits as a string: JSON readers round larger numbers.
[[nodiscard]] nlohmann::ordered_json json_integer(const Integer& value);

// "1 tree", "3 trees".
[[nodiscard]] std::string counted(std::size_t count, const std::string& noun);
// "1 switch has", "2 switches have".
[[nodiscard]] std::string counted(std::size_t count,
                                  const std::string& one,
                                  const std::string& several);

// A set of nodes (in file order) in one line: "box0/gpu0, box0/gpu1, box0/gpu2 and 6 more nodes",
// or "all nodes but box1/gpu7" where that is shorter.
[[nodiscard]] std::string node_set_text(const Topology& topology, const std::vector<NodeId>& nodes);

}  // namespace pleach::cli
