#include "compiler/plan/plan.hpp"

namespace pleach {

std::string tree_name(const Slice& slice, Phase phase) {
  return phase == Phase::Up ? "/reduce_trees/" + std::to_string(slice.reduce_tree)
                            : "/broadcast_trees/" + std::to_string(slice.broadcast_tree);
}

}  // namespace pleach
