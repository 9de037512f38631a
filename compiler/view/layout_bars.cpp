#include "compiler/view/layout_bars.hpp"

#include <algorithm>
#include <cmath>
#include <map>

#include "compiler/view/bar_columns.hpp"

namespace pleach::view {
namespace {

constexpr double kGpuHeight = 32;
constexpr double kBarHeight = 16;
constexpr double kBoxPitch = 40;     // from one row of bars in a box to the next
constexpr double kFabricPitch = 26;  // the same in a fabric
constexpr double kLevelGap = 12;     // more, from one level of a fabric to the next
constexpr double kFabricGap = 34;    // between boxes and fabric
constexpr double kFramePadding = 10;
constexpr double kNameRoom = 18;  // for the name of a box, on its far side
constexpr double kDeepestArc = 150;
constexpr double kLongRow = 1500;  // from this width on, boxes go into two rows

// Two rows need a fabric between them and nothing that runs along the far side of the boxes.
bool may_have_two_rows(const BarPlan& plan) {
  const bool has_fabric =
      std::ranges::any_of(plan.roles, [](const Role& role) { return role.zone == Zone::Fabric; });
  const bool has_below = std::ranges::any_of(
      plan.roles, [](const Role& role) { return role.zone == Zone::FabricBelow; });
  const bool crosses = std::ranges::any_of(plan.pairs, [&](const LinkPair& pair) {
    return kind_of(plan, pair) != WireKind::Vertical &&
           plan.clusters.cluster_of[index(pair.a)] != plan.clusters.cluster_of[index(pair.b)];
  });
  return has_fabric && !has_below && !crosses && plan.order.size() >= 4;
}

// Tracks: the rows that bars of one zone take, counted from the GPUs.

// Gives every bar of `bars` the first track from `base` on where it overlaps no other; returns the
// first track that is free of all.
int assign_tracks(const BarColumns& columns,
                  const std::vector<NodeId>& bars,
                  int base,
                  std::vector<int>& track) {
  constexpr double kGap = 6;
  std::vector<std::vector<Span>> taken;
  for (const NodeId bar : bars) {
    const Span& span = columns.nodes[index(bar)];
    const auto is_free = [&](const std::vector<Span>& row) {
      return std::ranges::none_of(row, [&](const Span& other) {
        return span.left < other.right + kGap && other.left < span.right + kGap;
      });
    };
    auto row = std::ranges::find_if(taken, is_free);
    if (row == taken.end()) row = taken.insert(taken.end(), std::vector<Span>());
    row->push_back(span);
    track[index(bar)] = base + static_cast<int>(row - taken.begin());
  }
  return base + static_cast<int>(taken.size());
}

class BarsLayout {
 public:
  explicit BarsLayout(BarPlan plan) : plan_(std::move(plan)) {}

  Layout make() {
    columns_ = place_columns(plan_);
    const double width = row_width();
    if (width > kLongRow && may_have_two_rows(plan_)) {
      use_two_rows();
      columns_ = place_columns(plan_);
    }
    layout_.thickest = plan_.widths.thickest;
    set_tracks();
    if (plan_.two_rows && columns_meet()) {
      plan_.hanging_shift = 10;
      columns_ = place_columns(plan_);
      set_tracks();
    }
    set_heights();
    place_nodes();
    place_wires();
    layout_.names_are_crossed = levels_of(Zone::FabricBelow) > 0;
    return std::move(layout_);
  }

 private:
  const Role& role(NodeId node) const { return plan_.roles[index(node)]; }
  bool hangs(NodeId node) const {
    const auto cluster = plan_.clusters.cluster_of[index(node)];
    return cluster && plan_.hangs[*cluster];
  }

  double row_width() const {
    double right = 0;
    for (const Span& frame : columns_.frames) right = std::max(right, frame.right);
    return right;
  }

  // The first half of the GPUs hangs, the other stands.
  void use_two_rows() {
    plan_.two_rows = true;
    std::size_t before = 0;
    for (const int cluster : plan_.order) {
      plan_.hangs[cluster] = 2 * before < plan_.topology.num_ranks();
      before += plan_.clusters.list[cluster].gpus.size();
    }
  }

  // Whether a wire from above and one from below run over each other: in one column, past one
  // another's bar.
  bool columns_meet() const {
    std::map<double, std::pair<int, int>> reach;  // by x: the lowest and the highest track reached
    constexpr int kNone = 1 << 30;
    for (std::size_t i = 0; i < plan_.pairs.size(); ++i) {
      const auto [lower, higher] = lower_and_upper(plan_, plan_.pairs[i]);
      if (role(higher).zone != Zone::Fabric || role(lower).zone == Zone::Fabric) continue;
      auto& [from_above, from_below] =
          reach.emplace(columns_.wires[i].left, std::pair(kNone, -kNone)).first->second;
      const int track = track_[index(higher)];
      if (hangs(lower)) from_above = std::min(from_above, track);
      if (!hangs(lower)) from_below = std::max(from_below, track);
    }
    return std::ranges::any_of(
        reach, [](const auto& one) { return one.second.first < one.second.second; });
  }

  std::vector<NodeId> bars_of(Zone zone, int level) const {
    std::vector<NodeId> bars;
    for (std::size_t i = 0; i < plan_.roles.size(); ++i) {
      if (plan_.roles[i] == Role{.zone = zone, .level = level}) {
        bars.push_back(NodeId{static_cast<std::int32_t>(i)});
      }
    }
    return bars;
  }

  int levels_of(Zone zone) const {
    int most = 0;
    for (const Role& role : plan_.roles) {
      if (role.zone == zone) most = std::max(most, role.level);
    }
    return most;
  }

  int set_tracks_of(const Cluster& cluster, Zone zone) {
    int next = 0;
    for (int level = 1; level <= levels_of(zone); ++level) {
      std::vector<NodeId> bars = cluster.forwarders;
      std::erase_if(bars,
                    [&](NodeId bar) { return role(bar) != Role{.zone = zone, .level = level}; });
      next = assign_tracks(columns_, bars, next, track_);
    }
    return next;
  }

  // The first switch of a level is the topmost.
  int set_fabric_tracks(Zone zone) {
    int next = 0;
    for (int level = 1; level <= levels_of(zone); ++level) {
      const std::vector<NodeId> bars = bars_of(zone, level);
      const int base = next;
      next = assign_tracks(columns_, bars, base, track_);
      if (zone == Zone::FabricBelow) continue;
      for (const NodeId bar : bars) track_[index(bar)] = base + next - 1 - track_[index(bar)];
    }
    return next;
  }

  void set_tracks() {
    track_.assign(plan_.topology.num_nodes(), 0);
    for (const Cluster& cluster : plan_.clusters.list) {
      near_tracks_ = std::max(near_tracks_, set_tracks_of(cluster, Zone::BoxNear));
      far_tracks_ = std::max(far_tracks_, set_tracks_of(cluster, Zone::BoxFar));
    }
    fabric_tracks_ =
        std::max(set_fabric_tracks(Zone::FabricBelow), set_fabric_tracks(Zone::Fabric));
    middle_tracks_ = 0;
    for (const NodeId bar : bars_of(Zone::Fabric, 1)) {
      middle_tracks_ = std::max(middle_tracks_, track_[index(bar)] + 1);
    }
  }

  double arc_length(const LinkPair& pair) const {
    return std::abs(columns_.nodes[index(pair.a)].middle() -
                    columns_.nodes[index(pair.b)].middle());
  }

  // How deep the curve of an arc or bridge of this length goes.
  double arc_depth(double length) const {
    return std::max(16.0, std::min(0.34, kDeepestArc / longest_arc_) * length);
  }

  void set_heights() {
    double deepest = 0;
    double highest_bridge = 0;
    longest_arc_ = 1;
    for (const LinkPair& pair : plan_.pairs) {
      if (kind_of(plan_, pair) != WireKind::Vertical) {
        longest_arc_ = std::max(longest_arc_, arc_length(pair));
      }
    }
    for (const LinkPair& pair : plan_.pairs) {
      const double depth = arc_depth(arc_length(pair));
      if (kind_of(plan_, pair) == WireKind::Arc) deepest = std::max(deepest, depth + 8);
      if (kind_of(plan_, pair) == WireKind::Bridge)
        highest_bridge = std::max(highest_bridge, depth);
    }
    frame_top_ = -near_tracks_ * kBoxPitch - kFramePadding;
    frame_bottom_ = kGpuHeight + std::max(far_tracks_ * kBoxPitch, deepest) + kFramePadding;
    fabric_gap_ = kFabricGap + (highest_bridge > 0 ? highest_bridge : 0);
  }

  bool any_frame() const { return std::ranges::any_of(plan_.clusters.list, &Cluster::framed); }

  // Heights count from the top of the standing row's GPUs; `y` and `height` are those of a node in
  // a standing box, which a hanging one mirrors.
  Rectangle in_box(const Span& span, double y, double height, bool hanging) const {
    const double middle =  // of the whole picture, half-way between the two rows
        frame_top_ - fabric_gap_ -
        (middle_tracks_ * kFabricPitch - (kFabricPitch - kBarHeight)) / 2;
    const double top = hanging ? 2 * middle - y - height : y;
    return {span.left, top, span.right - span.left, height};
  }

  double top_of(NodeId node) const {
    const int track = track_[index(node)];
    switch (role(node).zone) {
      case Zone::Gpu: return 0;
      case Zone::BoxNear: return -(track + 1) * kBoxPitch + 4;
      case Zone::BoxFar: return kGpuHeight + track * kBoxPitch + kBoxPitch - kBarHeight - 4;
      case Zone::Fabric:
        return frame_top_ - fabric_gap_ - kBarHeight - track * kFabricPitch -
               (role(node).level - 1) * kLevelGap;
      case Zone::FabricBelow:
        return frame_bottom_ + (any_frame() ? kNameRoom : 0) + kFabricGap + track * kFabricPitch +
               (role(node).level - 1) * kLevelGap;
    }
    return 0;
  }

  void place_nodes() {
    for (std::size_t i = 0; i < plan_.topology.num_nodes(); ++i) {
      const NodeId node{static_cast<std::int32_t>(i)};
      const bool gpu = role(node).zone == Zone::Gpu;
      PlacedNode placed;
      placed.at =
          in_box(columns_.nodes[i], top_of(node), gpu ? kGpuHeight : kBarHeight, hangs(node));
      placed.label = plan_.labels[i];
      placed.label_at = {columns_.label_x[i], placed.at.centre().y};
      placed.bar = !gpu;
      placed.crossed = needs_dot(node);
      layout_.nodes.push_back(std::move(placed));
    }
    for (std::size_t c = 0; c < plan_.clusters.list.size(); ++c) {
      const Cluster& cluster = plan_.clusters.list[c];
      if (!cluster.framed) continue;
      PlacedBox box;
      box.name = cluster.name;
      const double room = cluster.name.empty() ? 0 : kNameRoom;
      box.at =
          in_box(columns_.frames[c], frame_top_, frame_bottom_ + room - frame_top_, plan_.hangs[c]);
      const double baseline = plan_.hangs[c] ? box.at.y + 15 : box.at.bottom() - 7;
      box.name_at = {box.at.x + kFramePadding, baseline};
      box.gpus = cluster.gpus;
      box.nodes = cluster.gpus;
      box.nodes.insert(box.nodes.end(), cluster.forwarders.begin(), cluster.forwarders.end());
      layout_.boxes.push_back(std::move(box));
    }
  }

  // From the edge of `a` that faces `b` straight to `b`.
  Curve vertical(const LinkPair& pair, double x) const {
    const Rectangle& a = layout_.nodes[index(pair.a)].at;
    const Rectangle& b = layout_.nodes[index(pair.b)].at;
    if (a.y > b.y) return line({x, a.y}, {x, b.bottom()});
    return line({x, a.bottom()}, {x, b.y});
  }

  // Away from the fabric for GPUs, towards it for bars of different boxes.
  Curve arc(const LinkPair& pair, const Span& ends, bool bridge) const {
    const Rectangle& a = layout_.nodes[index(pair.a)].at;
    const Rectangle& b = layout_.nodes[index(pair.b)].at;
    const bool up = bridge != hangs(pair.a);
    const double depth = arc_depth(arc_length(pair)) * 4 / 3;
    const auto edge = [up](const Rectangle& at) { return up ? at.y : at.bottom(); };
    const double y = up ? std::min(edge(a), edge(b)) - depth : std::max(edge(a), edge(b)) + depth;
    return {{ends.left, edge(a)}, {ends.left, y}, {ends.right, y}, {ends.right, edge(b)}};
  }

  bool needs_dot(NodeId node) const {
    switch (role(node).zone) {
      case Zone::Gpu: return false;
      case Zone::BoxNear: return near_tracks_ > 1;
      case Zone::BoxFar: return far_tracks_ > 1;
      default: return fabric_tracks_ > 1;
    }
  }

  void place_wires() {
    for (std::size_t i = 0; i < plan_.pairs.size(); ++i) {
      const LinkPair& pair = plan_.pairs[i];
      const WireKind kind = kind_of(plan_, pair);
      Wire wire{.pair = pair};
      wire.curve = kind == WireKind::Vertical
                       ? vertical(pair, columns_.wires[i].left)
                       : arc(pair, columns_.wires[i], kind == WireKind::Bridge);
      const auto& links = plan_.topology.links;
      if (pair.there) wire.width_there = plan_.widths.of(links[index(*pair.there)].bandwidth);
      if (pair.back) wire.width_back = plan_.widths.of(links[index(*pair.back)].bandwidth);
      wire.dot_a = needs_dot(pair.a);
      wire.dot_b = needs_dot(pair.b);
      layout_.wires.push_back(wire);
    }
  }

  BarPlan plan_;
  BarColumns columns_;
  std::vector<int> track_;  // by node
  int near_tracks_ = 0;
  int far_tracks_ = 0;
  int fabric_tracks_ = 0;
  int middle_tracks_ = 0;  // of the switches that boxes are linked to
  double longest_arc_ = 1;
  double frame_top_ = 0;     // of a standing box
  double frame_bottom_ = 0;  // without the room for its name
  double fabric_gap_ = 0;
  Layout layout_;
};

}  // namespace

Layout layout_bars(const Topology& topology, const std::vector<LinkPair>& pairs) {
  return BarsLayout(make_bar_plan(topology, pairs)).make();
}

}  // namespace pleach::view
