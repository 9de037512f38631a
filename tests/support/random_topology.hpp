// Seeded random machines for property tests.
#pragma once

#include <cstdint>
#include <random>

#include "compiler/topology/topology.hpp"

namespace pleach::testing {

struct RandomMachine {
  int ranks = 4;
  int switches = 2;
  int cycles = 6;       // each adds one rate to all links of a random closed walk: keeps balance
  int extra_links = 4;  // between compute nodes, one way: compute nodes need no balance
  int rate_bits = 4;    // rates are odd-ish whole numbers of GB/s below 2^rate_bits
};

// Every rank can reach every other; every switch has as much in as out.
[[nodiscard]] Topology random_balanced(std::mt19937_64& random, const RandomMachine& shape);

// The same with one-way links anywhere: switches need not be balanced.
[[nodiscard]] Topology random_unbalanced(std::mt19937_64& random, const RandomMachine& shape);

// Every rank on every switch, all alike; then up to three faults, each one direction of one cable
// at a lower rate, mostly on the way into a switch. The kind of machine on which balance at the
// switches costs more than any cut. Needs: at least one switch.
[[nodiscard]] Topology random_faulty(std::mt19937_64& random, const RandomMachine& shape);

// A tree over all nodes and `cycles` more links between any two, each as fast both ways.
[[nodiscard]] Topology random_symmetric(std::mt19937_64& random, const RandomMachine& shape);

// The same machine with nodes and links declared in another order.
[[nodiscard]] Topology shuffled(const Topology& topology, std::mt19937_64& random);

}  // namespace pleach::testing
