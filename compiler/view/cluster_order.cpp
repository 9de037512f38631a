#include "compiler/view/cluster_order.hpp"

#include <algorithm>
#include <map>
#include <numeric>
#include <utility>

namespace pleach::view {
namespace {

// How far apart the clusters of each switch are, summed up: what a good order keeps small.
long total_reach(const Clusters& clusters,
                 const std::vector<LinkPair>& pairs,
                 const std::vector<int>& order) {
  const auto& cluster_of = clusters.cluster_of;
  std::vector<int> place(order.size());
  for (std::size_t i = 0; i < order.size(); ++i) place[order[i]] = static_cast<int>(i);
  std::map<NodeId, std::pair<int, int>> reach;
  for (const LinkPair& pair : pairs) {
    for (const auto& [node, other] : {std::pair(pair.a, pair.b), std::pair(pair.b, pair.a)}) {
      const auto cluster = cluster_of[index(other)];
      if (cluster_of[index(node)] || !cluster) continue;
      const int at = place[*cluster];
      const auto entry = reach.emplace(node, std::pair(at, at)).first;
      entry->second = {std::min(entry->second.first, at), std::max(entry->second.second, at)};
    }
  }
  long total = 0;
  for (const auto& [node, ends] : reach) total += ends.second - ends.first;
  return total;
}

// One sweep of the barycentre method: switches go to the mean of their clusters, then clusters to
// the mean of their switches.
std::vector<int> swept(const Clusters& clusters,
                       const std::vector<LinkPair>& pairs,
                       const std::vector<int>& order) {
  const auto& cluster_of = clusters.cluster_of;
  std::vector<double> place(order.size());
  for (std::size_t i = 0; i < order.size(); ++i) place[order[i]] = static_cast<double>(i);
  struct Mean {
    double sum = 0;
    double count = 0;
  };
  std::map<NodeId, Mean> switches;
  std::vector<Mean> means(order.size());
  const auto visit = [&](const auto& act) {
    for (const LinkPair& pair : pairs) {
      for (const auto& [node, other] : {std::pair(pair.a, pair.b), std::pair(pair.b, pair.a)}) {
        const auto cluster = cluster_of[index(other)];
        if (!cluster_of[index(node)] && cluster) act(switches[node], *cluster);
      }
    }
  };
  visit([&](Mean& mean, int cluster) {
    mean.sum += place[cluster];
    ++mean.count;
  });
  visit([&](const Mean& mean, int cluster) {
    means[cluster].sum += mean.sum / mean.count;
    ++means[cluster].count;
  });
  std::vector<int> result = order;
  std::ranges::stable_sort(result, {}, [&](int cluster) {
    const Mean& mean = means[cluster];
    return mean.count == 0 ? place[cluster] : mean.sum / mean.count;
  });
  return result;
}

}  // namespace

std::vector<int> order_clusters(const Clusters& clusters, const std::vector<LinkPair>& pairs) {
  std::vector<int> order(clusters.list.size());
  std::iota(order.begin(), order.end(), 0);
  std::vector<int> best = order;
  constexpr int kSweeps = 4;
  for (int sweep = 0; sweep < kSweeps; ++sweep) {
    order = swept(clusters, pairs, order);
    if (4 * total_reach(clusters, pairs, order) < 3 * total_reach(clusters, pairs, best))
      best = order;
  }
  return best;
}

}  // namespace pleach::view
