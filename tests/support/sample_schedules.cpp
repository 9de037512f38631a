#include "tests/support/sample_schedules.hpp"

#include <algorithm>
#include <numeric>
#include <utility>

namespace pleach::testing {
namespace {

// Parents before children, siblings from the parent's rank on.
std::vector<std::pair<int, int>> edges_from_root(const SampleTree& tree) {
  const int ranks = static_cast<int>(tree.parent.size());
  std::vector<std::pair<int, int>> edges;
  std::vector<int> joined = {tree.root};
  for (std::size_t i = 0; i < joined.size(); ++i) {
    for (int step = 1; step < ranks; ++step) {
      const int child = (joined[i] + step) % ranks;
      if (tree.parent[child] != joined[i]) continue;
      edges.emplace_back(joined[i], child);
      joined.push_back(child);
    }
  }
  return edges;
}

// The route from one rank to another is at this position: every ordered pair has one.
int route_position(int ranks, int from, int to) {
  return from * (ranks - 1) + (to > from ? to - 1 : to);
}

Topology one_switch(int ranks) {
  Topology topology;
  topology.name = "one-switch-" + std::to_string(ranks);
  topology.nodes.push_back({.id = "switch", .type = NodeType::Switch});
  for (int node = 1; node <= ranks; ++node) {
    topology.nodes.push_back({.id = "gpu" + std::to_string(node), .type = NodeType::Gpu});
    const Bandwidth bandwidth{Rational(1)};
    topology.links.push_back(
        {.from = NodeId{node}, .to = NodeId{0}, .bandwidth = bandwidth, .latency = {}});
    topology.links.push_back(
        {.from = NodeId{0}, .to = NodeId{node}, .bandwidth = bandwidth, .latency = {}});
  }
  for (int rank = 0; rank < ranks; ++rank) topology.ranks.push_back(NodeId{ranks - rank});
  return topology;
}

// Random shares above 0 that add up to `sum`.
std::vector<Rational> random_shares(Rational sum, int parts, std::mt19937_64& random) {
  std::vector<std::int64_t> weights;
  for (int i = 0; i < parts; ++i) weights.push_back(static_cast<std::int64_t>(1 + random() % 9));
  const std::int64_t total = std::accumulate(weights.begin(), weights.end(), std::int64_t{0});
  std::vector<Rational> shares;
  for (const std::int64_t weight : weights) shares.push_back(sum * Rational(weight, total));
  return shares;
}

std::vector<SampleTree> random_forest(const std::vector<Rational>& totals,
                                      std::mt19937_64& random) {
  const int ranks = static_cast<int>(totals.size());
  std::vector<SampleTree> trees;
  for (int root = 0; root < ranks; ++root) {
    if (totals[root].sign() == 0) continue;
    const int parts = static_cast<int>(1 + random() % 3);
    for (const Rational& share : random_shares(totals[root], parts, random)) {
      trees.push_back(random_tree(ranks, root, share, random));
    }
  }
  std::shuffle(trees.begin(), trees.end(), random);
  return trees;
}

std::vector<Rational> random_totals(Collective collective, int ranks, std::mt19937_64& random) {
  std::vector<Rational> totals(ranks);
  if (has_root(collective)) {
    totals[random() % totals.size()] = Rational(1);
  } else if (collective == Collective::AllReduce) {
    std::vector<int> roots(ranks);
    std::iota(roots.begin(), roots.end(), 0);
    std::shuffle(roots.begin(), roots.end(), random);
    roots.resize(1 + random() % roots.size());
    const auto shares = random_shares(Rational(1), static_cast<int>(roots.size()), random);
    for (std::size_t i = 0; i < roots.size(); ++i) totals[roots[i]] = shares[i];
  } else {
    std::fill(totals.begin(), totals.end(), Rational(1, ranks));
  }
  return totals;
}

}  // namespace

SampleTree chain(int ranks, int root, Rational share) {
  SampleTree tree{.root = root, .share = std::move(share), .parent = std::vector<int>(ranks, -1)};
  for (int i = 1; i < ranks; ++i) tree.parent[(root + i) % ranks] = (root + i - 1) % ranks;
  return tree;
}

SampleTree star(int ranks, int root, Rational share) {
  SampleTree tree{.root = root, .share = std::move(share), .parent = std::vector<int>(ranks, root)};
  tree.parent[root] = -1;
  return tree;
}

SampleTree binary(int ranks, int root, Rational share) {
  SampleTree tree{.root = root, .share = std::move(share), .parent = std::vector<int>(ranks, -1)};
  for (int i = 1; i < ranks; ++i) tree.parent[(root + i) % ranks] = (root + (i - 1) / 2) % ranks;
  return tree;
}

SampleTree random_tree(int ranks, int root, Rational share, std::mt19937_64& random) {
  SampleTree tree{.root = root, .share = std::move(share), .parent = std::vector<int>(ranks, -1)};
  std::vector<int> order(ranks);
  std::iota(order.begin(), order.end(), 0);
  std::shuffle(order.begin(), order.end(), random);
  std::swap(*order.begin(), *std::find(order.begin(), order.end(), root));
  const std::size_t window = 1 + random() % order.size();  // 1: a path; all: wide
  for (std::size_t i = 1; i < order.size(); ++i) {
    const std::size_t first = random() % 2 == 0 && i > window ? i - window : 0;
    tree.parent[order[i]] = order[first + random() % std::min(window, i - first)];
  }
  return tree;
}

Schedule make_schedule(Collective collective,
                       int ranks,
                       const std::vector<SampleTree>& reduce_trees,
                       const std::vector<SampleTree>& broadcast_trees) {
  Schedule schedule;
  schedule.collective = collective;
  schedule.topology = one_switch(ranks);
  for (int from = 0; from < ranks; ++from) {
    for (int to = 0; to < ranks; ++to) {
      if (from == to) continue;
      schedule.routes.push_back(
          {schedule.topology.ranks[from], NodeId{0}, schedule.topology.ranks[to]});
    }
  }
  if (collective != Collective::AllGather && collective != Collective::Broadcast) {
    for (const SampleTree& tree : reduce_trees) {
      ScheduleTree& listed = schedule.reduce_trees.emplace_back();
      listed.root = tree.root;
      listed.share = tree.share;
      for (const auto& [parent, child] : edges_from_root(tree)) {
        listed.routes.insert(listed.routes.begin(), route_position(ranks, child, parent));
      }
    }
  }
  if (collective != Collective::ReduceScatter && collective != Collective::Reduce) {
    for (const SampleTree& tree : broadcast_trees) {
      ScheduleTree& listed = schedule.broadcast_trees.emplace_back();
      listed.root = tree.root;
      listed.share = tree.share;
      for (const auto& [parent, child] : edges_from_root(tree)) {
        listed.routes.push_back(route_position(ranks, parent, child));
      }
    }
  }
  return schedule;
}

Schedule uniform_schedule(Collective collective, int ranks, TreeMaker make_tree, int root) {
  std::vector<SampleTree> trees;
  if (has_root(collective)) {
    trees.push_back(make_tree(ranks, root, Rational(1)));
  } else {
    for (int r = 0; r < ranks; ++r) trees.push_back(make_tree(ranks, r, Rational(1, ranks)));
  }
  return make_schedule(collective, ranks, trees, trees);
}

Schedule random_schedule(Collective collective, int ranks, std::mt19937_64& random) {
  const std::vector<Rational> totals = random_totals(collective, ranks, random);
  const std::vector<SampleTree> up = random_forest(totals, random);
  const std::vector<SampleTree> down = random_forest(totals, random);
  return make_schedule(collective, ranks, up, down);
}

Placement random_placement(int ranks, std::mt19937_64& random) {
  Placement placement;
  const int hosts = 1 + static_cast<int>(random() % 4);
  const int processes = 1 + static_cast<int>(random() % 4);  // on each host
  for (int rank = 0; rank < ranks; ++rank) {
    const int host = static_cast<int>(random() % hosts);
    placement.host.push_back(host);
    placement.process.push_back(host * processes + static_cast<int>(random() % processes));
  }
  return placement;
}

}  // namespace pleach::testing
