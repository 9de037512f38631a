#include "compiler/topology/expand.hpp"

#include <algorithm>

#include <doctest/doctest.h>

#include "compiler/topology/load_topology.hpp"
#include "tests/compiler/topology/print_topology.hpp"

namespace pleach {
namespace {

TEST_CASE("the plain form") {
  CHECK(read_body(R"(
    "nodes": [{"id": "g0", "type": "gpu"}, {"id": "g1", "type": "gpu"}, {"id": "s", "type": "switch"},
              {"id": "n", "type": "nic"}, {"id": "c", "type": "cpu"}],
    "links": [{"from": "g0", "to": "s", "bandwidth": "300 GB/s"},
              {"from": "s", "to": "g0", "bandwidth": "300 GB/s"},
              {"between": ["g1", "s"], "bandwidth": "25 GB/s", "count": 12, "latency": "0.35 us"}])") ==
        "gpu g0\ngpu g1\nswitch s\nnic n\ncpu c\n"
        "g0 -> s 300 GB/s\ns -> g0 300 GB/s\n"
        "g1 -> s 300 GB/s 0.35 us\ns -> g1 300 GB/s 0.35 us\n");
}

TEST_CASE("parallel links add up and the slowest sets the latency") {
  CHECK(read_body(R"(
    "nodes": [{"id": "a", "type": "gpu"}, {"id": "b", "type": "gpu"}],
    "links": [{"between": ["a", "b"], "bandwidth": "0.1 GB/s", "count": 3, "latency": "1 us"},
              {"from": "b", "to": "a", "bandwidth": "1 GB/s", "latency": "2 us"},
              {"between": ["b", "a"], "bandwidth": "0.2 GB/s"}])") ==
        "gpu a\ngpu b\na -> b 0.5 GB/s 1 us\nb -> a 1.5 GB/s 2 us\n");
}

TEST_CASE("link classes and what a link overrides") {
  CHECK(read_body(R"(
    "link_classes": {
      "up": {"bandwidth": "10 GB/s", "reverse_bandwidth": "4 GB/s", "latency": "1 us", "efficiency": 0.8}
    },
    "nodes": [{"id": "a", "type": "gpu"}, {"id": "b", "type": "gpu"}, {"id": "c", "type": "switch"},
              {"id": "d", "type": "switch"}, {"id": "e", "type": "switch"}],
    "links": [{"between": ["a", "b"], "class": "up"},
              {"between": ["a", "c"], "class": "up", "bandwidth": "7 GB/s", "latency": "3 us"},
              {"between": ["a", "d"], "class": "up", "reverse_bandwidth": "5 GB/s", "count": 2},
              {"from": "a", "to": "e", "class": "up"}])") ==
        "gpu a\ngpu b\nswitch c\nswitch d\nswitch e\n"
        "a -> b 10 GB/s 1 us\nb -> a 4 GB/s 1 us\n"
        "a -> c 7 GB/s 3 us\nc -> a 7 GB/s 3 us\n"
        "a -> d 20 GB/s 1 us\nd -> a 10 GB/s 1 us\n"
        "a -> e 10 GB/s 1 us\n");
}

TEST_CASE("for ranges run the first variable slowest") {
  CHECK(read_body(R"(
    "nodes": [{"id": "g{b}-{g}", "type": "gpu", "for": {"b": "0-1", "g": "0,2"}}, {"id": "s", "type": "switch"}],
    "links": [{"between": ["g{b}-{2*k}", "s"], "bandwidth": "1 GB/s", "for": {"k": "0-1", "b": "0-1"}}])") ==
        "gpu g0-0\ngpu g0-2\ngpu g1-0\ngpu g1-2\nswitch s\n"
        "g0-0 -> s 1 GB/s\ns -> g0-0 1 GB/s\ng1-0 -> s 1 GB/s\ns -> g1-0 1 GB/s\n"
        "g0-2 -> s 1 GB/s\ns -> g0-2 1 GB/s\ng1-2 -> s 1 GB/s\ns -> g1-2 1 GB/s\n");
  CHECK(read_body(R"(
    "nodes": [{"id": "g{i}", "type": "gpu", "for": {"i": "0-2"}}],
    "links": [{"from": "g{i}", "to": "g{(i+1)%3}", "bandwidth": "1 GB/s", "for": {"i": "0-2"}}])") ==
        "gpu g0\ngpu g1\ngpu g2\ng0 -> g1 1 GB/s\ng1 -> g2 1 GB/s\ng2 -> g0 1 GB/s\n");
  // A single number needs no quotes.
  CHECK(read_body(R"(
    "nodes": [{"id": "g{i}", "type": "gpu", "for": {"i": "4-5"}}],
    "links": [{"between": ["g{i}", "g{i+1}"], "bandwidth": "1 GB/s", "for": {"i": 4}}])") ==
        "gpu g4\ngpu g5\ng4 -> g5 1 GB/s\ng5 -> g4 1 GB/s\n");
}

TEST_CASE("templates nest, in any order of definition") {
  CHECK(read_body(R"(
    "templates": {
      "rack": {"nodes": [{"id": "t{t}", "use": "tray", "for": {"t": "0-1"}}, {"id": "sw", "type": "switch"}],
               "links": [{"between": ["t{t}/g", "sw"], "bandwidth": "2 GB/s", "for": {"t": "0-1"}}]},
      "tray": {"nodes": [{"id": "g", "type": "gpu"}, {"id": "n", "type": "nic"}],
               "links": [{"between": ["g", "n"], "bandwidth": "1 GB/s"}]}
    },
    "nodes": [{"id": "r", "use": "rack"}])") ==
        "gpu r/t0/g\nnic r/t0/n\ngpu r/t1/g\nnic r/t1/n\nswitch r/sw\n"
        "r/t0/g -> r/t0/n 1 GB/s\nr/t0/n -> r/t0/g 1 GB/s\n"
        "r/t1/g -> r/t1/n 1 GB/s\nr/t1/n -> r/t1/g 1 GB/s\n"
        "r/t0/g -> r/sw 2 GB/s\nr/sw -> r/t0/g 2 GB/s\n"
        "r/t1/g -> r/sw 2 GB/s\nr/sw -> r/t1/g 2 GB/s\n");
}

TEST_CASE("a matrix counts cables") {
  CHECK(read_body(R"(
    "link_classes": {"x": {"bandwidth": "50 GB/s", "reverse_bandwidth": "25 GB/s"}},
    "templates": {"box": {"nodes": [{"id": "g{g}", "type": "gpu", "for": {"g": "0-2"}}],
                          "matrix": {"nodes": "g{0-2}", "class": "x", "counts": [[0, 4, 0], [4, 0, 1], [0, 1, 0]]}}},
    "nodes": [{"id": "b", "use": "box"}])") ==
        "gpu b/g0\ngpu b/g1\ngpu b/g2\n"
        "b/g1 -> b/g0 200 GB/s\nb/g0 -> b/g1 100 GB/s\n"
        "b/g2 -> b/g1 50 GB/s\nb/g1 -> b/g2 25 GB/s\n");
}

TEST_CASE("a throughput splits a node") {
  CHECK(read_body(R"(
    "nodes": [{"id": "a", "type": "gpu"}, {"id": "s", "type": "switch", "throughput": "30 GB/s"},
              {"id": "b", "type": "gpu"}],
    "links": [{"between": ["a", "s"], "bandwidth": "25 GB/s"}, {"between": ["b", "s"], "bandwidth": "25 GB/s"}])") ==
        "gpu a\nswitch s\nswitch s/out\ngpu b\n"
        "s -> s/out 30 GB/s\n"
        "a -> s 25 GB/s\ns/out -> a 25 GB/s\nb -> s 25 GB/s\ns/out -> b 25 GB/s\n");
}

TEST_CASE("fabrics, with attach patterns from the body that holds them") {
  CHECK(read_body(R"(
    "templates": {"pod": {
      "nodes": [{"id": "g{g}", "type": "gpu", "for": {"g": "0-1"}}],
      "fabrics": [{"type": "leaf-spine", "id": "net",
        "leaves": {"id": "l{l}", "for": {"l": "0-1"}, "multicast": true},
        "spines": {"id": "s", "reduce": true},
        "uplink": {"bandwidth": "3 GB/s", "count": 2, "latency": "1 us"},
        "attach": [{"between": ["g{g}", "l{g}"], "bandwidth": "5 GB/s", "for": {"g": "0-1"}}]}]}},
    "nodes": [{"id": "p", "use": "pod"}])") ==
        "gpu p/g0\ngpu p/g1\nswitch p/net/l0\nswitch p/net/l1\nswitch p/net/s\n"
        "p/net/l0 -> p/net/s 6 GB/s 1 us\np/net/s -> p/net/l0 6 GB/s 1 us\n"
        "p/net/l1 -> p/net/s 6 GB/s 1 us\np/net/s -> p/net/l1 6 GB/s 1 us\n"
        "p/g0 -> p/net/l0 5 GB/s\np/net/l0 -> p/g0 5 GB/s\n"
        "p/g1 -> p/net/l1 5 GB/s\np/net/l1 -> p/g1 5 GB/s\n");
}

TEST_CASE("links may name the nodes of fabrics, and builtin boxes need no include") {
  const Topology topology = must_read(R"({"format": "pleach-topology/1", "name": "t",
    "nodes": [{"id": "box{b}", "use": "builtin:dgx-h100", "for": {"b": "0-1"}}],
    "fabrics": [{"type": "star", "id": "ib"}],
    "links": [{"between": ["box{b}/nic{r}", "ib/hub"], "bandwidth": "400 Gb/s", "for": {"b": "0-1", "r": "0-7"}}]})");
  CHECK(topology.num_nodes() == 2 * 17 + 1);
  CHECK(topology.links.size() == 2 * 2 * (8 + 8 + 8));
  CHECK(topology.num_ranks() == 16);
  CHECK(topology.nodes.front().id == "box0/gpu0");
}

TEST_CASE("labels follow the variables of their node, and those of a use go to all nodes within") {
  const Topology topology = must_read(R"({"format": "pleach-topology/1", "name": "t",
    "templates": {"tray": {"nodes": [
      {"id": "g{i}", "type": "gpu", "for": {"i": "0-1"}, "labels": {"pci": "0000:{i+3}b:00.0"}},
      {"id": "n", "type": "nic", "throughput": "1 GB/s", "labels": {"host": "card", "domain": "mlx5_0"}}],
      "links": [{"between": ["g{i}", "n"], "bandwidth": "1 GB/s", "for": {"i": "0-1"}}]}},
    "nodes": [{"id": "t{b}", "use": "tray", "for": {"b": "0-1"}, "labels": {"host": "h{b+7}", "rack": "r"}}],
    "fabrics": [{"type": "star", "id": "ib", "dims": [2], "node": {"type": "cpu", "labels": {"rack": "s"}},
      "class": "c", "attach": [{"between": ["t{b}/n", "hub"], "class": "c", "for": {"b": "0-1"}}]}],
    "link_classes": {"c": {"bandwidth": "1 GB/s"}}})");
  const auto labels_of = [&](const std::string& id) -> Labels {
    const auto at = std::ranges::find(topology.nodes, id, &Node::id);
    return at == topology.nodes.end() ? Labels{{"no such", "node"}} : at->labels;
  };
  CHECK(labels_of("t1/g0") == Labels{{"host", "h8"}, {"pci", "0000:3b:00.0"}, {"rack", "r"}});
  CHECK(labels_of("t0/g1") == Labels{{"host", "h7"}, {"pci", "0000:4b:00.0"}, {"rack", "r"}});
  const Labels nic = {{"host", "card"}, {"domain", "mlx5_0"}, {"rack", "r"}};
  CHECK(labels_of("t0/n") == nic);
  CHECK(labels_of("t0/n/out") == nic);  // where its links start
  CHECK(labels_of("ib/hub").empty());
  CHECK(labels_of("ib/0") == Labels{{"rack", "s"}});
}

TEST_CASE("a label's mistakes name the label") {
  CHECK(read_body(R"(
"nodes": [{"id": "a{i}", "type": "gpu", "for": {"i": "0-1"}, "labels": {"host": "h{1/i}"}}],
"links": [{"between": ["a0", "a1"], "bandwidth": "1 GB/s"}])")
            .find("t.json:2: error: the label \"h{1/i}\" divides by zero") == 0);
  CHECK(read_body(R"(
"nodes": [{"id": "a", "type": "gpu", "labels": {"host": "h{b}"}}, {"id": "b", "type": "gpu"}],
"links": [{"between": ["a", "b"], "bandwidth": "1 GB/s"}])")
            .find("unknown variable \"b\" (/nodes/0/labels/host)") != std::string::npos);
}

TEST_CASE("notes and flags change nothing") {
  CHECK(read_body(R"(
    "$comment": "why", "x-site": {"any": ["thing", 1]},
    "nodes": [{"id": "a", "type": "gpu", "kind": "h100", "relay": true, "labels": {"host": "n1"}, "x-y": 1},
              {"id": "b", "type": "gpu", "$comment": 5}],
    "links": [{"between": ["a", "b"], "bandwidth": "1 GB/s", "$comment": "x"}])") ==
        "gpu a\ngpu b\na -> b 1 GB/s\nb -> a 1 GB/s\n");
}

TEST_CASE("the same text gives the same topology") {
  const std::string text = R"({"format": "pleach-topology/1", "name": "t",
    "fabrics": [{"type": "torus", "id": "t", "dims": [4, 4], "node": {"type": "gpu"}, "class": "c"}],
    "link_classes": {"c": {"bandwidth": "1 GB/s"}}})";
  CHECK(must_read(text) == must_read(text));
}

// The sizes are those of the machine in the comment, worked out by hand.
TEST_CASE("a rail-optimised pair of boxes, written with everything at once") {
  // Two boxes of 4 GPUs: 2 NVSwitches, a NIC for each GPU; 4 rails; rail switches 0 and 1 joined.
  const Topology topology = must_load(PLEACH_TEST_DATA "/topologies/rail_pair.json");
  CHECK(topology.name == "rail-pair");
  CHECK(topology.num_nodes() == 2 * (4 + 2 + 4) + 4);
  CHECK(topology.num_ranks() == 8);
  // gpu-nvswitch 8 a box, gpu-nic 4 a box, nic-rail 8, all rails joined 6; both directions.
  CHECK(topology.links.size() == 2 * (2 * 8 + 2 * 4 + 8 + 6));
  Rational out_of_gpu0;
  for (const Link& link : topology.links) {
    if (index(link.from) == 0) out_of_gpu0 += link.bandwidth.gigabytes_per_second;
  }
  CHECK(out_of_gpu0 == Rational(5 * 25 + 4 * 25 + 50));
}

TEST_CASE("a degraded scalable unit of racks") {
  // 2 racks x 3 trays x 2 GPUs, 2 NVSwitches a rack; 4 leaves, 2 spines, 2 cables each.
  //   nodes: 2 (3 (2 + 2) + 2) + 6 = 34; minus a leaf and a tray of 4: 29.
  //   cables: rack 2 (3 (2 + 2*2)) = 36, attach 12, uplink 8: 56. The leaf takes 2 uplinks and 3
  //   NICs' cables with it, the tray 2 + 4 inside and 2 to leaves: 43 are left.
  const Topology topology = must_load(PLEACH_TEST_DATA "/topologies/degraded_unit.json");
  CHECK(topology.num_nodes() == 29);
  CHECK(topology.links.size() == 2 * 43);
  CHECK(topology.num_ranks() == 10);
  CHECK(topology.node(topology.ranks.front()).id == "rack0/t0/gpu0");
  const auto rate = [&](std::string_view from, std::string_view to) -> Rational {
    for (const Link& link : topology.links) {
      if (topology.node(link.from).id == from && topology.node(link.to).id == to) {
        return link.bandwidth.gigabytes_per_second;
      }
    }
    return 0;
  };
  CHECK(rate("rack0/t0/gpu0", "rack0/nvs1") == Rational(50));
  CHECK(rate("rack0/t2/gpu1", "rack0/nvs1") == Rational(25));
  CHECK(rate("rack0/nvs0", "rack0/t2/gpu1") == Rational(25));
  CHECK(rate("ib/leaf0-0", "ib/spine0") == Rational(100));
  CHECK(rate("ib/leaf0-0", "ib/spine1") == Rational(50));
  CHECK(rate("ib/spine1", "ib/leaf0-0") == Rational(50));
}

TEST_CASE("an odd mesh on a dragonfly, and a torus beside it") {
  // 8 nodes of 4 dies and 2 NICs; 4 groups of 2 switches; the 4x4 torus is joined by one link.
  //   nodes 8 * 6 + 8 + 16 = 72; cables 8 * (5 + 2) + 4 + 6 + 16 + 32 + 1 = 115.
  const Topology topology = must_load(PLEACH_TEST_DATA "/topologies/mesh_dragonfly_torus.json");
  CHECK(topology.num_nodes() == 72);
  CHECK(topology.links.size() == 2 * 115);
  CHECK(topology.num_ranks() == 48);
  CHECK(topology.node(topology.ranks[0]).id == "node0/die0");
  CHECK(topology.node(topology.ranks[32]).id == "torus/0-0");
  CHECK(topology.node(topology.ranks[47]).id == "torus/3-3");
}

TEST_CASE("sizes are refused before memory is taken") {
  const std::string tail =
      "  expected: at most 10000000\n  fix: check the ranges of \"for\" and the sizes of fabrics\n";
  const auto refused = [&](std::string_view body, const std::string& what) {
    CAPTURE(body);
    CHECK(read_body(body) == "t.json:1: error: this would expand to " + what + "\n" + tail);
  };
  refused(
      R"("nodes": [{"id": "g{a}-{b}", "type": "gpu", "for": {"a": "0-99999", "b": "0-99999"}}])",
      "10000000000 nodes");
  refused(
      R"("links": [{"between": ["a{i}", "b{i}"], "bandwidth": "1 GB/s", "for": {"i": "0-5000000"}}])",
      "10000002 links");
  refused(R"("templates": {"a": {"nodes": [{"id": "x{i}", "use": "b", "for": {"i": "0-9999"}}]},
                           "b": {"nodes": [{"id": "y{i}", "use": "c", "for": {"i": "0-9999"}}]},
                           "c": {"nodes": []}},
             "nodes": [{"id": "z", "use": "a"}])",
          "100000000 nodes");
  const std::string classes =
      R"("link_classes": {"c": {"bandwidth": "1 GB/s"}}, "fabrics": [{"id": "f", )";
  const std::string node = R"("node": {"type": "gpu"}, "class": "c"}])";
  refused(classes + R"("type": "torus", "dims": [1000000000, 1000000000, 1000000000], )" + node,
          "2^63 or more nodes");
  refused(classes + R"("type": "full-mesh", "dims": [1000000], )" + node, "999999000000 links");
  refused(classes + R"("type": "hypercube", "dims": [40], )" + node, "1099511627776 nodes");
  refused(classes + R"("type": "hypercube", "dims": [1000000000], )" + node, "2^63 or more nodes");
  refused(classes +
              R"("type": "fat-tree", "radix": 1000000000, "levels": 3, "uplink": {"class": "c"}}])",
          "1250000000000000000 nodes");
  refused(classes + R"("type": "dragonfly", "groups": 1000000000, "switches_per_group": 1000000000,
                       "local": {"class": "c"}, "global": {"class": "c"}}])",
          "1000000000000000000 nodes");
  refused(classes + R"("type": "leaf-spine", "leaves": {"id": "l{i}", "for": {"i": "0-9999"}},
                       "spines": {"id": "s{i}", "for": {"i": "0-9999"}}, "uplink": {"class": "c"}}])",
          "200000000 links");
  refused(classes + R"("type": "star", "dims": [900000000], )" + node, "900000001 nodes");
}

TEST_CASE("templates that never end") {
  CHECK(read_body(R"("templates": {"a": {"nodes": [{"id": "x", "use": "b"}]},
                                   "b": {"nodes": [{"id": "y", "use": "a"}]}},
                     "nodes": [{"id": "z", "use": "a"}])") ==
        "t.json:2: error: the template \"a\" uses itself: a -> b -> a (/templates/b/nodes/0)\n"
        "  expected: templates that end in plain nodes\n");
  // Chains: 32 levels are fine, 33 are not, also when each half is short enough.
  const auto chain = [](int length) {
    std::string text =
        R"("templates": {"t0": {"nodes": [{"id": "g{i}", "type": "gpu", "for": {"i": "0-1"}}],
                                               "links": [{"between": ["g0", "g1"], "bandwidth": "1 GB/s"}]})";
    for (int i = 1; i < length; ++i) {
      text += R"(, "t)" + std::to_string(i) + R"(": {"nodes": [{"id": "n", "use": "t)" +
              std::to_string(i - 1) + R"("}]})";
    }
    return text + R"(}, "nodes": [{"id": "low", "use": "t5"}, {"id": "n", "use": "t)" +
           std::to_string(length - 1) + R"("}])";
  };
  CHECK(read_body(chain(33)).find("templates are nested more than 32 deep") != std::string::npos);
  CHECK(read_body(chain(1000)).find("templates are nested more than 32 deep") != std::string::npos);
  CHECK(read_body(chain(32)).find("nested") == std::string::npos);
}

}  // namespace
}  // namespace pleach
