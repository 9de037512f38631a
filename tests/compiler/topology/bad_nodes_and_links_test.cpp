#include <doctest/doctest.h>

#include "compiler/topology/load_topology.hpp"
#include "tests/compiler/topology/bad_input.hpp"

namespace pleach {
namespace {

TEST_CASE("mistakes in the top level") {
  check_all({
      {pair_and(R"("link": [])"),
       "t.json:3: error: a topology has the unknown key \"link\" (/link)\n"
       "  expected: one of: format, name, include, link_classes, templates, nodes, matrix, links, "
       "fabrics, degraded, ranks\n"
       "  fix: did you mean \"links\"?\n"},
      {R"("nodes": {}, "links": 5, "fabrics": "x", "degraded": true, "templates": [], "link_classes": null, "include": "x", "ranks": 3)",
       "t.json:1: error: key \"include\" is \"x\", not an array (/include)\n"
       "  expected: an array of file names, e.g. [\"boxes.json\"]\n"
       "t.json:1: error: key \"link_classes\" is null, not an object (/link_classes)\n"
       "  expected: names with their link classes\n"
       "t.json:1: error: key \"templates\" is an array, not an object (/templates)\n"
       "  expected: names with what they stand for\n"
       "t.json:1: error: key \"nodes\" is an object, not an array (/nodes)\n"
       "  expected: an array of nodes\n"
       "t.json:1: error: key \"links\" is 5, not an array (/links)\n"
       "  expected: an array of links\n"
       "t.json:1: error: key \"fabrics\" is \"x\", not an array (/fabrics)\n"
       "  expected: an array of fabrics\n"
       "t.json:1: error: key \"degraded\" is true, not an array (/degraded)\n"
       "  expected: an array of what is broken\n"
       "t.json:1: error: key \"ranks\" is 3, not an array (/ranks)\n"
       "  expected: a pattern such as \"box{b}/gpu{g}\", or an array of them\n"},
      {R"("nodes": [5], "links": ["x"], "fabrics": [null], "degraded": [[]], "templates": {"t": 1}, "link_classes": {"c": 2}, "include": [7], "ranks": [3])",
       "t.json:1: error: an entry of \"include\" is 7, not a string (/include/0)\n"
       "  expected: an array of file names, e.g. [\"boxes.json\"]\n"
       "t.json:1: error: a link class is 2, not an object (/link_classes/c)\n"
       "  expected: {\"bandwidth\": \"50 GB/s\"}\n"
       "t.json:1: error: the template \"t\" is 1, not an object (/templates/t)\n"
       "  expected: nodes and links\n"
       "t.json:1: error: a node is 5, not an object (/nodes/0)\n"
       "  expected: {\"id\": \"gpu0\", \"type\": \"gpu\"}\n"
       "t.json:1: error: a link is \"x\", not an object (/links/0)\n"
       "  expected: {\"between\": [\"a\", \"b\"], \"bandwidth\": \"50 GB/s\"}\n"
       "t.json:1: error: a fabric is null, not an object (/fabrics/0)\n"
       "  expected: {\"type\": \"leaf-spine\", \"id\": \"ib\", …}\n"
       "t.json:1: error: an entry of \"degraded\" is an array, not an object (/degraded/0)\n"
       "  expected: {\"remove\": \"box0/nic3\"}\n"
       "t.json:1: error: an entry of \"ranks\" is 3, not a string (/ranks/0)\n"
       "  expected: a pattern such as \"box{b}/gpu{g}\", or an array of them\n"},
  });
}

TEST_CASE("mistakes in nodes") {
  check_all({
      {node(R"({"type": "gpu"})"),
       "t.json:2: error: key \"id\" is missing (/nodes/2)\n"
       "  expected: a name, e.g. \"gpu0\"\n"},
      {node(R"({"id": "c"})"),
       "t.json:2: error: key \"type\" is missing (/nodes/2)\n"
       "  expected: \"gpu\", \"switch\", \"nic\" or \"cpu\"\n"},
      {node(R"({"id": "c", "type": "GPU"})"),
       "t.json:2: error: the node type \"GPU\" is not known (/nodes/2/type)\n"
       "  expected: \"gpu\", \"switch\", \"nic\" or \"cpu\"\n"
       "  fix: did you mean \"gpu\"?\n"},
      {node(R"({"id": "c", "type": "router"})"),
       "t.json:2: error: the node type \"router\" is not known (/nodes/2/type)\n"
       "  expected: \"gpu\", \"switch\", \"nic\" or \"cpu\"\n"},
      {node(R"({"id": "", "type": "switch"})"),
       "t.json:2: error: key \"id\" is empty (/nodes/2/id)\n"
       "  expected: a node id, e.g. \"gpu0\" or \"gpu{g}\"\n"},
      {node(R"({"id": 7, "type": "switch"})"),
       "t.json:2: error: key \"id\" is 7, not a string (/nodes/2/id)\n"
       "  expected: a node id, e.g. \"gpu0\" or \"gpu{g}\"\n"},
      {node(R"({"id": "c", "type": "switch", "tyep": 1})"),
       "t.json:2: error: a node has the unknown key \"tyep\" (/nodes/2/tyep)\n"
       "  expected: one of: id, type, kind, use, for, multicast, reduce, relay, throughput, "
       "labels\n"
       "  fix: did you mean \"type\"?\n"},
      {node(R"({"id": "c", "use": "boxx"})") + R"(,
"templates": {"box": {}})",
       "t.json:2: error: the template \"boxx\" is not known (/nodes/2/use)\n"
       "  expected: a name from \"templates\", or \"builtin:\" and a name\n"
       "  fix: did you mean \"box\"?\n"},
      {node(R"({"id": "c", "use": "builtin:dgx-h1000"})"),
       "t.json:2: error: the builtin template \"builtin:dgx-h1000\" is not known (/nodes/2/use)\n"
       "  expected: a template of topologies/boxes.json, e.g. \"builtin:dgx-h100\"\n"},
      {node(R"({"id": "c", "use": "box", "type": "gpu"})") + R"(,
"templates": {"box": {}})",
       "t.json:2: error: a node with \"use\" has the unknown key \"type\" (/nodes/2/type)\n"
       "  expected: one of: id, use, for, labels\n"},
      {node(
           R"({"id": "c", "type": "switch", "multicast": "yes", "reduce": 1, "kind": 2, "labels": {"a": 1}})"),
       "t.json:2: error: key \"kind\" is 2, not a string (/nodes/2/kind)\n"
       "  expected: a word, e.g. \"nvswitch\"\n"
       "t.json:2: error: key \"multicast\" is \"yes\" (/nodes/2/multicast)\n"
       "  expected: true or false\n"
       "t.json:2: error: key \"reduce\" is 1 (/nodes/2/reduce)\n"
       "  expected: true or false\n"
       "t.json:2: error: the label \"a\" is 1, not a string (/nodes/2/labels/a)\n"
       "  expected: names with strings, e.g. {\"host\": \"node07\"}\n"},
      {node(R"({"id": "c", "type": "switch", "labels": []})"),
       "t.json:2: error: key \"labels\" is an array, not an object (/nodes/2/labels)\n"
       "  expected: names with strings, e.g. {\"host\": \"node07\"}\n"},
      {node(R"({"id": "c", "type": "gpu", "relay": false})"),
       "t.json:2: error: nodes that do not relay are not supported yet (/nodes/2/relay)\n"
       "  expected: \"relay\": true, which is the default\n"},
      {node(R"({"id": "c", "type": "gpu", "throughput": "1 GB/s"})"),
       "t.json:2: error: the throughput of a gpu is not supported yet (/nodes/2/throughput)\n"
       "  expected: \"throughput\" on a switch, nic or cpu\n"
       "  fix: put a switch with this throughput between the gpu and its links\n"},
      {node(R"({"id": "a", "type": "switch"})"),
       "t.json:2: error: the node id \"a\" stands twice, first in t.json:1 (/nodes/2)\n"
       "  expected: a different id for every node\n"
       "  fix: rename one of them\n"},
      {node(R"({"id": "a\nb", "type": "switch"})"),
       "t.json:2: error: the id \"a\\x0ab\" holds a control character (/nodes/2)\n"
       "  expected: a name such as \"box0/gpu3\"\n"},
      {node(R"({"id": ")" + std::string(201, 'x') + R"(", "type": "switch"})"),
       "t.json:2: error: key \"id\" has 201 bytes (/nodes/2/id)\n"
       "  expected: at most 200\n"},
  });
}

TEST_CASE("mistakes in for") {
  check_all({
      {node(R"({"id": "c{i}", "type": "switch", "for": {"i": "3-1"}})"),
       "t.json:2: error: the range of \"i\" is \"3-1\" (/nodes/2/for/i)\n"
       "  expected: numbers such as \"0-7\" or \"0,3,8-11\"\n"},
      {node(R"({"id": "c{i}", "type": "switch", "for": {"i": "00-07"}})"),
       "t.json:2: error: the range of \"i\" is \"00-07\", with leading zeros (/nodes/2/for/i)\n"
       "  expected: numbers such as \"0-7\" or \"0,3,8-11\"\n"
       "  fix: ids made from it have none, so write none\n"},
      {node(R"({"id": "c{i}", "type": "switch", "for": {"i": -1, "j": 1.5, "k": true}})"),
       "t.json:2: error: the range of \"i\" is \"-1\" (/nodes/2/for/i)\n"
       "  expected: numbers such as \"0-7\" or \"0,3,8-11\"\n"
       "t.json:2: error: the range of \"j\" is \"1.5\" (/nodes/2/for/j)\n"
       "  expected: numbers such as \"0-7\" or \"0,3,8-11\"\n"
       "t.json:2: error: the range of \"k\" is true, not a string (/nodes/2/for/k)\n"
       "  expected: numbers such as \"0-7\" or \"0,3,8-11\"\n"},
      {node(R"({"id": "c{i}", "type": "switch", "for": "0-3"})"),
       "t.json:2: error: key \"for\" is \"0-3\", not an object (/nodes/2/for)\n"
       "  expected: variables with their numbers, e.g. {\"g\": \"0-7\"}\n"
       "t.json:2: error: the expression \"{i}\" uses the unknown variable \"i\" (/nodes/2/id)\n"
       "  expected: whole numbers, variables of \"for\", + - * / % and parentheses, e.g. "
       "{(i+1)%8}\n"
       "  fix: give the variable a range, e.g. \"for\": {\"i\": \"0-7\"}\n"},
      {node(R"({"id": "c{n}", "type": "switch", "for": {"i": "0-3"}})"),
       "t.json:2: error: the expression \"{n}\" uses the unknown variable \"n\" (/nodes/2/id)\n"
       "  expected: whole numbers, variables of \"for\", + - * / % and parentheses, e.g. "
       "{(i+1)%8}\n"
       "  fix: give the variable a range, e.g. \"for\": {\"n\": \"0-7\"}\n"},
      {node(R"({"id": "c{1/i}", "type": "switch", "for": {"i": "0-3"}})"),
       "t.json:2: error: the id \"c{1/i}\" divides by zero (/nodes/2)\n"},
      {node(R"({"id": "c", "type": "switch", "for": {"2i": "0-3"}})"),
       "t.json:2: error: a variable of \"for\" is named \"2i\" (/nodes/2/for/2i)\n"
       "  expected: a name of letters, digits and _\n"},
  });
}

TEST_CASE("mistakes in links") {
  check_all({
      {links(R"({"between": ["a", "b"]})"),
       "t.json:2: error: the link has no bandwidth (/links/0)\n"
       "  expected: \"bandwidth\" or \"class\"\n"},
      {links(R"({"between": ["a", "b"], "bandwidth": 300})"),
       "t.json:2: error: key \"bandwidth\" is 300, not a string (/links/0/bandwidth)\n"
       "  expected: a rate above 0 with a unit, e.g. \"400 Gb/s\"\n"},
      {links(R"({"between": ["a", "b"], "bandwidth": "300"})"),
       "t.json:2: error: key \"bandwidth\" is \"300\", not a rate (/links/0/bandwidth)\n"
       "  expected: a rate above 0 with a unit, e.g. \"400 Gb/s\"\n"},
      {links(R"({"between": ["a", "b"], "bandwidth": "0 GB/s"})"),  // absent, so:
       "t.json:1: error: 1 of 2 GPUs can neither be reached from nor reach \"a\": \"b\" "
       "(/nodes/1)\n"
       "  expected: a path of links from every gpu to every other\n"
       "  fix: add the links that are missing (those of rate 0 are left out), or remove these "
       "GPUs\n"},
      {links(R"({"between": ["a", "b"], "bandwidth": "-1 GB/s"})"),
       "t.json:2: error: key \"bandwidth\" is \"-1 GB/s\", not a rate (/links/0/bandwidth)\n"
       "  expected: a rate above 0 with a unit, e.g. \"400 Gb/s\"\n"},
      {links(R"({"between": ["a", "b"], "bandwidth": "1 GB/s", "latency": "1 s"})"),
       "t.json:2: error: key \"latency\" is \"1 s\", not a time (/links/0/latency)\n"
       "  expected: a time in ns, us or ms, e.g. \"0.35 us\"\n"},
      {links(R"({"between": ["a", "b"], "bandwidth": "1 GB/s", "latency": 1})"),
       "t.json:2: error: key \"latency\" is 1, not a string (/links/0/latency)\n"
       "  expected: a time in ns, us or ms, e.g. \"0.35 us\"\n"},
      {links(R"({"between": ["a", "b"], "bandwidth": "1 GB/s", "count": 0})"),
       "t.json:2: error: key \"count\" is 0 (/links/0/count)\n"
       "  expected: a whole number from 1 to 1000000000\n"},
      {links(R"({"between": ["a", "b"], "bandwidth": "1 GB/s", "count": 1.5})"),
       "t.json:2: error: key \"count\" is 1.5 (/links/0/count)\n"
       "  expected: a whole number from 1 to 1000000000\n"},
      {links(R"({"between": ["a", "b"], "bandwith": "1 GB/s"})"),
       "t.json:2: error: a link has the unknown key \"bandwith\" (/links/0/bandwith)\n"
       "  expected: one of: between, from, to, class, bandwidth, reverse_bandwidth, latency, "
       "count, for\n"
       "  fix: did you mean \"bandwidth\"?\n"},
      {links(R"({"betwen": ["a", "b"], "bandwidth": "1 GB/s"})"),
       "t.json:2: error: a link has the unknown key \"betwen\" (/links/0/betwen)\n"
       "  expected: one of: between, from, to, class, bandwidth, reverse_bandwidth, latency, "
       "count, for\n"
       "  fix: did you mean \"between\"?\n"},
      {links(R"({"between": ["a", "b"], "class": "nvlnik"})") + R"(,
"link_classes": {"nvlink": {"bandwidth": "1 GB/s"}})",
       "t.json:2: error: the link class \"nvlnik\" is not known (/links/0/class)\n"
       "  expected: a name from \"link_classes\"\n"
       "  fix: did you mean \"nvlink\"?\n"},
      {links(R"({"between": ["a"], "bandwidth": "1 GB/s"})"),
       "t.json:2: error: key \"between\" has 1 entry (/links/0/between)\n"
       "  expected: two node ids, e.g. [\"gpu0\", \"sw0\"]\n"},
      {links(R"({"between": "a b", "bandwidth": "1 GB/s"})"),
       "t.json:2: error: key \"between\" is \"a b\", not an array (/links/0/between)\n"
       "  expected: two node ids, e.g. [\"gpu0\", \"sw0\"]\n"},
      {links(R"({"from": "a", "bandwidth": "1 GB/s"})"),
       "t.json:2: error: key \"to\" is missing (/links/0)\n"
       "  expected: a node id\n"},
      {links(R"({"bandwidth": "1 GB/s"})"),
       "t.json:2: error: a link has no ends (/links/0)\n"
       "  expected: \"between\" for both directions, or \"from\" and \"to\" for one\n"},
      {links(R"({"between": ["a", "b"], "to": "b", "bandwidth": "1 GB/s"})"),
       "t.json:2: error: a link has \"between\" and \"from\" or \"to\" (/links/0)\n"
       "  expected: \"between\" for both directions, or \"from\" and \"to\" for one\n"},
      {links(R"({"from": "a", "to": "b", "bandwidth": "1 GB/s", "reverse_bandwidth": "1 GB/s"})"),
       "t.json:2: error: a link with \"from\" and \"to\" has a \"reverse_bandwidth\" "
       "(/links/0/reverse_bandwidth)\n"
       "  expected: \"between\", which has two directions\n"},
      {links(R"({"between": ["a", "a"], "bandwidth": "1 GB/s"})"),
       "t.json:2: error: link \"a -> a\" joins a node with itself, and 1 more like this from the "
       "same place (/links/0)\n"
       "  expected: two different nodes\n"
       "  fix: delete the link\n"},
      {links(R"({"between": ["a", "bb"], "bandwidth": "1 GB/s"})"),
       "t.json:2: error: link \"a -> bb\" ends at the unknown node \"bb\", and 1 more like this "
       "from the same place (/links/0)\n"
       "  expected: the id of a node\n"
       "  fix: did you mean \"b\"?\n"},
      {links(R"({"between": ["a", "b"], "bandwidth": "1 GB/s"},
{"from": "x", "to": "y", "bandwidth": "1 GB/s"},
{"from": "a", "to": "a", "bandwidth": "0 GB/s", "count": "2"})"),
       "t.json:3: error: link \"x -> y\" starts at the unknown node \"x\", and 1 more like this "
       "from "
       "the same place (/links/1)\n"
       "  expected: the id of a node\n"
       "t.json:4: error: key \"count\" is \"2\" (/links/2/count)\n"
       "  expected: a whole number from 1 to 1000000000\n"
       "t.json:4: error: link \"a -> a\" joins a node with itself (/links/2)\n"
       "  expected: two different nodes\n"
       "  fix: delete the link\n"},
  });
}

TEST_CASE("mistakes in link classes") {
  check_all({
      {pair_and(R"("link_classes": {"c": {}})"),
       "t.json:3: error: key \"bandwidth\" is missing (/link_classes/c)\n"
       "  expected: a rate, e.g. \"50 GB/s\"\n"},
      {pair_and(
           R"("link_classes": {"c": {"bandwidth": "1 GB/s", "efficiency": 1.5}, "d": {"bandwidth": "1 GB/s", "efficiency": "x"}})"),
       "t.json:3: error: key \"efficiency\" is 1.5 (/link_classes/c/efficiency)\n"
       "  expected: a number above 0, at most 1, e.g. 0.82\n"
       "t.json:3: error: key \"efficiency\" is \"x\", not a number (/link_classes/d/efficiency)\n"
       "  expected: a number above 0, at most 1, e.g. 0.82\n"},
      {pair_and(R"("link_classes": {"c": {"bandwidth": "no", "speed": 1}})"),
       "t.json:3: error: a link class has the unknown key \"speed\" (/link_classes/c/speed)\n"
       "  expected: one of: bandwidth, reverse_bandwidth, latency, efficiency\n"
       "t.json:3: error: key \"bandwidth\" is \"no\", not a rate (/link_classes/c/bandwidth)\n"
       "  expected: a rate above 0 with a unit, e.g. \"400 Gb/s\"\n"},
  });
}

TEST_CASE("one reading finds the mistakes of form and those of names, in the order of lines") {
  CHECK(read_body(R"(
    "nodes": [{"id": "g0", "type": "gpu"},
              {"id": "g0", "type": "switch"},
              {"id": "g1", "type": "gpuu"}],
    "links": [{"between": ["g0", "g1"], "bandwidth": "0 GBs"},
              {"between": ["g0", "g7"], "bandwidth": "1 GB/s"},
              {"between": ["g0", "g8"], "bandwidth": "fast"},
              {"between": ["g1", "g1"], "class": "nvlink"},
              {"between": ["g0"], "bandwidth": "1 GB/s"}])") ==
        R"(t.json:3: error: the node id "g0" stands twice, first in t.json:2 (/nodes/1)
  expected: a different id for every node
  fix: rename one of them
t.json:4: error: the node type "gpuu" is not known (/nodes/2/type)
  expected: "gpu", "switch", "nic" or "cpu"
  fix: did you mean "gpu"?
t.json:5: error: key "bandwidth" is "0 GBs", not a rate (/links/0/bandwidth)
  expected: a rate above 0 with a unit, e.g. "400 Gb/s"
t.json:6: error: link "g0 -> g7" ends at the unknown node "g7", and 1 more like this from the same place (/links/1)
  expected: the id of a node
  fix: did you mean "g0"?
t.json:7: error: key "bandwidth" is "fast", not a rate (/links/2/bandwidth)
  expected: a rate above 0 with a unit, e.g. "400 Gb/s"
t.json:7: error: link "g0 -> g8" ends at the unknown node "g8", and 1 more like this from the same place (/links/2)
  expected: the id of a node
  fix: did you mean "g0"?
t.json:8: error: the link class "nvlink" is not known (/links/3/class)
  expected: a name from "link_classes"
t.json:8: error: link "g1 -> g1" joins a node with itself, and 1 more like this from the same place (/links/3)
  expected: two different nodes
  fix: delete the link
t.json:9: error: key "between" has 1 entry (/links/4/between)
  expected: two node ids, e.g. ["gpu0", "sw0"]
)");
}

TEST_CASE("where nodes are missing, nothing is said about the links to them") {
  const std::vector<std::string> bodies = {
      R"("nodez": [{"id": "a", "type": "gpu"}], "links": [{"between": ["a", "b"], "bandwidth": "1 GB/s"}])",
      R"("nodes": [{"id": "a", "uses": "box"}], "links": [{"between": ["a/x", "a/y"], "bandwidth": "1 GB/s"}])",
      R"("nodes": [{"idd": "a", "type": "gpu"}], "links": [{"between": ["a", "b"], "bandwidth": "1 GB/s"}])",
      R"("nodes": [{"id": "a", "use": "box"}], "links": [{"between": ["a/x", "a/y"], "bandwidth": "1 GB/s"}])",
      R"("nodes": [{"id": "a{i}", "type": "gpu"}], "links": [{"between": ["a0", "a1"], "bandwidth": "1 GB/s"}])",
      R"("fabrics": [{"type": "tours", "id": "f"}], "links": [{"between": ["f/0", "f/1"], "bandwidth": "1 GB/s"}])",
      R"("include": ["no such file"], "links": [{"between": ["f/0", "f/1"], "bandwidth": "1 GB/s"}])",
      R"("nodes": {}, "links": [{"between": ["f/0", "f/1"], "bandwidth": "1 GB/s"}])",
      R"("nodes": [7], "links": [{"between": ["f/0", "f/1"], "bandwidth": "1 GB/s"}])",
      R"("templates": {"t": {"nodez": []}}, "links": [{"between": ["f/0", "f/1"], "bandwidth": "1 GB/s"}])",
  };
  for (const std::string& body : bodies) {
    const std::string told = read_body(body);
    CAPTURE(told);
    CHECK(told.find("error") != std::string::npos);
    CHECK(told.find("unknown node") == std::string::npos);
  }
}

TEST_CASE("what is no topology at all") {
  const auto told = [](std::string_view text) {
    const auto topology = read_topology(text, "t.json");
    return topology.ok() ? "" : print(topology.mistakes());
  };
  CHECK(told("[]") == "t.json:1: error: this is an array, not an object\n  expected: an object\n");
  CHECK(told("{}") ==
        "t.json:1: error: key \"format\" is missing\n"
        "  expected: \"format\": \"pleach-topology/1\"\n");
  CHECK(told(R"({"format": 1})") ==
        "t.json:1: error: key \"format\" is 1, not a string (/format)\n"
        "  expected: \"format\": \"pleach-topology/1\"\n");
  // Nothing else is said about a file of another kind.
  CHECK(told("{\"x\": 1,\n\"format\": \"pleach-schedule/1\"}") ==
        "t.json:2: error: the format is \"pleach-schedule/1\" (/format)\n"
        "  expected: \"format\": \"pleach-topology/1\"\n"
        "  fix: this is a schedule; `pleach verify` checks it and `pleach run` runs it\n");
  CHECK(told("{\"fromat\": \"pleach-topology/1\"}") ==
        "t.json:1: error: a topology has the unknown key \"fromat\" (/fromat)\n"
        "  expected: one of: format\n  fix: did you mean \"format\"?\n");
  CHECK(told(R"({"format": "pleach-topology/1", "name": "a\u0000"})") ==
        "t.json:1: error: key \"name\" is \"a\\x00\", with a control character (/name)\n"
        "  expected: a name, e.g. \"pair\"\n");
  CHECK(told("{\"format\": \"pleach-topology/1\", \"name\": 1,\n"
             "\"routes\": [], \"algbw\": \"1\", \"nodes\": []}") ==
        "t.json:2: error: a topology has keys of a schedule: \"routes\", \"algbw\" (/routes)\n"
        "  expected: a topology or a schedule, not both in one file\n"
        "  fix: delete these keys, or write \"format\": \"pleach-schedule/1\" if it is one\n");
  CHECK(told(R"({"format": "pleach-topology/1"})") ==
        "t.json:1: error: key \"name\" is missing\n  expected: a name, e.g. \"pair\"\n");
  CHECK(told("{") ==
        "t.json:1: error: the text ends too early\n"
        "  expected: a key in double quotes, or }\n  fix: close what opens in line 1\n");
}

}  // namespace
}  // namespace pleach
