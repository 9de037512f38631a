#include <doctest/doctest.h>

#include "compiler/topology/load_topology.hpp"
#include "tests/compiler/topology/print_topology.hpp"

namespace pleach {
namespace {

// The rank order of twelve GPUs a11 a10 … a0, written in falling order, or the mistakes.
std::string ranks(const std::string& value, const std::string& more = "") {
  const std::string text = R"({"format": "pleach-topology/1", "name": "t",
    "nodes": [{"id": "a{11-i}", "type": "gpu", "for": {"i": "0-11"}}, {"id": "s", "type": "switch"}],
    "links": [{"between": ["a{i}", "s"], "bandwidth": "1 GB/s", "for": {"i": "0-11"}}])" +
                           more + R"(, "ranks": )" + value + "}";
  const auto topology = read_topology(text, "t.json");
  if (!topology.ok()) return print(topology.mistakes());
  std::string order;
  for (const NodeId id : topology.value().ranks) {
    order += (order.empty() ? "" : " ") + topology.value().node(id).id;
  }
  return order;
}

TEST_CASE("patterns sort by number, not by text") {
  CHECK(ranks(R"("a{i}")") == "a0 a1 a2 a3 a4 a5 a6 a7 a8 a9 a10 a11");
}

TEST_CASE("a list takes one pattern or id after the other") {
  const std::string list =
      R"(["a10", "a11", "a9", "a8", "a7", "a6", "a5", "a4", "a3", "a2", "a1", "a0"])";
  CHECK(ranks(list) == "a10 a11 a9 a8 a7 a6 a5 a4 a3 a2 a1 a0");
}

TEST_CASE("several placeholders sort in the order in which they appear") {
  const auto order = [](const std::string& pattern) {
    const Topology topology = must_read(R"({"format": "pleach-topology/1", "name": "t",
      "nodes": [{"id": "r{y}x{x}", "type": "gpu", "for": {"x": "0-1", "y": "9-10"}}, {"id": "s", "type": "switch"}],
      "links": [{"between": ["r{y}x{x}", "s"], "bandwidth": "1 GB/s", "for": {"x": "0-1", "y": "9-10"}}],
      "ranks": ")" + pattern + R"("})");
    std::string text;
    for (const NodeId id : topology.ranks) text += topology.node(id).id + " ";
    return text;
  };
  CHECK(order("r{a}x{b}") == "r9x0 r9x1 r10x0 r10x1 ");
}

TEST_CASE("without ranks the gpus count in file order") {
  const Topology topology = must_read(R"({"format": "pleach-topology/1", "name": "t",
    "nodes": [{"id": "s", "type": "switch"}, {"id": "z", "type": "gpu"}, {"id": "a", "type": "gpu"}],
    "links": [{"between": ["z", "s"], "bandwidth": "1 GB/s"}, {"between": ["a", "s"], "bandwidth": "1 GB/s"}]})");
  CHECK(topology.ranks == std::vector<NodeId>{NodeId{1}, NodeId{2}});
  const auto by_node = rank_of_node(topology);
  CHECK_FALSE(by_node[0].has_value());
  CHECK(by_node[1] == 0);
  CHECK(by_node[2] == 1);
}

TEST_CASE("gpus that were removed are skipped, by pattern and by id") {
  const std::string degraded = R"(, "degraded": [{"remove": "a[2-11]"}])";
  CHECK(ranks(R"("a{i}")", degraded) == "a0 a1");
  CHECK(ranks(R"(["a1", "a2", "a0"])", degraded) == "a1 a0");
}

TEST_CASE("every gpu has exactly one rank") {
  CHECK(ranks(R"(["a0", "a1", "a0", "a{i}"])") ==
        "t.json:3: error: \"ranks\" names \"a0\" twice (/ranks/2)\n  expected: every gpu exactly "
        "once\n"
        "t.json:3: error: \"ranks\" names \"a0\" twice (/ranks/3)\n  expected: every gpu exactly "
        "once\n"
        "t.json:3: error: \"ranks\" names \"a1\" twice (/ranks/3)\n  expected: every gpu exactly "
        "once\n");
  CHECK(ranks(R"(["a0", "a1"])") ==
        "t.json:3: error: \"ranks\" leaves out \"a11\", \"a10\", \"a9\", \"a8\", \"a7\", \"a6\", "
        "\"a5\", "
        "\"a4\" and 2 more (/ranks/0)\n"
        "  expected: every gpu exactly once\n"
        "  fix: name them, or delete \"ranks\" to number the gpus in the order of the file\n");
  CHECK(ranks(R"(["s", "a12", "a{i}"])") ==
        "t.json:3: error: \"ranks\" names \"s\", a switch (/ranks/0)\n"
        "  expected: the id of a gpu: only gpus have ranks\n"
        "t.json:3: error: \"ranks\" names the unknown node \"a12\" (/ranks/1)\n"
        "  expected: the id of a gpu\n  fix: did you mean \"a11\"?\n");
  CHECK(ranks(R"("b{i}")") ==
        "t.json:3: error: \"ranks\" has \"b{i}\", which matches no gpu (/ranks)\n"
        "  expected: ids with their numbers in braces, e.g. \"box{b}/gpu{g}\"\n");
}

}  // namespace
}  // namespace pleach
