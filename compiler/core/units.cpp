#include "compiler/core/units.hpp"

#include <array>
#include <utility>

namespace pleach {
namespace {

std::string_view trim(std::string_view text) {
  const auto first = text.find_first_not_of(" \t");
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(" \t") - first + 1);
}

struct Quantity {
  Rational number;
  std::string_view unit;
};

// Splits "12.5 GB/s" into its number and unit; the number is an unsigned decimal.
std::optional<Quantity> split_quantity(std::string_view text) {
  text = trim(text);
  const auto end = text.find_first_not_of("0123456789.");
  if (end == std::string_view::npos || end == 0) return std::nullopt;
  const auto number = Rational::parse(text.substr(0, end));
  if (!number) return std::nullopt;
  return Quantity{*number, trim(text.substr(end))};
}

std::string decimal_or_fraction(const Rational& value) {
  return value.to_decimal().value_or(value.to_string());
}

}  // namespace

std::optional<Bandwidth> parse_bandwidth(std::string_view text) {
  const auto quantity = split_quantity(text);
  if (!quantity) return std::nullopt;
  std::string_view unit = quantity->unit;
  if (!unit.ends_with("/s") && !unit.ends_with("ps")) return std::nullopt;
  unit.remove_suffix(2);
  if (!unit.ends_with('b') && !unit.ends_with('B')) return std::nullopt;
  Rational scale = unit.ends_with('b') ? Rational(1, 8) : Rational(1);
  unit.remove_suffix(1);
  if (!unit.empty()) {
    const auto power = std::string_view("kMGT").find(unit.front());
    if (power == std::string_view::npos || (unit.size() > 1 && unit.substr(1) != "i")) {
      return std::nullopt;
    }
    const std::int64_t base = unit.size() > 1 ? 1024 : 1000;
    for (std::size_t i = 0; i <= power; ++i) scale *= base;
  }
  return Bandwidth{quantity->number * scale / 1'000'000'000};
}

std::optional<Latency> parse_latency(std::string_view text) {
  const auto quantity = split_quantity(text);
  if (!quantity) return std::nullopt;
  constexpr std::array<std::pair<std::string_view, std::int64_t>, 3> kNanoseconds = {
      {{"ns", 1}, {"us", 1'000}, {"ms", 1'000'000}}};
  for (const auto& [unit, nanoseconds] : kNanoseconds) {
    if (quantity->unit == unit) return Latency{quantity->number * nanoseconds / 1'000};
  }
  return std::nullopt;
}

std::string to_string(const Bandwidth& bandwidth) {
  return decimal_or_fraction(bandwidth.gigabytes_per_second) + " GB/s";
}

std::string to_string(const Latency& latency) {
  return decimal_or_fraction(latency.microseconds) + " us";
}

}  // namespace pleach
