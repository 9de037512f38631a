#include "compiler/cli/text.hpp"

#include <algorithm>
#include <array>
#include <cstdio>

namespace pleach::cli {
namespace {

Integer in_hundredths(const Rational& value) { return (value * 100 + Rational(1, 2)).floor(); }

std::string two_decimals(const Integer& hundredths) {
  std::array<char, 64> buffer{};
  std::snprintf(buffer.data(), buffer.size(), "%.2f", hundredths.to_double() / 100);
  return buffer.data();
}

std::string first_names(const Topology& topology, const std::vector<NodeId>& nodes) {
  constexpr std::size_t kMost = 4;
  std::string text;
  for (std::size_t i = 0; i < std::min(kMost, nodes.size()); ++i) {
    text += (i > 0 ? ", " : "") + topology.node(nodes[i]).id;
  }
  if (nodes.size() > kMost) text += " and " + counted(nodes.size() - kMost, "more node");
  return text;
}

}  // namespace

double to_hundredths(const Rational& value) { return in_hundredths(value).to_double() / 100; }

std::string two_decimals(const Rational& value) { return two_decimals(in_hundredths(value)); }

std::string rate_text(const Rational& gigabytes_per_second) {
  const std::string exact = gigabytes_per_second.to_string() + " GB/s";
  if (gigabytes_per_second.den() == Integer(1)) return exact;
  return exact + " (" + two_decimals(in_hundredths(gigabytes_per_second)) + ")";
}

std::string percent_text(const Rational& part, const Rational& whole) {
  if (part == whole) return "100 %";
  const Integer rounded = in_hundredths(part / whole * 100);
  const Integer just_below = 9'999;
  return two_decimals(part < whole ? std::min(rounded, just_below) : rounded) + " %";
}

nlohmann::ordered_json json_integer(const Integer& value) {
  if (value.fits_int64()) return value.int64();
  return value.to_string();
}

std::string counted(std::size_t count, const std::string& noun) {
  return counted(count, noun, noun + "s");
}

std::string counted(std::size_t count, const std::string& one, const std::string& several) {
  return std::to_string(count) + " " + (count == 1 ? one : several);
}

std::string node_set_text(const Topology& topology, const std::vector<NodeId>& nodes) {
  if (2 * nodes.size() <= topology.num_nodes()) return first_names(topology, nodes);
  std::vector<NodeId> others;
  for (std::size_t i = 0, next = 0; i < topology.num_nodes(); ++i) {
    if (next < nodes.size() && index(nodes[next]) == i) {
      ++next;
    } else {
      others.push_back(NodeId{static_cast<std::int32_t>(i)});
    }
  }
  return others.empty() ? "all nodes" : "all nodes but " + first_names(topology, others);
}

}  // namespace pleach::cli
