#include "compiler/topology/validate.hpp"

#include <doctest/doctest.h>

#include "compiler/topology/load_topology.hpp"
#include "tests/compiler/topology/print_topology.hpp"

namespace pleach {
namespace {

NodeSpec gpu(std::string id) {
  return {.id = std::move(id), .type = NodeType::Gpu, .throughput = std::nullopt, .origin = {}};
}

CableSpec cable(std::string from, std::string to, Rational rate = 1) {
  return {.from = std::move(from),
          .to = std::move(to),
          .bandwidth = {std::move(rate)},
          .latency = {},
          .count = 1,
          .origin = {}};
}

// Two gpus and a cable each way, from an importer that has no JSON to point to.
TopologySpec pair_spec() {
  TopologySpec spec;
  spec.file = "dump.xml";
  spec.name = "pair";
  spec.nodes = {gpu("a"), gpu("b")};
  spec.cables = {cable("a", "b"), cable("b", "a")};
  return spec;
}

std::string mistakes_of(const TopologySpec& spec) {
  const auto topology = validate(spec);
  return topology.ok() ? "" : print(topology.mistakes());
}

TEST_CASE("a good spec becomes a topology") {
  const auto topology = validate(pair_spec());
  REQUIRE(topology.ok());
  CHECK(topology.value().name == "pair");
  CHECK(print(topology.value()) == "gpu a\ngpu b\na -> b 1 GB/s\nb -> a 1 GB/s\n");
}

TEST_CASE("mistakes without an origin name the file, and none hides another") {
  TopologySpec spec = pair_spec();
  spec.nodes.push_back(gpu("a"));
  spec.nodes.push_back(gpu(""));
  spec.nodes.push_back(gpu("tab\there"));
  spec.cables.push_back(cable("a", "a"));
  spec.cables.push_back(cable("a", "c"));
  spec.cables.push_back(cable("d", "b", 0));
  spec.ranks = {{"a", {}}, {"b", {}}};
  CHECK(mistakes_of(spec) ==
        "dump.xml: error: the node id \"a\" stands twice\n"
        "  expected: a different id for every node\n  fix: rename one of them\n"
        "dump.xml: error: a node has an empty id\n  expected: a name such as \"box0/gpu3\"\n"
        "dump.xml: error: the id \"tab\\x09here\" holds a control character\n"
        "  expected: a name such as \"box0/gpu3\"\n"
        "dump.xml: error: link \"a -> a\" joins a node with itself\n"
        "  expected: two different nodes\n  fix: delete the link\n"
        "dump.xml: error: link \"a -> c\" ends at the unknown node \"c\"\n"
        "  expected: the id of a node\n"
        "dump.xml: error: link \"d -> b\" starts at the unknown node \"d\"\n"
        "  expected: the id of a node\n"
        "dump.xml: error: \"ranks\" leaves out \"a\", \"\", \"tab\\x09here\"\n"
        "  expected: every gpu exactly once\n"
        "  fix: name them, or delete \"ranks\" to number the gpus in the order of the file\n");
}

TEST_CASE("fewer than two gpus") {
  TopologySpec spec;
  spec.file = "f";
  CHECK(mistakes_of(spec) ==
        "f: error: there is no gpu\n  expected: at least two nodes of type \"gpu\"\n");
  spec.nodes = {gpu("a")};
  CHECK(mistakes_of(spec) ==
        "f: error: there is only one gpu\n  expected: at least two nodes of type \"gpu\"\n");
}

TEST_CASE("gpus that can not be reached or can not send are named") {
  TopologySpec spec = pair_spec();
  spec.nodes.push_back(gpu("sends"));
  spec.nodes.push_back(gpu("hears"));
  spec.cables.push_back(cable("sends", "a"));
  spec.cables.push_back(cable("b", "hears"));
  const std::string tail =
      "  expected: a path of links from every gpu to every other\n"
      "  fix: add the links that are missing, or remove these GPUs\n";
  CHECK(mistakes_of(spec) ==
        "dump.xml: error: 1 of 4 GPUs can not be reached from \"a\": \"sends\"\n" + tail +
            "dump.xml: error: 1 of 4 GPUs can not reach \"a\": \"hears\"\n" + tail);
  TopologySpec alone = pair_spec();
  for (int i = 0; i < 12; ++i) alone.nodes.push_back(gpu("x" + std::to_string(i)));
  CHECK(
      mistakes_of(alone) ==
      "dump.xml: error: 12 of 14 GPUs can neither be reached from nor reach \"a\": \"x0\", \"x1\", "
      "\"x2\", \"x3\", \"x4\", \"x5\", \"x6\", \"x7\" and 4 more\n" +
          tail);
}

TEST_CASE("mistakes of one declaration are told once, with their number") {
  CHECK(
      read_body(R"("nodes": [{"id": "g{i}", "type": "gpu", "for": {"i": "0-3"}},
                               {"id": "g{i}", "type": "gpu", "for": {"i": "2-9"}}],
    "links": [{"between": ["g{i}", "sw{i}"], "bandwidth": "1 GB/s", "for": {"i": "0-9"}}])") ==
      "t.json:2: error: the node id \"g2\" stands twice, first in t.json:1, and 1 more like this "
      "from "
      "the same place (/nodes/1)\n"
      "  expected: a different id for every node\n  fix: rename one of them\n"
      "t.json:3: error: link \"g0 -> sw0\" ends at the unknown node \"sw0\", and 19 more like this "
      "from the same place (/links/0)\n"
      "  expected: the id of a node\n");
}

TEST_CASE("links of rate 0 are absent, with one note for each place they come from") {
  TopologySpec spec = pair_spec();
  spec.cables.push_back(cable("a", "b", 0));
  const auto topology = validate(spec);
  REQUIRE(topology.ok());
  CHECK(topology.value() == validate(pair_spec()).value());
  REQUIRE(topology.notes().size() == 1);
  CHECK(note_text(topology.notes().front()) ==
        "dump.xml: note: link \"a -> b\" carries nothing and is left out\n");

  const auto loop = read_topology(
      R"({"format":"pleach-topology/1","name":"t",
"nodes":[{"id":"g{i}","type":"gpu","for":{"i":"0-3"}},{"id":"s","type":"switch"}],
"links":[{"between":["g{i}","s"],"bandwidth":"9 GB/s","for":{"i":"0-3"}},
{"from":"g{i}","to":"g0","bandwidth":"0 b/s","for":{"i":"1-3"}}]})",
      "t.json");
  REQUIRE(loop.ok());
  CHECK(loop.value().links.size() == 8);
  REQUIRE(loop.notes().size() == 1);
  CHECK(note_text(loop.notes().front()) ==
        "t.json:4: note: link \"g1 -> g0\" carries nothing and is left out, and 2 more like this "
        "from "
        "the same place (/links/1)\n");

  // Without it the machine falls apart, and that is the mistake.
  TopologySpec cut = pair_spec();
  for (CableSpec& link : cut.cables) link.bandwidth = {0};
  CHECK_FALSE(validate(cut).ok());
}

TEST_CASE("a throughput of nothing") {
  TopologySpec spec = pair_spec();
  spec.nodes.push_back(
      {.id = "s", .type = NodeType::Switch, .throughput = Bandwidth{0}, .origin = {}});
  CHECK(mistakes_of(spec) ==
        "dump.xml: error: node \"s\" lets nothing through\n"
        "  expected: a rate above 0 with a unit, e.g. \"400 Gb/s\"\n"
        "  fix: delete the node if it is down, or write its throughput\n");
}

TEST_CASE("a second node named like the exit of a throughput") {
  TopologySpec spec = pair_spec();
  spec.nodes.push_back(
      {.id = "s", .type = NodeType::Switch, .throughput = Bandwidth{5}, .origin = {}});
  spec.nodes.push_back({.id = "s/out", .type = NodeType::Switch, .throughput = {}, .origin = {}});
  CHECK(mistakes_of(spec) ==
        "dump.xml: error: the node id \"s/out\" stands twice\n"
        "  expected: a different id for every node\n  fix: rename one of them\n");
}

}  // namespace
}  // namespace pleach
