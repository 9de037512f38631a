// Small machines for the tests of this folder.
#pragma once

#include <map>
#include <string>
#include <utility>
#include <vector>

#include <doctest/doctest.h>

#include "compiler/core/collective.hpp"
#include "compiler/core/rational.hpp"
#include "compiler/explain/explanation.hpp"
#include "compiler/topology/load_topology.hpp"

namespace pleach::testing {

inline Topology catalogue_machine(const std::string& name) {
  auto topology = load_topology(name);
  REQUIRE(topology.ok());
  return std::move(topology).value();
}

inline Topology machine_from(const std::string& text) {
  auto topology = read_topology(text, "test");
  if (!topology.ok()) FAIL(to_string(topology.mistakes().front()));
  return std::move(topology).value();
}

// `boxes` DGX H100 whose NICs meet rail by rail, with `degraded` entries.
inline Topology h100_boxes(int boxes, const std::string& degraded = "") {
  const std::string last = std::to_string(boxes - 1);
  return machine_from(
      R"({"format":"pleach-topology/1","name":"h100","nodes":[
      {"id":"box{b}","use":"builtin:dgx-h100","for":{"b":"0-)" +
      last + R"("}},{"id":"leaf{r}","type":"switch","for":{"r":"0-7"}}],
      "links":[{"between":["box{b}/nic{r}","leaf{r}"],"bandwidth":"400 Gb/s",
                "for":{"b":"0-)" +
      last + R"(","r":"0-7"}}],"degraded":[)" + degraded + "]}");
}

inline std::vector<std::string> ids(const Topology& topology, const std::vector<NodeId>& nodes) {
  std::vector<std::string> result;
  for (const NodeId node : nodes) result.push_back(topology.node(node).id);
  return result;
}

inline std::vector<std::string> link_names(const Topology& topology,
                                           const std::vector<LinkId>& links) {
  std::vector<std::string> result;
  for (const LinkId id : links) {
    const Link& link = topology.links[index(id)];
    result.push_back(topology.node(link.from).id + " -> " + topology.node(link.to).id);
  }
  return result;
}

// Adds up the links that cross the border of `nodes` in a direction of the real links.
inline Rational capacity_across(const Topology& topology,
                                const std::vector<NodeId>& nodes,
                                Direction direction) {
  std::vector<bool> inside(topology.num_nodes());
  for (const NodeId node : nodes) inside[index(node)] = true;
  Rational sum;
  for (const Link& link : topology.links) {
    const bool enters = !inside[index(link.from)] && inside[index(link.to)];
    const bool leaves = inside[index(link.from)] && !inside[index(link.to)];
    if (direction == Direction::Entering ? enters : leaves) {
      sum += link.bandwidth.gigabytes_per_second;
    }
  }
  return sum;
}

}  // namespace pleach::testing
