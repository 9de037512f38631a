#include "compiler/cli/explain_text.hpp"

#include <algorithm>

#include "compiler/cli/explain_words.hpp"
#include "compiler/cli/text.hpp"
#include "compiler/explain/id_ranges.hpp"

namespace pleach::cli {
namespace {

constexpr std::size_t kMostNodesListed = 8;

std::string padded(std::string text, std::size_t width) {
  text.resize(std::max(width, text.size()), ' ');
  return text;
}

std::string root_text(const Topology& topology, const Bound& bound) {
  return "rank " + std::to_string(bound.root) + " (" +
         topology.node(topology.ranks[bound.root]).id + ")";
}

// The fewest trees that are known to do, and the optimum's own number where that is larger.
std::string trees_text(const Explanation& explanation) {
  const Integer& enough = explanation.tree_counts.back().trees_per_root;
  const Bound& bound = explanation.bound;
  const Integer& up =
      bound.divided ? bound.trees_per_root : explanation.flows.front().trees_per_root;
  const Integer& down =
      bound.divided ? bound.trees_per_root : explanation.flows.back().trees_per_root;
  std::string text = enough.to_string();
  if (enough < std::max(up, down)) {
    text += enough == Integer(1) ? " tree per root reaches it" : " trees per root reach it";
    return text + " (all links whole: " + std::max(up, down).to_string() + ")";
  }
  if (up != down) {
    return "trees per root that reach it: " + up.to_string() + " up, " + down.to_string() + " down";
  }
  return text + (enough == Integer(1) ? " tree per root reaches it" : " trees per root reach it");
}

std::string verdict(const Topology& topology, const Explanation& explanation) {
  const Bound& bound = explanation.bound;
  const bool two_flows = bound.collective == Collective::AllReduce;
  std::string text = topology.name + ", " + std::string(name_of(bound.collective));
  if (has_root(bound.collective)) {
    text += (bound.collective == Collective::Broadcast ? " from " : " to ") +
            root_text(topology, bound);
  }
  text += " on " + counted(topology.num_ranks(), "GPU") + ": ";
  if (two_flows && !bound.optimal()) {
    text += short_rate(bound.algbw) + ", compile may find more";
  } else {
    text += "at most " + short_rate(bound.best());
  }
  return wrapped(text + "; " + trees_text(explanation), 2);
}

std::string allreduce_text(const Topology& topology, const Explanation& explanation) {
  if (!explanation.proof) return "";
  const Bound& bound = explanation.bound;
  std::string text = labelled(
      "made of", "a reduce-scatter, alone " + short_rate(explanation.flows.front().algbw) +
                     ", and an all-gather, alone " + short_rate(explanation.flows.back().algbw) +
                     (bound.divided ? ", that divide the links: either takes more of a link where "
                                      "the other takes less"
                                    : ", that share the links"));
  const AllReduceProof& proof = *explanation.proof;
  const std::string verb = proof.direction == Direction::Entering ? "enter " : "leave ";
  std::string why = bound.optimal() ? "no schedule is faster: "
                                    : "no schedule beats " + short_rate(bound.upper_bound) + " (" +
                                          gain_text(bound.upper_bound, bound.algbw) +
                                          ", what lies between is open): ";
  const std::string capacity = short_rate(proof.capacity);
  if (proof.parts.size() == 1) {
    why += std::string("the sum of all data ") +
           (proof.direction == Direction::Entering ? "outside" : "in it") + " must " + verb +
           id_ranges(topology, proof.parts.front()) + " whole, through " + capacity;
  } else {
    const bool single = proof.parts.size() == topology.num_ranks();
    const std::string part = single ? "GPU" : "part";
    const std::string times = std::to_string(proof.parts.size() - 1);
    why += "every byte must " + verb + "a " + part + " " + times + " times on its way up and " +
           times + " times on its way down; the " + counted(proof.parts.size(), part) + " let " +
           capacity + (proof.direction == Direction::Entering ? " in" : " out") + ": " +
           rounded(proof.capacity) + " / " + proof.buffers.to_string() + " = " +
           short_rate(bound.upper_bound);
  }
  return text + labelled("proof", why);
}

// Why so much must cross.
std::string share_text(Collective collective, const Crossing& crossing) {
  if (has_root(collective)) {
    return "the whole buffer";
  }
  const auto shards = static_cast<std::size_t>(crossing.shards);
  const bool gathers = collective == Collective::AllGather;
  // Of an all-gather what starts there must cross, of a reduce-scatter the sums that end there.
  const bool inside = (crossing.direction == Direction::Entering) != gathers;
  std::string whose =
      inside ? "its own " + counted(shards, "GPU") : "the other " + counted(shards, "GPU");
  if (shards == 1) whose = inside ? "this GPU" : "the other GPU";
  return crossing.share.to_string() + " of the buffer, " +
         (gathers ? "what starts at " : "the sums for ") + whose;
}

std::string bottleneck_text(const Topology& topology, const FlowLimits& flow) {
  const CrossingClass& places = flow.bottleneck;
  const Crossing& first = places.front();
  const std::string example =
      places.members.size() == 1 ? "" : "for " + one_name(topology, first.place) + ": ";
  std::string text = labelled("links", example + links_text(topology, first.links));
  std::string sum = short_rate(first.capacity);
  text += labelled("capacity", first.links.size() == 1 ? sum : sum + " together");
  sum = share_text(flow.collective, first);
  if (first.share != Rational(1)) {
    sum += ": " + rounded(first.capacity) + " / (" + first.share.to_string() +
           ") = " + short_rate(first.algbw);
  }
  text += labelled("must carry", sum);
  if (!first.in_series.empty()) {
    text += labelled("in series", "just as full: " + links_text(topology, first.in_series));
  }
  text += labelled("cut", id_ranges(topology, first.nodes) + " | all other nodes");
  for (const CrossingClass& tight : flow.also_tight) {
    text += labelled("as tight",
                     flow_text(topology, tight) + ": " + short_rate(tight.front().capacity));
  }
  return text;
}

// Why less is reached than every cut allows.
std::string balance_text(const Topology& topology,
                         const FlowLimits& flow,
                         const std::vector<UnbalancedNode>& unbalanced) {
  const BalanceLimit& balance = *flow.balance;
  std::string text;
  std::size_t told = 0;
  for (const UnbalancedNode& node : unbalanced) {
    if (std::ranges::find(balance.forwarders, node.node) == balance.forwarders.end()) continue;
    if (++told > kMostNodesListed) continue;
    const std::string id = topology.node(node.node).id;
    const std::string in = short_rate(node.capacity_in);
    const std::string out = short_rate(node.capacity_out);
    text += labelled(
        told == 1 ? "balance" : "",
        node.capacity_in < node.capacity_out
            ? id + " receives " + in + ", so it can not send the " + out + " of its links"
            : id + " sends " + out + ", so it can not receive the " + in + " of its links");
  }
  if (told > kMostNodesListed) {
    text += labelled("", "and " + std::to_string(told - kMostNodesListed) + " more");
  }
  std::string label = "counted";
  for (const CountedLinks& counted : balance.counted) {
    text += labelled(label, counted.weight.to_string() + " x " + short_rate(counted.capacity) +
                                " of " + links_text(topology, counted.links));
    label.clear();
  }
  return text +
         labelled("sum", short_rate(flow.algbw) +
                             ", and no schedule beats it (certificate: pleach bound --json)");
}

std::string peers_text(const Topology& topology, const FlowLimits& flow, const Rational& algbw) {
  if (!flow.comparison) return "";
  const PeerComparison& comparison = *flow.comparison;
  const bool enters = flow.bottleneck.front().direction == Direction::Entering;
  const Place& place = flow.bottleneck.front().place;
  const Crossing& peer = comparison.peers.front();
  const std::string takes = enters ? " takes in " : " sends out ";
  std::string words =
      place_text(topology, comparison.peers, &flow.bottleneck) + takes + short_rate(peer.capacity);
  if (peer.place.gpus.size() != place.gpus.size()) {
    words += ", and has " + counted(peer.place.gpus.size(), "GPU") + " where " + place.name +
             " has " + std::to_string(place.gpus.size());
  }
  std::string text = labelled("peers", words);
  for (const LinkShortage& shortage : comparison.shortages) {
    words = one_name(topology, place) + takes +
            (shortage.links == 0
                 ? std::string("nothing by links")
                 : short_rate(shortage.capacity) + " by " + counted(shortage.links, "link")) +
            " " + shortage.from + " -> " + shortage.to + "; its peers " +
            short_rate(shortage.peer_capacity);
    if (shortage.peer_links != shortage.links) {
      words += " by " + std::to_string(shortage.peer_links);
    }
    if (!shortage.missing.empty()) {
      words += ". Missing: " + first_of(shortage.missing, kMostNodesListed);
    }
    if (!shortage.slower.empty()) words += ". Slower: " + links_text(topology, shortage.slower);
    text += labelled("differs", words);
  }
  return text + labelled("as peers",
                         "if it had as much: " + rate_and_gain(comparison.repaired_algbw, algbw));
}

std::string next_text(const Topology& topology, const FlowLimits& flow) {
  if (flow.next.empty()) {
    return labelled("next", "no other place limits it below twice this rate (" +
                                std::to_string(flow.places_examined) + " looked at)");
  }
  std::string text;
  for (const CrossingClass& places : flow.next) {
    const Crossing& first = places.front();
    text +=
        labelled(text.empty() ? "next" : "", padded(gain_text(first.algbw, flow.algbw), 10) +
                                                 flow_text(topology, places, &flow.bottleneck) +
                                                 ": " + short_rate(first.capacity) +
                                                 ", enough for " + rounded(first.algbw) + " GB/s");
  }
  return text;
}

std::string doubled_text(const Topology& topology, const Explanation& explanation) {
  const DoubledLinks& doubled = explanation.doubled;
  const Rational& algbw = explanation.bound.best();
  if (doubled.algbw == algbw) {
    std::string text = "not with these links alone";
    if (doubled.divided) return text;
    text += "; as tight is ";
    for (std::size_t i = 0; i < doubled.bottlenecks.size(); ++i) {
      text += (i > 0 ? " and " : "") +
              flow_text(topology, doubled.bottlenecks[i], &explanation.flows[i].bottleneck);
    }
    return text;
  }
  std::string text = "these links twice as fast (" + std::to_string(doubled.links) +
                     " in all): " + rate_and_gain(doubled.algbw, algbw);
  if (doubled.algbw == algbw * 2) return text + "; nothing else limits sooner";
  if (doubled.divided) return text;
  text += ", then limited by ";
  for (std::size_t i = 0; i < doubled.bottlenecks.size(); ++i) {
    text += (i > 0 ? " and " : "") +
            flow_text(topology, doubled.bottlenecks[i], &explanation.flows[i].bottleneck);
  }
  return text;
}

// "75 %", "99.97 %"
std::string use_text(const Rational& use) {
  const Rational percent = use * 100;
  return percent.den() == Integer(1) ? percent.to_string() + " %" : percent_text(use, 1);
}

std::string tree_counts_text(const Explanation& explanation) {
  const auto& counts = explanation.tree_counts;
  const Bound& bound = explanation.bound;
  const Integer& whole =
      bound.divided ? bound.trees_per_root : explanation.flows.front().trees_per_root;
  if (counts.size() == 1 && counts.front().trees_per_root >= whole) {
    return "";
  }
  std::string text = "\nFewer trees per root\n";
  for (const TreeCount& count : counts) {
    text += labelled(count.trees_per_root.to_string(), padded(rounded(count.algbw) + " GB/s", 16) +
                                                           percent_text(count.algbw, bound.best()));
  }
  return text;
}

// Links that are slower one way, and what that leaves idle.
std::string imbalance_text(const Topology& topology, const Explanation& explanation) {
  const auto& lopsided = explanation.lopsided;
  std::string text;
  for (std::size_t i = 0; i < std::min(lopsided.size(), kMostNodesListed); ++i) {
    const LopsidedLink& link = lopsided[i];
    const std::string from = topology.node(link.from).id;
    const std::string to = topology.node(link.to).id;
    text += labelled(i == 0 ? "one way" : "",
                     from + " -> " + to +
                         (link.capacity.sign() == 0 ? std::string(" is missing")
                                                    : " carries " + short_rate(link.capacity)) +
                         ", " + to + " -> " + from + " carries " + short_rate(link.reverse));
  }
  if (lopsided.size() > kMostNodesListed) {
    text += labelled("", "and " + std::to_string(lopsided.size() - kMostNodesListed) + " more");
  }
  if (!lopsided.empty()) {
    text += labelled("mended", "as fast both ways: " + rate_and_gain(explanation.evened_algbw,
                                                                     explanation.bound.best()));
  }
  const auto& unbalanced = explanation.unbalanced;
  for (std::size_t i = 0; i < std::min(unbalanced.size(), kMostNodesListed); ++i) {
    text +=
        labelled(i == 0 ? "unbalanced" : "", topology.node(unbalanced[i].node).id + ": " +
                                                 short_rate(unbalanced[i].capacity_in) + " in, " +
                                                 short_rate(unbalanced[i].capacity_out) + " out");
  }
  if (unbalanced.size() > kMostNodesListed) {
    text += labelled("", "and " + std::to_string(unbalanced.size() - kMostNodesListed) + " more");
  }
  const bool costs = std::ranges::any_of(
      explanation.flows, [](const FlowLimits& flow) { return flow.balance.has_value(); });
  if (!unbalanced.empty() && !costs) text += labelled("", "which costs nothing here");
  return text.empty() ? "" : "\nOne way less than the other\n" + text;
}

}  // namespace

std::string explanation_text(const Topology& topology, const Explanation& explanation) {
  std::string text = verdict(topology, explanation) + allreduce_text(topology, explanation);
  const bool two_flows = explanation.flows.size() > 1;
  for (const FlowLimits& flow : explanation.flows) {
    std::string of;
    if (two_flows) {
      of = flow.collective == Collective::AllGather ? " of the all-gather"
                                                    : " of the reduce-scatter";
      if (explanation.bound.divided) of += " alone";
    }
    std::string heading = "Bottleneck" + of + ": ";
    if (flow.balance) {
      heading += "what " + id_ranges(topology, flow.balance->forwarders) +
                 " can pass on; cuts alone would allow " +
                 rate_and_gain(flow.cut_algbw, flow.algbw);
      text += "\n" + wrapped(heading, 2) + balance_text(topology, flow, explanation.unbalanced);
      heading = "Tightest cut" + of + ": ";
    }
    text += "\n" + wrapped(heading + flow_text(topology, flow.bottleneck), 2) +
            bottleneck_text(topology, flow) + peers_text(topology, flow, explanation.bound.best()) +
            next_text(topology, flow);
  }
  text += (two_flows ? "\nBoth together\n" : "");
  text += labelled("faster", doubled_text(topology, explanation));
  return text + imbalance_text(topology, explanation) + tree_counts_text(explanation);
}

std::string schedule_text(const Schedule& schedule, const ScheduleExplanation& explanation) {
  const Rational& bound = schedule.bound.best();
  std::string text = "\nSchedule: " + rate_text(explanation.algbw) + ", " +
                     percent_text(explanation.algbw, bound) + " of the proved limit" +
                     (explanation.algbw == bound ? ", optimal\n" : "\n");
  const std::size_t trees = explanation.broadcast_trees + explanation.reduce_trees;
  text += labelled(
      "trees", std::to_string(trees) + " different, at most " +
                   counted(static_cast<std::size_t>(explanation.heights.max), "GPU-to-GPU hop") +
                   " deep, " + rounded(explanation.heights.mean) + " on average");
  text += labelled("full links", std::to_string(explanation.full_links()) + " of " +
                                     std::to_string(schedule.topology.links.size()) +
                                     " carry all they can");
  std::string label = "use";
  for (const LinkUse& use : explanation.uses) {
    std::string range = use_text(use.most);
    if (use.least != use.most) range = use_text(use.least) + " to " + range;
    text += labelled(
        label, padded(range, 20) + counted(use.links, "link") + " " + use.from + " -> " + use.to);
    label.clear();
  }
  return text;
}

}  // namespace pleach::cli
