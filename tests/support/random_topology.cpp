#include "tests/support/random_topology.hpp"

#include <algorithm>
#include <map>
#include <numeric>
#include <string>
#include <utility>
#include <vector>

namespace pleach::testing {
namespace {

int below(std::mt19937_64& random, int limit) {
  return static_cast<int>(random() % static_cast<std::uint64_t>(limit));
}

Rational random_rate(std::mt19937_64& random, int bits) {
  return Integer(static_cast<std::int64_t>(random() >> (64 - bits)) | 1);
}

using Rates = std::map<std::pair<int, int>, Rational>;

// A walk over `stops` and back to its start.
void add_cycle(Rates& rates, const std::vector<int>& stops, const Rational& rate) {
  for (std::size_t i = 0; i < stops.size(); ++i) {
    const int from = stops[i];
    const int to = stops[(i + 1) % stops.size()];
    if (from != to) rates[{from, to}] += rate;
  }
}

std::vector<int> some_nodes(std::mt19937_64& random, int num_nodes) {
  std::vector<int> nodes(num_nodes);
  std::iota(nodes.begin(), nodes.end(), 0);
  std::shuffle(nodes.begin(), nodes.end(), random);
  nodes.resize(2 + below(random, num_nodes - 1));
  return nodes;
}

Topology from_rates(const RandomMachine& shape, const Rates& rates) {
  Topology topology;
  topology.name = "random";
  for (int i = 0; i < shape.ranks + shape.switches; ++i) {
    const bool is_rank = i < shape.ranks;
    topology.nodes.push_back(
        {(is_rank ? "g" : "s") + std::to_string(i), is_rank ? NodeType::Gpu : NodeType::Switch});
    if (is_rank) topology.ranks.push_back(static_cast<NodeId>(i));
  }
  for (const auto& [ends, rate] : rates) {
    topology.links.push_back(
        {static_cast<NodeId>(ends.first), static_cast<NodeId>(ends.second), {rate}, {}});
  }
  return topology;
}

Rates balanced_rates(std::mt19937_64& random, const RandomMachine& shape) {
  const int num_nodes = shape.ranks + shape.switches;
  Rates rates;
  // A closed walk over all ranks, some hops through a switch, so that all can reach all.
  std::vector<int> tour;
  std::vector<int> ranks(shape.ranks);
  std::iota(ranks.begin(), ranks.end(), 0);
  std::shuffle(ranks.begin(), ranks.end(), random);
  for (const int rank : ranks) {
    tour.push_back(rank);
    if (shape.switches > 0 && below(random, 2) == 0) {
      tour.push_back(shape.ranks + below(random, shape.switches));
    }
  }
  add_cycle(rates, tour, random_rate(random, shape.rate_bits));
  for (int i = 0; i < shape.cycles; ++i) {
    add_cycle(rates, some_nodes(random, num_nodes), random_rate(random, shape.rate_bits));
  }
  for (int i = 0; i < shape.extra_links; ++i) {
    const int from = below(random, shape.ranks);
    const int to = below(random, shape.ranks);
    if (from != to) rates[{from, to}] += random_rate(random, shape.rate_bits);
  }
  return rates;
}

}  // namespace

Topology random_balanced(std::mt19937_64& random, const RandomMachine& shape) {
  return from_rates(shape, balanced_rates(random, shape));
}

Topology random_unbalanced(std::mt19937_64& random, const RandomMachine& shape) {
  Rates rates = balanced_rates(random, shape);
  const int num_nodes = shape.ranks + shape.switches;
  for (int i = 0; i < 3; ++i) {
    const int from = below(random, num_nodes);
    const int to = below(random, num_nodes);
    if (from != to) rates[{from, to}] += random_rate(random, shape.rate_bits);
  }
  return from_rates(shape, rates);
}

Topology random_faulty(std::mt19937_64& random, const RandomMachine& shape) {
  Rates rates;
  for (int plane = shape.ranks; plane < shape.ranks + shape.switches; ++plane) {
    const Rational port = random_rate(random, shape.rate_bits);
    for (int rank = 0; rank < shape.ranks; ++rank) {
      rates[{rank, plane}] = rates[{plane, rank}] = port;
    }
  }
  for (int faults = 1 + below(random, 3); faults > 0; --faults) {
    std::pair<int, int> ends = {below(random, shape.ranks),
                                shape.ranks + below(random, shape.switches)};
    if (below(random, 12) == 0) std::swap(ends.first, ends.second);
    rates[ends] *= Rational(1 + below(random, 7), 8);
  }
  return from_rates(shape, rates);
}

Topology random_symmetric(std::mt19937_64& random, const RandomMachine& shape) {
  const int num_nodes = shape.ranks + shape.switches;
  std::vector<int> nodes(num_nodes);
  std::iota(nodes.begin(), nodes.end(), 0);
  std::shuffle(nodes.begin(), nodes.end(), random);
  Rates rates;
  const auto add = [&](int from, int to) {
    const Rational rate = random_rate(random, shape.rate_bits);
    if (from != to) add_cycle(rates, {from, to}, rate);
  };
  for (int i = 1; i < num_nodes; ++i) add(nodes[i], nodes[below(random, i)]);
  for (int i = 0; i < shape.cycles; ++i) add(below(random, num_nodes), below(random, num_nodes));
  return from_rates(shape, rates);
}

Topology shuffled(const Topology& topology, std::mt19937_64& random) {
  std::vector<int> place(topology.num_nodes());
  std::iota(place.begin(), place.end(), 0);
  std::shuffle(place.begin(), place.end(), random);
  Topology result;
  result.name = topology.name;
  result.nodes.resize(topology.num_nodes());
  for (std::size_t i = 0; i < place.size(); ++i) result.nodes[place[i]] = topology.nodes[i];
  for (Link link : topology.links) {
    link.from = static_cast<NodeId>(place[index(link.from)]);
    link.to = static_cast<NodeId>(place[index(link.to)]);
    result.links.push_back(link);
  }
  std::shuffle(result.links.begin(), result.links.end(), random);
  for (std::size_t i = 0; i < result.nodes.size(); ++i) {
    if (result.nodes[i].type == NodeType::Gpu) result.ranks.push_back(static_cast<NodeId>(i));
  }
  return result;
}

}  // namespace pleach::testing
