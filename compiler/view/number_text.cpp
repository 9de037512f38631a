#include "compiler/view/number_text.hpp"

#include <cstdint>

namespace pleach::view {
namespace {

// value * 10^decimals, rounded, with a point and no trailing zeros.
std::string decimal_text(const Integer& scaled, std::size_t decimals) {
  std::string digits = scaled.to_string();
  if (digits.size() <= decimals) digits.insert(0, decimals + 1 - digits.size(), '0');
  std::string fraction = digits.substr(digits.size() - decimals);
  digits.resize(digits.size() - decimals);
  while (!fraction.empty() && fraction.back() == '0') fraction.pop_back();
  return fraction.empty() ? digits : digits + "." + fraction;
}

}  // namespace

std::string rounded_text(const Rational& value) {
  return decimal_text((value * 100 + Rational(Integer(1), Integer(2))).floor(), 2);
}

std::string rate_text(const Rational& gigabytes_per_second) {
  std::string text = rounded_text(gigabytes_per_second) + " GB/s";
  if ((gigabytes_per_second * 100).den() == Integer(1)) return text;
  return text + " (" + gigabytes_per_second.to_string() + ")";
}

std::string percent_text(const Rational& part) {
  if (part.sign() == 0) return "0 %";
  Integer tenths = (part * 1000 + Rational(Integer(1), Integer(2))).floor();
  if (tenths == Integer(0)) return "under 0.1 %";
  if (part < Rational(1) && tenths == Integer(1000)) tenths = Integer(999);
  return decimal_text(tenths, 1) + " %";
}

}  // namespace pleach::view
