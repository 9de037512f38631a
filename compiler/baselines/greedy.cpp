// Time-stepped matching of pieces to idle ways.
#include <algorithm>
#include <bit>
#include <functional>
#include <optional>
#include <queue>
#include <tuple>

#include "compiler/baselines/algorithms.hpp"

namespace pleach::baselines {
namespace {

constexpr int kMostRanks = 256;
// Times of whole runs must fit 64 bits.
constexpr std::int64_t kMostTime = std::int64_t{1} << 40;

// What each link takes for one piece, as whole numbers; `unit` of them are 1 / (1 GB/s).
struct LinkTimes {
  std::vector<std::int64_t> of;
  Integer unit = 1;
};

std::optional<LinkTimes> link_times(const Topology& topology) {
  LinkTimes times;
  for (const Link& link : topology.links) {
    const Integer& num = link.bandwidth.gigabytes_per_second.num();
    times.unit = times.unit / gcd(times.unit, num) * num;
  }
  for (const Link& link : topology.links) {
    const Integer time = (Rational(times.unit) / link.bandwidth.gigabytes_per_second).num();
    if (time > Integer(kMostTime)) return std::nullopt;
    times.of.push_back(time.int64());
  }
  return times;
}

// A set of pieces.
using Pieces = std::vector<std::uint64_t>;

void put(Pieces& pieces, int piece) { pieces[piece / 64] |= std::uint64_t{1} << (piece % 64); }
void remove(Pieces& pieces, int piece) {
  pieces[piece / 64] &= ~(std::uint64_t{1} << (piece % 64));
}

struct Way {
  int from = 0;
  std::vector<LinkId> links;
  std::int64_t duration = 0;  // that of its slowest link
};

struct Arrival {
  std::int64_t time = 0;
  int rank = 0;  // -1: a link falls idle, nothing arrives
  int piece = 0;
  auto operator<=>(const Arrival&) const = default;
};

class Matching {
 public:
  Matching(const Direction& direction, const LinkTimes& times)
      : ranks_(direction.num_ranks()),
        times_(times.of),
        ways_(ranks_),
        busy_until_(direction.topology.links.size()),
        has_(ranks_, Pieces((ranks_ + 63) / 64)),
        lacks_(ranks_, Pieces((ranks_ + 63) / 64)),
        holders_(ranks_, 1),
        trees_(ranks_) {
    direction.router.forget_use();
    for (int from = 0; from < ranks_; ++from) {
      put(has_[from], from);
      for (int i = 1; i < ranks_; ++i) {
        const int to = (from + i) % ranks_;
        put(lacks_[to], from);
        if (!direction.router.is_direct(from, to)) continue;
        Way way{.from = from, .links = direction.router.route(from, to, 1), .duration = 0};
        for (const LinkId link : way.links) way.duration = std::max(way.duration, time_of(link));
        ways_[to].push_back(std::move(way));
      }
    }
    for (auto& ways : ways_) {
      std::sort(ways.begin(), ways.end(), [](const Way& a, const Way& b) {
        return std::tie(a.duration, a.from) < std::tie(b.duration, b.from);
      });
    }
  }

  // Returns when the last piece has arrived.
  std::int64_t run() {
    int first = 0;
    for (;;) {
      // Whoever starts changes from time to time, so that nobody is always first.
      while (start_some(first)) continue;
      first = (first + 1) % ranks_;
      if (arrivals_.empty()) return now_;
      now_ = arrivals_.top().time;
      for (; !arrivals_.empty() && arrivals_.top().time == now_; arrivals_.pop()) {
        const Arrival& arrival = arrivals_.top();
        if (arrival.rank >= 0) put(has_[arrival.rank], arrival.piece);
      }
    }
  }

  [[nodiscard]] const std::vector<std::vector<Edge>>& trees() const { return trees_; }
  [[nodiscard]] const std::vector<std::vector<Way>>& ways() const { return ways_; }

 private:
  [[nodiscard]] std::int64_t time_of(LinkId link) const { return times_[index(link)]; }

  // At most one piece more for each rank; false when nobody could start.
  bool start_some(int first) {
    bool any = false;
    for (int i = 0; i < ranks_; ++i) any |= start_one((first + i) % ranks_);
    return any;
  }

  bool start_one(int to) {
    for (const Way& way : ways_[to]) {
      const auto is_busy = [&](LinkId link) { return busy_until_[index(link)] > now_; };
      // The last link is shared by many ways: look there first.
      if (std::any_of(way.links.rbegin(), way.links.rend(), is_busy)) continue;
      const auto piece = rarest(has_[way.from], lacks_[to], to);
      if (!piece) continue;
      for (const LinkId link : way.links) {
        busy_until_[index(link)] = now_ + time_of(link);
        arrivals_.push({.time = now_ + time_of(link), .rank = -1, .piece = 0});
      }
      arrivals_.push({.time = now_ + way.duration, .rank = to, .piece = *piece});
      remove(lacks_[to], *piece);
      ++holders_[*piece];
      trees_[*piece].push_back({way.from, to});
      return true;
    }
    return false;
  }

  // Of the pieces in both sets that with the fewest holders, the first behind `to` on a tie.
  [[nodiscard]] std::optional<int> rarest(const Pieces& has, const Pieces& lacks, int to) const {
    std::optional<int> best;
    const auto rank_of = [&](int piece) {
      return std::pair(holders_[piece], (piece - to + ranks_) % ranks_);
    };
    for (std::size_t word = 0; word < has.size(); ++word) {
      for (std::uint64_t both = has[word] & lacks[word]; both != 0; both &= both - 1) {
        const int piece = static_cast<int>(word) * 64 + std::countr_zero(both);
        if (!best || rank_of(piece) < rank_of(*best)) best = piece;
      }
    }
    return best;
  }

  int ranks_;
  const std::vector<std::int64_t>& times_;
  std::vector<std::vector<Way>> ways_;  // by receiver
  std::vector<std::int64_t> busy_until_;
  std::vector<Pieces> has_;               // by rank
  std::vector<Pieces> lacks_;             // by rank: neither there nor on its way
  std::vector<int> holders_;              // by piece, receivers of what is on its way included
  std::vector<std::vector<Edge>> trees_;  // by piece, in the order of their start
  std::priority_queue<Arrival, std::vector<Arrival>, std::greater<>> arrivals_;
  std::int64_t now_ = 0;
};

}  // namespace

Outline greedy(const Direction& direction) {
  if (has_root(direction.collective)) return refuse("for collectives in which all ranks are roots");
  if (direction.num_ranks() > kMostRanks) {
    return refuse("more than " + std::to_string(kMostRanks) + " GPUs");
  }
  const auto times = link_times(direction.topology);
  if (!times) return refuse("the link rates have no common time step");
  Matching matching(direction, *times);
  const std::int64_t end = matching.run();

  OutlineWriter writer(direction);
  for (int to = 0; to < direction.num_ranks(); ++to) {
    for (const Way& way : matching.ways()[static_cast<std::size_t>(to)]) {
      writer.connect_along({way.from, to}, way.links);
    }
  }
  for (int root = 0; root < direction.num_ranks(); ++root) {
    writer.add_tree(root, matching.trees()[static_cast<std::size_t>(root)]);
  }
  Outline outline = std::move(writer).take();
  // A piece is 1/N of the buffer.
  outline.waiting_time = Rational(end) / (Rational(times->unit) * direction.num_ranks());
  return outline;
}

}  // namespace pleach::baselines
