#include "compiler/exporters/price_rings.hpp"

#include <algorithm>
#include <numeric>

#include "compiler/core/check.hpp"
#include "compiler/lp/linear_program_solver.hpp"

namespace pleach::exporters {
namespace {

constexpr int kNoLink = -1;

// The links of every ring, as positions in Topology::links.
std::vector<std::vector<int>> rings_of(const Topology& topology) {
  const std::size_t count = topology.num_ranks();
  std::vector<std::vector<int>> link_of(count, std::vector<int>(count, kNoLink));
  const auto rank_of = rank_of_node(topology);
  for (std::size_t i = 0; i < topology.links.size(); ++i) {
    const Link& link = topology.links[i];
    const auto from = static_cast<std::size_t>(*rank_of[index(link.from)]);
    link_of[from][static_cast<std::size_t>(*rank_of[index(link.to)])] = static_cast<int>(i);
  }
  std::vector<std::vector<int>> rings;
  std::vector<std::size_t> order(count);
  std::iota(order.begin(), order.end(), 0);
  do {
    std::vector<int> links;
    for (std::size_t i = 0; i < count; ++i) {
      links.push_back(link_of[order[i]][order[(i + 1) % count]]);
    }
    if (std::ranges::find(links, kNoLink) == links.end()) rings.push_back(std::move(links));
  } while (std::next_permutation(order.begin() + 1, order.end()));
  return rings;
}

}  // namespace

bool can_price_rings(const Topology& topology) {
  return topology.num_ranks() == topology.num_nodes() && topology.num_ranks() <= kMostPricedGpus;
}

RingPrices price_rings(const Topology& topology) {
  ENSURE(can_price_rings(topology), "a machine whose rings are not all tried");
  const std::vector<std::vector<int>> rings = rings_of(topology);
  ENSURE(!rings.empty(), "no ring to price");
  // First what flows over each link, then what flows round each ring.
  std::vector<LpColumn> columns;
  Rational all;  // more than any ring carries
  for (const Link& link : topology.links) {
    const Rational& rate = link.bandwidth.gigabytes_per_second;
    columns.push_back({.lower = 0, .upper = rate, .objective = 0});
    all += rate;
  }
  columns.resize(columns.size() + rings.size(), {.lower = 0, .upper = all, .objective = 1});
  LinearProgramSolver solver(columns);
  std::vector<LpRow> rows(topology.links.size());
  for (std::size_t i = 0; i < rows.size(); ++i) rows[i].terms.emplace_back(static_cast<int>(i), 1);
  for (std::size_t r = 0; r < rings.size(); ++r) {
    const auto column = static_cast<int>(topology.links.size() + r);
    for (const int link : rings[r])
      rows[static_cast<std::size_t>(link)].terms.emplace_back(column, -1);
  }
  for (const LpRow& row : rows) solver.add_row(row);
  const LpSolution solution = solver.solve();
  RingPrices prices{.rate = solution.objective, .price = {}};
  for (const Rational& price : solution.price) prices.price.push_back(price * -1);
  return prices;
}

}  // namespace pleach::exporters
