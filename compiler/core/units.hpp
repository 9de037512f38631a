// Bandwidth and latency: exact values with units, as they stand in files.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "compiler/core/rational.hpp"

namespace pleach {

// A rate per direction, in GB/s (10^9 byte/s).
struct Bandwidth {
  Rational gigabytes_per_second;
  auto operator<=>(const Bandwidth&) const = default;
};

// A time, in microseconds.
struct Latency {
  Rational microseconds;
  auto operator<=>(const Latency&) const = default;
};

// A decimal number and a unit, `([kMGT]i?)?[bB](/s|ps)`: "300 GB/s", "400 Gb/s", "12.5GiB/s".
// k, M, G, T are powers of 1000, ki … Ti of 1024; b is a bit, B a byte. Spaces around and between
// are allowed. Nothing else is: no sign, no exponent.
[[nodiscard]] std::optional<Bandwidth> parse_bandwidth(std::string_view text);
// A decimal number and ns, us or ms.
[[nodiscard]] std::optional<Latency> parse_latency(std::string_view text);

// The exact value, "371.25 GB/s". Every value that parse_bandwidth returns, and every sum of such
// values, has a finite decimal; a value that has none is written as a fraction, "1000/3 GB/s".
[[nodiscard]] std::string to_string(const Bandwidth& bandwidth);
[[nodiscard]] std::string to_string(const Latency& latency);

}  // namespace pleach
