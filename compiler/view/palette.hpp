// The colours of the pictures: told apart by colour-blind readers, on white paper and in grey.
#pragma once

#include <string>

#include "compiler/core/rational.hpp"

namespace pleach::view {

inline constexpr const char* kText = "#1f2933";
inline constexpr const char* kQuietText = "#52606d";
inline constexpr const char* kGpuFill = "#e4efe1";
inline constexpr const char* kGpuStroke = "#4f7f47";
inline constexpr const char* kBarFill = "#eceff3";
inline constexpr const char* kBarStroke = "#98a2ae";
inline constexpr const char* kBoxFill = "#f8f9fb";
inline constexpr const char* kBoxStroke = "#c3cad3";
inline constexpr const char* kCutStroke = "#111111";
inline constexpr const char* kIdleLink = "#c5cbd2";
inline constexpr const char* kPlainLink = "#6b7785";  // where loads are not known
inline constexpr const char* kFullLink = "#d55e00";   // vermilion, of Okabe and Ito's palette

// Of a link in use: pale to dark blue from 0 to 1, kFullLink for exactly 1, kIdleLink for 0.
[[nodiscard]] std::string load_colour(const Rational& used);
// The blue of a fraction below 1, for the legend.
[[nodiscard]] std::string blue_at(double fraction);
// Of a tree's edge: dark to pale purple from depth 1 to `height`.
[[nodiscard]] std::string depth_colour(int depth, int height);

}  // namespace pleach::view
