#include "compiler/passes/rank_groups.hpp"

#include <algorithm>
#include <cstdint>
#include <utility>

namespace pleach {
namespace {

// The fabric of each switch that some rank can reach through switches; -1 for ranks.
std::vector<int> fabrics_of(const CableNetwork& network) {
  std::vector<int> fabric(network.num_nodes, -1);
  int next = 0;
  for (int start = 0; start < network.num_nodes; ++start) {
    if (network.is_compute[start] || fabric[start] >= 0) continue;
    std::vector<int> frontier{start};
    fabric[start] = next;
    const auto visit = [&](int node) {
      if (network.is_compute[node] || fabric[node] >= 0) return;
      fabric[node] = next;
      frontier.push_back(node);
    };
    while (!frontier.empty()) {
      const int node = frontier.back();
      frontier.pop_back();
      for (int c = network.first_leaving[node]; c < network.first_leaving[node + 1]; ++c) {
        visit(network.cables[c].head);
      }
      for (const int c : network.entering[node]) visit(network.cables[c].tail);
    }
    ++next;
  }
  return fabric;
}

// The switch that stands for a rank's group: of its widest cables the first one's, by fabric when
// it has several fabrics. -1 when it has no switch.
struct Place {
  int fabric = -1;
  int first_switch = -1;
  bool has_others = false;
};

Place place_of(const CableNetwork& network, const std::vector<int>& fabric, int node) {
  Place place;
  std::int64_t widest = 0;
  for (int c = network.first_leaving[node]; c < network.first_leaving[node + 1]; ++c) {
    const Cable& cable = network.cables[c];
    if (network.is_compute[cable.head]) continue;
    if (place.fabric >= 0 && fabric[cable.head] != place.fabric) place.has_others = true;
    if (cable.capacity <= widest) continue;
    widest = cable.capacity;
    place.fabric = fabric[cable.head];
    place.first_switch = cable.head;
  }
  return place;
}

}  // namespace

std::optional<RankGroups> find_rank_groups(const CableNetwork& network) {
  const std::vector<int> fabric = fabrics_of(network);
  std::vector<Place> places;
  bool has_boxes = false;
  for (const int node : network.compute) {
    places.push_back(place_of(network, fabric, node));
    if (places.back().fabric < 0) return std::nullopt;
    has_boxes = has_boxes || places.back().has_others;
  }
  RankGroups groups;
  std::vector<int> group_at(network.num_nodes, -1);  // by fabric or first switch
  for (std::size_t rank = 0; rank < places.size(); ++rank) {
    int& group = group_at[has_boxes ? places[rank].fabric : places[rank].first_switch];
    if (group < 0) {
      group = static_cast<int>(groups.members.size());
      groups.members.emplace_back();
    }
    groups.group_of.push_back(group);
    groups.members[group].push_back(static_cast<int>(rank));
  }
  // -1: no rank yet; -2: several groups.
  std::vector<int> group_of_fabric(network.num_nodes, -1);
  for (std::size_t rank = 0; rank < places.size(); ++rank) {
    const int node = network.compute[rank];
    for (int c = network.first_leaving[node]; c < network.first_leaving[node + 1]; ++c) {
      const int head = network.cables[c].head;
      if (network.is_compute[head]) continue;
      int& group = group_of_fabric[fabric[head]];
      if (group == -1) group = groups.group_of[rank];
      if (group != groups.group_of[rank]) group = -2;
    }
  }
  for (int node = 0; node < network.num_nodes; ++node) {
    if (fabric[node] < 0) continue;
    const int group = group_of_fabric[fabric[node]];
    if (group != -1) (group == -2 ? groups.between : groups.inside).push_back(node);
  }
  return groups;
}

}  // namespace pleach
