#include "compiler/view/bar_ends.hpp"

#include <algorithm>
#include <cmath>
#include <map>

#include "compiler/view/geometry.hpp"
#include "compiler/view/labels.hpp"

namespace pleach::view {
namespace {

class BarFinisher {
 public:
  BarFinisher(const BarPlan& plan, BarColumns& columns) : plan_(plan), columns_(columns) {}

  void finish(const std::vector<Span>& of_columns) {
    for (std::size_t i = 0; i < plan_.roles.size(); ++i) {
      const NodeId node{static_cast<std::int32_t>(i)};
      if (role(node).zone == Zone::Gpu) continue;
      Span span = {of_columns[i].left - kBarOverhang, of_columns[i].right + kBarOverhang};
      const double least = std::max(kBarWidth, label_room(plan_.labels[i]));
      const double missing = std::max(0.0, least - (span.right - span.left));
      span = {span.left - missing / 2, span.right + missing / 2};
      const bool in_fabric =
          role(node).zone == Zone::Fabric || role(node).zone == Zone::FabricBelow;
      if (in_fabric) snap_to_frames(node, span);
      columns_.nodes[i] = span;
      columns_.label_x[i] = span.middle();
    }
    label_fabric(Zone::Fabric);
    label_fabric(Zone::FabricBelow);
  }

 private:
  const Role& role(NodeId node) const { return plan_.roles[index(node)]; }

  // Rails that run over whole boxes end where the boxes end.
  void snap_to_frames(NodeId bar, Span& span) const {
    for (const int pair : plan_.incidence[index(bar)]) {
      const auto cluster = plan_.clusters.cluster_of[index(other_end(plan_.pairs[pair], bar))];
      if (!cluster || !plan_.clusters.list[*cluster].framed) continue;
      const Span& frame = columns_.frames[*cluster];
      span = {std::min(span.left, frame.left), std::max(span.right, frame.right)};
    }
  }

  // The number of bars in `level` that share an x with this span.
  std::ptrdiff_t count_overlaps(const Span& span, const std::vector<NodeId>& level) const {
    return std::ranges::count_if(level, [&](NodeId other) {
      const Span& there = columns_.nodes[index(other)];
      return span.left < there.right && there.left < span.right;
    });
  }

  // Ends of bars that lie side by side and nearly in line come in line.
  void align_ends(const std::vector<NodeId>& level) {
    const std::vector<Span> before = columns_.nodes;
    for (const NodeId bar : level) {
      Span& span = columns_.nodes[index(bar)];
      const double slack = (span.right - span.left) / 4;
      for (const NodeId other : level) {
        const Span& there = before[index(other)];
        if (span.left - there.left <= slack) span.left = std::min(span.left, there.left);
        if (there.right - span.right <= slack) span.right = std::max(span.right, there.right);
      }
    }
  }

  // Where switches of one level run side by side, other wires may cross each of them: labels stand
  // to the left of all columns, unless that would push the bar into a neighbour. Elsewhere they
  // stand in the middle.
  void label_fabric(Zone zone) {
    std::map<int, std::vector<NodeId>> levels;
    for (std::size_t i = 0; i < plan_.roles.size(); ++i) {
      if (plan_.roles[i].zone != zone) continue;
      levels[plan_.roles[i].level].push_back(NodeId{static_cast<std::int32_t>(i)});
    }
    for (const auto& [number, level] : levels) {
      std::vector<NodeId> beside;
      for (const NodeId bar : level) {
        if (count_overlaps(columns_.nodes[index(bar)], level) > 1) beside.push_back(bar);
      }
      align_ends(beside);
      for (const NodeId bar : level) {
        columns_.label_x[index(bar)] = columns_.nodes[index(bar)].middle();
      }
      for (const NodeId bar : beside) {
        Span& span = columns_.nodes[index(bar)];
        const double room = label_room(plan_.labels[index(bar)]);
        const Span longer = {span.left - room + 2, span.right};
        if (count_overlaps(longer, level) > count_overlaps(span, level)) continue;
        columns_.label_x[index(bar)] = span.left - room / 2 + 3;
        span = longer;
      }
    }
  }

  const BarPlan& plan_;
  BarColumns& columns_;
};

}  // namespace

double label_room(const std::string& label) { return std::ceil(text_width(label, kLabelSize)) + 8; }

void finish_bars(const BarPlan& plan, const std::vector<Span>& of_columns, BarColumns& columns) {
  BarFinisher(plan, columns).finish(of_columns);
}

}  // namespace pleach::view
