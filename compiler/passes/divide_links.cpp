#include "compiler/passes/divide_links.hpp"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <set>
#include <utility>
#include <vector>

#include "compiler/core/check.hpp"
#include "compiler/lp/linear_program_solver.hpp"
#include "compiler/passes/feasibility.hpp"

namespace pleach {
namespace {

using NodeSet = std::vector<bool>;

std::size_t size_of(const DemandGraph& graph) {
  return graph.network.arcs.size() * graph.compute.size();
}

// The largest size at which the simplex method in fractions takes seconds at most.
constexpr std::size_t kMostForFractions = 10'000;

// How much each arc has more than its capacity, which its reverse has less, and the rate of one
// unit of weight, in units of the graph.
struct Division {
  std::vector<Rational> extra;
  Rational rate;
};

// What the division gives each arc.
std::vector<Rational> capacities(const DemandGraph& graph, const Division& division) {
  std::vector<Rational> capacity = division.extra;
  for (std::size_t arc = 0; arc < capacity.size(); ++arc) {
    capacity[arc] += Rational(graph.network.arcs[arc].capacity);
  }
  return capacity;
}

// The node sets that it can not feed at its rate.
std::vector<NodeSet> violated_cuts(const DemandGraph& graph, const Division& division) {
  return violated_cuts(graph, capacities(graph, division), division.rate);
}

// The program, which grows by the cuts that turn out to matter. Its columns: two for each pair of
// arcs, what the first has more or the second has more; a 1, which rows count what the arcs have
// without that by; the rate.
class DivisionProgram {
 public:
  DivisionProgram(const DemandGraph& graph,
                  const std::vector<int>& reverse,
                  const Progress& progress)
      : graph_(graph), progress_(progress), pairs_(pairs_of(reverse)), solver_(columns()) {
    add_balances();
    for (const int node : graph.compute) {
      NodeSet alone(graph.network.num_nodes, false);
      alone[node] = true;
      NodeSet others = alone;
      others.flip();
      add_cut(std::move(alone));
      add_cut(std::move(others));
    }
  }

  // The best division, where the graph itself reaches `least`; `proof` then holds the optimum of
  // the rate alone. Rates in units of the graph.
  // Nothing where CLP does not find it and the program is too large for other ways.
  std::optional<Division> solve(const Rational& least, LpSolution& proof) {
    find_cuts_roughly();
    for (;;) {
      report_cuts();
      for_rate();
      auto fastest = fastest_exactly();
      if (!fastest) return std::nullopt;
      proof = *std::move(fastest);
      Division best{extra_of(proof.value), proof.objective};
      if (best.rate <= least) {
        best.extra.assign(best.extra.size(), 0);
        return best;
      }
      for_distance(best.rate);
      if (auto nearest = solver_.confirmed()) best.extra = extra_of(nearest->value);
      const std::vector<NodeSet> violated = violated_cuts(graph_, best);
      if (violated.empty()) return best;
      ENSURE(add_cuts(violated), "an exact solution breaks a cut of its own program");
    }
  }

  // The proof in the words of ir/achievable.hpp.
  [[nodiscard]] Achievable certificate(const LpSolution& proof) const {
    const Rational total(graph_.total_weight);
    Achievable result;
    result.algbw = graph_.unit * total * proof.objective;
    for (std::size_t i = 0; i < cuts_.size(); ++i) {
      const Rational& price = proof.price[switches_.size() + i];
      if (price.sign() == 0) continue;
      WeightedCut& cut = result.cuts.emplace_back();
      for (std::size_t node = 0; node < cuts_[i].size(); ++node) {
        if (cuts_[i][node]) cut.nodes.push_back(static_cast<NodeId>(node));
      }
      cut.weight = Rational(0) - price * total;
    }
    for (std::size_t i = 0; i < switches_.size(); ++i) {
      if (proof.price[i].sign() == 0) continue;
      // Both arcs of a pair count it, each for its own direction.
      result.potentials.push_back(
          {static_cast<NodeId>(switches_[i]), proof.price[i] * total / Rational(2)});
    }
    return result;
  }

 private:
  // Two arcs that are each other's reverse.
  struct Pair {
    int first = 0;
    int second = 0;
  };

  static std::vector<Pair> pairs_of(const std::vector<int>& reverse) {
    std::vector<Pair> pairs;
    for (int arc = 0; arc < static_cast<int>(reverse.size()); ++arc) {
      if (arc < reverse[arc]) pairs.push_back({arc, reverse[arc]});
    }
    return pairs;
  }

  [[nodiscard]] const FlowArc& arc_of(std::size_t pair) const {
    return graph_.network.arcs[pairs_[pair].first];
  }
  [[nodiscard]] int one() const { return 2 * static_cast<int>(pairs_.size()); }
  [[nodiscard]] int rate() const { return one() + 1; }

  [[nodiscard]] std::vector<LpColumn> columns() {
    std::vector<LpColumn> columns;
    for (std::size_t pair = 0; pair < pairs_.size(); ++pair) {
      most_rate_ += Rational(2 * arc_of(pair).capacity);
      columns.resize(columns.size() + 2, {0, Rational(arc_of(pair).capacity), 0});
    }
    columns.push_back({0, 1, 0});
    columns.push_back({0, most_rate_, 0});
    return columns;
  }

  // Adds what the first arc of the pair has more, or the second.
  static void add_extra(std::size_t pair, bool first, LpRow& row) {
    const int column = 2 * static_cast<int>(pair);
    row.terms.emplace_back(column, first ? 1 : -1);
    row.terms.emplace_back(column + 1, first ? -1 : 1);
  }

  // The graph's own capacities are balanced; what arcs have more must be.
  void add_balances() {
    std::vector<bool> is_compute(graph_.network.num_nodes);
    for (const int node : graph_.compute) is_compute[node] = true;
    for (int node = 0; node < graph_.network.num_nodes; ++node) {
      if (is_compute[node]) continue;
      LpRow row{{}, true};
      for (std::size_t pair = 0; pair < pairs_.size(); ++pair) {
        const FlowArc& ends = arc_of(pair);
        if (ends.tail == node || ends.head == node) add_extra(pair, ends.tail == node, row);
      }
      add_row(row);
      switches_.push_back(node);
    }
  }

  void add_row(const LpRow& row) {
    solver_.add_row(row);
    rows_.push_back(row);
  }

  // Whether the cut was new.
  bool add_cut(NodeSet set) {
    if (!known_.insert(set).second) return false;
    LpRow row;
    for (std::size_t pair = 0; pair < pairs_.size(); ++pair) {
      const FlowArc& ends = arc_of(pair);
      if (set[ends.tail] != set[ends.head]) add_extra(pair, set[ends.tail], row);
    }
    row.terms.emplace_back(one(), capacity_leaving(graph_, set));
    row.terms.emplace_back(rate(), -weight_of(graph_, set));
    add_row(row);
    cuts_.push_back(std::move(set));
    return true;
  }

  // Whether any was new.
  bool add_cuts(const std::vector<NodeSet>& cuts) {
    bool is_new = false;
    for (const NodeSet& cut : cuts) is_new = add_cut(cut) || is_new;
    return is_new;
  }

  // First goal: the highest rate. A lesser 1 makes no rate higher.
  void for_rate() {
    for (int column = 0; column < one(); ++column) {
      solver_.set_column(column, {0, Rational(arc_of(column / 2).capacity), 0});
    }
    solver_.set_column(one(), {0, 1, 0});
    solver_.set_column(rate(), {0, most_rate_, 1});
  }

  // The exact optimum of the first goal.
  std::optional<LpSolution> fastest_exactly() {
    if (auto solution = solver_.confirmed()) return solution;
    // A start from nothing ends at another basis.
    std::vector<LpColumn> columns;
    for (int column = 0; column < one(); ++column) {
      columns.push_back({0, Rational(arc_of(column / 2).capacity), 0});
    }
    columns.push_back({0, 1, 0});
    columns.push_back({0, most_rate_, 1});
    LinearProgramSolver anew(std::move(columns));
    for (const LpRow& row : rows_) anew.add_row(row);
    if (auto solution = anew.confirmed()) return solution;
    if (size_of(graph_) > kMostForFractions) return std::nullopt;
    return solver_.solve();
  }

  // Second goal: at that rate, as little more for any arc as can be.
  void for_distance(const Rational& reached) {
    constexpr std::int64_t kWeight = 1 << 12;
    constexpr std::uint64_t kSpread = 1 << 8;
    std::uint64_t mixed = 0;
    for (int column = 0; column < one(); ++column) {
      mixed = mixed * 6364136223846793005u + 1442695040888963407u;  // Knuth's MMIX generator
      const auto spread = static_cast<std::int64_t>((mixed >> 33) % kSpread);
      solver_.set_column(column, {0, Rational(arc_of(column / 2).capacity), -kWeight - spread});
    }
    solver_.set_column(one(), {1, 1, 0});
    solver_.set_column(rate(), {reached, reached, 0});
  }

  // By arc.
  template <class Value>
  [[nodiscard]] std::vector<Value> extra_of(const std::vector<Value>& columns) const {
    std::vector<Value> extra(graph_.network.arcs.size());
    for (std::size_t pair = 0; pair < pairs_.size(); ++pair) {
      extra[pairs_[pair].first] = columns[2 * pair] - columns[2 * pair + 1];
      extra[pairs_[pair].second] = columns[2 * pair + 1] - columns[2 * pair];
    }
    return extra;
  }

  // Adds cuts for as long as the floating-point optimum breaks some by more than its own error.
  void find_cuts_roughly() {
    constexpr double kSlack = 1e-7;
    for (;;) {
      report_cuts();
      for_rate();
      const auto fastest = solver_.approximate();
      if (!fastest) return;
      const double highest = (*fastest)[rate()];
      for_distance(grains_of(highest * (1 - kSlack)));
      const auto nearest = solver_.approximate();
      if (!nearest) return;
      Division division{{}, grains_of(highest * (1 - 10 * kSlack))};
      const std::vector<double> extra = extra_of(*nearest);
      for (std::size_t arc = 0; arc < extra.size(); ++arc) {
        const Rational most(graph_.network.arcs[arc].capacity);
        division.extra.push_back(std::clamp(grains_of(extra[arc]), Rational(0) - most, most));
      }
      if (division.rate.sign() <= 0 || !add_cuts(violated_cuts(graph_, division))) return;
    }
  }

  // How many cuts it will take is not known.
  void report_cuts() const {
    const auto cuts = static_cast<std::int64_t>(cuts_.size());
    report(progress_, {"dividing links, cut", cuts, cuts});
  }

  // The value to the nearest part of a million, or so.
  static Rational grains_of(double value) {
    constexpr std::int64_t kGrain = std::int64_t{1} << 20;
    const double grains = std::clamp(value * static_cast<double>(kGrain), -4e18, 4e18);
    return {static_cast<std::int64_t>(std::llround(grains)), kGrain};
  }

  const DemandGraph& graph_;
  const Progress& progress_;
  std::vector<Pair> pairs_;
  Rational most_rate_ = 0;
  LinearProgramSolver solver_;
  std::vector<LpRow> rows_;    // all of it
  std::vector<int> switches_;  // of the first rows
  std::vector<NodeSet> cuts_;  // of the rows after them
  std::set<NodeSet> known_;
};

}  // namespace

std::optional<DividedLinks> divide_links(const DemandGraph& gather,
                                         const Rational& gather_algbw,
                                         const Progress& progress) {
  if (size_of(gather) > kMostLinksTimesRanks) return std::nullopt;
  const auto reverse = reverse_arcs(gather);
  if (!reverse) return std::nullopt;
  DivisionProgram program(gather, *reverse, progress);
  LpSolution proof;
  const Rational taking_turns = gather_algbw / (gather.unit * Rational(gather.total_weight));
  const auto best = program.solve(taking_turns, proof);
  if (!best) return std::nullopt;
  return DividedLinks{with_capacities(gather, capacities(gather, *best)),
                      program.certificate(proof)};
}

}  // namespace pleach
