// The full form of pleach-topology/1 as declared: decoded and checked one by one, not expanded.
#pragma once

#include <cstdint>
#include <limits>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "compiler/core/units.hpp"
#include "compiler/topology/id_pattern.hpp"
#include "compiler/topology/name_pattern.hpp"
#include "compiler/topology/number_ranges.hpp"
#include "compiler/topology/topology_spec.hpp"

namespace pleach {

struct Body;

// A `for`: every combination of its variables, the first variable slowest.
struct Loop {
  std::vector<std::string> variables;
  std::vector<NumberRanges> ranges;  // one for each variable
};

struct LinkClass {
  Bandwidth bandwidth;
  std::optional<Bandwidth> reverse_bandwidth;
  Latency latency;
};

// What one declared link carries; `reverse` is the way from its second end to its first.
struct CableProperties {
  Bandwidth bandwidth;
  Bandwidth reverse_bandwidth;
  Latency latency;
  std::int64_t count = 1;
};

// Names of labels and their values; these may hold variables of the node's `for`.
using LabelPatterns = std::vector<std::pair<std::string, IdPattern>>;

struct NodeProperties {
  NodeType type = NodeType::Gpu;
  std::optional<Bandwidth> throughput;
  LabelPatterns labels = {};
};

struct NodeDeclaration {
  Origin origin;
  IdPattern id;
  Loop loop;
  NodeProperties properties;   // of a plain node; of a template the labels only
  std::string use;             // the template's name, for messages
  const Body* body = nullptr;  // the template, null for a plain node
};

struct LinkDeclaration {
  Origin origin;
  IdPattern from;
  IdPattern to;
  bool both_ways = true;
  CableProperties cable;
  Loop loop;
};

// Cables between all pairs of some nodes, counted in a symmetric table.
struct MatrixDeclaration {
  Origin origin;
  std::vector<std::string> ids;
  std::vector<std::vector<std::int64_t>> counts;
  CableProperties cable;
};

enum class FabricType { LeafSpine, FatTree, Dragonfly, Torus, Mesh, Hypercube, FullMesh, Star };

struct Tier {
  IdPattern id;
  Loop loop;
};

struct FabricDeclaration {
  Origin origin;
  FabricType type = FabricType::LeafSpine;
  std::string id;                        // prefix of its nodes, without the '/'
  Tier leaves;                           // leaf-spine
  Tier spines;                           // leaf-spine
  std::vector<std::int64_t> dimensions;  // torus … star
  std::vector<bool> wrap;                // torus, mesh: one for each dimension
  std::int64_t radix = 0;                // fat-tree: ports of a switch
  std::int64_t levels = 0;               // fat-tree
  std::int64_t uplinks = 0;              // fat-tree: ports of a leaf that go up
  std::int64_t groups = 0;               // dragonfly
  std::int64_t switches_per_group = 0;   // dragonfly
  NodeProperties node;                   // torus … star
  CableProperties cable;                 // its links; a dragonfly's within a group
  CableProperties global_cable;          // a dragonfly's between groups
  std::vector<LinkDeclaration> attach;   // `from` is outside, `to` inside the fabric
};

struct Body {
  std::vector<NodeDeclaration> nodes;
  std::vector<LinkDeclaration> links;
  std::vector<MatrixDeclaration> matrices;  // none or one
  std::vector<FabricDeclaration> fabrics;
};

// One entry of `degraded`: either `remove`, or `ends` with at least one change.
struct DegradedEntry {
  Origin origin;
  std::optional<HostPattern> remove;
  std::optional<std::pair<HostPattern, HostPattern>> ends;
  std::optional<std::int64_t> count;
  std::optional<Rational> scale;
  std::optional<Bandwidth> bandwidth;
  std::optional<Latency> latency;
};

struct RankEntry {
  Origin origin;
  RankPattern pattern;
};

// A whole file. It stays where it is: its declarations point into it and into its includes.
struct Description {
  std::string name;
  std::map<std::string, LinkClass> link_classes;
  std::map<std::string, Body> templates;
  // Its own and those of its includes: what its declarations may name.
  std::map<std::string, const LinkClass*> visible_classes;
  std::map<std::string, const Body*> visible_templates;
  Body body;
  // False when a mistake may have cost a node its declaration: then nobody can tell which ids
  // exist.
  bool names_are_complete = true;
  std::vector<DegradedEntry> degraded;
  std::optional<std::vector<RankEntry>> ranks;
};

// Calls visit(values of the variables) for each combination; ends early when visit returns false.
template <class Visit>
void for_each_iteration(const Loop& loop, Visit visit) {
  const std::size_t n = loop.variables.size();
  std::vector<std::size_t> range(n, 0);  // position in loop.ranges[i]
  std::vector<std::int64_t> values(n);
  for (std::size_t i = 0; i < n; ++i) values[i] = loop.ranges[i].front().first;
  while (visit(std::span<const std::int64_t>(values))) {
    std::size_t i = n;
    while (i > 0) {
      --i;
      if (values[i] < loop.ranges[i][range[i]].last) {
        ++values[i];
        break;
      }
      range[i] = (range[i] + 1) % loop.ranges[i].size();
      values[i] = loop.ranges[i][range[i]].first;
      if (range[i] != 0) break;
      if (i == 0) return;
    }
    if (n == 0) return;
  }
}

}  // namespace pleach
