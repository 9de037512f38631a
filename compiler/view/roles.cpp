#include "compiler/view/roles.hpp"

#include <algorithm>
#include <optional>

namespace pleach::view {
namespace {

class RoleFinder {
 public:
  RoleFinder(const Topology& topology,
             const std::vector<LinkPair>& pairs,
             const Incidence& incidence,
             const Clusters& clusters)
      : topology_(topology),
        pairs_(pairs),
        incidence_(incidence),
        clusters_(clusters),
        is_gpu_(gpus_of(topology)),
        roles_(topology.num_nodes()) {}

  std::vector<Role> find() {
    mark_boxes_with_direct_links();
    place_box_forwarders();
    place_fabrics();
    return std::move(roles_);
  }

 private:
  std::optional<int> cluster(NodeId node) const { return clusters_.cluster_of[index(node)]; }

  // Forwarders reached from `start` through forwarders of the same cluster (or of none).
  std::vector<NodeId> component(NodeId start, std::vector<bool>& seen) const {
    std::vector<NodeId> found = {start};
    seen[index(start)] = true;
    for (std::size_t i = 0; i < found.size(); ++i) {
      for (const int pair : incidence_[index(found[i])]) {
        const NodeId next = other_end(pairs_[pair], found[i]);
        if (is_gpu_[index(next)] || seen[index(next)] || cluster(next) != cluster(start)) continue;
        seen[index(next)] = true;
        found.push_back(next);
      }
    }
    return found;
  }

  // What `component` is linked to outside itself.
  std::vector<NodeId> neighbours(const std::vector<NodeId>& component) const {
    std::vector<NodeId> found;
    for (const NodeId node : component) {
      for (const int pair : incidence_[index(node)]) {
        const NodeId next = other_end(pairs_[pair], node);
        if (is_gpu_[index(next)] || cluster(next) != cluster(node)) found.push_back(next);
      }
    }
    return found;
  }

  // Breadth first from what `component` hangs on. What can not be reached gets the last level.
  template <class IsBase>
  void set_roles(const std::vector<NodeId>& component, Zone zone, IsBase is_base) {
    std::vector<NodeId> reached;
    for (const NodeId node : component) {
      const bool first = std::ranges::any_of(incidence_[index(node)], [&](int pair) {
        return is_base(other_end(pairs_[pair], node));
      });
      roles_[index(node)] = {.zone = zone, .level = first ? 1 : 0};
      if (first) reached.push_back(node);
    }
    for (std::size_t i = 0; i < reached.size(); ++i) {
      for (const int pair : incidence_[index(reached[i])]) {
        const NodeId next = other_end(pairs_[pair], reached[i]);
        if (is_gpu_[index(next)] || cluster(next) != cluster(reached[i])) continue;
        if (roles_[index(next)].level != 0) continue;
        roles_[index(next)].level = roles_[index(reached[i])].level + 1;
        reached.push_back(next);
      }
    }
    for (const NodeId node : component) {
      if (roles_[index(node)].level == 0) roles_[index(node)].level = 1;
    }
  }

  void mark_boxes_with_direct_links() {
    has_direct_links_.assign(clusters_.list.size(), false);
    for (const LinkPair& pair : pairs_) {
      if (!is_gpu_[index(pair.a)] || !is_gpu_[index(pair.b)]) continue;
      for (const NodeId end : {pair.a, pair.b}) has_direct_links_[*cluster(end)] = true;
    }
  }

  void place_box_forwarders() {
    std::vector<bool> seen(topology_.num_nodes(), false);
    for (std::size_t c = 0; c < clusters_.list.size(); ++c) {
      for (const NodeId node : clusters_.list[c].forwarders) {
        if (seen[index(node)]) continue;
        const auto part = component(node, seen);
        const auto around_it = neighbours(part);
        const bool outside = std::ranges::any_of(
            around_it, [&](NodeId next) { return cluster(next) != static_cast<int>(c); });
        const Zone zone = outside || has_direct_links_[c] ? Zone::BoxNear : Zone::BoxFar;
        set_roles(part, zone, [&](NodeId next) {
          return is_gpu_[index(next)] && cluster(next) == static_cast<int>(c);
        });
      }
    }
  }

  bool has_near_forwarders(NodeId gpu) const {
    const auto& forwarders = clusters_.list[*cluster(gpu)].forwarders;
    return std::ranges::any_of(
        forwarders, [&](NodeId node) { return roles_[index(node)].zone == Zone::BoxNear; });
  }

  void place_fabrics() {
    std::vector<std::vector<NodeId>> fabrics;
    std::vector<bool> seen(topology_.num_nodes(), false);
    for (std::size_t i = 0; i < topology_.num_nodes(); ++i) {
      const NodeId node{static_cast<std::int32_t>(i)};
      if (is_gpu_[i] || cluster(node) || seen[i]) continue;
      fabrics.push_back(component(node, seen));
    }
    for (const auto& fabric : fabrics) {
      const auto around_it = neighbours(fabric);
      const bool past_the_nics = std::ranges::all_of(around_it, [&](NodeId next) {
        return is_gpu_[index(next)] && has_near_forwarders(next);
      });
      const bool below = past_the_nics && !around_it.empty();
      set_roles(fabric, below ? Zone::FabricBelow : Zone::Fabric,
                [&](NodeId next) { return cluster(next).has_value(); });
    }
  }

  const Topology& topology_;
  const std::vector<LinkPair>& pairs_;
  const Incidence& incidence_;
  const Clusters& clusters_;
  std::vector<bool> is_gpu_;
  std::vector<Role> roles_;
  std::vector<bool> has_direct_links_;  // by cluster
};

}  // namespace

std::vector<Role> roles_of(const Topology& topology,
                           const std::vector<LinkPair>& pairs,
                           const Incidence& incidence,
                           const Clusters& clusters) {
  return RoleFinder(topology, pairs, incidence, clusters).find();
}

}  // namespace pleach::view
