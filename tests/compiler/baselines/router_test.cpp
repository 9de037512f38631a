#include "compiler/baselines/router.hpp"

#include <algorithm>
#include <optional>
#include <random>
#include <tuple>

#include <doctest/doctest.h>

#include "tests/support/machines.hpp"
#include "tests/support/random_topology.hpp"

namespace pleach::baselines {
namespace {

// What routes are ranked by: other ranks, links, then the narrowest link (wider is better).
using Grade = std::tuple<int, int, Rational>;

Grade grade_of(const Topology& topology, const std::vector<LinkId>& links) {
  const auto rank_of = rank_of_node(topology);
  int others = 0;
  Rational narrowest = topology.links[index(links.front())].bandwidth.gigabytes_per_second;
  for (std::size_t i = 0; i < links.size(); ++i) {
    const Link& link = topology.links[index(links[i])];
    narrowest = std::min(narrowest, link.bandwidth.gigabytes_per_second);
    if (i > 0 && rank_of[index(link.from)]) ++others;
  }
  return {others, static_cast<int>(links.size()), Rational(0) - narrowest};
}

// The best grade of all simple paths.
class EveryPath {
 public:
  EveryPath(const Topology& topology, NodeId from, NodeId to)
      : topology_(topology), to_(to), visited_(topology.num_nodes()) {
    walk(from);
  }
  Grade best() const { return best_.value(); }

 private:
  void walk(NodeId node) {
    if (node == to_) {
      const Grade grade = grade_of(topology_, path_);
      if (!best_ || grade < *best_) best_ = grade;
      return;
    }
    visited_[index(node)] = true;
    for (std::size_t i = 0; i < topology_.links.size(); ++i) {
      if (topology_.links[i].from != node || visited_[index(topology_.links[i].to)]) continue;
      path_.push_back(static_cast<LinkId>(i));
      walk(topology_.links[i].to);
      path_.pop_back();
    }
    visited_[index(node)] = false;
  }

  const Topology& topology_;
  NodeId to_;
  std::vector<bool> visited_;
  std::vector<LinkId> path_;
  std::optional<Grade> best_;
};

TEST_CASE("a route is one of the best of all simple paths") {
  std::mt19937_64 random(11);
  for (int trial = 0; trial < 60; ++trial) {
    const Topology topology = testing::random_unbalanced(
        random, {.ranks = 4, .switches = 3, .cycles = 4, .extra_links = 2, .rate_bits = 3});
    Router router(topology);
    for (int from = 0; from < 4; ++from) {
      for (int to = 0; to < 4; ++to) {
        if (from == to) continue;
        const std::vector<LinkId> links = router.route(from, to, 1);
        REQUIRE(!links.empty());
        CHECK(topology.links[index(links.front())].from == topology.ranks[from]);
        CHECK(topology.links[index(links.back())].to == topology.ranks[to]);
        for (std::size_t i = 1; i < links.size(); ++i) {
          CHECK(topology.links[index(links[i - 1])].to == topology.links[index(links[i])].from);
        }
        const Grade grade = grade_of(topology, links);
        CHECK(grade == EveryPath(topology, topology.ranks[from], topology.ranks[to]).best());
        CHECK(router.is_direct(from, to) == (std::get<0>(grade) == 0));
      }
    }
  }
}

TEST_CASE("equal routes are used in turn, by weight, and anew after forget_use") {
  const Topology topology = testing::machine("fat-tree-16-over2");
  Router router(topology);
  // gpu0 and gpu4 stand under different leaves; two spines join these.
  const auto spine = [&](std::int64_t weight) {
    const auto links = router.route(0, 4, weight);
    REQUIRE(links.size() == 4);
    return topology.links[index(links[1])].to;
  };
  const NodeId first = spine(3);
  const NodeId second = spine(1);
  CHECK(first != second);
  CHECK(spine(1) == second);
  CHECK(spine(1) == second);
  router.forget_use();
  CHECK(spine(1) == first);
}

TEST_CASE("nearest ranks come by distance, then rank") {
  const Topology topology = testing::machine("ring-5");
  Router router(topology);
  std::vector<int> ranks;
  for (const Router::Near& near : router.nearest(0)) ranks.push_back(near.rank);
  CHECK(ranks == std::vector{1, 4, 2, 3});
}

}  // namespace
}  // namespace pleach::baselines
