#include "compiler/topology/expansion_size.hpp"

#include <algorithm>

namespace pleach {
namespace {

ExpansionSize operator+(ExpansionSize a, ExpansionSize b) {
  return {saturating_add(a.nodes, b.nodes), saturating_add(a.links, b.links)};
}

ExpansionSize operator*(std::int64_t times, ExpansionSize size) {
  return {saturating_multiply(times, size.nodes), saturating_multiply(times, size.links)};
}

// A throughput makes a second node and a link between the two.
ExpansionSize with_throughput(ExpansionSize size, const NodeProperties& properties) {
  if (!properties.throughput) return size;
  return {saturating_multiply(size.nodes, 2), saturating_add(size.links, size.nodes)};
}

ExpansionSize size_of(const std::vector<LinkDeclaration>& links) {
  ExpansionSize size;
  for (const LinkDeclaration& link : links) {
    size = size + num_iterations(link.loop) * ExpansionSize{0, link.both_ways ? 2 : 1};
  }
  return size;
}

}  // namespace

SizeCounter::Known SizeCounter::use(const NodeDeclaration& node) {
  const auto same_use = [&](const NodeDeclaration* use) { return use->body == node.body; };
  const auto first = std::ranges::find_if(path_, same_use);
  if (first != path_.end()) {
    std::string chain;
    for (auto use = first; use != path_.end(); ++use) chain += (*use)->use + " -> ";
    mistakes_.push_back(
        mistake_at(spec_, node.origin,
                   "the template " + in_quotes(node.use) + " uses itself: " + chain + node.use,
                   "templates that end in plain nodes"));
    return {};
  }
  Known known;
  if (path_.size() < kDeepestTemplate) {
    path_.push_back(&node);
    known = look(*node.body);
    path_.pop_back();
  }
  if (path_.size() + 1 + known.height > kDeepestTemplate) {
    // Once is enough: whatever leads here is as deep.
    if (!too_deep_) {
      mistakes_.push_back(mistake_at(
          spec_, node.origin,
          "templates are nested more than " + std::to_string(kDeepestTemplate) + " deep"));
    }
    too_deep_ = true;
    return {};
  }
  known.size.nodes = std::max<std::int64_t>(known.size.nodes, 1);
  return {num_iterations(node.loop) * known.size, known.height + 1};
}

SizeCounter::Known SizeCounter::look(const Body& body) {
  const auto seen = known_.find(&body);
  if (seen != known_.end()) return seen->second;
  Known known{.size = size_of(body.links), .height = 0};
  for (const NodeDeclaration& node : body.nodes) {
    const Known part =
        node.body != nullptr
            ? use(node)
            : Known{with_throughput({num_iterations(node.loop), 0}, node.properties), 0};
    known.size = known.size + part.size;
    known.height = std::max(known.height, part.height);
  }
  for (const MatrixDeclaration& matrix : body.matrices) {
    const auto n = static_cast<std::int64_t>(matrix.ids.size());
    known.size = known.size + ExpansionSize{0, n * n};
  }
  for (const FabricDeclaration& fabric : body.fabrics) {
    known.size =
        known.size + with_throughput(fabric_size(fabric), fabric.node) + size_of(fabric.attach);
  }
  known_.emplace(&body, known);
  return known;
}

}  // namespace pleach
