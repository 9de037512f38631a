// Shortest ways between GPUs over forwarders, found from both ends.
//
// baselines/router.hpp searches the whole machine from each rank and keeps what it found, which
// serves all pairs. Here few pairs of many ranks are asked for, so each pair is searched by itself:
// on a fabric of leaves and spines the two searches meet after a few hundred links, however many
// hosts there are.
#pragma once

#include <cstdint>
#include <vector>

#include "compiler/core/ids.hpp"
#include "compiler/topology/topology.hpp"

namespace pleach::tune {

class ShortRoutes {
 public:
  // `topology` must outlive this.
  explicit ShortRoutes(const Topology& topology);

  // The links of a way from one GPU to another that passes no third GPU, or, where there is none,
  // of any; with the fewest links, and of all such ways, at each step, the one that `loads` fills
  // least for its bandwidth, the first in file order on a tie. Empty where there is no way at all.
  // `loads` is by link.
  // Cost: the links around both ends up to where the searches meet.
  [[nodiscard]] std::vector<LinkId> find(NodeId from,
                                         NodeId to,
                                         const std::vector<std::int64_t>& loads);

 private:
  // One search: what is at which distance from its end.
  struct Side {
    std::vector<int> distance;                // by node; -1: not met
    std::vector<std::vector<NodeId>> levels;  // by distance
  };
  static void start(Side& side, NodeId end);
  static void forget(Side& side);
  // Meets what is one step further; says whether that is anything.
  bool grow(Side& side, bool forwards, NodeId goal, bool through_gpus) const;
  // Both searches, until they meet; whether they do.
  bool meet(NodeId from, NodeId to, bool through_gpus);
  [[nodiscard]] NodeId far_end(LinkId link, bool forwards) const;
  [[nodiscard]] static bool have_met(const Side& grown, const Side& other);
  // Takes back what leads nowhere on the way from the start to the middle.
  void keep_what_leads_on();
  [[nodiscard]] std::vector<LinkId> walk(NodeId from,
                                         NodeId to,
                                         const std::vector<std::int64_t>& loads) const;

  const Topology& topology_;
  std::vector<std::vector<LinkId>> out_;
  std::vector<std::vector<LinkId>> in_;
  Side ahead_;   // from the start
  Side behind_;  // from the target, against the links
};

}  // namespace pleach::tune
