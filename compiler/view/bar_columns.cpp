#include "compiler/view/bar_columns.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <map>

#include "compiler/view/bar_ends.hpp"
#include "compiler/view/column_book.hpp"
#include "compiler/view/labels.hpp"

namespace pleach::view {
namespace {

constexpr double kGpuWidth = 28;
constexpr double kGpuGap = 5;
constexpr double kFramePadding = 10;
constexpr double kFrameMargin = 5;  // at least, between a bar and the frame of its box
constexpr double kClusterGap = 18;

class ColumnPlacer {
 public:
  ColumnPlacer(const BarPlan& plan, const std::vector<double>& padding)
      : plan_(plan), padding_(padding) {
    const std::size_t nodes = plan.topology.num_nodes();
    columns_.nodes.resize(nodes);
    columns_.label_x.resize(nodes);
    columns_.frames.resize(plan.clusters.list.size());
    columns_.wires.resize(plan.pairs.size());
    span_.assign(nodes, {kNowhere, -kNowhere});
    up_.resize(nodes);
    lower_count_.assign(nodes, 0);
    need_.assign(nodes, 0);
    gpu_width_ = std::max(kGpuWidth, std::ceil(widest_gpu_label(plan.topology, plan.labels)) + 8);
  }

  BarColumns place() {
    find_wires();
    measure_box_bars();
    place_gpus();
    place_arcs();
    place_box_bars();
    place_fabric(Zone::Fabric);
    place_fabric(Zone::FabricBelow);
    finish_bars(plan_, span_, columns_);
    return std::move(columns_);
  }

 private:
  static constexpr double kNowhere = std::numeric_limits<double>::infinity();

  const Role& role(NodeId node) const { return plan_.roles[index(node)]; }
  bool in_box(NodeId node) const {
    return role(node).zone == Zone::BoxNear || role(node).zone == Zone::BoxFar;
  }
  double slot(int pair) const { return slot_width(plan_, plan_.pairs[pair]); }
  NodeId upper(int pair) const { return lower_and_upper(plan_, plan_.pairs[pair]).second; }

  bool is_far(NodeId node) const {
    return role(node).zone == Zone::BoxFar || role(node).zone == Zone::FabricBelow;
  }

  // The columns on one side of one row of boxes. `node` is any end of a wire there but a GPU.
  ColumnBook& book_of(NodeId node, bool hanging) {
    return books_[hanging ? 1 : 0][is_far(node) ? 1 : 0];
  }
  bool hangs(NodeId node) const {
    const auto cluster = plan_.clusters.cluster_of[index(node)];
    return cluster && plan_.hangs[*cluster];
  }

  void find_wires() {
    for (std::size_t i = 0; i < plan_.pairs.size(); ++i) {
      if (kind_of(plan_, plan_.pairs[i]) == WireKind::Arc) continue;
      const auto [lower, higher] = lower_and_upper(plan_, plan_.pairs[i]);
      up_[index(lower)].push_back(static_cast<int>(i));
      if (kind_of(plan_, plan_.pairs[i]) == WireKind::Bridge) {
        up_[index(higher)].push_back(static_cast<int>(i));
      } else {
        ++lower_count_[index(higher)];
      }
    }
    for (std::size_t node = 0; node < up_.size(); ++node) {
      const NodeId id{static_cast<std::int32_t>(node)};
      std::ranges::stable_sort(up_[node], {}, [&](int pair) {
        const NodeId other = other_end(plan_.pairs[pair], id);
        return std::pair(height_of(role(other)), other);
      });
    }
  }

  // The width that a wire needs at its lower end: that of its column, or its share of the bar
  // above.
  double weight(int pair) const {
    if (kind_of(plan_, plan_.pairs[pair]) == WireKind::Bridge) return slot(pair);
    const NodeId node = upper(pair);
    if (!in_box(node)) return slot(pair);
    // Whole units keep sums of widths free of rounding.
    return std::max(slot(pair), std::ceil(need_[index(node)] / lower_count_[index(node)]));
  }

  double weight_of(const std::vector<int>& pairs) const {
    double sum = 0;
    for (const int pair : pairs) sum += weight(pair);
    return sum;
  }

  void measure_box_bars() {
    std::vector<NodeId> bars;
    for (const Cluster& cluster : plan_.clusters.list) {
      bars.insert(bars.end(), cluster.forwarders.begin(), cluster.forwarders.end());
    }
    std::ranges::stable_sort(bars,
                             [&](NodeId a, NodeId b) { return role(a).level > role(b).level; });
    for (const NodeId bar : bars) {
      need_[index(bar)] =
          std::max({kBarWidth, label_room(plan_.labels[index(bar)]), weight_of(up_[index(bar)])}) +
          4;
    }
  }

  // Sets the x of `pairs` side by side around `middle`.
  void spread(const std::vector<int>& pairs, double middle) {
    double left = middle - weight_of(pairs) / 2;
    for (const int pair : pairs) {
      const double width = weight(pair);
      columns_.wires[pair] = {left + width / 2, left + width / 2};
      left += width;
    }
  }

  std::pair<std::vector<int>, std::vector<int>> near_and_far(NodeId gpu) const {
    std::pair<std::vector<int>, std::vector<int>> result;
    for (const int pair : up_[index(gpu)]) {
      (is_far(upper(pair)) ? result.second : result.first).push_back(pair);
    }
    return result;
  }

  double arcs_width(NodeId gpu) const {
    double sum = 0;
    for (const int pair : plan_.incidence[index(gpu)]) {
      if (kind_of(plan_, plan_.pairs[pair]) == WireKind::Arc) sum += slot(pair);
    }
    return sum;
  }

  void place_gpu(NodeId gpu, double& x) {
    const auto [near, far] = near_and_far(gpu);
    const double width = std::max(gpu_width_, arcs_width(gpu) + 6);
    const double reserved = std::max({width, weight_of(near), weight_of(far)});
    const double middle = x + reserved / 2;
    Span span = {middle - width / 2, middle + width / 2};
    for (const auto* const pairs : {&near, &far}) {
      spread(*pairs, middle);
      for (const int pair : *pairs) {
        const double at = columns_.wires[pair].left;
        const double half = slot(pair) / 2;
        span = {std::min(span.left, at - half), std::max(span.right, at + half)};
        book_of(upper(pair), hangs(gpu)).add(at, half);
      }
    }
    columns_.nodes[index(gpu)] = span;
    columns_.label_x[index(gpu)] = span.middle();
    x += reserved + kGpuGap;
  }

  void place_cluster(int number, double& x) {
    const Cluster& cluster = plan_.clusters.list[number];
    const double start = x;
    if (cluster.framed) x += kFramePadding + padding_[number];
    for (const NodeId gpu : cluster.gpus) place_gpu(gpu, x);
    x -= kGpuGap;
    if (cluster.framed) {
      x += kFramePadding;
      // The name and the widest bar must fit, too.
      double least = label_room(cluster.name) + 2 * kFramePadding;
      for (const NodeId node : cluster.forwarders) {
        least = std::max(least, need_[index(node)] + 2 * kFramePadding + 2 * kBarOverhang);
      }
      x = std::max(x + padding_[number], start + least);
    }
    columns_.frames[number] = {start, x};
    x += cluster.framed ? kClusterGap : kGpuGap;
  }

  void place_gpus() {
    double standing = 0;
    double hanging = plan_.hanging_shift;
    for (const int cluster : plan_.order) {
      place_cluster(cluster, plan_.hangs[cluster] ? hanging : standing);
    }
    right_end_ = std::max(standing, hanging);
  }

  // Arcs leave a GPU to the left from its left part, to the right from its right part, the short
  // ones outside: then arcs that nest do not cross.
  void place_arcs() {
    for (const NodeId gpu : plan_.topology.ranks) {
      const double middle = columns_.nodes[index(gpu)].middle();
      std::vector<std::pair<double, int>> arcs;  // sort key, pair
      for (const int pair : plan_.incidence[index(gpu)]) {
        if (kind_of(plan_, plan_.pairs[pair]) != WireKind::Arc) continue;
        const NodeId other = other_end(plan_.pairs[pair], gpu);
        const double distance = columns_.nodes[index(other)].middle() - middle;
        arcs.emplace_back(-1 / distance, pair);  // left: from short to long; right: the other way
      }
      std::ranges::sort(arcs);
      std::ranges::reverse(arcs);
      double x = middle - arcs_width(gpu) / 2;
      for (const auto& [key, pair] : arcs) {
        const double at = x + slot(pair) / 2;
        (plan_.pairs[pair].a == gpu ? columns_.wires[pair].left : columns_.wires[pair].right) = at;
        x += slot(pair);
      }
    }
  }

  void include(NodeId node, double x) {
    Span& span = span_[index(node)];
    span = {std::min(span.left, x), std::max(span.right, x)};
  }

  // A bar spans the columns of its GPUs; those of other bars join when they are placed.
  void include_gpu_columns(NodeId bar) {
    for (const int pair : plan_.incidence[index(bar)]) {
      const LinkPair& wire = plan_.pairs[pair];
      if (kind_of(plan_, wire) != WireKind::Vertical) continue;
      const NodeId other = other_end(wire, bar);
      if (role(other).zone == Zone::Gpu) include(bar, columns_.wires[pair].left);
    }
  }

  // The wires of a bar that come from below it: they end where its wires up begin.
  std::vector<int> lower_wires(NodeId bar) const {
    std::vector<int> wires;
    for (const int pair : plan_.incidence[index(bar)]) {
      if (kind_of(plan_, plan_.pairs[pair]) != WireKind::Vertical) continue;
      const NodeId other = other_end(plan_.pairs[pair], bar);
      if (height_of(role(other)) < height_of(role(bar))) wires.push_back(pair);
    }
    return wires;
  }

  // Columns for the wires that go up from a bar, evenly along it.
  void place_up_wires(NodeId bar) {
    std::vector<int> wires = up_[index(bar)];
    std::erase_if(wires, [&](int pair) { return is_sideways(pair); });
    if (wires.empty() || span_[index(bar)].left == kNowhere) return;
    ColumnBook& book = book_of(bar, hangs(bar));
    const std::vector<int> lower = lower_wires(bar);
    for (const int pair : lower) book.remove(columns_.wires[pair].left, slot(pair) / 2);
    const Span span = span_[index(bar)];
    const double width = std::max(span.right - span.left, weight_of(wires));
    const double step = width / static_cast<double>(wires.size());
    double x = span.middle() - width / 2 + step / 2;
    for (const int pair : wires) {
      const NodeId other = other_end(plan_.pairs[pair], bar);
      const double at = book.take(std::round(2 * x) / 2, slot(pair) / 2);
      if (kind_of(plan_, plan_.pairs[pair]) == WireKind::Bridge) {
        (plan_.pairs[pair].a == bar ? columns_.wires[pair].left : columns_.wires[pair].right) = at;
      } else {
        columns_.wires[pair] = {at, at};
        include(other, at);
      }
      include(bar, at);
      x += step;
    }
    for (const int pair : lower) book.add(columns_.wires[pair].left, slot(pair) / 2);
  }

  // Between bars of one level.
  bool is_sideways(int pair) const {
    return kind_of(plan_, plan_.pairs[pair]) == WireKind::Vertical &&
           height_of(role(plan_.pairs[pair].a)) == height_of(role(plan_.pairs[pair].b));
  }

  void place_sideways_wires(NodeId bar) {
    for (const int pair : up_[index(bar)]) {
      if (!is_sideways(pair)) continue;
      const NodeId other = upper(pair);
      const Span& a = span_[index(bar)];
      const Span& b = span_[index(other)];
      // Inside what both span, or half-way between the two.
      double x = (std::max(a.left, b.left) + std::min(a.right, b.right)) / 2;
      if (a.left == kNowhere || b.left == kNowhere) x = right_end_;
      const double at = book_of(bar, hangs(bar)).take(std::round(2 * x) / 2, slot(pair) / 2);
      columns_.wires[pair] = {at, at};
      include(bar, at);
      include(other, at);
    }
  }

  void place_box_bars() {
    for (std::size_t c = 0; c < plan_.clusters.list.size(); ++c) {
      std::vector<NodeId> bars = plan_.clusters.list[c].forwarders;
      std::ranges::stable_sort(bars, {}, [&](NodeId bar) { return role(bar).level; });
      for (const NodeId bar : bars) {
        include_gpu_columns(bar);
        if (span_[index(bar)].left == kNowhere) include(bar, columns_.frames[c].middle());
        place_up_wires(bar);
      }
      for (const NodeId bar : bars) place_sideways_wires(bar);
    }
  }

  std::vector<NodeId> fabric_bars(Zone zone) const {
    std::vector<NodeId> bars;
    for (std::size_t i = 0; i < plan_.roles.size(); ++i) {
      if (plan_.roles[i].zone == zone) bars.push_back(NodeId{static_cast<std::int32_t>(i)});
    }
    std::ranges::stable_sort(bars, {}, [&](NodeId bar) { return role(bar).level; });
    return bars;
  }

  void place_fabric(Zone zone) {
    const std::vector<NodeId> bars = fabric_bars(zone);
    for (const NodeId bar : bars) include_gpu_columns(bar);
    if (plan_.two_rows) {
      place_beside_the_boxes(bars);
    } else {
      for (const NodeId bar : bars) place_up_wires(bar);
      for (const NodeId bar : bars) place_sideways_wires(bar);
    }
    for (const NodeId bar : bars) {
      if (span_[index(bar)].left != kNowhere) continue;
      right_end_ += kClusterGap + need_of_label(bar);
      include(bar, right_end_ - need_of_label(bar) / 2);
    }
  }

  double need_of_label(NodeId bar) const { return label_room(plan_.labels[index(bar)]) + 10; }

  // With boxes above and below, wires inside the fabric run to the right of all boxes, grouped by
  // the switch they go up to.
  void place_beside_the_boxes(const std::vector<NodeId>& bars) {
    std::map<std::pair<int, NodeId>, std::vector<int>> wires_to;  // by level and node
    for (const NodeId bar : bars) {
      for (const int pair : up_[index(bar)]) {
        wires_to[{role(upper(pair)).level, upper(pair)}].push_back(pair);
      }
    }
    double x = right_end_ + 12;
    for (const auto& [place, wires] : wires_to) {
      const double start = x;
      for (const int pair : wires) {
        const auto [lower, higher] = lower_and_upper(plan_, plan_.pairs[pair]);
        const double at = x + slot(pair) / 2;
        columns_.wires[pair] = {at, at};
        include(lower, at);
        include(higher, at);
        x += std::max(slot(pair), 10.0);
      }
      x = std::max(x, start + need_of_label(place.second)) + 2 * kBarOverhang + 6;
    }
    right_end_ = x;
  }

  const BarPlan& plan_;
  const std::vector<double>& padding_;  // by cluster: more room at both sides of its frame
  BarColumns columns_;
  std::vector<Span> span_;            // by node, of the columns so far; left is kNowhere before any
  std::vector<std::vector<int>> up_;  // by node, the wires to bars farther from the GPUs
  std::vector<int> lower_count_;      // by node, the wires from below
  std::vector<double> need_;          // by node in a box, how wide its bar must be
  std::array<std::array<ColumnBook, 2>, 2>
      books_;             // by row (standing, hanging) and side (near, far)
  double gpu_width_ = 0;  // of the widest label
  double right_end_ = 0;
};

// Makes room for the bars that stick out of their boxes; false when none does.
bool pad_frames(const BarPlan& plan, const BarColumns& columns, std::vector<double>& padding) {
  bool padded = false;
  for (std::size_t c = 0; c < plan.clusters.list.size(); ++c) {
    if (!plan.clusters.list[c].framed) continue;
    double missing = 0;
    for (const NodeId node : plan.clusters.list[c].forwarders) {
      const Span& span = columns.nodes[index(node)];
      missing = std::max({missing, columns.frames[c].left + kFrameMargin - span.left,
                          span.right + kFrameMargin - columns.frames[c].right});
    }
    if (missing > 0) padding[c] += std::ceil(missing) + 4;
    padded = padded || missing > 0;
  }
  return padded;
}

}  // namespace

BarColumns place_columns(const BarPlan& plan) {
  std::vector<double> padding(plan.clusters.list.size(), 0);
  constexpr int kMostTries = 20;  // the second does, unless wires make way for wires
  for (int i = 1;; ++i) {
    BarColumns columns = ColumnPlacer(plan, padding).place();
    if (i == kMostTries || !pad_frames(plan, columns, padding)) return columns;
  }
}

}  // namespace pleach::view
