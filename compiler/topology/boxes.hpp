// The boxes of a machine, as its ids name them: "box3/gpu0" stands in the box "box3".
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "compiler/core/ids.hpp"
#include "compiler/topology/topology.hpp"

namespace pleach {

struct Box {
  std::string name;           // an id's text before its last '/'
  std::vector<NodeId> nodes;  // in file order
  bool operator==(const Box&) const = default;
};

struct Boxes {
  std::vector<Box> list;                   // in order of first mention
  std::vector<std::optional<int>> box_of;  // by node, a position in `list`; none without a '/'
};

// Cost: O(nodes log nodes).
[[nodiscard]] Boxes boxes_of(const Topology& topology);

}  // namespace pleach
