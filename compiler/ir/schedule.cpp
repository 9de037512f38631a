#include "compiler/ir/schedule.hpp"

namespace pleach {

int root_of(const Schedule& schedule) {
  if (!has_root(schedule.collective)) return -1;
  const bool broadcasts = schedule.collective == Collective::Broadcast;
  const auto& trees = broadcasts ? schedule.broadcast_trees : schedule.reduce_trees;
  return trees.empty() ? -1 : trees.front().root;
}

}  // namespace pleach
