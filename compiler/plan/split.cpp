#include "compiler/plan/split.hpp"

#include <algorithm>
#include <numeric>

#include "compiler/core/big_integer.hpp"
#include "compiler/core/check.hpp"

namespace pleach {

std::vector<std::uint64_t> split(std::uint64_t total, const std::vector<Rational>& shares) {
  if (shares.empty()) return {};
  Rational sum;
  for (const Rational& share : shares) {
    ENSURE(share.sign() > 0, "a share is above 0");
    sum += share;
  }
  const Rational whole = to_integer(BigInteger(total));
  std::vector<std::uint64_t> parts;
  std::vector<Rational> remainders;
  for (const Rational& share : shares) {
    const Rational due = whole * share / sum;
    const Integer part = due.floor();
    parts.push_back(static_cast<std::uint64_t>(to_big(part)));
    remainders.push_back(due - Rational(part));
  }
  const std::uint64_t left = total - std::accumulate(parts.begin(), parts.end(), std::uint64_t{0});
  std::vector<std::size_t> order(shares.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::stable_sort(order.begin(), order.end(),
                   [&](std::size_t a, std::size_t b) { return remainders[a] > remainders[b]; });
  ENSURE(left < parts.size(), "each share is short of its due by less than one element");
  for (std::size_t i = 0; i < left; ++i) ++parts[order[i]];
  return parts;
}

std::vector<std::uint64_t> split_evenly(std::uint64_t total, int parts) {
  const auto divisor = static_cast<std::uint64_t>(parts);
  std::vector<std::uint64_t> elements(divisor, total / divisor);
  for (std::uint64_t i = 0; i < total % divisor; ++i) ++elements[i];
  return elements;
}

}  // namespace pleach
