#include "compiler/graph/max_flow.hpp"

#include <cstdint>
#include <limits>
#include <optional>

#include "compiler/core/big_integer.hpp"
#include "compiler/core/check.hpp"
#include "compiler/graph/lemon_preflow.hpp"

namespace pleach {

struct MaxFlowSolver::State {
  FlowNetwork network;  // the truth; the LEMON copies below follow it
  Integer total;        // sum of all capacities
  std::optional<graph::LemonPreflow<std::int64_t>> narrow;
  std::optional<graph::LemonPreflow<BigInteger>> wide;

  // No node's excess in a run can pass the sum of all capacities, so 64 bits hold when it fits.
  [[nodiscard]] bool fits() const {
    return total < Integer(std::numeric_limits<std::int64_t>::max() / 2);
  }

  // Builds the LEMON copy that the capacities call for; says whether it is the 64-bit one.
  bool prepare() {
    if (fits()) {
      wide.reset();
      if (!narrow) {
        narrow.emplace(network.num_nodes);
        for (const FlowArc& arc : network.arcs) {
          narrow->add_arc(arc.tail, arc.head, arc.capacity.int64());
        }
      }
      return true;
    }
    narrow.reset();
    if (!wide) {
      wide.emplace(network.num_nodes);
      for (const FlowArc& arc : network.arcs) {
        wide->add_arc(arc.tail, arc.head, to_big(arc.capacity));
      }
    }
    return false;
  }

  Integer run(int source, int sink) {
    ENSURE(source != sink, "a flow from a node to itself");
    return prepare() ? Integer(narrow->run(source, sink)) : to_integer(wide->run(source, sink));
  }

  std::vector<Integer> run_with_flows(int source, int sink) {
    ENSURE(source != sink, "a flow from a node to itself");
    std::vector<Integer> flows;
    if (prepare()) {
      narrow->run_with_flows(source, sink);
    } else {
      wide->run_with_flows(source, sink);
    }
    for (int arc = 0; arc < static_cast<int>(network.arcs.size()); ++arc) {
      flows.push_back(narrow ? Integer(narrow->flow(arc)) : to_integer(wide->flow(arc)));
    }
    return flows;
  }

  [[nodiscard]] bool on_source_side(int node) const {
    return narrow ? narrow->on_source_side(node) : wide->on_source_side(node);
  }
};

MaxFlowSolver::MaxFlowSolver(const FlowNetwork& network) : state_(std::make_unique<State>()) {
  state_->network = network;
  for (const FlowArc& arc : network.arcs) {
    ENSURE(arc.capacity.sign() >= 0, "a negative capacity");
    state_->total += arc.capacity;
  }
}

MaxFlowSolver::~MaxFlowSolver() = default;
MaxFlowSolver::MaxFlowSolver(MaxFlowSolver&&) noexcept = default;
MaxFlowSolver& MaxFlowSolver::operator=(MaxFlowSolver&&) noexcept = default;

int MaxFlowSolver::add_arc(const FlowArc& arc) {
  state_->network.arcs.push_back({arc.tail, arc.head, 0});
  if (state_->narrow) state_->narrow->add_arc(arc.tail, arc.head, 0);
  if (state_->wide) state_->wide->add_arc(arc.tail, arc.head, 0);
  const int number = static_cast<int>(state_->network.arcs.size()) - 1;
  set_capacity(number, arc.capacity);
  return number;
}

void MaxFlowSolver::set_capacity(int arc, const Integer& capacity) {
  ENSURE(capacity.sign() >= 0, "a negative capacity");
  Integer& current = state_->network.arcs[arc].capacity;
  state_->total += capacity - current;
  current = capacity;
  if (state_->narrow) {
    if (capacity.fits_int64()) {
      state_->narrow->set_capacity(arc, capacity.int64());
    } else {
      state_->narrow.reset();  // built anew when the sum fits again
    }
  }
  if (state_->wide) state_->wide->set_capacity(arc, to_big(capacity));
}

const Integer& MaxFlowSolver::capacity(int arc) const { return state_->network.arcs[arc].capacity; }

Integer MaxFlowSolver::value(int source, int sink) { return state_->run(source, sink); }

std::vector<Integer> MaxFlowSolver::arc_flows(int source, int sink) {
  return state_->run_with_flows(source, sink);
}

MaxFlow MaxFlowSolver::solve(int source, int sink) {
  MaxFlow flow{state_->run(source, sink), {}};
  flow.source_side.resize(state_->network.num_nodes);
  for (int node = 0; node < state_->network.num_nodes; ++node) {
    flow.source_side[node] = state_->on_source_side(node);
  }
  return flow;
}

MaxFlow max_flow(const FlowNetwork& network, int source, int sink) {
  return MaxFlowSolver(network).solve(source, sink);
}

}  // namespace pleach
