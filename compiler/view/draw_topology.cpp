#include "compiler/view/draw_topology.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "compiler/core/check.hpp"
#include "compiler/view/cut_mark.hpp"
#include "compiler/view/draw_legend.hpp"
#include "compiler/view/draw_tree.hpp"
#include "compiler/view/labels.hpp"
#include "compiler/view/layout.hpp"
#include "compiler/view/number_text.hpp"
#include "compiler/view/palette.hpp"
#include "compiler/view/svg.hpp"

namespace pleach::view {
namespace {

std::string counted(std::size_t count, const std::string& noun) {
  return std::to_string(count) + " " + noun + (count == 1 ? "" : "s");
}

class TopologyDrawer {
 public:
  TopologyDrawer(const Topology& topology, const PictureRequest& request)
      : topology_(topology), schedule_(request.schedule), rank_of_(rank_of_node(topology)) {
    if (schedule_ != nullptr) loads_ = link_loads(*schedule_);
    layout_ = layout_machine(topology, link_pairs(topology, used()));
    if (request.tree) {
      ENSURE(schedule_ != nullptr, "a tree was asked for without a schedule");
      tree_ = tree_edges(*schedule_, *request.tree);
      tree_position_ = *request.tree;
    }
    if (schedule_ != nullptr) cut_ = mark_cut(*schedule_, layout_);
    make_legend(request.note);
  }

  Picture draw() {
    const double width = std::ceil(std::max(layout_.width, least_width(legend_)));
    const double top = title_height(legend_);
    const double height = std::ceil(top + layout_.height + legend_height(legend_));
    SvgWriter svg(width, height, legend_.title + ": " + legend_.subtitle);
    draw_title(svg, legend_);
    svg.open_group(
        {{"transform", "translate(" + number_text(std::floor((width - layout_.width) / 2)) + " " +
                           number_text(top) + ")"}});
    draw_boxes(svg);
    draw_bars(svg);
    draw_wires(svg);
    if (tree_) draw_tree(svg, layout_, *schedule_, *tree_);
    draw_gpus(svg);
    draw_cut(svg);
    draw_labels(svg);
    svg.close_group();
    draw_legend(svg, legend_, top + layout_.height);
    return {.svg = std::move(svg).finish(), .width = width, .height = height};
  }

 private:
  std::vector<Rational> used() const { return loads_ ? loads_->used : std::vector<Rational>(); }
  const Link& link(LinkId id) const { return topology_.links[index(id)]; }
  const std::string& id_of(NodeId node) const { return topology_.node(node).id; }

  void make_legend(const std::string& note) {
    legend_.title = topology_.name.empty() ? "machine without a name" : topology_.name;
    legend_.subtitle = subtitle();
    legend_.has_loads = loads_.has_value();
    legend_.has_idle_links = loads_ && std::ranges::any_of(loads_->load, [](const Rational& load) {
                               return load.sign() == 0;
                             });
    legend_.capacities = sample_capacities(topology_);
    legend_.widths = {.largest = largest_capacity(topology_), .thickest = layout_.thickest};
    if (!cut_.text.empty()) legend_.lines.push_back(cut_.text);
    if (tree_) legend_.lines.push_back(tree_text());
    if (!note.empty()) legend_.lines.push_back(note);
    // A wide picture is looked at from farther away.
    legend_.scale = std::clamp(layout_.width / 1100, 1.0, 2.2);
  }

  std::string subtitle() const {
    const std::string gpus = counted(topology_.num_ranks(), "GPU");
    if (schedule_ == nullptr) return gpus + ", " + counted(topology_.links.size(), "link");
    std::string text = std::string(name_of(schedule_->collective)) + " on " + gpus + " at " +
                       rate_text(loads_->algbw);
    const Rational& best = schedule_->bound.best();
    text += loads_->algbw == best ? ", optimal; "
                                  : ", " + percent_text(loads_->algbw / best) + " of the bound; ";
    return text + counted(count_trees(*schedule_), "tree");
  }

  std::string tree_text() const {
    return "tree " + std::to_string(tree_position_) + " (positions 0 to " +
           std::to_string(count_trees(*schedule_) - 1) +
           "): " + (tree_->gathers ? "reduces to " : "broadcasts from ") +
           id_of(topology_.ranks[static_cast<std::size_t>(tree_->root)]) + " (rank " +
           std::to_string(tree_->root) + "), carries " + tree_->share.to_string() +
           " of the data; numbers in GPUs: hops from the root, at most " +
           std::to_string(tree_->height);
  }

  void draw_boxes(SvgWriter& svg) {
    if (layout_.boxes.empty()) return;
    svg.open_group({{"fill", kBoxFill}, {"stroke", kBoxStroke}});
    for (const PlacedBox& box : layout_.boxes) svg.rectangle(box.at, 8, {}, box.name);
    svg.close_group();
  }

  void draw_bars(SvgWriter& svg) {
    svg.open_group({{"fill", kBarFill}, {"stroke", kBarStroke}});
    for (std::size_t i = 0; i < layout_.nodes.size(); ++i) {
      const PlacedNode& node = layout_.nodes[i];
      if (node.bar) svg.rectangle(node.at, 3, {}, topology_.nodes[i].id);
    }
    svg.close_group();
  }

  std::string rate_of(LinkId id) const {
    return rounded_text(link(id).bandwidth.gigabytes_per_second) + " GB/s";
  }

  std::string load_text(LinkId id) const {
    if (!loads_) return "";
    const Rational& load = loads_->load[index(id)];
    if (load.sign() == 0) return ", idle";
    return ", carries " + load.to_string() + " of the data at " +
           rounded_text(load * loads_->algbw) + " GB/s: " + percent_text(loads_->used[index(id)]) +
           " in use";
  }

  std::string tooltip(LinkId id) const {
    return id_of(link(id).from) + " \xe2\x86\x92 " + id_of(link(id).to) + ": " + rate_of(id) +
           load_text(id);
  }

  std::string tooltip_both(const LinkPair& pair) const {
    return id_of(pair.a) + " \xe2\x86\x94 " + id_of(pair.b) + ": " + rate_of(*pair.there) +
           " each way" + load_text(*pair.there);
  }

  std::string colour_of(LinkId id) const {
    return loads_ ? load_colour(loads_->used[index(id)]) : kPlainLink;
  }

  Rational used_by(const Wire& wire) const {
    Rational most;
    for (const auto& id : {wire.pair.there, wire.pair.back}) {
      if (id && loads_) most = std::max(most, loads_->used[index(*id)]);
    }
    return most;
  }

  void draw_stroke(
      SvgWriter& svg, const Curve& curve, double width, LinkId id, const std::string& text) {
    svg.element(
        "path",
        {{"d", path_text(curve)}, {"stroke", colour_of(id)}, {"stroke-width", number_text(width)}},
        text);
  }

  void draw_dot(SvgWriter& svg, Point at, double width, LinkId id) {
    svg.element("circle", {{"cx", number_text(at.x)},
                           {"cy", number_text(at.y)},
                           {"r", number_text(width / 2 + 1.5)},
                           {"fill", colour_of(id)}});
  }

  // One direction of a wire, with an arrow head.
  void draw_direction(SvgWriter& svg, const Curve& curve, double width, LinkId id) {
    const double head = std::max(7.0, width + 3);
    draw_stroke(svg, shortened(curve, head - 1), width, id, tooltip(id));
    draw_arrow_head(svg, curve, head, colour_of(id));
  }

  void draw_wire(SvgWriter& svg, const Wire& wire) {
    const LinkPair& pair = wire.pair;
    if (pair.alike) {
      draw_stroke(svg, wire.curve, wire.width_there, *pair.there, tooltip_both(pair));
      if (wire.dot_a) draw_dot(svg, wire.curve.from, wire.width_there, *pair.there);
      if (wire.dot_b) draw_dot(svg, wire.curve.to, wire.width_there, *pair.there);
      return;
    }
    if (pair.there) {
      const Curve curve = beside(wire.curve, shift_there(wire));
      draw_direction(svg, curve, wire.width_there, *pair.there);
      if (wire.dot_a) draw_dot(svg, curve.from, wire.width_there, *pair.there);
    }
    if (pair.back) {
      const Curve curve = beside(reversed(wire.curve), shift_back(wire));
      draw_direction(svg, curve, wire.width_back, *pair.back);
      if (wire.dot_b) draw_dot(svg, curve.from, wire.width_back, *pair.back);
    }
  }

  void draw_wires(SvgWriter& svg) {
    std::vector<std::size_t> order(layout_.wires.size());
    std::iota(order.begin(), order.end(), 0);
    std::vector<Rational> used_by_wire;
    for (const Wire& wire : layout_.wires) used_by_wire.push_back(used_by(wire));
    std::ranges::stable_sort(order, {}, [&](std::size_t i) { return used_by_wire[i]; });
    // Behind a tree the loads step back.
    SvgAttributes attributes = {{"fill", "none"}};
    if (tree_) attributes.emplace_back("opacity", "0.35");
    svg.open_group(attributes);
    for (const std::size_t i : order) draw_wire(svg, layout_.wires[i]);
    svg.close_group();
  }

  bool is_root(std::size_t node) const { return tree_ && tree_->depth[node] == 0; }

  void draw_gpus(SvgWriter& svg) {
    svg.open_group({{"fill", kGpuFill}, {"stroke", kGpuStroke}, {"stroke-width", "1.2"}});
    for (std::size_t i = 0; i < layout_.nodes.size(); ++i) {
      if (layout_.nodes[i].bar) continue;
      SvgAttributes attributes;
      if (is_root(i)) attributes = {{"fill", depth_colour(1, 1)}, {"stroke", depth_colour(1, 1)}};
      std::string tooltip = topology_.nodes[i].id;
      if (rank_of_[i]) tooltip += ", rank " + std::to_string(*rank_of_[i]);
      svg.rectangle(layout_.nodes[i].at, kCornerRadius, attributes, tooltip);
    }
    svg.close_group();
  }

  void draw_cut(SvgWriter& svg) {
    if (cut_.frames.empty()) return;
    svg.open_group({{"fill", "none"},
                    {"stroke", kCutStroke},
                    {"stroke-width", "1.8"},
                    {"stroke-dasharray", "6 4"}});
    for (const Rectangle& frame : cut_.frames) svg.rectangle(frame, 8, {});
    svg.close_group();
  }

  void draw_label(SvgWriter& svg, Point middle, const std::string& text, SvgAttributes attributes) {
    attributes.emplace_back("text-anchor", "middle");
    svg.text({middle.x, middle.y + 3.5}, text, std::move(attributes));
  }

  // Letters that wires run behind get a rim in the colour of the ground.
  static SvgAttributes rim(const char* ground) {
    return {{"stroke", ground}, {"stroke-width", "3"}, {"stroke-linejoin", "round"}};
  }

  void draw_box_names(SvgWriter& svg) {
    if (layout_.boxes.empty()) return;
    svg.open_group({{"font-size", "12"}, {"font-weight", "bold"}, {"fill", kQuietText}});
    for (const PlacedBox& box : layout_.boxes) {
      if (box.name.empty()) continue;
      const std::string name = shortened_text(box.name, 24);
      if (layout_.names_are_crossed) svg.text(box.name_at, name, rim(kBoxFill));
      svg.text(box.name_at, name, {});
    }
    svg.close_group();
  }

  void draw_labels(SvgWriter& svg) {
    draw_box_names(svg);
    svg.open_group({{"font-size", number_text(kLabelSize)}, {"fill", kText}});
    for (std::size_t i = 0; i < layout_.nodes.size(); ++i) {
      const PlacedNode& node = layout_.nodes[i];
      SvgAttributes attributes;
      if (is_root(i)) attributes.emplace_back("fill", "#ffffff");
      if (node.bar && (tree_ || node.crossed)) {
        draw_label(svg, node.label_at, node.label, rim(kBarFill));
      }
      const bool has_hops = tree_ && !node.bar;
      draw_label(svg, {node.label_at.x, node.label_at.y - (has_hops ? 6 : 0)}, node.label,
                 attributes);
      if (!has_hops) continue;
      attributes.emplace_back("font-weight", "bold");
      attributes.emplace_back("font-size", "12");
      if (!is_root(i)) attributes.emplace_back("fill", depth_colour(1, 1));
      draw_label(svg, {node.label_at.x, node.label_at.y + 8},
                 is_root(i) ? "root" : std::to_string(tree_->depth[i]), attributes);
    }
    svg.close_group();
  }

  const Topology& topology_;
  const Schedule* schedule_;
  std::vector<std::optional<int>> rank_of_;
  std::optional<LinkLoads> loads_;
  Layout layout_;
  std::optional<TreeEdges> tree_;
  std::size_t tree_position_ = 0;
  CutMark cut_;
  Legend legend_;
};

}  // namespace

Picture draw_topology(const Topology& topology, const PictureRequest& request) {
  return TopologyDrawer(topology, request).draw();
}

}  // namespace pleach::view
