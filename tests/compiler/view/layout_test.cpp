#include "compiler/view/layout.hpp"

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <random>

#include <doctest/doctest.h>

#include "compiler/view/clusters.hpp"
#include "tests/compiler/view/machines.hpp"
#include "tests/support/random_topology.hpp"

namespace pleach::view {
namespace {

constexpr double kTolerance = 0.01;  // of sums of doubles, far below what an eye can see

Layout layout_of(const Topology& topology) {
  return layout_machine(topology, link_pairs(topology, {}));
}

// Samples of a curve, its ends included.
std::vector<Point> samples(const Curve& curve) {
  std::vector<Point> points;
  for (int i = 0; i <= 40; ++i) points.push_back(point_at(curve, i / 40.0));
  return points;
}

bool holds(const Rectangle& rectangle, Point point) {
  return contains(grown(rectangle, kTolerance), {point.x, point.y, 0, 0});
}

std::string overlapping_nodes(const Topology& topology, const Layout& layout) {
  for (std::size_t i = 0; i < layout.nodes.size(); ++i) {
    for (std::size_t j = i + 1; j < layout.nodes.size(); ++j) {
      if (overlap(layout.nodes[i].at, layout.nodes[j].at)) {
        return topology.nodes[i].id + " and " + topology.nodes[j].id;
      }
    }
  }
  return "";
}

void check_page(const Layout& layout) {
  const Rectangle page = {0, 0, layout.width, layout.height};
  for (const PlacedNode& node : layout.nodes) {
    CHECK(contains(page, node.at));
    CHECK(holds(node.at, node.label_at));
    CHECK_FALSE(node.label.empty());
  }
  for (const Wire& wire : layout.wires) {
    for (const Point& point : samples(wire.curve)) CHECK(holds(page, point));
  }
}

void check_boxes(const Layout& layout) {
  const Rectangle page = {0, 0, layout.width, layout.height};
  std::vector<bool> in_box(layout.nodes.size(), false);
  for (std::size_t i = 0; i < layout.boxes.size(); ++i) {
    const PlacedBox& box = layout.boxes[i];
    CHECK(contains(page, box.at));
    CHECK_FALSE(box.gpus.empty());
    for (const NodeId node : box.nodes) {
      CHECK(contains(grown(box.at, kTolerance), layout.nodes[index(node)].at));
      in_box[index(node)] = true;
    }
    for (std::size_t j = i + 1; j < layout.boxes.size(); ++j) {
      CHECK_FALSE(overlap(box.at, layout.boxes[j].at));
    }
  }
  for (std::size_t node = 0; node < layout.nodes.size(); ++node) {
    if (in_box[node]) continue;
    CHECK(std::ranges::none_of(layout.boxes, [&](const PlacedBox& box) {
      return overlap(box.at, layout.nodes[node].at);
    }));
  }
}

// Each wire touches its two nodes and runs through no other GPU.
void check_wires(const Topology& topology, const Layout& layout) {
  const std::vector<bool> is_gpu = gpus_of(topology);
  for (const Wire& wire : layout.wires) {
    CAPTURE(topology.node(wire.pair.a).id);
    CAPTURE(topology.node(wire.pair.b).id);
    CHECK(holds(layout.nodes[index(wire.pair.a)].at, wire.curve.from));
    CHECK(holds(layout.nodes[index(wire.pair.b)].at, wire.curve.to));
    CHECK((wire.width_there > 0) == wire.pair.there.has_value());
    CHECK((wire.width_back > 0) == wire.pair.back.has_value());
    for (std::size_t node = 0; node < layout.nodes.size(); ++node) {
      if (!is_gpu[node] || node == index(wire.pair.a) || node == index(wire.pair.b)) continue;
      const Rectangle inside = grown(layout.nodes[node].at, -1);
      CHECK(std::ranges::none_of(samples(wire.curve),
                                 [&](Point point) { return holds(inside, point); }));
    }
  }
}

// Vertical strokes that share a column share no height.
std::string colliding_wires(const Topology& topology, const Layout& layout) {
  std::vector<const Wire*> verticals;
  for (const Wire& wire : layout.wires) {
    if (is_straight(wire.curve) && wire.curve.from.x == wire.curve.to.x) verticals.push_back(&wire);
  }
  std::ranges::stable_sort(verticals, {}, [](const Wire* wire) { return wire->curve.from.x; });
  for (std::size_t i = 0; i < verticals.size(); ++i) {
    for (std::size_t j = i + 1; j < verticals.size(); ++j) {
      const Curve& a = verticals[i]->curve;
      const Curve& b = verticals[j]->curve;
      const double apart = (verticals[i]->width_there + verticals[j]->width_there) / 2;
      if (b.from.x - a.from.x >= std::max(apart, 1.0)) break;
      const double top = std::max(std::min(a.from.y, a.to.y), std::min(b.from.y, b.to.y));
      const double bottom = std::min(std::max(a.from.y, a.to.y), std::max(b.from.y, b.to.y));
      if (bottom - top > 1) {
        return topology.node(verticals[i]->pair.a).id + " - " +
               topology.node(verticals[i]->pair.b).id + " and " +
               topology.node(verticals[j]->pair.a).id + " - " +
               topology.node(verticals[j]->pair.b).id;
      }
    }
  }
  return "";
}

void check_layout(const Topology& topology) {
  CAPTURE(topology.name);
  const Layout layout = layout_of(topology);
  REQUIRE(layout.nodes.size() == topology.num_nodes());
  CHECK(layout.wires.size() == link_pairs(topology, {}).size());
  check_page(layout);
  check_boxes(layout);
  check_wires(topology, layout);
  CHECK(overlapping_nodes(topology, layout) == "");
  CHECK(colliding_wires(topology, layout) == "");
}

TEST_CASE("every catalogue machine fits its page without overlaps") {
  for (const std::string& name : catalogue_machines()) check_layout(machine(name));
}

TEST_CASE("so does every reference machine, without names for boxes, damaged, one-way") {
  int machines = 0;
  for (const char* folder : {"/reference", "/topologies"}) {
    for (const auto& file :
         std::filesystem::directory_iterator(PLEACH_TEST_DATA + std::string(folder))) {
      const std::string name = file.path().stem().string();
      // Not a machine; not a valid one; too many wires for the checks of this test.
      if (name == "EXPECTED" || name == "bad_disconnected" || name == "bad_float_bw" ||
          name == "nvl72_18planes") {
        continue;
      }
      CAPTURE(name);
      check_layout(machine(file.path().string()));
      ++machines;
    }
  }
  CHECK(machines >= 45);
}

TEST_CASE("so do random machines") {
  std::mt19937_64 random(7);
  for (int round = 0; round < 150; ++round) {
    const testing::RandomMachine shape{.ranks = 2 + static_cast<int>(random() % 12),
                                       .switches = static_cast<int>(random() % 7),
                                       .cycles = 1 + static_cast<int>(random() % 8),
                                       .extra_links = static_cast<int>(random() % 6),
                                       .rate_bits = 5};
    Topology topology = round % 2 == 0 ? testing::random_balanced(random, shape)
                                       : testing::random_unbalanced(random, shape);
    topology.name = "round " + std::to_string(round);
    check_layout(topology);
  }
}

TEST_CASE("so do random machines in boxes") {
  std::mt19937_64 random(11);
  for (int round = 0; round < 150; ++round) {
    const testing::RandomMachine shape{.ranks = 4 + static_cast<int>(random() % 60),
                                       .switches = 1 + static_cast<int>(random() % 8),
                                       .cycles = 2 + static_cast<int>(random() % 8),
                                       .extra_links = static_cast<int>(random() % 4),
                                       .rate_bits = 5};
    Topology topology = testing::random_balanced(random, shape);
    topology.name = "round " + std::to_string(round);
    const std::uint64_t boxes = 2 + random() % 10;
    for (Node& node : topology.nodes) {
      if (random() % 4 != 0) node.id = "box" + std::to_string(random() % boxes) + "/" + node.id;
    }
    check_layout(topology);
  }
}

TEST_CASE("the same machine gets the same picture") {
  for (const char* name : {"dgx-h100-x16", "mi250-x2", "torus-3x3x3", "hypercube-4"}) {
    const Layout a = layout_of(machine(name));
    const Layout b = layout_of(machine(name));
    REQUIRE(a.nodes.size() == b.nodes.size());
    for (std::size_t i = 0; i < a.nodes.size(); ++i) CHECK(a.nodes[i].at == b.nodes[i].at);
    for (std::size_t i = 0; i < a.wires.size(); ++i) CHECK(a.wires[i].curve == b.wires[i].curve);
  }
}

TEST_CASE("a ring is a circle, a torus a grid") {
  const Layout ring = layout_of(machine("ring-8"));
  Point centre;
  for (const PlacedNode& node : ring.nodes) {
    centre.x += node.at.centre().x / 8;
    centre.y += node.at.centre().y / 8;
  }
  const auto radius = [&](const PlacedNode& node) {
    return std::hypot(node.at.centre().x - centre.x, node.at.centre().y - centre.y);
  };
  for (const PlacedNode& node : ring.nodes) {
    CHECK(radius(node) == doctest::Approx(radius(ring.nodes.front())));
  }
  const Layout torus = layout_of(machine("torus-3x5"));
  for (std::size_t row = 0; row < 3; ++row) {
    for (std::size_t column = 0; column < 5; ++column) {
      const Rectangle& at = torus.nodes[row * 5 + column].at;
      CHECK(at.y == torus.nodes[row * 5].at.y);
      CHECK(at.x == torus.nodes[column].at.x);
      // The way round from one end of a row to the other bends, the others are straight.
    }
  }
  const auto bent =
      std::ranges::count_if(torus.wires, [](const Wire& wire) { return !is_straight(wire.curve); });
  CHECK(bent == 3 + 5);
}

TEST_CASE("rails run over whole boxes, NICs stand between GPU and rail, NVSwitches behind") {
  const Topology topology = machine("dgx-h100-x4");
  const Layout layout = layout_of(topology);
  REQUIRE(layout.boxes.size() == 4);
  const auto at = [&](const std::string& id) {
    return layout.nodes[std::ranges::find(topology.nodes, id, &Node::id) - topology.nodes.begin()]
        .at;
  };
  for (int gpu = 0; gpu < 8; ++gpu) {
    const std::string number = std::to_string(gpu);
    CHECK(at("box2/nic" + number).bottom() < at("box2/gpu" + number).y);
    CHECK(at("ib/leaf" + number).bottom() < layout.boxes[0].at.y);
    CHECK(at("ib/leaf" + number).x <= layout.boxes[0].at.x);
    CHECK(at("ib/leaf" + number).right() == layout.boxes[3].at.right());
    CHECK(at("box2/nic" + number).centre().x == at("box2/gpu" + number).centre().x);
  }
  CHECK(at("box2/nvswitch").y > at("box2/gpu0").bottom());
  CHECK(at("ib/spine0").bottom() < at("ib/leaf0").y);
}

TEST_CASE("many boxes take two rows with the rails between them") {
  const Layout layout = layout_of(machine("dgx-h100-x16"));
  REQUIRE(layout.boxes.size() == 16);
  for (std::size_t i = 0; i < 8; ++i) {
    CHECK(layout.boxes[i].at.y == layout.boxes[0].at.y);
    CHECK(layout.boxes[i + 8].at.y > layout.boxes[i].at.bottom());
    CHECK(layout.boxes[i + 8].at.x == layout.boxes[i].at.x);
  }
  CHECK(layout.width < 3500);
}

TEST_CASE("wires whose directions differ get two lanes") {
  Wire wire;
  wire.width_there = 4;
  wire.width_back = 2;
  wire.pair.there = LinkId{0};
  wire.pair.back = LinkId{1};
  CHECK(shift_there(wire) == 3);
  CHECK(shift_back(wire) == 2);
  wire.pair.alike = true;
  CHECK(shift_there(wire) == 0);
  wire.pair.alike = false;
  wire.pair.back.reset();
  CHECK(shift_there(wire) == 0);
}

}  // namespace
}  // namespace pleach::view
