#include "compiler/graph/supply_flow_solver.hpp"

#include "compiler/core/check.hpp"

namespace pleach {
namespace {

std::vector<ArcEnds> ends_of(const FlowNetwork& network) {
  std::vector<ArcEnds> ends;
  ends.reserve(network.arcs.size());
  for (const FlowArc& arc : network.arcs) ends.push_back({arc.tail, arc.head});
  return ends;
}

bool holds(const Integer& total) { return total < Integer(std::int64_t{1} << 60); }

}  // namespace

SupplyFlowSolver::SupplyFlowSolver(const FlowNetwork& network)
    : arcs_(ends_of(network)),
      capacity_(arcs_.size()),
      supply_(network.num_nodes),
      unlimited_(network.num_nodes),
      switch_(network.num_nodes),
      flow_(std::in_place_index<0>, network.num_nodes, arcs_) {
  for (std::size_t i = 0; i < arcs_.size(); ++i) {
    set_capacity(static_cast<int>(i), network.arcs[i].capacity);
  }
}

int SupplyFlowSolver::add_arc(int tail, int head) {
  arcs_.push_back({tail, head});
  capacity_.emplace_back(0);
  return std::visit([&](auto& flow) { return flow.add_arc(tail, head); }, flow_);
}

void SupplyFlowSolver::set_capacity(int arc, const Integer& capacity) {
  ENSURE(capacity.sign() >= 0, "a negative capacity");
  total_ -= capacity_[arc];
  total_ += capacity;
  capacity_[arc] = capacity;
  if (!holds(total_)) widen();
  if (auto* const narrow = std::get_if<0>(&flow_)) {
    narrow->set_capacity(arc, capacity.int64());
  } else {
    std::get<1>(flow_).set_capacity(arc, capacity);
  }
}

void SupplyFlowSolver::set_supply(int node, const Integer& supply) {
  ENSURE(supply.sign() >= 0, "a negative supply");
  total_ -= supply_[node];
  total_ += supply;
  supply_[node] = supply;
  if (!holds(total_)) widen();
  if (auto* const narrow = std::get_if<0>(&flow_)) {
    narrow->set_supply(node, supply.int64());
  } else {
    std::get<1>(flow_).set_supply(node, supply);
  }
}

void SupplyFlowSolver::set_unlimited(int node, bool unlimited) {
  unlimited_[node] = unlimited;
  std::visit([&](auto& flow) { flow.set_unlimited(node, unlimited); }, flow_);
}

void SupplyFlowSolver::set_switch(int node) {
  switch_[node] = true;
  std::visit([&](auto& flow) { flow.set_switch(node); }, flow_);
}

Integer SupplyFlowSolver::into(int sink, const Integer& enough) {
  if (!holds(enough)) widen();
  if (auto* const narrow = std::get_if<0>(&flow_)) return narrow->into(sink, enough.int64());
  return std::get<1>(flow_).into(sink, enough);
}

bool SupplyFlowSolver::on_sink_side(int node) const {
  return std::visit([&](const auto& flow) { return flow.on_sink_side(node); }, flow_);
}

void SupplyFlowSolver::widen() {
  if (flow_.index() == 1) return;
  auto& wide = flow_.emplace<1>(static_cast<int>(supply_.size()), arcs_);
  for (std::size_t arc = 0; arc < arcs_.size(); ++arc) {
    wide.set_capacity(static_cast<int>(arc), capacity_[arc]);
  }
  for (std::size_t node = 0; node < supply_.size(); ++node) {
    wide.set_supply(static_cast<int>(node), supply_[node]);
    wide.set_unlimited(static_cast<int>(node), unlimited_[node]);
    if (switch_[node]) wide.set_switch(static_cast<int>(node));
  }
}

}  // namespace pleach
