#include "compiler/graph/supply_flow.hpp"

#include <algorithm>
#include <tuple>
#include <utility>

#include "compiler/core/check.hpp"

namespace pleach {
namespace {

bool is_above_zero(std::int64_t value) { return value > 0; }
bool is_above_zero(const Integer& value) { return value.sign() > 0; }

}  // namespace

template <class Value>
SupplyFlow<Value>::SupplyFlow(int num_nodes, const std::vector<ArcEnds>& arcs)
    : arcs_(arcs),
      capacity_(arcs.size()),
      supply_(num_nodes),
      drawn_(num_nodes),
      set_unlimited_(num_nodes),
      unlimited_(num_nodes),
      switch_(num_nodes),
      shortfall_(num_nodes),
      layer_(num_nodes, kUnseen),
      next_port_(num_nodes),
      way_(num_nodes) {}

template <class Value>
int SupplyFlow<Value>::add_arc(int tail, int head) {
  arcs_.push_back({tail, head});
  capacity_.emplace_back();
  built_ = false;
  return static_cast<int>(arcs_.size()) - 1;
}

template <class Value>
void SupplyFlow<Value>::set_capacity(int arc, const Value& capacity) {
  if (built_) {
    take_back();
    Port& port = ports_[port_of_[arc]];
    port.capacity += capacity;
    port.capacity -= capacity_[arc];
    port.room = port.capacity;
    if (has_switches_) settled_ = false;
  }
  capacity_[arc] = capacity;
}

template <class Value>
void SupplyFlow<Value>::set_supply(int node, const Value& supply) {
  supply_[node] = supply;
}

template <class Value>
void SupplyFlow<Value>::set_unlimited(int node, bool unlimited) {
  set_unlimited_[node] = unlimited;
  if (!has_switches_) {
    unlimited_[node] = unlimited;
  } else if (!unlimited) {
    settled_ = false;
  } else if (settled_) {
    absorb(node);
  }
}

template <class Value>
void SupplyFlow<Value>::set_switch(int node) {
  switch_[node] = true;
  has_switches_ = true;
  settled_ = false;
}

template <class Value>
void SupplyFlow<Value>::settle() {
  std::fill(unlimited_.begin(), unlimited_.end(), false);
  std::fill(shortfall_.begin(), shortfall_.end(), Value{});
  for (const Port& port : ports_) shortfall_[port.other] += port.capacity;
  settled_ = true;
  for (int node = 0; node < num_nodes(); ++node) {
    if (set_unlimited_[node]) absorb(node);
  }
}

// Takes the node in among those without limit, and the switches that they now saturate.
template <class Value>
void SupplyFlow<Value>::absorb(int node) {
  if (unlimited_[node]) return;
  unlimited_[node] = true;
  absorbed_.assign(1, node);
  for (std::size_t i = 0; i < absorbed_.size(); ++i) {
    for (int p = first_port_[absorbed_[i]]; p < first_port_[absorbed_[i] + 1]; ++p) {
      const Port& port = ports_[p];
      Value& shortfall = shortfall_[port.other];
      shortfall -= port.capacity;
      shortfall -= ports_[port.twin].capacity;
      if (!switch_[port.other] || unlimited_[port.other] || is_above_zero(shortfall)) continue;
      unlimited_[port.other] = true;
      absorbed_.push_back(port.other);
    }
  }
}

// One pair of ports for each pair of neighbours, whatever arcs join them.
template <class Value>
void SupplyFlow<Value>::build() {
  struct End {
    int node, other, arc;
  };
  std::vector<End> ends;
  ends.reserve(2 * arcs_.size());
  for (std::size_t i = 0; i < arcs_.size(); ++i) {
    const auto [tail, head] = arcs_[i];
    ENSURE(tail != head, "an arc from a node to itself");
    ends.push_back({head, tail, static_cast<int>(i)});
    ends.push_back({tail, head, -1});
  }
  // By node, then neighbour: a counting sort by node of a list that is sorted by neighbour.
  std::vector<int> start(supply_.size() + 1);
  const auto sort_by = [&](auto key) {
    std::fill(start.begin(), start.end(), 0);
    for (const End& end : ends) ++start[key(end) + 1];
    for (std::size_t i = 1; i < start.size(); ++i) start[i] += start[i - 1];
    std::vector<End> sorted(ends.size());
    for (const End& end : ends) sorted[start[key(end)]++] = end;
    ends.swap(sorted);
  };
  sort_by([](const End& end) { return end.other; });
  sort_by([](const End& end) { return end.node; });

  ports_.clear();
  port_of_.assign(arcs_.size(), -1);
  first_port_.assign(supply_.size() + 1, 0);
  int last_node = -1;
  for (const End& end : ends) {
    if (end.node != last_node || ports_.back().other != end.other) {
      while (last_node < end.node) first_port_[++last_node] = static_cast<int>(ports_.size());
      ports_.push_back({end.other, 0, Value{}, Value{}});
    }
    if (end.arc < 0) continue;
    port_of_[end.arc] = static_cast<int>(ports_.size()) - 1;
    ports_.back().capacity += capacity_[end.arc];
  }
  while (last_node < num_nodes()) first_port_[++last_node] = static_cast<int>(ports_.size());

  // Ports are sorted by (node, other), so those that name a node come in the order of its own.
  std::vector<int> next(first_port_.begin(), first_port_.end() - 1);
  for (std::size_t i = 0; i < ports_.size(); ++i) {
    ports_[i].room = ports_[i].capacity;
    ports_[i].twin = next[ports_[i].other]++;
  }
  changed_ports_.clear();
  built_ = true;
  settled_ = false;
}

template <class Value>
void SupplyFlow<Value>::take_back() {
  for (const int port : changed_ports_) ports_[port].room = ports_[port].capacity;
  for (const int node : changed_supplies_) drawn_[node] = Value{};
  changed_ports_.clear();
  changed_supplies_.clear();
}

// Layers around the sink, until the supplies seen could be enough. Says whether there are any.
//
// A last layer is finished before the search ends, so that the next flow's is further out: that
// bounds their number. A hasty search ends in the middle of a layer, as soon as ways that share no
// node but the sink bring enough: one way by each of the sink's ports, the widest.
template <class Value>
bool SupplyFlow<Value>::grow_layers(int sink, const Value& wanted, bool hasty) {
  for (const int node : seen_) layer_[node] = kUnseen;
  seen_.assign(1, sink);
  layer_[sink] = 0;
  next_port_[sink] = first_port_[sink];
  widest_.assign(first_port_[sink + 1] - first_port_[sink], Value{});
  Value found = unlimited_[sink] ? wanted : supply_[sink] - drawn_[sink];
  Value assured = found;
  for (std::size_t i = 0; i < seen_.size(); ++i) {
    const int node = seen_[i];
    if (unlimited_[node]) continue;  // nothing has to come from further away
    const int layer = layer_[node] + 1;
    if (found >= wanted && layer > layer_[seen_.back()]) break;
    for (int p = first_port_[node]; p < first_port_[node + 1]; ++p) {
      const Port& port = ports_[p];
      const int other = port.other;
      if (layer_[other] != kUnseen || !is_above_zero(port.room)) continue;
      layer_[other] = layer;
      next_port_[other] = first_port_[other];
      seen_.push_back(other);
      way_[other] = node == sink ? Way{p - first_port_[sink], port.room}
                                 : Way{way_[node].first, std::min(way_[node].width, port.room)};
      const Value offer = unlimited_[other] ? wanted : supply_[other] - drawn_[other];
      if (!is_above_zero(offer)) continue;
      if (found < wanted) found += offer;
      Value& widest = widest_[way_[other].first];
      const Value width = std::min(offer, way_[other].width);
      if (!hasty || width <= widest) continue;
      assured += width - widest;
      widest = width;
      if (assured >= wanted) return true;
    }
  }
  return is_above_zero(found);
}

// Takes from the node's own supply.
template <class Value>
Value SupplyFlow<Value>::draw(int node, const Value& wanted) {
  if (unlimited_[node]) return wanted;
  const Value left = supply_[node] - drawn_[node];
  if (!is_above_zero(left)) return Value{};
  const Value taken = std::min(left, wanted);
  if (!is_above_zero(drawn_[node])) changed_supplies_.push_back(node);
  drawn_[node] += taken;
  return taken;
}

// A blocking flow: what comes to the sink from layer to layer. Depth first, with the path on a
// stack of our own: rings make it as long as the network.
template <class Value>
Value SupplyFlow<Value>::pull(int sink, const Value& wanted) {
  path_.clear();
  path_.push_back({sink, wanted, draw(sink, wanted)});
  for (;;) {
    const int node = path_.back().node;
    const Value missing = path_.back().wanted - path_.back().got;
    const int end = first_port_[node + 1];
    int& p = next_port_[node];
    if (is_above_zero(missing)) {
      while (p < end &&
             (layer_[ports_[p].other] != layer_[node] + 1 || !is_above_zero(ports_[p].room))) {
        ++p;
      }
      if (p < end) {
        const int other = ports_[p].other;
        const Value asked = std::min(missing, ports_[p].room);
        path_.push_back({other, asked, draw(other, asked)});
        continue;
      }
    }
    // Satisfied, or nothing more comes this way.
    const Value got = path_.back().got;
    path_.pop_back();
    if (path_.empty()) return got;
    Step& below = path_.back();
    int& taken_from = next_port_[below.node];
    if (is_above_zero(got)) {
      Port& port = ports_[taken_from];
      Port& twin = ports_[port.twin];
      changed_ports_.push_back(taken_from);
      changed_ports_.push_back(port.twin);
      port.room -= got;
      twin.room += got;
      below.got += got;
    }
    if (is_above_zero(missing)) ++taken_from;  // the node above gives no more
  }
}

template <class Value>
Value SupplyFlow<Value>::into(int sink, const Value& enough) {
  if (!built_) build();
  take_back();
  if (has_switches_ && !settled_) settle();
  constexpr int kHastySearches = 8;
  Value arrived{};
  for (int search = 0; arrived < enough; ++search) {
    if (!grow_layers(sink, enough - arrived, search < kHastySearches)) break;
    arrived += pull(sink, enough - arrived);
  }
  return arrived;
}

template class SupplyFlow<std::int64_t>;
template class SupplyFlow<Integer>;

}  // namespace pleach
