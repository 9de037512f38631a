// What one direction of a baseline does: trees over connections, each with its links.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "compiler/baselines/router.hpp"
#include "compiler/core/collective.hpp"
#include "compiler/core/ids.hpp"
#include "compiler/core/rational.hpp"
#include "compiler/topology/topology.hpp"

namespace pleach::baselines {

// The way out from the roots. The way in to the roots is the way out on the machine with its links
// reversed, read backwards.
struct Direction {
  const Topology& topology;                       // its links reversed for the way in
  Router& router;                                 // on that topology
  Collective collective = Collective::AllGather;  // as the user asked for it
  int root = 0;                                   // a rank; broadcast and reduce only
  // The ranks of each box, boxes and ranks in file order; one list of all where no boxes are named.
  const std::vector<std::vector<int>>& boxes;
  // The best single ring and those of the channels (ring_search.hpp); backwards for the way in, so
  // that data flow the same way round in both.
  const std::vector<int>& ring;
  const std::vector<std::vector<int>>& channels;
  // The ranks in the order of the best single ring, the same for both ways.
  const std::vector<int>& order;

  [[nodiscard]] int num_ranks() const { return static_cast<int>(topology.num_ranks()); }
};

struct Connection {
  int from = 0;  // ranks
  int to = 0;
  int step = 0;  // of the algorithm, for those that go step by step
  std::vector<LinkId> links;
};

struct OutlineTree {
  int root = 0;
  std::vector<int> connections;  // positions in Outline::connections, parent before child
};

struct Edge {
  int parent = 0;  // ranks
  int child = 0;
  int step = 0;
};

// All trees carry the same share of the buffer.
struct Outline {
  std::vector<Connection> connections;
  std::vector<OutlineTree> trees;
  std::string refusal;  // why the baseline does not apply here; empty where it does
  std::string note;
  // Whether all ranks wait for each other between the steps in the original.
  bool by_steps = false;
  // Seconds that the original, which waits, takes for 1 GB; where it is known of its own accord.
  std::optional<Rational> waiting_time;
};

// An outline that says why there is none.
[[nodiscard]] Outline refuse(std::string why);

// Adds trees to an outline. A pair of ranks has one connection in each channel; its route is chosen
// when it is first used.
class OutlineWriter {
 public:
  explicit OutlineWriter(const Direction& direction);

  // From here on connections are new ones, which may take other routes.
  void start_channel();
  // The connection of an edge; `weight` says how much it carries, as all weights of an outline do.
  int connect(const Edge& edge, std::int64_t weight = 1);
  // The same along given links. Needs: the pair has no connection in this channel yet.
  void connect_along(const Edge& edge, std::vector<LinkId> links);
  // `edges` with the parent before the child.
  void add_tree(int root, const std::vector<Edge>& edges);
  [[nodiscard]] Outline take() && { return std::move(outline_); }

 private:
  int& number_of(const Edge& edge);

  Router& router_;
  std::size_t ranks_;
  std::vector<int> connection_of_;  // by from * ranks + to, in this channel; -1 for none
  Outline outline_;
};

}  // namespace pleach::baselines
