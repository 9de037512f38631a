#include "compiler/topology/expand.hpp"

#include <limits>
#include <set>

#include "compiler/topology/expansion_size.hpp"
#include "compiler/topology/fabrics.hpp"

namespace pleach {
namespace {

class Expander {
 public:
  Expander(TopologySpec& spec, Diagnostics& mistakes) : spec_(spec), mistakes_(mistakes) {}

  // `labels`: of the template's use, for all its nodes.
  void body(const Body& body, const std::string& prefix, const Labels& labels) {
    for (const NodeDeclaration& node : body.nodes) add_nodes(node, prefix, labels);
    for (const MatrixDeclaration& matrix : body.matrices) add_matrix(matrix, prefix);
    for (const LinkDeclaration& link : body.links) add_links(link, prefix, prefix);
    for (const FabricDeclaration& fabric : body.fabrics) add_fabric(fabric, prefix, labels);
  }

 private:
  void report_once(Origin origin, std::string message) {
    // A declaration in a template fails in every copy.
    if (!reported_.insert(origin).second) return;
    mistakes_.push_back(mistake_at(spec_, origin, std::move(message)));
  }

  // Up to the first iteration that has no id.
  void add_nodes(const NodeDeclaration& node, const std::string& prefix, const Labels& outer) {
    for_each_iteration(node.loop, [&](std::span<const std::int64_t> values) {
      std::string id = prefix;
      Labels labels = outer;
      if (!append(node.id, values, node.origin, id) ||
          !set_labels(node.properties.labels, values, node.origin, labels)) {
        return false;
      }
      if (node.body != nullptr) {
        body(*node.body, id + "/", labels);
      } else {
        add_node(std::move(id), node.properties, std::move(labels), node.origin);
      }
      return true;
    });
  }

  // Those of `patterns` win over those that are there.
  bool set_labels(const LabelPatterns& patterns,
                  std::span<const std::int64_t> values,
                  Origin origin,
                  Labels& labels) {
    for (const auto& [name, pattern] : patterns) {
      std::string& label = labels[name];
      label.clear();
      if (const char* const mistake = append_id(pattern, values, label)) {
        report_once(origin, "the label " + in_quotes(pattern.text) + " " + mistake);
        return false;
      }
    }
    return true;
  }

  bool append(const IdPattern& pattern,
              std::span<const std::int64_t> values,
              Origin origin,
              std::string& id) {
    const char* const mistake = append_id(pattern, values, id);
    if (mistake == nullptr) return true;
    report_once(origin, "the id " + in_quotes(pattern.text) + " " + mistake);
    return false;
  }

  void add_node(std::string id, const NodeProperties& properties, Labels labels, Origin origin) {
    spec_.nodes.push_back({.id = std::move(id),
                           .type = properties.type,
                           .throughput = properties.throughput,
                           .origin = origin,
                           .labels = std::move(labels)});
  }

  void add_cable(const std::string& from,
                 const std::string& to,
                 const CableProperties& cable,
                 bool both_ways,
                 Origin origin) {
    const auto add = [&](const std::string& a, const std::string& b, const Bandwidth& bandwidth) {
      spec_.cables.push_back({.from = a,
                              .to = b,
                              .bandwidth = bandwidth,
                              .latency = cable.latency,
                              .count = cable.count,
                              .origin = origin});
    };
    add(from, to, cable.bandwidth);
    if (both_ways) add(to, from, cable.reverse_bandwidth);
  }

  void add_links(const LinkDeclaration& link,
                 const std::string& from_prefix,
                 const std::string& to_prefix) {
    for_each_iteration(link.loop, [&](std::span<const std::int64_t> values) {
      std::string from = from_prefix;
      std::string to = to_prefix;
      if (!append(link.from, values, link.origin, from) ||
          !append(link.to, values, link.origin, to)) {
        return false;
      }
      add_cable(from, to, link.cable, link.both_ways, link.origin);
      return true;
    });
  }

  void add_matrix(const MatrixDeclaration& matrix, const std::string& prefix) {
    CableProperties cable = matrix.cable;
    for (std::size_t i = 0; i < matrix.ids.size(); ++i) {
      for (std::size_t j = 0; j < i; ++j) {
        cable.count = matrix.counts[i][j];
        if (cable.count == 0) continue;
        add_cable(prefix + matrix.ids[i], prefix + matrix.ids[j], cable, true, matrix.origin);
      }
    }
  }

  void add_fabric(const FabricDeclaration& fabric, const std::string& prefix, const Labels& outer) {
    const Result<FabricGraph> graph = build_fabric(fabric);
    if (!graph.ok()) {
      report_once(fabric.origin, graph.mistakes().front().message);
      return;
    }
    const std::string inside = prefix + fabric.id + "/";
    for (const FabricGraph::Node& node : graph.value().nodes) {
      Labels labels = outer;
      if (!set_labels(node.properties.labels, {}, fabric.origin, labels)) return;
      add_node(inside + node.id, node.properties, std::move(labels), fabric.origin);
    }
    for (const FabricGraph::Edge& edge : graph.value().edges) {
      add_cable(inside + graph.value().nodes[edge.a].id, inside + graph.value().nodes[edge.b].id,
                edge.is_global ? fabric.global_cable : fabric.cable, true, fabric.origin);
    }
    for (const LinkDeclaration& link : fabric.attach) add_links(link, prefix, inside);
  }

  TopologySpec& spec_;
  Diagnostics& mistakes_;
  std::set<Origin> reported_;
};

}  // namespace

void expand_body(const Body& body, Origin origin, TopologySpec& spec, Diagnostics& mistakes) {
  const std::size_t before = mistakes.size();
  const ExpansionSize size = SizeCounter(spec, mistakes).body(body);
  if (mistakes.size() > before) return;
  const bool too_many_nodes = size.nodes > kMostNodesOrLinks;
  if (too_many_nodes || size.links > kMostNodesOrLinks) {
    const std::int64_t count = too_many_nodes ? size.nodes : size.links;
    const bool is_saturated = count == std::numeric_limits<std::int64_t>::max();
    mistakes.push_back(mistake_at(spec, origin,
                                  "this would expand to " +
                                      (is_saturated ? "2^63 or more" : std::to_string(count)) +
                                      (too_many_nodes ? " nodes" : " links"),
                                  "at most " + std::to_string(kMostNodesOrLinks),
                                  "check the ranges of \"for\" and the sizes of fabrics"));
    return;
  }
  spec.nodes.reserve(spec.nodes.size() + static_cast<std::size_t>(size.nodes));
  spec.cables.reserve(spec.cables.size() + static_cast<std::size_t>(size.links));
  Expander(spec, mistakes).body(body, "", {});
}

}  // namespace pleach
