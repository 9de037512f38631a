#include "compiler/plan/plan.hpp"

#include <algorithm>
#include <map>
#include <tuple>
#include <utility>

namespace pleach {

std::vector<int> positions_within_ranks(const Plan& plan) {
  std::vector<int> next(plan.ranks, 0);
  std::vector<int> positions;
  positions.reserve(plan.ops.size());
  for (const NodeOp& op : plan.ops) positions.push_back(next[op.rank]++);
  return positions;
}

bool touches(const NodeOp& op, int rank) {
  const auto is_there = [&](const Location& location) { return location.rank == rank; };
  return std::any_of(op.sources.begin(), op.sources.end(), is_there) ||
         std::any_of(op.destinations.begin(), op.destinations.end(), is_there);
}

std::uint64_t slots_given_back(const Plan& plan, const NodeOp& send) {
  const std::uint64_t chunks = num_chunks(slice_of(plan, send));
  const std::uint64_t slots = send.destinations[0].ring_slots;
  return chunks > slots ? chunks - slots : 0;
}

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
