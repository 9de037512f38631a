// Exact numbers as a picture shows them.
#pragma once

#include <string>

#include "compiler/core/rational.hpp"

namespace pleach::view {

// The nearest hundredth, halves up, without trailing zeros: "346.67", "25", "0.1".
[[nodiscard]] std::string rounded_text(const Rational& value);

// "346.67 GB/s (1040/3)"; the fraction only where rounding lost something.
[[nodiscard]] std::string rate_text(const Rational& gigabytes_per_second);

// Of a part between 0 and 1, to the nearest tenth: "48.1 %". "100 %" and "0 %" only for exactly all
// and nothing: "99.9 %" and "under 0.1 %" for what comes close.
[[nodiscard]] std::string percent_text(const Rational& part);

}  // namespace pleach::view
