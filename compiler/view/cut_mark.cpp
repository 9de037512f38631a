#include "compiler/view/cut_mark.hpp"

#include <algorithm>
#include <optional>
#include <string_view>

#include "compiler/view/clusters.hpp"
#include "compiler/view/number_text.hpp"

namespace pleach::view {
namespace {

std::vector<bool> membership(const std::vector<NodeId>& nodes, std::size_t size) {
  std::vector<bool> inside(size, false);
  for (const NodeId node : nodes) inside[index(node)] = true;
  return inside;
}

Rational capacity_across(const Topology& topology, const std::vector<bool>& inside, bool inward) {
  Rational sum;
  for (const Link& link : topology.links) {
    const bool from = inside[index(link.from)];
    const bool to = inside[index(link.to)];
    if (from != to && to == inward) sum += link.bandwidth.gigabytes_per_second;
  }
  return sum;
}

// "box1/gpu7", "the 8 GPUs of box1", "the 12 GPUs inside".
// By node: GPUs, and what shares a box with a marked GPU.
std::vector<bool> nodes_to_keep(const Topology& topology,
                                const Layout& layout,
                                const std::vector<bool>& marked) {
  std::vector<bool> keep = gpus_of(topology);
  for (const PlacedBox& box : layout.boxes) {
    const bool has_marked = std::ranges::any_of(
        box.gpus, [&](NodeId gpu) { return static_cast<bool>(marked[index(gpu)]); });
    for (const NodeId node : box.nodes) keep[index(node)] = keep[index(node)] || has_marked;
  }
  return keep;
}

// Takes other forwarders out of the marked side as long as the cut stays as tight: a reader looks
// for GPUs.
void drop_forwarders(const Topology& topology,
                     const Layout& layout,
                     bool inward,
                     std::vector<bool>& marked) {
  const std::vector<bool> keep = nodes_to_keep(topology, layout, marked);
  std::vector<std::vector<const Link*>> links(topology.num_nodes());
  for (const Link& link : topology.links) {
    links[index(link.from)].push_back(&link);
    links[index(link.to)].push_back(&link);
  }
  // What the node adds to the capacity across once it is outside.
  const auto growth = [&](std::size_t node) {
    Rational sum;
    for (const Link* link : links[node]) {
      const bool leaves = index(link->from) == node;
      const bool other_is_marked = marked[leaves ? index(link->to) : index(link->from)];
      // Inside, the links to or from unmarked nodes cross; outside, those of marked ones do.
      if (leaves == (other_is_marked == inward)) {
        sum +=
            (other_is_marked ? Rational(1) : Rational(-1)) * link->bandwidth.gigabytes_per_second;
      }
    }
    return sum;
  };
  for (bool changed = true; changed;) {
    changed = false;
    for (std::size_t node = 0; node < marked.size(); ++node) {
      if (!marked[node] || keep[node] || growth(node).sign() > 0) continue;
      marked[node] = false;
      changed = true;
    }
  }
}

std::string name_of_gpus(const std::vector<NodeId>& gpus,
                         const Topology& topology,
                         const Layout& layout) {
  if (gpus.size() == 1) return topology.node(gpus.front()).id;
  const std::string count = "the " + std::to_string(gpus.size()) + " GPUs ";
  for (const PlacedBox& box : layout.boxes) {
    if (!box.name.empty() && box.gpus == gpus) return count + "of " + box.name;
  }
  return count + "inside";
}

std::vector<Rectangle> frames_around(const std::vector<bool>& marked, const Layout& layout) {
  constexpr double kMargin = 3.5;
  std::vector<Rectangle> frames;
  std::vector<bool> framed(marked.size(), false);
  for (const PlacedBox& box : layout.boxes) {
    std::optional<Rectangle> together;
    for (const NodeId node : box.nodes) {
      if (!marked[index(node)]) continue;
      const Rectangle& at = layout.nodes[index(node)].at;
      together = together ? around(*together, at) : at;
    }
    if (!together) continue;
    const Rectangle frame = grown(*together, kMargin);
    const bool holds_others = std::ranges::any_of(box.nodes, [&](NodeId node) {
      return !marked[index(node)] && overlap(frame, layout.nodes[index(node)].at);
    });
    if (holds_others) continue;
    frames.push_back(frame);
    for (const NodeId node : box.nodes) framed[index(node)] = true;
  }
  for (std::size_t i = 0; i < marked.size(); ++i) {
    if (marked[i] && !framed[i]) frames.push_back(grown(layout.nodes[i].at, kMargin));
  }
  return frames;
}

}  // namespace

CutMark mark_cut(const Schedule& schedule, const Layout& layout) {
  const Topology& topology = schedule.topology;
  CutMark mark;
  if (schedule.bound.cut.empty() || !schedule.bound.parts.empty()) return mark;

  std::vector<bool> marked = membership(schedule.bound.cut, topology.num_nodes());
  const auto in_cut = std::ranges::count_if(
      topology.ranks, [&](NodeId gpu) { return static_cast<bool>(marked[index(gpu)]); });
  // Data leaves the cut's nodes; the cuts of the reducing collectives are those of the machine with
  // its links reversed.
  bool inward =
      schedule.collective == Collective::ReduceScatter || schedule.collective == Collective::Reduce;
  if (2 * static_cast<std::size_t>(in_cut) > topology.num_ranks()) {
    marked.flip();
    inward = !inward;
  }
  drop_forwarders(topology, layout, inward, marked);
  std::vector<NodeId> gpus;
  for (std::size_t i = 0; i < marked.size(); ++i) {
    if (marked[i]) mark.nodes.push_back(NodeId{static_cast<std::int32_t>(i)});
  }
  for (const NodeId gpu : topology.ranks) {
    if (marked[index(gpu)]) gpus.push_back(gpu);
  }
  mark.frames = frames_around(marked, layout);
  const std::string_view what = schedule.bound.achievable
                                    ? "dashed: the tightest cut (unbalanced switches cost more), "
                                    : "dashed: the cut that bounds every schedule, ";
  mark.text = std::string(what) + rounded_text(capacity_across(topology, marked, inward)) +
              " GB/s " + (inward ? "into " : "out of ") + name_of_gpus(gpus, topology, layout);
  return mark;
}

}  // namespace pleach::view
