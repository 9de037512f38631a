#include "compiler/view/draw_tree.hpp"

#include <algorithm>
#include <map>
#include <utility>

#include "compiler/view/palette.hpp"

namespace pleach::view {
namespace {

constexpr double kStroke = 3;
constexpr double kArrowWidth = 9;

using Hop = std::pair<NodeId, NodeId>;

// Where the tree enters a bar and where it leaves it again.
struct Passage {
  NodeId from{};
  NodeId bar{};
  NodeId to{};
  auto operator<=>(const Passage&) const = default;
};

class TreeDrawer {
 public:
  TreeDrawer(SvgWriter& svg, const Layout& layout, const Schedule& schedule, const TreeEdges& tree)
      : svg_(svg), layout_(layout), tree_(tree) {
    for (std::size_t i = 0; i < layout.wires.size(); ++i) {
      wire_between_[{layout.wires[i].pair.a, layout.wires[i].pair.b}] = i;
    }
    // A hop that several edges take keeps the depth of the first: edges come by depth.
    for (const TreeEdge& edge : tree.edges) {
      const Route& route = schedule.routes[static_cast<std::size_t>(edge.route)];
      for (std::size_t i = 0; i + 1 < route.size(); ++i) {
        hops_.emplace(Hop{route[i], route[i + 1]}, edge.depth);
        if (i > 0) passages_.emplace(Passage{route[i - 1], route[i], route[i + 1]}, edge.depth);
      }
    }
  }

  void draw() {
    set_lanes();
    svg_.open_group({{"fill", "none"},
                     {"stroke-width", number_text(kStroke)},
                     {"stroke-linejoin", "round"},
                     {"stroke-linecap", "round"}});
    // The deepest first, so that what starts at the root lies on top.
    for (int depth = tree_.height; depth > 0; --depth) {
      for (const auto& [passage, at] : passages_) {
        if (at == depth) draw_passage(passage, depth);
      }
      for (const auto& [hop, at] : hops_) {
        if (at == depth) draw_hop(hop, depth);
      }
    }
    svg_.close_group();
  }

 private:
  // The wire's way from the hop's sender to its receiver; moved aside where the tree also takes it
  // the other way.
  Curve curve_of(const Hop& hop) const {
    const auto [from, to] = hop;
    const Wire& wire = layout_.wires[wire_between_.at(std::minmax(from, to))];
    const Curve curve = wire.pair.a == from ? wire.curve : reversed(wire.curve);
    return hops_.contains({to, from}) ? beside(curve, kStroke / 2 + 0.75) : curve;
  }

  // In a bar, data that fans out from one way in, or joins towards one way out, shares a lane.
  Hop trunk_of(const Passage& passage) const {
    return tree_.gathers ? Hop{passage.bar, passage.to} : Hop{passage.from, passage.bar};
  }

  // Each trunk gets a lane of its bar; lanes are shared by those that do not meet.
  void set_lanes() {
    std::map<Hop, std::pair<double, double>> reach;  // by trunk: the stretch of the bar it uses
    std::vector<std::pair<NodeId, Hop>> trunks;      // with their bars
    for (const auto& [passage, depth] : passages_) {
      const Hop trunk = trunk_of(passage);
      const double enters = curve_of({passage.from, passage.bar}).to.x;
      const double leaves = curve_of({passage.bar, passage.to}).from.x;
      const auto [entry, is_new] = reach.emplace(trunk, std::minmax(enters, leaves));
      auto& [left, right] = entry->second;
      left = std::min({left, enters, leaves});
      right = std::max({right, enters, leaves});
      if (is_new) trunks.emplace_back(passage.bar, trunk);
    }
    std::map<NodeId, std::vector<std::vector<std::pair<double, double>>>> taken;
    std::ranges::stable_sort(trunks, {}, [&](const auto& one) { return hops_.at(one.second); });
    for (const auto& [bar, trunk] : trunks) {
      const std::pair<double, double> stretch = reach.at(trunk);
      auto& lanes = taken[bar];
      auto lane = std::ranges::find_if(lanes, [&](const auto& stretches) {
        return std::ranges::none_of(stretches, [&](const auto& other) {
          return stretch.first < other.second + kStroke && other.first < stretch.second + kStroke;
        });
      });
      if (lane == lanes.end()) lane = lanes.insert(lanes.end(), {{}});
      lane->push_back(stretch);
      lane_[trunk] = static_cast<int>(lane - lanes.begin());
    }
    for (const auto& [bar, lanes] : taken) lanes_of_[bar] = static_cast<int>(lanes.size());
  }

  double lane_height(const Passage& passage) const {
    const Rectangle& bar = layout_.nodes[index(passage.bar)].at;
    const int lanes = lanes_of_.at(passage.bar);
    const double pitch = std::min(kStroke + 1, (bar.height - kStroke) / lanes);
    const double offset = lane_.at(trunk_of(passage)) - (lanes - 1) / 2.0;
    return bar.centre().y + offset * pitch;
  }

  void draw_passage(const Passage& passage, int depth) {
    const Point in = curve_of({passage.from, passage.bar}).to;
    const Point out = curve_of({passage.bar, passage.to}).from;
    const double y = lane_height(passage);
    const auto at = [](double px, double py) { return number_text(px) + " " + number_text(py); };
    svg_.element("path", {{"d", "M" + at(in.x, in.y) + "L" + at(in.x, y) + "L" + at(out.x, y) +
                                    "L" + at(out.x, out.y)},
                          {"stroke", depth_colour(depth, tree_.height)}});
  }

  void draw_hop(const Hop& hop, int depth) {
    const std::string colour = depth_colour(depth, tree_.height);
    const Curve curve = curve_of(hop);
    const bool arrives = !layout_.nodes[index(hop.second)].bar;
    svg_.element("path", {{"d", path_text(arrives ? shortened(curve, kArrowWidth - 2) : curve)},
                          {"stroke", colour}});
    if (arrives) draw_arrow_head(svg_, curve, kArrowWidth, colour);
  }

  SvgWriter& svg_;
  const Layout& layout_;
  const TreeEdges& tree_;
  std::map<Hop, std::size_t> wire_between_;
  std::map<Hop, int> hops_;          // with their depths
  std::map<Passage, int> passages_;  // with their depths
  std::map<Hop, int> lane_;          // by trunk
  std::map<NodeId, int> lanes_of_;   // by bar
};

}  // namespace

void draw_tree(SvgWriter& svg,
               const Layout& layout,
               const Schedule& schedule,
               const TreeEdges& tree) {
  TreeDrawer(svg, layout, schedule, tree).draw();
}

void draw_arrow_head(SvgWriter& svg, const Curve& curve, double width, const std::string& colour) {
  const Point way = end_direction(curve);
  const Point tip = curve.to;
  const Point base = {tip.x - way.x * width, tip.y - way.y * width};
  const double half = width / 2;
  const auto at = [](double x, double y) { return number_text(x) + " " + number_text(y); };
  svg.element("path", {{"d", "M" + at(tip.x, tip.y) + "L" +
                                 at(base.x - way.y * half, base.y + way.x * half) + "L" +
                                 at(base.x + way.y * half, base.y - way.x * half) + "Z"},
                       {"fill", colour},
                       {"stroke", "none"}});
}

}  // namespace pleach::view
