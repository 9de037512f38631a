// Ids are types: a node is no rank, a link is no node.
#pragma once

#include <cstddef>
#include <cstdint>

namespace pleach {

enum class NodeId : std::int32_t {};  // position in Topology::nodes, in file order
enum class LinkId : std::int32_t {};  // position in Topology::links

template <class Id>
[[nodiscard]] constexpr std::size_t index(Id id) {
  return static_cast<std::size_t>(id);
}

}  // namespace pleach
