// "Did you mean": the known name closest to one that is not known.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace pleach {

// The candidate with the fewest edits (insert, delete, replace a byte, swap two neighbours; letter
// case is free) from `name`, the first of equals. Nothing when none is near: within a third of the
// longer name's length, or one edit in names of two or three letters.
// Cost: for each candidate of similar length, the product of the two lengths.
[[nodiscard]] std::optional<std::string> closest_name(std::string_view name,
                                                      std::span<const std::string_view> candidates);

// `did you mean "bandwidth"?`, or "" when nothing is near: ready to be a Diagnostic's fix.
[[nodiscard]] std::string did_you_mean(std::string_view name,
                                       std::span<const std::string_view> candidates);

}  // namespace pleach
