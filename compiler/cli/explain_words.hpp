// The parts of sentences that `pleach explain` is made of.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "compiler/explain/explanation.hpp"

namespace pleach::cli {

inline constexpr std::size_t kExplainWidth = 100;  // columns

// "  label        text", broken at spaces before column 100 and going on below itself. A word that
// is longer than a line stays whole.
[[nodiscard]] std::string labelled(std::string_view label, std::string_view text);

// `text` on lines of at most 100 columns, all but the first indented by `indent`.
[[nodiscard]] std::string wrapped(std::string_view text, std::size_t indent);

// "1280/3 GB/s (426.67)"; "about 171.43 GB/s" where the fraction is long.
[[nodiscard]] std::string short_rate(const Rational& gigabytes_per_second);
// "426.67", two decimals; three digits that count where it is below 1.
[[nodiscard]] std::string rounded(const Rational& value);
// "+18.11 %" that `rate` is above `base`.
[[nodiscard]] std::string gain_text(const Rational& rate, const Rational& base);
// "400 GB/s (+25 %)", "1280/3 GB/s (426.67, +6.67 %)".
[[nodiscard]] std::string rate_and_gain(const Rational& rate, const Rational& base);

// "box2", "each of the 16 boxes", "each of 3 of the 16 boxes (box0-1, box7)", "the GPUs below leaf0
// (g0-3)"; "each of the other 15 boxes" where `told` are the rest of them.
[[nodiscard]] std::string place_text(const Topology& topology,
                                     const CrossingClass& places,
                                     const CrossingClass* told = nullptr);
// "box2", "the GPUs below leaf0 (g0-3)".
[[nodiscard]] std::string one_name(const Topology& topology, const Place& place);
// "what enters " or "what leaves " and the place.
[[nodiscard]] std::string flow_text(const Topology& topology,
                                    const CrossingClass& places,
                                    const CrossingClass* told = nullptr);

// "8 links ib0-7 -> box0/nic0-7, 50 GB/s each", one text for each pattern of ids, joined by "; ".
[[nodiscard]] std::string links_text(const Topology& topology, const std::vector<LinkId>& links);

// At most `most` of the texts joined by ", ", then "and 5 more".
[[nodiscard]] std::string first_of(const std::vector<std::string>& texts, std::size_t most);

}  // namespace pleach::cli
