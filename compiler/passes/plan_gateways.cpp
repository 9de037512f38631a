#include "compiler/passes/plan_gateways.hpp"

#include <algorithm>
#include <tuple>
#include <utility>

#include "compiler/passes/fill_gateways.hpp"

namespace pleach {
namespace {

// Hops from one switch to all others, past no rank; -1 where there is no way.
std::vector<int> hops_from(const CableNetwork& network, int start) {
  std::vector<int> hops(network.num_nodes, -1);
  hops[start] = 0;
  std::vector<int> frontier{start};
  for (std::size_t i = 0; i < frontier.size(); ++i) {
    const int node = frontier[i];
    for (int c = network.first_leaving[node]; c < network.first_leaving[node + 1]; ++c) {
      const int head = network.cables[c].head;
      if (network.is_compute[head] || hops[head] >= 0) continue;
      hops[head] = hops[node] + 1;
      frontier.push_back(head);
    }
  }
  return hops;
}

// Needs are counted in parts of a tree; with fewer trees than this at each root the product of two
// amounts and the grain fits in 64 bits.
constexpr std::int64_t kGrain = 1 << 10;
constexpr std::int64_t kMostTrees = 1 << 20;

class GatewayPlanner {
 public:
  GatewayPlanner(const CableNetwork& network,
                 const RankGroups& groups,
                 std::int64_t trees,
                 FurtherGateways further,
                 const Progress& progress)
      : network_(network),
        groups_(groups),
        trees_(trees),
        further_(further),
        progress_(progress),
        num_ranks_(static_cast<int>(network.compute.size())),
        is_between_(network.num_nodes) {
    for (const int node : groups.between) is_between_[node] = true;
    for (int rank = 0; rank < num_ranks_; ++rank) add_rank(network.compute[rank]);
  }

  std::optional<GatewayPlan> plan() {
    GatewayPlan plan;
    if (groups_.members.size() > 1) {
      find_hops();
      for (const std::vector<int>& group : groups_.members) {
        if (!add_gateways(group, plan.between)) return std::nullopt;
      }
      if (!groups_.inside.empty()) plan.has_further = add_more_gateways(plan.between);
      sort(plan.between);
    }
    const std::vector<std::vector<RankDemand>> arriving = by_group(plan.between);
    for (std::size_t group = 0; group < groups_.members.size(); ++group) {
      report(progress_, {"choosing gateways, group", static_cast<std::int64_t>(group),
                         static_cast<std::int64_t>(groups_.members.size())});
      share(groups_.members[group], arriving[group], plan.within);
    }
    sort(plan.within);
    return plan;
  }

 private:
  void add_rank(int node) {
    std::int64_t out[2] = {0, 0};
    std::int64_t in[2] = {0, 0};
    int first = -1;
    for (int c = network_.first_leaving[node]; c < network_.first_leaving[node + 1]; ++c) {
      const int head = network_.cables[c].head;
      out[is_between_[head]] += network_.cables[c].capacity;
      if (is_between_[head] && first < 0) first = head;
    }
    for (const int c : network_.entering[node]) {
      in[is_between_[network_.cables[c].tail]] += network_.cables[c].capacity;
    }
    out_within_.push_back(out[0]);
    in_within_.push_back(in[0]);
    out_between_.push_back(out[1]);
    in_between_.push_back(in[1]);
    first_switch_.push_back(first);
  }

  void find_hops() {
    hops_.resize(network_.num_nodes);
    for (const int first : first_switch_) {
      if (first >= 0 && hops_[first].empty()) hops_[first] = hops_from(network_, first);
    }
  }

  [[nodiscard]] int hops(int from, int to) const {
    if (first_switch_[from] < 0 || first_switch_[to] < 0) return -1;
    return hops_[first_switch_[from]][first_switch_[to]];
  }

  bool add_gateways(const std::vector<int>& group, std::vector<RankDemand>& demands) {
    const int size = static_cast<int>(group.size());
    std::vector<int> fed(size);  // how many roots send here
    for (const std::vector<int>& roots : groups_.members) {
      if (&roots == &group) continue;
      for (std::size_t position = 0; position < roots.size(); ++position) {
        const int root = roots[position];
        if (out_between_[root] < trees_) return false;
        int best = -1;
        int best_hops = 0;
        for (int i = 0; i < size; ++i) {
          const int candidate = static_cast<int>((position + i) % size);
          const int away = hops(root, group[candidate]);
          if (away < 0 || in_between_[group[candidate]] < trees_) continue;
          if (best >= 0 && std::tie(best_hops, fed[best]) <= std::tie(away, fed[candidate])) {
            continue;
          }
          best = candidate;
          best_hops = away;
        }
        if (best < 0) return false;
        ++fed[best];
        out_between_[root] -= trees_;
        in_between_[group[best]] -= trees_;
        demands.push_back({root, group[best], trees_});
      }
    }
    return true;
  }

  bool add_more_gateways(std::vector<RankDemand>& demands) {
    FillProblem problem;
    problem.group_of = groups_.group_of;
    problem.most = trees_;
    problem.out = out_between_;
    std::vector<std::int64_t> fed(num_ranks_);
    for (const RankDemand& demand : demands) fed[demand.head] += demand.amount;
    bool is_any = false;
    for (int rank = 0; rank < num_ranks_; ++rank) {
      const std::int64_t missing = trees_ * (num_ranks_ - 1) - in_within_[rank] - fed[rank];
      problem.in.push_back(std::clamp<std::int64_t>(missing, 0, in_between_[rank]));
      is_any = is_any || problem.in.back() > 0;
    }
    if (!is_any) return false;
    problem.order = [this](int root, int group) { return turn(root, group); };
    problem.reaches = [this](int root, int rank) { return hops(root, rank) >= 0; };
    fill_gateways(problem, demands, progress_);
    return true;
  }

  // A group's ranks in the order in which a root uses them.
  [[nodiscard]] std::vector<int> turn(int root, int group) const {
    const std::vector<int>& ranks = groups_.members[group];
    const std::vector<int>& own = groups_.members[groups_.group_of[root]];
    const auto position = std::lower_bound(own.begin(), own.end(), root) - own.begin();
    std::vector<std::pair<int, int>> keyed;
    for (std::size_t i = 0; i < ranks.size(); ++i) {
      const int rank = ranks[(position + i) % ranks.size()];
      if (const int away = hops(root, rank); away >= 0) keyed.emplace_back(away, rank);
    }
    if (further_ == FurtherGateways::NearestFirst) {
      std::stable_sort(keyed.begin(), keyed.end(),
                       [](const auto& a, const auto& b) { return a.first < b.first; });
    }
    std::vector<int> result;
    for (const auto& [away, rank] : keyed) result.push_back(rank);
    return result;
  }

  // What comes into each group, by root.
  [[nodiscard]] std::vector<std::vector<RankDemand>> by_group(
      const std::vector<RankDemand>& between) const {
    std::vector<std::vector<RankDemand>> arriving(groups_.members.size());
    for (const RankDemand& demand : between) {
      arriving[groups_.group_of[demand.head]].push_back(demand);
    }
    return arriving;
  }

  // How much a pair of a group has to carry when each root's gateways share the relaying in
  // proportion to what they get, times kGrain; by position in the group.
  [[nodiscard]] std::vector<std::int64_t> relayed(const std::vector<int>& group,
                                                  const std::vector<RankDemand>& arriving) const {
    const std::size_t size = group.size();
    std::vector<std::int64_t> need(size * size, trees_ * kGrain);
    std::vector<std::int64_t> direct(size);
    std::vector<std::size_t> gateways;
    for (std::size_t first = 0, last = 0; first < arriving.size(); first = last) {
      std::int64_t sum = 0;
      gateways.clear();
      for (; last < arriving.size() && arriving[last].tail == arriving[first].tail; ++last) {
        gateways.push_back(std::lower_bound(group.begin(), group.end(), arriving[last].head) -
                           group.begin());
        direct[gateways.back()] = arriving[last].amount;
        sum += arriving[last].amount;
      }
      for (std::size_t to = 0; to < size; ++to) {
        const std::int64_t missing = trees_ - direct[to];
        const std::int64_t others = sum - direct[to];
        if (missing <= 0 || others == 0) continue;
        for (const std::size_t from : gateways) {
          if (from == to) continue;
          need[from * size + to] +=
              direct[from] == others ? missing * kGrain : missing * direct[from] * kGrain / others;
        }
      }
      for (const std::size_t gateway : gateways) direct[gateway] = 0;
    }
    return need;
  }

  // Pairs share in proportion to what they have to carry. What rounding leaves goes round after
  // round to all pairs in equal parts, at the end in single units, all pairs at one distance around
  // the circle before the next: so equal ranks get equal sums.
  void share(const std::vector<int>& group,
             const std::vector<RankDemand>& arriving,
             std::vector<RankDemand>& demands) const {
    const bool has_own = !groups_.inside.empty();
    const std::size_t size = group.size();
    if (size < 2) return;
    std::vector<std::int64_t> out;
    std::vector<std::int64_t> in;
    for (const int rank : group) {
      out.push_back(has_own ? out_within_[rank] : out_between_[rank]);
      in.push_back(has_own ? in_within_[rank] : in_between_[rank]);
    }
    std::vector<std::int64_t> amount(size * size);
    if (trees_ < kMostTrees) give_needs(relayed(group, arriving), out, in, amount);
    const auto others = static_cast<std::int64_t>(size) - 1;
    std::vector<std::size_t> open;  // positions with something left to send
    for (bool is_even = true;;) {
      std::int64_t given = 0;
      const std::vector<std::int64_t> out_before = out;
      const std::vector<std::int64_t> in_before = in;
      open.clear();
      for (std::size_t i = 0; i < size; ++i) {
        if (out[i] > 0) open.push_back(i);
      }
      for (std::size_t offset = 1; offset < size; ++offset) {
        for (const std::size_t i : open) {
          const std::size_t j = (i + offset) % size;
          const std::int64_t part = is_even ? std::min(out_before[i], in_before[j]) / others
                                            : std::min<std::int64_t>({out[i], in[j], 1});
          amount[i * size + j] += part;
          out[i] -= part;
          in[j] -= part;
          given += part;
        }
      }
      if (given == 0 && !is_even) break;
      if (given == 0) is_even = false;
    }
    for (std::size_t i = 0; i < size; ++i) {
      for (std::size_t j = 0; j < size; ++j) {
        if (amount[i * size + j] > 0) demands.push_back({group[i], group[j], amount[i * size + j]});
      }
    }
  }

  // The whole parts of the needs, all scaled by one factor, the most that every rank can take.
  static void give_needs(const std::vector<std::int64_t>& need,
                         std::vector<std::int64_t>& out,
                         std::vector<std::int64_t>& in,
                         std::vector<std::int64_t>& amount) {
    const std::size_t size = out.size();
    std::vector<std::int64_t> row(size);
    std::vector<std::int64_t> column(size);
    for (std::size_t i = 0; i < size; ++i) {
      for (std::size_t j = 0; j < size; ++j) {
        if (i == j) continue;
        row[i] += need[i * size + j];
        column[j] += need[i * size + j];
      }
    }
    std::int64_t most = out[0];  // the factor is most / sum
    std::int64_t sum = row[0];
    const auto lower = [&](std::int64_t room, std::int64_t total) {
      if (Integer(room) * sum >= Integer(most) * total) return;
      most = room;
      sum = total;
    };
    for (std::size_t i = 0; i < size; ++i) {
      lower(out[i], row[i]);
      lower(in[i], column[i]);
    }
    for (std::size_t i = 0; i < size; ++i) {
      for (std::size_t j = 0; j < size; ++j) {
        if (i == j) continue;
        const std::int64_t part = (Integer(need[i * size + j]) * most / sum).int64();
        amount[i * size + j] += part;
        out[i] -= part;
        in[j] -= part;
      }
    }
  }

  static void sort(std::vector<RankDemand>& demands) {
    std::sort(demands.begin(), demands.end(), [](const RankDemand& a, const RankDemand& b) {
      return std::tie(a.tail, a.head) < std::tie(b.tail, b.head);
    });
  }

  const CableNetwork& network_;
  const RankGroups& groups_;
  std::int64_t trees_;
  FurtherGateways further_;
  const Progress& progress_;
  int num_ranks_;
  std::vector<bool> is_between_;  // by node
  // By rank: capacity from and to the switches of its own group, and what is left to and from the
  // others.
  std::vector<std::int64_t> out_within_;
  std::vector<std::int64_t> in_within_;
  std::vector<std::int64_t> out_between_;
  std::vector<std::int64_t> in_between_;
  std::vector<int> first_switch_;       // by rank: towards other groups; -1 for none
  std::vector<std::vector<int>> hops_;  // by switch, where a rank has it first
};

}  // namespace

std::optional<GatewayPlan> plan_gateways(const CableNetwork& network,
                                         const RankGroups& groups,
                                         std::int64_t trees_per_root,
                                         FurtherGateways further,
                                         const Progress& progress) {
  return GatewayPlanner(network, groups, trees_per_root, further, progress).plan();
}

}  // namespace pleach
