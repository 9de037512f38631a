#include "compiler/passes/even_split.hpp"

#include <map>
#include <numeric>
#include <random>

#include <doctest/doctest.h>

namespace pleach {
namespace {

std::vector<int> everyone_apart(int nodes) {
  std::vector<int> group(nodes);
  std::iota(group.begin(), group.end(), 0);
  return group;
}

TEST_CASE("equal ports of one switch meet each other equally and never themselves") {
  for (const int ports : {2, 3, 8, 72}) {
    CAPTURE(ports);
    std::vector<Port> in;
    for (int i = 0; i < ports; ++i) in.push_back({i, ports - 1});
    std::vector<Port> out = in;
    const auto pairs = even_split(in, out, everyone_apart(ports), 1);
    CHECK(pairs.size() == static_cast<std::size_t>(ports * (ports - 1)));
    for (const SplitPair& pair : pairs) {
      CHECK(pair.from != pair.to);
      CHECK(pair.amount == Integer(1));
    }
    for (const Port& port : in) CHECK(port.capacity == Integer(0));
    for (const Port& port : out) CHECK(port.capacity == Integer(0));
  }
}

TEST_CASE("a node between two others passes everything on") {
  std::vector<Port> in = {{0, 5}, {1, 5}};
  std::vector<Port> out = in;
  const auto pairs = even_split(in, out, everyone_apart(2), 1);
  REQUIRE(pairs.size() == 2);
  CHECK(pairs[0].from == 0);
  CHECK(pairs[0].to == 1);
  CHECK(pairs[0].amount == Integer(5));
}

TEST_CASE("coarse pieces are not below the grain but for the last") {
  std::vector<Port> in = {{0, 10}};
  std::vector<Port> out = {{1, 9}, {2, 9}, {3, 9}};
  const auto pairs = even_split(in, out, everyone_apart(4), 4);
  std::map<int, Integer> to;
  for (const SplitPair& pair : pairs) to[pair.to] += pair.amount;
  CHECK(to == std::map<int, Integer>{{1, 4}, {2, 4}, {3, 2}});
}

TEST_CASE("random ports: sums are kept, groups are respected, nothing that could be spread stays") {
  std::mt19937_64 random(5);
  for (int round = 0; round < 2000; ++round) {
    const int nodes = 2 + static_cast<int>(random() % 8);
    std::vector<int> group(nodes);
    for (int& g : group) g = static_cast<int>(random() % nodes);
    const Integer grain = 1 + static_cast<std::int64_t>(random() % 6);
    std::vector<Port> in;
    std::vector<Port> out;
    for (int node = 0; node < nodes; ++node) {
      if (random() % 4 != 0) in.push_back({node, static_cast<std::int64_t>(random() % 30)});
      if (random() % 4 != 0) out.push_back({node, static_cast<std::int64_t>(random() % 30)});
    }
    const auto before_in = in;
    const auto before_out = out;
    const auto pairs = even_split(in, out, group, grain);
    CAPTURE(round);
    std::map<int, Integer> from;
    std::map<int, Integer> to;
    for (const SplitPair& pair : pairs) {
      CHECK(pair.amount > Integer(0));
      CHECK(group[pair.from] != group[pair.to]);
      from[pair.from] += pair.amount;
      to[pair.to] += pair.amount;
    }
    for (std::size_t i = 0; i < in.size(); ++i) {
      CHECK(in[i].capacity >= Integer(0));
      CHECK(in[i].capacity + from[in[i].node] == before_in[i].capacity);
    }
    for (std::size_t i = 0; i < out.size(); ++i) {
      CHECK(out[i].capacity >= Integer(0));
      CHECK(out[i].capacity + to[out[i].node] == before_out[i].capacity);
    }
    for (const Port& a : in) {
      for (const Port& b : out) {
        const bool could_meet =
            group[a.node] != group[b.node] && a.capacity > Integer(0) && b.capacity > Integer(0);
        CHECK_FALSE(could_meet);
      }
    }
  }
}

}  // namespace
}  // namespace pleach
