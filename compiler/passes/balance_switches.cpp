#include "compiler/passes/balance_switches.hpp"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <optional>
#include <set>
#include <utility>
#include <vector>

#include "compiler/core/check.hpp"
#include "compiler/lp/linear_program_solver.hpp"
#include "compiler/passes/feasibility.hpp"
#include "compiler/passes/remove_switches.hpp"
#include "compiler/passes/trim_capacities.hpp"

namespace pleach {
namespace {

using NodeSet = std::vector<bool>;

// A sub-capacity: what each arc carries, and the rate of one unit of weight, in units of the graph.
struct SubCapacity {
  std::vector<Rational> arc;
  Rational rate;
};

std::vector<NodeId> nodes_of(const NodeSet& set) {
  std::vector<NodeId> nodes;
  for (std::size_t i = 0; i < set.size(); ++i) {
    if (set[i]) nodes.push_back(static_cast<NodeId>(i));
  }
  return nodes;
}

// The program, which grows by the cuts that turn out to matter. Its columns are the arcs and, last,
// the rate.
class BalanceProgram {
 public:
  // No rate above `limit` is looked for.
  BalanceProgram(const DemandGraph& graph, Rational limit, const Progress& progress)
      : graph_(graph),
        rate_(static_cast<int>(graph.network.arcs.size())),
        limit_(std::move(limit)),
        progress_(progress),
        solver_(columns()) {
    add_balances();
    for (const int sink : graph.sinks) {
      NodeSet others(graph.network.num_nodes, true);
      others[sink] = false;
      add_cut(std::move(others));
    }
    for (const int node : graph.compute) {
      if (graph.weight[node].sign() == 0) continue;
      NodeSet alone(graph.network.num_nodes, false);
      alone[node] = true;
      add_cut(std::move(alone));
    }
  }

  // The best balanced sub-capacity; `proof` then holds the optimum of the rate alone.
  SubCapacity solve(LpSolution& proof) {
    find_cuts_roughly();
    for (;;) {
      report_cuts();
      for_rate();
      proof = solver_.solve();
      SubCapacity best{proof.value, proof.value[rate_]};
      for_size(best.rate);
      if (auto largest = solver_.confirmed()) best.arc = std::move(largest->value);
      best.arc.resize(rate_);
      const std::vector<NodeSet> violated = violated_cuts(graph_, best.arc, best.rate);
      if (violated.empty()) return best;
      bool is_new = false;
      for (const NodeSet& cut : violated) is_new = add_cut(cut) || is_new;
      ENSURE(is_new, "an exact solution breaks a cut of its own program");
    }
  }

  // The proof in the words of ir/achievable.hpp.
  [[nodiscard]] Achievable certificate(const LpSolution& proof) const {
    const Rational total(graph_.total_weight);
    Achievable result;
    result.algbw = graph_.unit * total * proof.value[rate_];
    for (std::size_t i = 0; i < cuts_.size(); ++i) {
      const Rational& price = proof.price[switches_.size() + i];
      if (price.sign() < 0) {
        result.cuts.push_back({nodes_of(cuts_[i]), Rational(0) - price * total});
      }
    }
    for (std::size_t i = 0; i < switches_.size(); ++i) {
      const Rational& price = proof.price[i];
      if (price.sign() == 0) continue;
      result.potentials.push_back({static_cast<NodeId>(switches_[i]), Rational(0) - price * total});
    }
    return result;
  }

  // What one unit more of each arc would add to the rate: the sum over the arcs of price * capacity
  // bounds the rate whatever the capacities (the inequality of ir/achievable.hpp).
  [[nodiscard]] std::vector<Rational> arc_prices(const LpSolution& proof) const {
    std::vector<Rational> potential(graph_.network.num_nodes);
    for (std::size_t i = 0; i < switches_.size(); ++i) {
      potential[switches_[i]] = Rational(0) - proof.price[i];
    }
    std::vector<Rational> prices;
    for (const FlowArc& arc : graph_.network.arcs) {
      Rational price = potential[arc.head] - potential[arc.tail];
      for (std::size_t i = 0; i < cuts_.size(); ++i) {
        if (cuts_[i][arc.tail] && !cuts_[i][arc.head]) price -= proof.price[switches_.size() + i];
      }
      prices.push_back(std::max(price, Rational(0)));
    }
    return prices;
  }

 private:
  [[nodiscard]] std::vector<LpColumn> columns() const {
    std::vector<LpColumn> columns;
    for (const FlowArc& arc : graph_.network.arcs)
      columns.push_back({0, Rational(arc.capacity), 0});
    columns.push_back({0, limit_, 1});
    return columns;
  }

  void add_balances() {
    std::vector<bool> is_compute(graph_.network.num_nodes);
    for (const int node : graph_.compute) is_compute[node] = true;
    for (int node = 0; node < graph_.network.num_nodes; ++node) {
      if (is_compute[node]) continue;
      LpRow row{{}, true};
      for (int arc = 0; arc < rate_; ++arc) {
        const FlowArc& ends = graph_.network.arcs[arc];
        if (ends.head == node) row.terms.emplace_back(arc, 1);
        if (ends.tail == node) row.terms.emplace_back(arc, -1);
      }
      solver_.add_row(row);
      switches_.push_back(node);
    }
  }

  // Whether the cut was new.
  bool add_cut(NodeSet set) {
    if (!known_.insert(set).second) return false;
    LpRow row;
    for (int arc = 0; arc < rate_; ++arc) {
      const FlowArc& ends = graph_.network.arcs[arc];
      if (set[ends.tail] && !set[ends.head]) row.terms.emplace_back(arc, 1);
    }
    row.terms.emplace_back(rate_, -weight_of(graph_, set));
    solver_.add_row(row);
    cuts_.push_back(std::move(set));
    return true;
  }

  // First goal: the highest rate.
  void for_rate() {
    for (int arc = 0; arc < rate_; ++arc) {
      solver_.set_column(arc, {0, Rational(graph_.network.arcs[arc].capacity), 0});
    }
    solver_.set_column(rate_, {0, limit_, 1});
  }

  // Second goal: at that rate, the most capacity.
  void for_size(const Rational& rate) {
    constexpr std::int64_t kWeight = 1 << 12;
    constexpr std::int64_t kSpread = 1 << 8;
    std::uint64_t mixed = 0;
    for (int arc = 0; arc < rate_; ++arc) {
      mixed = mixed * 6364136223846793005u + 1442695040888963407u;  // Knuth's MMIX generator
      const auto extra = static_cast<std::int64_t>((mixed >> 33) % kSpread);
      solver_.set_column(arc, {0, Rational(graph_.network.arcs[arc].capacity), kWeight + extra});
    }
    solver_.set_column(rate_, {rate, rate, 0});
  }

  // Adds cuts for as long as the floating-point optimum breaks some by more than its own error.
  void find_cuts_roughly() {
    for (;;) {
      report_cuts();
      for_rate();
      const auto fastest = solver_.approximate();
      if (!fastest) return;
      constexpr double kSlack = 1e-7;
      const Rational rate = whole_of((*fastest)[rate_] * (1 - kSlack));
      for_size(rate / Rational(kGrain));
      const auto largest = solver_.approximate();
      if (!largest) return;
      SubCapacity sub{{}, whole_of((*fastest)[rate_] * (1 - 10 * kSlack))};
      for (int arc = 0; arc < rate_; ++arc) sub.arc.push_back(whole_of((*largest)[arc]));
      if (sub.rate.sign() <= 0) return;
      bool is_new = false;
      for (const NodeSet& cut : violated_cuts(graph_, sub.arc, sub.rate))
        is_new = add_cut(cut) || is_new;
      if (!is_new) return;
    }
  }

  // How many cuts it will take is not known.
  void report_cuts() const {
    const auto cuts = static_cast<std::int64_t>(cuts_.size());
    report(progress_, {"balancing switches, cut", cuts, cuts});
  }

  static constexpr std::int64_t kGrain = std::int64_t{1} << 20;
  // `value` in units of 1 / kGrain.
  static Rational whole_of(double value) {
    const double grains = std::clamp(value * static_cast<double>(kGrain), 0.0, 4e18);
    return static_cast<std::int64_t>(std::llround(grains));
  }

  const DemandGraph& graph_;
  int rate_;
  Rational limit_;
  const Progress& progress_;
  LinearProgramSolver solver_;
  std::vector<int> switches_;  // of the first rows
  std::vector<NodeSet> cuts_;  // of the rows after them
  std::set<NodeSet> known_;
};

}  // namespace

BalancedGraph balance_switches(const DemandGraph& graph,
                               const TightestCut& tightest,
                               const Progress& progress) {
  const Rational total(graph.total_weight);
  const Achievable by_the_cut{
      graph.unit * total / tightest.time,
      {{nodes_of(tightest.set), total / Rational(weight_of(graph, tightest.set))}},
      {}};
  DemandGraph trimmed = trim_capacities(graph);
  if (unbalanced_switches(trimmed).empty()) {
    return {std::move(trimmed), tightest.time, by_the_cut};
  }
  BalanceProgram program(graph, Rational(1) / tightest.time, progress);
  LpSolution proof;
  const SubCapacity best = program.solve(proof);
  BalancedGraph result{with_capacities(graph, best.arc), 0, program.certificate(proof)};
  result.time = result.graph.unit / (graph.unit * best.rate);
  if (best.rate * tightest.time == Rational(1)) result.achievable = by_the_cut;
  return result;
}

WholeBalance balance_whole(const DemandGraph& graph) {
  const Progress silent;
  BalanceProgram program(graph, 1, silent);
  LpSolution proof;
  const SubCapacity best = program.solve(proof);
  if (best.rate != Rational(1)) return {std::nullopt, program.arc_prices(proof)};
  DemandGraph result = graph;
  for (std::size_t i = 0; i < best.arc.size(); ++i) {
    if (best.arc[i].den() != Integer(1)) return {};
    result.network.arcs[i].capacity = best.arc[i].num();
  }
  return {std::move(result), {}};
}

}  // namespace pleach
