#include "compiler/view/draw_topology.hpp"

#include <map>

#include <doctest/doctest.h>

#include "compiler/passes/pipeline.hpp"
#include "compiler/topology/read_file.hpp"
#include "compiler/view/palette.hpp"
#include "tests/compiler/view/machines.hpp"

namespace pleach::view {
namespace {

Schedule compiled(const Topology& topology, Collective collective = Collective::AllGather) {
  Compiled result = compile_schedule(
      topology, {.collective = collective, .root = 0, .trees_per_root = std::nullopt},
      [] { return 0.0; });
  return std::move(result.schedule);
}

std::size_t count(const std::string& text, const std::string& part) {
  std::size_t found = 0;
  for (auto at = text.find(part); at != std::string::npos; at = text.find(part, at + 1)) ++found;
  return found;
}

TEST_CASE("every node and link is there, with its tooltip") {
  const Topology topology = machine("dgx-a100-x2");
  const Schedule schedule = compiled(topology);
  const std::string svg = draw_topology(topology, {.schedule = &schedule}).svg;
  for (const Node& node : topology.nodes) {
    CAPTURE(node.id);
    const bool gpu = node.type == NodeType::Gpu;
    CHECK(count(svg, "<title>" + node.id + (gpu ? ", rank " : "</title>")) == 1);
  }
  CHECK(count(svg,
              "box0/gpu0 \xe2\x86\x94 box0/nvswitch: 300 GB/s each way, carries 45/52 of the "
              "data at 300 GB/s: 100 % in use") == 1);
  CHECK(count(svg, " each way, ") == topology.links.size() / 2);
  CHECK(count(svg, "allgather on 16 GPUs at 346.67 GB/s (1040/3), optimal; 48 trees") == 2);
}

TEST_CASE("directions that differ are drawn and told apart") {
  const Topology topology = machine("a100-h100-mix");
  const Schedule schedule = compiled(topology);
  const std::string svg = draw_topology(topology, {.schedule = &schedule}).svg;
  const std::size_t both = count(svg, " each way, ");
  const std::size_t single = count(svg, " \xe2\x86\x92 ");
  CHECK(single > 0);
  CHECK(2 * both + single == topology.links.size());
  CHECK(count(svg, ", idle</title>") > 0);
  CHECK(count(svg, ">idle</text>") == 1);  // so the legend explains it
}

TEST_CASE("without a schedule: capacities and a reason") {
  const Topology topology = machine("mesh-full-8");
  const Picture picture = draw_topology(topology, {.note = "too <large>"});
  CHECK(count(picture.svg, "too &lt;large&gt;") == 1);
  CHECK(count(picture.svg, kFullLink) == 0);
  CHECK(count(picture.svg, "stroke=\"" + std::string(kPlainLink)) == 28 + 1);  // and the sample
  CHECK(count(picture.svg, "8 GPUs, 56 links") == 2);
}

TEST_CASE("a tree over its links: the root, and a number of hops for every other GPU") {
  const Topology topology = machine("dgx-h100-x2");
  for (const Collective collective : {Collective::AllGather, Collective::ReduceScatter}) {
    const Schedule schedule = compiled(topology, collective);
    const std::string svg = draw_topology(topology, {.schedule = &schedule, .tree = 7}).svg;
    CHECK(count(svg, ">root</text>") == 1);
    std::size_t numbers = 0;
    for (int hops = 1; hops < 16; ++hops) {
      numbers += count(svg, ">" + std::to_string(hops) + "</text>");
    }
    CHECK(numbers == 15);
    CHECK(count(svg, "tree 7 (positions 0 to ") == 1);
    CHECK(count(svg, collective == Collective::AllGather ? "broadcasts from" : "reduces to") == 1);
  }
}

TEST_CASE("ids may hold what XML reserves") {
  const Topology topology =
      machine_of({"a<b>&/g\"0\"", "a<b>&/g'1'", "<s>"}, 2, {{0, 2, 1}, {1, 2, 1}});
  const Schedule schedule = compiled(topology);
  const std::string svg = draw_topology(topology, {.schedule = &schedule, .tree = 0}).svg;
  CHECK(count(svg, "<title>a&lt;b&gt;&amp;/g&quot;0&quot;, rank 0</title>") == 1);
  CHECK(count(svg, "<s>") == 0);
  CHECK(count(svg, "&lt;s&gt;") > 0);
}

TEST_CASE("every character that opens a tag closes one") {
  for (const std::string& name : catalogue_machines()) {
    CAPTURE(name);
    const Topology topology = machine(name);
    const Schedule schedule = compiled(topology);
    const Picture picture = draw_topology(topology, {.schedule = &schedule, .tree = 1});
    CHECK(count(picture.svg, "<") == count(picture.svg, ">"));
    CHECK(count(picture.svg, "<g ") == count(picture.svg, "</g>"));
    CHECK(picture.svg.size() < 300'000);
    CHECK(picture.svg == draw_topology(topology, {.schedule = &schedule, .tree = 1}).svg);
    // Full links are there, and the links of the busiest are no wider than half the page.
    CHECK(count(picture.svg, "stroke=\"" + std::string(kFullLink)) > 1);
    CHECK(picture.width >= 500);
    CHECK(picture.width < 3500);
  }
}

TEST_CASE("a schedule below its bound says how far") {
  const Topology topology = machine("dgx-a100-x2");
  const Compiled result = compile_schedule(
      topology, {.collective = Collective::AllGather, .root = 0, .trees_per_root = 1},
      [] { return 0.0; });
  const std::string svg = draw_topology(topology, {.schedule = &result.schedule}).svg;
  CHECK(count(svg, "at 342.86 GB/s (2400/7), 98.9 % of the bound; 16 trees") == 2);
}

TEST_CASE("one small picture, byte by byte") {
  const Topology topology = machine_of({"box/a", "box/b", "box/s"}, 2,
                                       {{0, 2, 25}, {1, 2, 100, false}, {2, 1, 50, false}});
  const Picture picture = draw_topology(topology, {});
  const auto golden = read_file(PLEACH_TEST_DATA "/pictures/three_nodes.svg");
  REQUIRE(golden.ok());
  CHECK(picture.svg == golden.value());
}

}  // namespace
}  // namespace pleach::view
