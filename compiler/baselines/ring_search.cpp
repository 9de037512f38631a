#include "compiler/baselines/ring_search.hpp"

#include <algorithm>
#include <limits>
#include <numeric>
#include <optional>
#include <random>
#include <utility>

#include "compiler/baselines/tour.hpp"

namespace pleach::baselines {
namespace {

constexpr std::size_t kMostRings = 32;
constexpr std::size_t kMostInVain = 20;     // rings one after the other that make nothing faster
constexpr std::size_t kMostSearched = 256;  // ranks
constexpr std::size_t kMostTried = 8;       // ranks

// Small machines are searched well, large ones quickly.
int search_rounds(std::size_t places) { return static_cast<int>(4096 / places); }
std::uint64_t attempts(std::size_t ranks) { return ranks <= 16 ? 32 : ranks <= 64 ? 16 : 2; }

// How good a ring is beside the ones before it: the slowest link first, then all of them.
struct Quality {
  std::int64_t slowest = std::numeric_limits<std::int64_t>::max();
  std::int64_t sum = 0;
  auto operator<=>(const Quality&) const = default;
};

class RingSearch {
 public:
  RingSearch(const Topology& topology,
             Router& router,
             const std::vector<std::vector<int>>& boxes,
             std::uint64_t seed)
      : topology_(topology),
        router_(router),
        boxes_(boxes),
        seed_(seed),
        random_(seed),
        loads_(topology.links.size()) {
    router_.forget_use();
    if (topology.num_ranks() <= kMostSearched) {
      routes_.resize(topology.num_ranks() * topology.num_ranks());
    }
  }

  // Finds a ring beside the ones before it and adds it.
  std::vector<int> next_ring(const std::vector<std::vector<int>>& before) {
    std::vector<std::vector<int>> candidates;
    if (topology_.num_ranks() <= kMostTried) {
      candidates.push_back(best_of_all());
    } else if (boxes_.size() > 1) {
      candidates.push_back(through_boxes());
    } else {
      candidates.push_back(through_all());
    }
    for (const auto& ring : before) candidates.emplace_back(ring.rbegin(), ring.rend());
    const auto best = std::min_element(
        candidates.begin(), candidates.end(),
        [&](const auto& a, const auto& b) { return quality_of(a) < quality_of(b); });
    std::vector<int> ring = *best;
    add(ring);
    return ring;
  }

  // GB/s that flow through so many rings together, all added so far, at equal shares.
  [[nodiscard]] Rational rate(std::size_t rings) const {
    std::optional<Rational> least;
    for (std::size_t i = 0; i < loads_.size(); ++i) {
      if (loads_[i] == 0) continue;
      Rational rate = topology_.links[i].bandwidth.gigabytes_per_second *
                      Rational(static_cast<std::int64_t>(rings), loads_[i]);
      if (!least || rate < *least) least = std::move(rate);
    }
    return *least;
  }

 private:
  // Counts the links of a ring, where it spreads over equal routes as the baselines do.
  void add(const std::vector<int>& ring) {
    for (std::size_t i = 0; i < ring.size(); ++i) {
      for (const LinkId link : router_.route(ring[i], ring[(i + 1) % ring.size()], 1)) {
        ++loads_[index(link)];
      }
    }
  }

  const std::vector<LinkId>& route(int from, int to) {
    auto& links = routes_.empty() ? scratch_
                                  : routes_[static_cast<std::size_t>(from) * topology_.num_ranks() +
                                            static_cast<std::size_t>(to)];
    if (routes_.empty() || links.empty()) links = router_.route(from, to, 0);
    return links;
  }

  template <class Visit>
  void for_each_link(const std::vector<int>& ring, const Visit& visit) {
    for (std::size_t i = 0; i < ring.size(); ++i) {
      for (const LinkId link : route(ring[i], ring[(i + 1) % ring.size()])) visit(link);
    }
  }

  // What one more ring would make of a link: fourth powers let one slow link outweigh many that are
  // not; 11 bits each leave room for the sum over 2^16 links.
  [[nodiscard]] std::int64_t link_cost(LinkId link) const {
    constexpr std::int64_t kMost = 2047;
    const std::int64_t time = std::max<std::int64_t>(1, router_.link_time(link) / 256);
    const std::int64_t loaded = std::min(kMost, (loads_[index(link)] + 1) * time);
    return loaded * loaded * loaded * loaded;
  }

  std::int64_t cost(int from, int to) {
    std::int64_t sum = 0;
    for (const LinkId link : route(from, to)) sum += link_cost(link);
    return sum;
  }

  Quality quality_of(const std::vector<int>& ring) {
    Quality quality{.slowest = 0, .sum = 0};
    for_each_link(ring, [&](LinkId link) { ++loads_[index(link)]; });
    for_each_link(ring, [&](LinkId link) {
      const std::int64_t time = loads_[index(link)] * router_.link_time(link);
      quality.slowest = std::max(quality.slowest, time);
      quality.sum += time;
    });
    for_each_link(ring, [&](LinkId link) { --loads_[index(link)]; });
    return quality;
  }

  // On a tie the first, or, in later attempts, any of the best.
  std::vector<int> best_of_all() {
    std::vector<int> ring(topology_.num_ranks());
    std::iota(ring.begin(), ring.end(), 0);
    std::vector<int> best = ring;
    Quality least = quality_of(ring);
    std::uint64_t equals = 1;
    while (std::next_permutation(ring.begin() + 1, ring.end())) {
      const Quality quality = quality_of(ring);
      if (quality > least) continue;
      equals = quality == least ? equals + 1 : 1;
      if (equals > 1 && (seed_ == 0 || random_() % equals != 0)) continue;
      least = quality;
      best = ring;
    }
    return best;
  }

  // From one rank always to the nearest that is left; of those the one over the least used
  // links.
  std::vector<int> nearest_neighbours() {
    std::vector<int> way{static_cast<int>(seed_ % topology_.num_ranks())};
    std::vector<bool> taken(topology_.num_ranks());
    taken[static_cast<std::size_t>(way.front())] = true;
    while (way.size() < topology_.num_ranks()) {
      const int here = way.back();
      int best = -1;
      std::int64_t distance = 0;
      std::int64_t least = 0;
      for (const Router::Near& near : router_.nearest(here)) {
        if (taken[static_cast<std::size_t>(near.rank)]) continue;
        if (best >= 0 && near.distance != distance) break;
        const std::int64_t found = cost(here, near.rank);
        if (best >= 0 && found >= least) continue;
        best = near.rank;
        distance = near.distance;
        least = found;
      }
      taken[static_cast<std::size_t>(best)] = true;
      way.push_back(best);
    }
    return way;
  }

  // Local search on a table of the costs as they are now.
  void search(std::vector<int>& way) {
    std::vector<int> places = way;
    std::sort(places.begin(), places.end());
    places.erase(std::unique(places.begin(), places.end()), places.end());
    const std::size_t count = places.size();
    StepCosts costs{.places = count, .by_ends = std::vector<std::int64_t>(count * count)};
    for (std::size_t i = 0; i < count; ++i) {
      for (std::size_t j = 0; j < count; ++j) {
        if (i != j) costs.by_ends[i * count + j] = cost(places[i], places[j]);
      }
    }
    for (int& rank : way) {
      rank =
          static_cast<int>(std::lower_bound(places.begin(), places.end(), rank) - places.begin());
    }
    search_way(way, costs, search_rounds(count), random_());
    for (int& rank : way) rank = places[static_cast<std::size_t>(rank)];
  }

  std::vector<int> through_all() {
    std::vector<int> way = nearest_neighbours();
    if (way.size() > kMostSearched) return way;
    way.push_back(way.front());
    search(way);
    way.pop_back();
    return way;
  }

  // From the first box always to the one whose first rank is nearest.
  std::vector<std::size_t> order_of_boxes() {
    std::vector<int> box_of(topology_.num_ranks(), -1);
    for (std::size_t b = 0; b < boxes_.size(); ++b) {
      box_of[static_cast<std::size_t>(boxes_[b].front())] = static_cast<int>(b);
    }
    std::vector<std::size_t> order{0};
    box_of[static_cast<std::size_t>(boxes_.front().front())] = -1;
    while (order.size() < boxes_.size()) {
      for (const Router::Near& near : router_.nearest(boxes_[order.back()].front())) {
        int& box = box_of[static_cast<std::size_t>(near.rank)];
        if (box < 0) continue;
        order.push_back(static_cast<std::size_t>(box));
        box = -1;
        break;
      }
    }
    return order;
  }

  std::vector<int> through_boxes() {
    if (box_order_.empty()) box_order_ = order_of_boxes();
    const std::size_t count = box_order_.size();
    const auto box = [&](std::size_t i) -> const std::vector<int>& {
      return boxes_[box_order_[i % count]];
    };
    // The ranks that the ring enters and leaves each box by, one boundary after the other; the way
    // in at the first box is the last to be known.
    std::vector<int> entry(count, -1);
    std::vector<int> exit(count, -1);
    for (std::size_t i = 0; i < count; ++i) {
      const std::size_t next = (i + 1) % count;
      std::int64_t least = std::numeric_limits<std::int64_t>::max();
      for (const int from : box(i)) {
        if (from == entry[i] && box(i).size() > 1) continue;
        for (const int to : box(next)) {
          if (to == exit[next] && box(next).size() > 1) continue;
          const std::int64_t found = cost(from, to);
          if (found >= least) continue;
          least = found;
          exit[i] = from;
          entry[next] = to;
        }
      }
      for (const LinkId link : route(exit[i], entry[next])) ++loads_[index(link)];
    }
    std::vector<int> ring;
    for (std::size_t i = 0; i < count; ++i) {
      std::vector<int> way{entry[i]};
      for (const int rank : box(i)) {
        if (rank != entry[i] && rank != exit[i]) way.push_back(rank);
      }
      if (exit[i] != entry[i]) way.push_back(exit[i]);
      if (way.size() > 3) search(way);
      ring.insert(ring.end(), way.begin(), way.end());
    }
    for (std::size_t i = 0; i < count; ++i) {
      for (const LinkId link : route(exit[i], entry[(i + 1) % count])) --loads_[index(link)];
    }
    return ring;
  }

  const Topology& topology_;
  Router& router_;
  const std::vector<std::vector<int>>& boxes_;
  std::uint64_t seed_;
  std::mt19937_64 random_;
  std::vector<std::int64_t> loads_;          // by link: rings that cross it
  std::vector<std::vector<LinkId>> routes_;  // by from * ranks + to; empty above kMostSearched
  std::vector<LinkId> scratch_;
  std::vector<std::size_t> box_order_;
};

}  // namespace

Rings find_rings(const Topology& topology,
                 Router& router,
                 const std::vector<std::vector<int>>& boxes,
                 const Rational& enough) {
  Rings best;
  Rational best_rate;
  Rational best_single_rate;
  for (std::uint64_t seed = 0; seed < attempts(topology.num_ranks()); ++seed) {
    RingSearch search(topology, router, boxes, seed);
    std::vector<std::vector<int>> rings;
    std::size_t in_vain = 0;
    while (rings.size() < kMostRings && in_vain < kMostInVain && best_rate < enough) {
      rings.push_back(search.next_ring(rings));
      const Rational rate = search.rate(rings.size());
      if (rings.size() == 1 && rate > best_single_rate) {
        best_single_rate = rate;
        best.best = rings.front();
      }
      ++in_vain;
      if (rate < best_rate || (rate == best_rate && rings.size() >= best.channels.size())) continue;
      best_rate = rate;
      best.channels = rings;
      in_vain = 0;
    }
  }
  return best;
}

BoxOrder box_order(const std::vector<std::vector<int>>& boxes, const std::vector<int>& ring) {
  std::vector<std::size_t> box_of(ring.size());
  std::vector<std::size_t> place_of(ring.size());
  for (std::size_t b = 0; b < boxes.size(); ++b) {
    for (std::size_t i = 0; i < boxes[b].size(); ++i) {
      box_of[static_cast<std::size_t>(boxes[b][i])] = b;
      place_of[static_cast<std::size_t>(boxes[b][i])] = i;
    }
  }
  BoxOrder order;
  std::vector<bool> passed(boxes.size());
  for (const int rank : ring) {
    const std::size_t box = box_of[static_cast<std::size_t>(rank)];
    if (box == 0) order.places.push_back(place_of[static_cast<std::size_t>(rank)]);
    if (passed[box]) continue;
    passed[box] = true;
    order.boxes.push_back(box);
  }
  return order;
}

}  // namespace pleach::baselines
