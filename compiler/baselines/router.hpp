// The route that a connection between two ranks takes where nobody plans it: the shortest.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "compiler/core/ids.hpp"
#include "compiler/topology/topology.hpp"

namespace pleach::baselines {

// Hands out routes from rank to rank. Of all routes it takes those with the fewest other ranks on
// the way, of these the ones with the fewest links, of these those with the widest narrowest link,
// and of these the one whose links the routes handed out before use least (each counted by its
// weight, and relative to the link's bandwidth), the first in file order on a tie.
//
// The routes from one rank are searched when they are first asked for, in O(links log nodes), and
// kept: about 20 bytes for each node and asked rank.
class Router {
 public:
  // `topology` must outlive the router.
  explicit Router(const Topology& topology);

  // The links from `from` to another rank `to`, in order; `weight` is added to their use.
  // Cost: the links on any best route.
  [[nodiscard]] std::vector<LinkId> route(int from, int to, std::int64_t weight);

  // Starts to count the use of links anew.
  void forget_use();

  // The other ranks, the shortest route first; those at the same distance in rank order.
  struct Near {
    int rank = 0;
    std::int64_t distance = 0;  // ordered by other ranks on the way, then links
  };
  [[nodiscard]] const std::vector<Near>& nearest(int from);

  // Whether the route passes no third rank.
  [[nodiscard]] bool is_direct(int from, int to);

  // How long a link takes for what the fastest one carries in 1024; at most 2^30, rounded up. For
  // decisions between routes; rates are computed from the exact bandwidths.
  [[nodiscard]] std::int64_t link_time(LinkId link) const { return link_times_[index(link)]; }

 private:
  static constexpr std::int64_t kFar = INT64_MAX;

  struct Reach {                         // from one rank
    std::vector<std::int64_t> distance;  // by node
    std::vector<std::int32_t> width;     // by node: its place among the bandwidths
    std::vector<Near> nearest;
    // The last links of all routes with the fewest ranks and links, in file order: those of node n
    // are last_links[first_of[n]] up to first_of[n + 1].
    std::vector<std::int32_t> first_of;
    std::vector<LinkId> last_links;
  };

  const Reach& reach(int from);
  [[nodiscard]] Reach search(int from) const;
  void list_last_links(NodeId start, Reach& reach) const;
  // What one more link costs behind `node` on a way that starts at `start`.
  [[nodiscard]] std::int64_t step_from(NodeId node, NodeId start) const;

  const Topology& topology_;
  std::vector<std::optional<int>> rank_of_;
  std::vector<std::vector<LinkId>> out_;
  std::vector<std::vector<LinkId>> in_;
  std::vector<std::int32_t> stop_of_;   // by node, scratch of route(): -1 outside a call
  std::vector<std::int32_t> width_of_;  // by link: the place of its bandwidth among all
  std::vector<std::int64_t> link_times_;
  std::vector<std::int64_t> use_;  // by link: weights
  std::vector<std::optional<Reach>> reaches_;
};

}  // namespace pleach::baselines
