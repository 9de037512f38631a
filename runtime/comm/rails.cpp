#include "runtime/comm/rails.hpp"

#include <algorithm>
#include <map>
#include <optional>
#include <set>
#include <string_view>
#include <utility>

#include "compiler/core/check.hpp"
#include "runtime/comm/comm_error.hpp"

namespace pleach {
namespace {

using Ends = std::pair<NodeId, NodeId>;

// Whether `rail`, "PROVIDER DOMAIN ADDRESS" (Transport::rails), is the one of this domain or
// address.
bool is_rail_of(std::string_view rail, std::string_view domain) {
  for (std::size_t at = rail.find(' '); at != std::string_view::npos;) {
    const std::size_t end = rail.find(' ', at + 1);
    if (rail.substr(at + 1, end == std::string_view::npos ? end : end - at - 1) == domain) {
      return true;
    }
    at = end;
  }
  return false;
}

class RailFinder {
 public:
  RailFinder(const Schedule& schedule,
             const Plan& plan,
             std::span<const std::vector<std::string>> rails)
      : schedule_(schedule), plan_(plan), rails_(rails), nics_(plan.ranks) {
    const auto ranks = rank_of_node(schedule.topology);
    for (const Route& route : schedule.routes) {
      const int from = *ranks[index(route.front())];
      const int to = *ranks[index(route.back())];
      if (plan.placement.between(from, to) != Reach::Network) continue;
      add(from, nic_of(route.begin(), route.end()));
      add(to, nic_of(route.rbegin(), route.rend()));
    }
    for (int rank = 0; rank < plan.ranks; ++rank) check(rank);
  }

  // From the sender of `op` to its receiver.
  [[nodiscard]] Transport::Path path_of(const NodeOp& op) {
    const int to = op.destinations[0].rank;
    const Route& route = route_of(op, to);
    return {.peer = to,
            .local_rail = rail_of(op.rank, nic_of(route.begin(), route.end())),
            .peer_rail = rail_of(to, nic_of(route.rbegin(), route.rend()))};
  }

 private:
  [[nodiscard]] const std::string* domain_of(NodeId node) const {
    return label_of(schedule_.topology.node(node), "domain");
  }

  // Of a route, from the end where the rank is. Where only one NIC has a domain, the nearer end has
  // it.
  template <class Iterator>
  [[nodiscard]] NodeId nic_of(Iterator begin, Iterator end) const {
    const auto has_domain = [&](NodeId node) { return domain_of(node) != nullptr; };
    const auto first = std::find_if(begin, end, has_domain);
    const bool is_ours = first != end && (std::any_of(std::next(first), end, has_domain) ||
                                          first - begin <= end - first - 1);
    return is_ours ? *first : *std::next(begin);
  }

  void add(int rank, NodeId nic) {
    const std::string* const domain = domain_of(nic);
    if (domain == nullptr) {
      nics_[rank].insert(nic);
    } else if (!rail_named(rank, *domain)) {
      throw CommError(CommError::Kind::InvalidUsage,
                      "the schedule uses domain " + *domain + " of rank " + std::to_string(rank) +
                          " (" + schedule_.topology.node(nic).id + "), which has " +
                          rail_names(rank) + "; name it in PLEACH_FABRIC_RAILS, or mend the label");
    }
  }

  [[nodiscard]] std::optional<int> rail_named(int rank, const std::string& domain) const {
    for (std::size_t i = 0; i < rails_[rank].size(); ++i) {
      if (is_rail_of(rails_[rank][i], domain)) return static_cast<int>(i);
    }
    return std::nullopt;
  }

  // "2 rails (tcp eth0 10.0.0.1, tcp eth1 10.0.1.1)"
  [[nodiscard]] std::string rail_names(int rank) const {
    std::string names;
    for (const std::string& name : rails_[rank]) names += (names.empty() ? "" : ", ") + name;
    const std::size_t count = rails_[rank].size();
    return std::to_string(count) + (count == 1 ? " rail (" : " rails (") + names + ")";
  }

  void check(int rank) const {
    const std::size_t count = rails_[rank].size();
    if (count == 1 || nics_[rank].size() <= count) return;
    std::string nodes;
    for (const NodeId nic : nics_[rank]) {
      nodes += (nodes.empty() ? "" : ", ") + schedule_.topology.node(nic).id;
    }
    throw CommError(CommError::Kind::InvalidUsage,
                    "the schedule uses " + std::to_string(nics_[rank].size()) + " NICs of rank " +
                        std::to_string(rank) + " (" + nodes + "), which has " + rail_names(rank) +
                        "; name as many in PLEACH_FABRIC_RAILS, in the same order");
  }

  [[nodiscard]] int rail_of(int rank, NodeId nic) const {
    if (const std::string* const domain = domain_of(nic)) return *rail_named(rank, *domain);
    if (rails_[rank].size() <= 1 || nics_[rank].size() <= 1) return 0;
    return static_cast<int>(std::distance(nics_[rank].begin(), nics_[rank].find(nic)));
  }

  // The route of the tree edge that the op sends along.
  const Route& route_of(const NodeOp& op, int to) {
    const Slice& slice = slice_of(plan_, op);
    const bool up = op.phase == Phase::Up;
    const ScheduleTree& tree = up ? schedule_.reduce_trees[slice.reduce_tree]
                                  : schedule_.broadcast_trees[slice.broadcast_tree];
    auto& routes = routes_[&tree];
    if (routes.empty()) {
      for (const int id : tree.routes) {
        const Route& route = schedule_.routes[id];
        routes[{route.front(), route.back()}] = &route;
      }
    }
    const Topology& topology = schedule_.topology;
    const auto at = routes.find({topology.ranks[op.rank], topology.ranks[to]});
    ENSURE(at != routes.end(), "a send goes along an edge of its tree");
    return *at->second;
  }

  const Schedule& schedule_;
  const Plan& plan_;
  const std::span<const std::vector<std::string>> rails_;
  std::vector<std::set<NodeId>> nics_;  // of each rank, without a domain
  std::map<const ScheduleTree*, std::map<Ends, const Route*>> routes_;
};

void keep_one_for_each_peer(std::vector<Transport::Path>& paths) {
  const auto by_peer = [](const Transport::Path& a, const Transport::Path& b) {
    return a.peer < b.peer;
  };
  std::stable_sort(paths.begin(), paths.end(), by_peer);
  const auto same_peer = [](const Transport::Path& a, const Transport::Path& b) {
    return a.peer == b.peer;
  };
  paths.erase(std::unique(paths.begin(), paths.end(), same_peer), paths.end());
}

}  // namespace

NetworkUse network_use(const Schedule& schedule,
                       const Plan& plan,
                       int rank,
                       std::span<const std::vector<std::string>> rails) {
  NetworkUse use;
  if (rails.empty()) return use;
  RailFinder finder(schedule, plan, rails);
  use.paths.resize(plan.ops.size());
  for (std::size_t i = 0; i < plan.ops.size(); ++i) {
    const NodeOp& op = plan.ops[i];
    if (op.kind != NodeOp::Kind::Send) continue;
    const Transport::Path there = finder.path_of(op);
    if (op.rank == rank) {
      use.paths[i] = there;
      use.receivers.push_back(there);
    } else if (there.peer == rank) {
      use.paths[i] = {
          .peer = op.rank, .local_rail = there.peer_rail, .peer_rail = there.local_rail};
      use.senders.push_back(use.paths[i]);
    }
  }
  keep_one_for_each_peer(use.receivers);
  keep_one_for_each_peer(use.senders);
  return use;
}

}  // namespace pleach
