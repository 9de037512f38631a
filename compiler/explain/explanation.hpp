// What limits a machine, as facts that a person can act on; compiler/cli turns them into words.
//
// Directions are those of the real links, for every collective: the cuts of the reversed machine
// that stand for reduce_scatter and reduce are turned back.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "compiler/explain/places.hpp"
#include "compiler/ir/bound.hpp"
#include "compiler/passes/tree_counts.hpp"
#include "compiler/topology/topology.hpp"

namespace pleach {

enum class Direction { Entering, Leaving };  // as seen from the place

// What must cross the border of a place in one direction, and what can.
//
//   algbw = capacity / share
//
// share, of the whole buffer: allgather (entering: what starts outside), reduce_scatter (leaving:
// what ends outside) and their opposites count compute nodes, each with 1/N. broadcast, reduce: 1.
struct Crossing {
  Place place;
  bool apart_from_root = false;  // broadcast, reduce: the root is outside the place
  Direction direction = Direction::Entering;
  std::vector<NodeId> nodes;  // the place and forwarders that go with it, in file order
  std::vector<LinkId> links;  // from outside `nodes` to inside, or the other way, ascending
  // Those that cross other cuts of the same capacity between the same compute nodes, ascending:
  // faster `links` alone help nobody where there are such.
  std::vector<LinkId> in_series;
  Rational capacity;  // GB/s, of `links`; no choice of forwarders has less
  int shards = 0;     // compute nodes whose part must cross; 0 for broadcast and reduce
  Rational share;
  Rational algbw;  // GB/s; no schedule is faster
  bool operator==(const Crossing&) const = default;
};

// Places of one kind, level, size, direction and capacity (boxes: also of one name but for
// numbers).
struct CrossingClass {
  std::vector<Crossing> members;  // at least one
  std::size_t peers = 0;          // the same, of any capacity (boxes: also of any size)
  [[nodiscard]] const Crossing& front() const { return members.front(); }
  bool operator==(const CrossingClass&) const = default;
};

// Links between ids of one pattern ("leaf*" to "box*/nic*") where a place has less than its peers.
struct LinkShortage {
  std::string from;
  std::string to;
  std::size_t links = 0;
  Rational capacity;  // GB/s, of all
  std::size_t peer_links = 0;
  Rational peer_capacity;
  // "leaf3 -> box2/nic3", where names within boxes tell and the machine has no such link.
  std::vector<std::string> missing;
  std::vector<LinkId> slower;  // than their counterparts, where ids tell
  bool operator==(const LinkShortage&) const = default;
};

// How the bottleneck's places differ from most others of their kind.
struct PeerComparison {
  CrossingClass peers;                  // the most numerous class with more capacity
  std::vector<LinkShortage> shortages;  // of the bottleneck's first member
  // The rate where every place of the bottleneck has its peers' capacity: its links, and those in
  // series with them, are scaled up in that direction, and in the other as far as that is slower.
  Rational repaired_algbw;
  bool operator==(const PeerComparison&) const = default;
};

// Links that the proof of a rate below all cuts counts equally.
struct CountedLinks {
  Rational weight;
  std::vector<LinkId> links;  // ascending
  Rational capacity;          // GB/s, of all
  bool operator==(const CountedLinks&) const = default;
};

// Why unbalanced forwarders keep a flow below what every cut allows: algbw = sum of weight *
// capacity (ir/achievable.hpp), in which `forwarders` send no more than they receive.
struct BalanceLimit {
  std::vector<NodeId> forwarders;     // in file order
  std::vector<CountedLinks> counted;  // by falling weight
  bool operator==(const BalanceLimit&) const = default;
};

// One flow of data: a collective, or one half of an allreduce.
struct FlowLimits {
  Collective collective = Collective::AllGather;
  Rational algbw;  // the best rate, when the links carry nothing else
  Integer trees_per_root;
  Rational cut_algbw;                     // what the tightest cut allows, at least `algbw`
  std::optional<BalanceLimit> balance;    // where it is more than `algbw`
  CrossingClass bottleneck;               // what a person would name first among the tightest cuts
  std::vector<CrossingClass> also_tight;  // those places whose limit is the same
  std::vector<CrossingClass> next;        // that limit most after these; see explain()
  std::size_t places_examined = 0;        // times directions
  std::optional<PeerComparison> comparison;  // where its peers have more
  bool operator==(const FlowLimits&) const = default;
};

// Every link of the bottlenecks, of what is as tight and in series with them, and every counted
// link of a `balance`, twice as fast both ways.
struct DoubledLinks {
  std::size_t links = 0;  // that are faster, each direction counted
  Rational algbw;
  // Whether the two flows of an allreduce then divide the links; no bottleneck of one flow alone
  // then limits both.
  bool divided = false;
  std::vector<CrossingClass> bottlenecks;  // one for each flow of data, by itself
  bool operator==(const DoubledLinks&) const = default;
};

// One direction of a cable (or bundle) that carries less than the other.
struct LopsidedLink {
  NodeId from{};
  NodeId to{};
  Rational capacity;  // GB/s; 0 where there is no link this way
  Rational reverse;
  bool operator==(const LopsidedLink&) const = default;
};

// A node that only forwards and receives more than it sends, or less.
struct UnbalancedNode {
  NodeId node{};
  Rational capacity_in;
  Rational capacity_out;
  bool operator==(const UnbalancedNode&) const = default;
};

// Why no allreduce is faster than bound.upper_bound = capacity / buffers.
struct AllReduceProof {
  // Disjoint node sets that hold all compute nodes between them; a single one that holds some of
  // them where the limit is a cut's.
  std::vector<std::vector<NodeId>> parts;
  Direction direction = Direction::Entering;
  Rational capacity;  // GB/s, of all links that enter parts (or leave them)
  Integer buffers;    // whole buffers that must do so
  bool operator==(const AllReduceProof&) const = default;
};

struct Explanation {
  Bound bound;
  std::vector<FlowLimits> flows;        // one; allreduce: reduce_scatter, then allgather
  std::optional<AllReduceProof> proof;  // allreduce only
  DoubledLinks doubled;
  std::vector<TreeCount> tree_counts;  // ascending; each better than all with fewer trees
  std::vector<UnbalancedNode> unbalanced;
  // Of a machine most of whose links are the same both ways: those that are not, in order of links,
  // and the rate with the slower direction of each as fast as the other.
  std::vector<LopsidedLink> lopsided;
  Rational evened_algbw;
  bool operator==(const Explanation&) const = default;
};

}  // namespace pleach
