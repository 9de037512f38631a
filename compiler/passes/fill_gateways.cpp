#include "compiler/passes/fill_gateways.hpp"

#include <algorithm>
#include <numeric>
#include <utility>

namespace pleach {
namespace {

class GatewayFiller {
 public:
  GatewayFiller(const FillProblem& problem, const std::vector<RankDemand>& demands)
      : problem_(problem),
        num_ranks_(static_cast<int>(problem.group_of.size())),
        num_groups_(1 + *std::max_element(problem.group_of.begin(), problem.group_of.end())),
        out_(problem.out),
        in_(problem.in),
        lacking_(std::accumulate(in_.begin(), in_.end(), std::int64_t{0})),
        sent_(num_ranks_),
        is_stuck_(num_ranks_) {
    for (const RankDemand& demand : demands) {
      sent_[demand.tail].push_back({demand.head, demand.amount, 0});
    }
    for (auto& row : sent_) std::sort(row.begin(), row.end(), before);
  }

  void fill(const Progress& progress) {
    const std::int64_t lacking = lacking_;
    const std::int64_t spare = std::accumulate(out_.begin(), out_.end(), std::int64_t{0});
    std::vector<int> position(num_groups_);
    for (int root = 0; root < num_ranks_; ++root) {
      if (spare == 0) break;
      const Integer share = Integer(out_[root]) * std::min(lacking, spare) / spare;
      spread(root, share.int64(), position);
    }
    augment(progress);
  }

  [[nodiscard]] std::vector<RankDemand> result() const {
    std::vector<RankDemand> demands;
    for (int root = 0; root < num_ranks_; ++root) {
      for (const Sent& sent : sent_[root]) {
        if (sent.first + sent.more > 0) demands.push_back({root, sent.to, sent.first + sent.more});
      }
    }
    return demands;
  }

 private:
  struct Sent {
    int to = 0;
    std::int64_t first = 0;  // stays
    std::int64_t more = 0;   // may move
  };
  static bool before(const Sent& a, const Sent& b) { return a.to < b.to; }

  [[nodiscard]] Sent* find(int root, int to) {
    auto& row = sent_[root];
    const auto place = std::lower_bound(row.begin(), row.end(), Sent{to, 0, 0}, before);
    return place == row.end() || place->to != to ? nullptr : &*place;
  }

  [[nodiscard]] std::int64_t room(int root, int to) {
    const Sent* sent = find(root, to);
    return sent == nullptr ? problem_.most : problem_.most - sent->first - sent->more;
  }

  void send(int root, int to, std::int64_t amount) {
    auto& row = sent_[root];
    const auto place = std::lower_bound(row.begin(), row.end(), Sent{to, 0, 0}, before);
    if (place == row.end() || place->to != to) {
      row.insert(place, {to, 0, amount});
    } else {
      place->more += amount;
    }
  }

  void spread(int root, std::int64_t share, std::vector<int>& position) {
    const int own = problem_.group_of[root];
    const int others = num_groups_ - 1;
    const int turn = position[own]++;
    for (int i = 0; i < others; ++i) {
      const int group = (own + 1 + i) % num_groups_;
      std::int64_t left = share / others + ((i + turn) % others < share % others ? 1 : 0);
      for (const int to : problem_.order(root, group)) {
        if (left == 0) break;
        const std::int64_t amount = std::min({left, in_[to], room(root, to)});
        if (amount == 0) continue;
        send(root, to, amount);
        in_[to] -= amount;
        lacking_ -= amount;
        out_[root] -= amount;
        left -= amount;
      }
    }
  }

  void augment(const Progress& progress) {
    const int most = 4 * num_ranks_;
    for (int paths = 0, root = 0; lacking_ > 0 && paths < most && root < num_ranks_; ++paths) {
      report(progress, {"choosing gateways, root", root, num_ranks_});
      if (out_[root] == 0 || !augment_from(root)) ++root;
    }
  }

  // One augmenting path root -> rank (-> another root that sends there -> another rank) …
  bool augment_from(int start) {
    if (is_stuck_[start]) return false;
    std::vector<int> root_before(num_ranks_, -1);  // by rank reached: the root that reached it
    std::vector<int> rank_before(num_ranks_, -1);  // by root: the rank it gives up
    std::vector<bool> seen(num_ranks_);            // roots
    std::vector<int> roots{start};
    seen[start] = true;
    for (std::size_t next = 0; next < roots.size(); ++next) {
      const int root = roots[next];
      for (int to = 0; to < num_ranks_; ++to) {
        if (root_before[to] >= 0 || problem_.group_of[to] == problem_.group_of[root]) continue;
        if (room(root, to) == 0 || !problem_.reaches(root, to)) continue;
        root_before[to] = root;
        if (in_[to] > 0) {
          shift(start, to, root_before, rank_before);
          is_stuck_.assign(num_ranks_, false);
          return true;
        }
        for (int other = 0; other < num_ranks_; ++other) {
          if (seen[other] || problem_.group_of[other] == problem_.group_of[to]) continue;
          const Sent* sent = find(other, to);
          if (sent == nullptr || sent->more == 0) continue;
          seen[other] = true;
          rank_before[other] = to;
          roots.push_back(other);
        }
      }
    }
    // Nor does any root that this one came by, until something moves.
    for (const int root : roots) is_stuck_[root] = true;
    return false;
  }

  void shift(int start,
             int end,
             const std::vector<int>& root_before,
             const std::vector<int>& rank_before) {
    std::int64_t amount = std::min(out_[start], in_[end]);
    for (int to = end;;) {
      const int root = root_before[to];
      amount = std::min(amount, room(root, to));
      if (root == start) break;
      to = rank_before[root];
      amount = std::min(amount, find(root, to)->more);
    }
    for (int to = end;;) {
      const int root = root_before[to];
      send(root, to, amount);
      if (root == start) break;
      to = rank_before[root];
      send(root, to, -amount);
    }
    out_[start] -= amount;
    in_[end] -= amount;
    lacking_ -= amount;
  }

  const FillProblem& problem_;
  int num_ranks_;
  int num_groups_;
  std::vector<std::int64_t> out_;        // by rank: still to send
  std::vector<std::int64_t> in_;         // by rank: still lacking
  std::int64_t lacking_;                 // by all
  std::vector<std::vector<Sent>> sent_;  // by root, sorted by rank
  std::vector<bool> is_stuck_;           // by root: no path leads from it
};

}  // namespace

void fill_gateways(const FillProblem& problem,
                   std::vector<RankDemand>& demands,
                   const Progress& progress) {
  GatewayFiller filler(problem, demands);
  filler.fill(progress);
  demands = filler.result();
}

}  // namespace pleach
