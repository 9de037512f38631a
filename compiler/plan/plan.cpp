#include "compiler/plan/plan.hpp"

#include <map>
#include <tuple>
#include <utility>

namespace pleach {

Plan without_staging(Plan plan) {
  const auto place = [](const Location& location) {
    return std::tuple(location.rank, location.buffer, location.offset);
  };
  std::map<std::tuple<int, Buffer, std::uint64_t>, Location> staged;
  for (const NodeOp& op : plan.ops) {
    if (op.kind == NodeOp::Kind::Stage) staged[place(op.destinations[0])] = op.sources[0];
  }
  for (NodeOp& op : plan.ops) {
    for (std::size_t i = 0; i < op.sources.size(); ++i) {
      const auto at = staged.find(place(op.sources[i]));
      if (at != staged.end()) op.sources[i] = at->second;
    }
  }
  return plan;
}

std::string tree_name(const Slice& slice, Phase phase) {
  return phase == Phase::Up ? "/reduce_trees/" + std::to_string(slice.reduce_tree)
                            : "/broadcast_trees/" + std::to_string(slice.broadcast_tree);
}

}  // namespace pleach
