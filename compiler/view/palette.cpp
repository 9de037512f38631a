#include "compiler/view/palette.hpp"

#include <array>
#include <cmath>
#include <cstdint>

namespace pleach::view {
namespace {

using Colour = std::array<int, 3>;

std::string mixed(const Colour& from, const Colour& to, double fraction) {
  constexpr const char* kDigits = "0123456789abcdef";
  std::string text = "#";
  for (std::size_t i = 0; i < from.size(); ++i) {
    const int value = static_cast<int>(std::lround(from[i] + fraction * (to[i] - from[i])));
    text += kDigits[value / 16];
    text += kDigits[value % 16];
  }
  return text;
}

}  // namespace

std::string blue_at(double fraction) {
  return mixed({0xb7, 0xd3, 0xee}, {0x08, 0x2f, 0x6b}, fraction);
}

std::string load_colour(const Rational& used) {
  if (used.sign() == 0) return kIdleLink;
  if (used >= Rational(1)) return kFullLink;
  // In steps of a hundredth: equal loads look equal, and so do nearly equal ones.
  const Integer hundredths = (used * 100).floor();
  return blue_at(static_cast<double>(hundredths.int64()) / 100);
}

std::string depth_colour(int depth, int height) {
  const double fraction = height <= 1 ? 0 : static_cast<double>(depth - 1) / (height - 1);
  return mixed({0x4a, 0x14, 0x86}, {0xc9, 0x7b, 0xd0}, fraction);
}

}  // namespace pleach::view
