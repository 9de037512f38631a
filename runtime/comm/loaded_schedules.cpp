#include "runtime/comm/loaded_schedules.hpp"

#include "runtime/comm/derive_schedule.hpp"

namespace pleach {

void LoadedSchedules::add(Schedule schedule) {
  nodes_.clear();
  for (const NodeId node : schedule.topology.ranks) {
    nodes_.push_back(schedule.topology.node(node).id);
  }
  const Key key(schedule.collective, root_of(schedule));
  added_.insert_or_assign(key, std::move(schedule));
  derived_.clear();
}

const Schedule* LoadedSchedules::find(Collective collective, int root) const {
  const Key key(collective, has_root(collective) ? root : -1);
  if (const auto at = added_.find(key); at != added_.end()) return &at->second;
  const auto [at, is_new] = derived_.try_emplace(key);
  if (is_new) {
    for (const auto& [other, schedule] : added_) {
      if (!at->second) at->second = derive_schedule(schedule, collective, root);
    }
  }
  return at->second ? &*at->second : nullptr;
}

std::string LoadedSchedules::other_roots(Collective collective) const {
  std::string roots;
  for (const auto& [key, schedule] : added_) {
    if (key.first != collective || key.second < 0) continue;
    roots += (roots.empty() ? ", only one with root " : " and ") + std::to_string(key.second) +
             " (" + schedule.topology.node(schedule.topology.ranks[key.second]).id + ")";
  }
  return roots;
}

const std::string* LoadedSchedules::node_of(int rank) const {
  return nodes_.empty() ? nullptr : &nodes_[rank];
}

}  // namespace pleach
