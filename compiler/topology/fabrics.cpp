#include "compiler/topology/fabrics.hpp"

#include <algorithm>
#include <limits>
#include <optional>

#include "compiler/core/check.hpp"

namespace pleach {
namespace {

const NodeProperties kSwitch = {.type = NodeType::Switch, .throughput = std::nullopt};

std::int64_t pairs_of(std::int64_t n) {
  // n (n-1) / 2 without the overflow of the product.
  return n % 2 == 0 ? saturating_multiply(n / 2, n - 1) : saturating_multiply(n, (n - 1) / 2);
}

std::int64_t power_of_two(std::int64_t exponent) {
  return exponent < 63 ? std::int64_t{1} << exponent : std::numeric_limits<std::int64_t>::max();
}

bool is_ring(const FabricDeclaration& fabric, std::size_t dimension) {
  // Two nodes have one link: a second would only double its rate, and nobody builds it.
  return fabric.wrap[dimension] && fabric.dimensions[dimension] >= 3;
}

struct GraphSize {
  std::int64_t nodes = 0;
  std::int64_t edges = 0;
};

GraphSize grid_size(const FabricDeclaration& fabric) {
  GraphSize size{.nodes = 1, .edges = 0};
  for (const std::int64_t n : fabric.dimensions) size.nodes = saturating_multiply(size.nodes, n);
  for (std::size_t d = 0; d < fabric.dimensions.size(); ++d) {
    const std::int64_t n = fabric.dimensions[d];
    const std::int64_t lines = size.nodes / n;
    size.edges =
        saturating_add(size.edges, saturating_multiply(lines, is_ring(fabric, d) ? n : n - 1));
  }
  return size;
}

GraphSize fat_tree_size(const FabricDeclaration& fabric) {
  const std::int64_t half = fabric.radix / 2;
  if (fabric.levels == 2) {
    return {.nodes = fabric.radix + fabric.uplinks,
            .edges = saturating_multiply(fabric.radix, fabric.uplinks)};
  }
  const std::int64_t pod_edges = saturating_multiply(half, fabric.uplinks);
  return {
      .nodes = saturating_add(saturating_multiply(fabric.radix, half + fabric.uplinks), pod_edges),
      .edges = saturating_multiply(saturating_multiply(fabric.radix, 2), pod_edges)};
}

GraphSize graph_size(const FabricDeclaration& fabric) {
  const std::int64_t n = fabric.dimensions.empty() ? 0 : fabric.dimensions.front();
  switch (fabric.type) {
    case FabricType::LeafSpine: {
      const std::int64_t leaves = num_iterations(fabric.leaves.loop);
      const std::int64_t spines = num_iterations(fabric.spines.loop);
      return {saturating_add(leaves, spines), saturating_multiply(leaves, spines)};
    }
    case FabricType::FatTree: return fat_tree_size(fabric);
    case FabricType::Dragonfly: {
      const std::int64_t local =
          saturating_multiply(fabric.groups, pairs_of(fabric.switches_per_group));
      return {saturating_multiply(fabric.groups, fabric.switches_per_group),
              saturating_add(local, pairs_of(fabric.groups))};
    }
    case FabricType::Torus:
    case FabricType::Mesh: return grid_size(fabric);
    case FabricType::Hypercube:
      return {power_of_two(n), saturating_multiply(power_of_two(n) / 2, n)};
    case FabricType::FullMesh: return {n, pairs_of(n)};
    case FabricType::Star: return {saturating_add(n, 1), n};
  }
  return {};
}

// Appends a tier's switches; returns what went wrong with an id.
std::optional<Diagnostic> add_tier(const Tier& tier, FabricGraph& graph) {
  std::optional<Diagnostic> mistake;
  for_each_iteration(tier.loop, [&](std::span<const std::int64_t> values) {
    std::string id;
    if (const char* const what = append_id(tier.id, values, id)) {
      mistake.emplace();
      mistake->message = "the id " + in_quotes(tier.id.text) + " " + what;
      return false;
    }
    graph.nodes.push_back({std::move(id), kSwitch});
    return true;
  });
  return mistake;
}

Result<FabricGraph> build_leaf_spine(const FabricDeclaration& fabric) {
  FabricGraph graph;
  if (auto mistake = add_tier(fabric.leaves, graph)) return *std::move(mistake);
  const std::size_t leaves = graph.nodes.size();
  if (auto mistake = add_tier(fabric.spines, graph)) return *std::move(mistake);
  for (std::size_t leaf = 0; leaf < leaves; ++leaf) {
    for (std::size_t spine = leaves; spine < graph.nodes.size(); ++spine) {
      graph.edges.push_back({leaf, spine});
    }
  }
  return graph;
}

std::string numbered(const char* name, std::size_t a) { return name + std::to_string(a); }
std::string numbered(const char* name, std::size_t a, std::size_t b) {
  return numbered(name, a) + "-" + std::to_string(b);
}

FabricGraph build_fat_tree(const FabricDeclaration& fabric) {
  FabricGraph graph;
  const auto radix = static_cast<std::size_t>(fabric.radix);
  const auto uplinks = static_cast<std::size_t>(fabric.uplinks);
  if (fabric.levels == 2) {
    for (std::size_t i = 0; i < radix; ++i) graph.nodes.push_back({numbered("leaf", i), kSwitch});
    for (std::size_t j = 0; j < uplinks; ++j) {
      graph.nodes.push_back({numbered("spine", j), kSwitch});
    }
    for (std::size_t i = 0; i < radix; ++i) {
      for (std::size_t j = 0; j < uplinks; ++j) graph.edges.push_back({i, radix + j});
    }
    return graph;
  }
  const std::size_t half = radix / 2;
  const std::size_t pod_size = half + uplinks;  // leaves, then aggregation switches
  const std::size_t first_core = radix * pod_size;
  for (std::size_t p = 0; p < radix; ++p) {
    for (std::size_t i = 0; i < half; ++i) graph.nodes.push_back({numbered("leaf", p, i), kSwitch});
    for (std::size_t j = 0; j < uplinks; ++j) {
      graph.nodes.push_back({numbered("agg", p, j), kSwitch});
    }
  }
  for (std::size_t j = 0; j < uplinks; ++j) {
    for (std::size_t c = 0; c < half; ++c) graph.nodes.push_back({numbered("core", j, c), kSwitch});
  }
  for (std::size_t p = 0; p < radix; ++p) {
    const std::size_t leaf = p * pod_size;
    const std::size_t aggregation = leaf + half;
    for (std::size_t i = 0; i < half; ++i) {
      for (std::size_t j = 0; j < uplinks; ++j) graph.edges.push_back({leaf + i, aggregation + j});
    }
    for (std::size_t j = 0; j < uplinks; ++j) {
      for (std::size_t c = 0; c < half; ++c) {
        graph.edges.push_back({aggregation + j, first_core + j * half + c});
      }
    }
  }
  return graph;
}

FabricGraph build_dragonfly(const FabricDeclaration& fabric) {
  FabricGraph graph;
  const auto groups = static_cast<std::size_t>(fabric.groups);
  const auto switches = static_cast<std::size_t>(fabric.switches_per_group);
  for (std::size_t a = 0; a < groups; ++a) {
    for (std::size_t s = 0; s < switches; ++s) {
      graph.nodes.push_back({numbered("sw", a, s), kSwitch});
    }
  }
  for (std::size_t a = 0; a < groups; ++a) {
    for (std::size_t s = 0; s < switches; ++s) {
      for (std::size_t t = 0; t < s; ++t) {
        graph.edges.push_back({a * switches + s, a * switches + t});
      }
    }
  }
  std::vector<std::size_t> next(groups, 0);  // the group's switch that takes the next global cable
  for (std::size_t a = 0; a < groups; ++a) {
    for (std::size_t b = 0; b < a; ++b) {
      graph.edges.push_back(
          {a * switches + next[a]++ % switches, b * switches + next[b]++ % switches, true});
    }
  }
  return graph;
}

FabricGraph build_grid(const FabricDeclaration& fabric) {
  FabricGraph graph;
  const std::size_t num_dimensions = fabric.dimensions.size();
  std::vector<std::size_t> stride(num_dimensions, 1);  // the last dimension runs fastest
  for (std::size_t d = num_dimensions - 1; d > 0; --d) {
    stride[d - 1] = stride[d] * static_cast<std::size_t>(fabric.dimensions[d]);
  }
  const auto size = static_cast<std::size_t>(grid_size(fabric).nodes);
  const auto coordinate = [&](std::size_t node, std::size_t d) {
    return node / stride[d] % static_cast<std::size_t>(fabric.dimensions[d]);
  };
  for (std::size_t node = 0; node < size; ++node) {
    std::string id = std::to_string(coordinate(node, 0));
    for (std::size_t d = 1; d < num_dimensions; ++d)
      id += "-" + std::to_string(coordinate(node, d));
    graph.nodes.push_back({std::move(id), fabric.node});
  }
  for (std::size_t node = 0; node < size; ++node) {
    for (std::size_t d = 0; d < num_dimensions; ++d) {
      const auto length = static_cast<std::size_t>(fabric.dimensions[d]);
      if (coordinate(node, d) + 1 < length) {
        graph.edges.push_back({node, node + stride[d]});
      } else if (is_ring(fabric, d)) {
        graph.edges.push_back({node, node - stride[d] * (length - 1)});
      }
    }
  }
  return graph;
}

// Hypercube, full mesh and star: nodes 0 … n - 1, and a rule for their edges.
FabricGraph build_numbered(const FabricDeclaration& fabric) {
  FabricGraph graph;
  const auto number =
      static_cast<std::size_t>(fabric.dimensions.empty() ? 0 : fabric.dimensions.front());
  const bool is_star = fabric.type == FabricType::Star;
  const bool is_hypercube = fabric.type == FabricType::Hypercube;
  const std::size_t size = is_hypercube ? std::size_t{1} << number : number;
  if (is_star) graph.nodes.push_back({"hub", kSwitch});
  for (std::size_t i = 0; i < size; ++i) graph.nodes.push_back({std::to_string(i), fabric.node});
  for (std::size_t i = 0; i < size; ++i) {
    if (is_star) {
      graph.edges.push_back({0, i + 1});
    } else if (is_hypercube) {
      for (std::size_t bit = 0; bit < number; ++bit) {
        if ((i >> bit & 1U) == 0) graph.edges.push_back({i, i | std::size_t{1} << bit});
      }
    } else {
      for (std::size_t j = i + 1; j < size; ++j) graph.edges.push_back({i, j});
    }
  }
  return graph;
}

Result<FabricGraph> build(const FabricDeclaration& fabric) {
  switch (fabric.type) {
    case FabricType::LeafSpine: return build_leaf_spine(fabric);
    case FabricType::FatTree: return build_fat_tree(fabric);
    case FabricType::Dragonfly: return build_dragonfly(fabric);
    case FabricType::Torus:
    case FabricType::Mesh: return build_grid(fabric);
    case FabricType::Hypercube:
    case FabricType::FullMesh:
    case FabricType::Star: break;
  }
  return build_numbered(fabric);
}

}  // namespace

std::int64_t saturating_add(std::int64_t a, std::int64_t b) {
  std::int64_t sum = 0;
  return __builtin_add_overflow(a, b, &sum) ? std::numeric_limits<std::int64_t>::max() : sum;
}

std::int64_t saturating_multiply(std::int64_t a, std::int64_t b) {
  std::int64_t product = 0;
  return __builtin_mul_overflow(a, b, &product) ? std::numeric_limits<std::int64_t>::max()
                                                : product;
}

std::int64_t num_iterations(const Loop& loop) {
  std::int64_t number = 1;
  for (const NumberRanges& ranges : loop.ranges) {
    number = saturating_multiply(number, count_numbers(ranges));
  }
  return number;
}

ExpansionSize fabric_size(const FabricDeclaration& fabric) {
  const GraphSize size = graph_size(fabric);
  return {.nodes = size.nodes, .links = saturating_multiply(size.edges, 2)};
}

Result<FabricGraph> build_fabric(const FabricDeclaration& fabric) {
  Result<FabricGraph> graph = build(fabric);
  if (graph.ok()) {
    const GraphSize size = graph_size(fabric);
    ENSURE(graph.value().nodes.size() == static_cast<std::size_t>(size.nodes) &&
               graph.value().edges.size() == static_cast<std::size_t>(size.edges),
           "a fabric has another size than was counted");
  }
  return graph;
}

}  // namespace pleach
