#include <doctest/doctest.h>

#include "tests/compiler/topology/bad_input.hpp"

namespace pleach {
namespace {

TEST_CASE("mistakes in matrices") {
  check_all({
      {matrix(R"({"nodes": "g{0-1}", "class": "c", "counts": [[0, 1], [2, 0]]})"),
       "t.json:3: error: \"counts\" has 2 cables from \"g1\" to \"g0\" but 1 back "
       "(/matrix/counts/1/0)\n"
       "  expected: a symmetric table\n"},
      {matrix(R"({"nodes": "g{0-1}", "class": "c", "counts": [[1, 1], [1, 0]]})"),
       "t.json:3: error: \"counts\" joins \"g0\" with itself (/matrix/counts/0/0)\n"
       "  expected: 0 on the diagonal\n"},
      {matrix(R"({"nodes": "g{0-1}", "class": "c", "counts": [[0, 1]]})"),
       "t.json:3: error: key \"counts\" has 1 entry (/matrix/counts)\n"
       "  expected: one row for each of the 2 nodes\n"},
      {matrix(R"({"nodes": "g{0-1}", "class": "c", "counts": [[0, 1], [1, 0, 0]]})"),
       "t.json:3: error: a row of \"counts\" has 3 entries (/matrix/counts/1)\n"
       "  expected: one for each of the 2 nodes\n"},
      {matrix(R"({"nodes": "g{0-1}", "class": "c", "counts": [[0, -1], [1.5, 0]]})"),
       "t.json:3: error: an entry of \"counts\" is -1 (/matrix/counts/0/1)\n"
       "  expected: a whole number from 0 to 1000000000\n"
       "t.json:3: error: an entry of \"counts\" is 1.5 (/matrix/counts/1/0)\n"
       "  expected: a whole number from 0 to 1000000000\n"},
      {matrix(R"({"nodes": "g{i}", "class": "c", "counts": []})"),
       "t.json:3: error: key \"nodes\" is \"g{i}\" (/matrix/nodes)\n"
       "  expected: ids with one range at the end, at most 10000, e.g. \"gcd{0-7}\"\n"},
      {matrix(R"({"nodes": "g{0-99999}", "class": "c", "counts": []})"),
       "t.json:3: error: key \"nodes\" is \"g{0-99999}\" (/matrix/nodes)\n"
       "  expected: ids with one range at the end, at most 10000, e.g. \"gcd{0-7}\"\n"},
      {matrix(R"({"class": "d"})"),
       "t.json:3: error: the link class \"d\" is not known (/matrix/class)\n"
       "  expected: a name from \"link_classes\"\n"
       "t.json:3: error: key \"nodes\" is missing (/matrix)\n"
       "  expected: ids with one range at the end, at most 10000, e.g. \"gcd{0-7}\"\n"
       "t.json:3: error: key \"counts\" is missing (/matrix)\n"
       "  expected: a row of cable counts for each node\n"},
      {matrix(R"({"nodes": "g{0-2}", "class": "c", "counts": [[0, 1, 1], [1, 0, 1], [1, 1, 0]]})"),
       "t.json:3: error: link \"g2 -> g0\" starts at the unknown node \"g2\", and 3 more like this "
       "from the same place (/matrix)\n"
       "  expected: the id of a node\n"
       "  fix: did you mean \"g0\"?\n"},
  });
}

TEST_CASE("mistakes in fabrics") {
  check_all({
      {fabric(R"({"id": "f"})"),
       "t.json:4: error: key \"type\" is missing (/fabrics/0)\n"
       "  expected: leaf-spine, fat-tree, dragonfly, torus, mesh, hypercube, full-mesh, star\n"},
      {fabric(R"({"type": "torus", "dims": [4], "node": {"type": "gpu"}, "class": "c"})"),
       "t.json:4: error: key \"id\" is missing (/fabrics/0)\n"
       "  expected: a name for the fabric, e.g. \"ib\"\n"},
      {fabric(R"({"type": "tours", "id": "f"})"),
       "t.json:4: error: the fabric type \"tours\" is not known (/fabrics/0/type)\n"
       "  expected: leaf-spine, fat-tree, dragonfly, torus, mesh, hypercube, full-mesh, star\n"
       "  fix: did you mean \"torus\"?\n"},
      {fabric(R"({"type": "dragonfly+", "id": "f"})"),
       "t.json:4: error: the fabric type \"dragonfly+\" is not supported yet (/fabrics/0/type)\n"
       "  expected: leaf-spine, fat-tree, dragonfly, torus, mesh, hypercube, full-mesh, star\n"
       "  fix: declare its switches and links with \"for\" ranges\n"},
      {fabric(
           R"({"type": "torus", "id": "f", "leaves": {}, "dims": [4], "node": {"type": "gpu"}, "class": "c"})"),
       "t.json:4: error: a torus fabric has the unknown key \"leaves\" (/fabrics/0/leaves)\n"
       "  expected: one of: type, id, attach, dims, wrap, node, class\n"},
      {fabric(R"({"type": "torus", "id": "f"})"),
       "t.json:4: error: key \"dims\" is missing (/fabrics/0)\n"
       "  expected: sizes, e.g. [4, 4]\n"
       "t.json:4: error: key \"node\" is missing (/fabrics/0)\n"
       "  expected: what stands at each place, e.g. {\"type\": \"gpu\"}\n"
       "t.json:4: error: key \"class\" is missing (/fabrics/0)\n"
       "  expected: a link class\n"},
      {fabric(R"({"type": "torus", "id": "f", "dims": [], "node": {"type": "gpu"}, "class": "c"})"),
       "t.json:4: error: key \"dims\" has 0 entries (/fabrics/0/dims)\n"
       "  expected: sizes, e.g. [4, 4]\n"},
      {fabric(
           R"({"type": "torus", "id": "f", "dims": [1, 4], "node": {"type": "gpu"}, "class": "c"})"),
       "t.json:4: error: an entry of \"dims\" is 1 (/fabrics/0/dims/0)\n"
       "  expected: a whole number from 2 to 1000000000\n"},
      {fabric(
           R"({"type": "torus", "id": "f", "dims": [4, 4], "wrap": [true], "node": {"type": "gpu"}, "class": "c"})"),
       "t.json:4: error: key \"wrap\" has 1 entry (/fabrics/0/wrap)\n"
       "  expected: one for each of the 2 dimensions\n"},
      {fabric(
           R"({"type": "torus", "id": "f", "dims": [4, 4], "wrap": "x", "node": {"typ": "gpu"}, "class": "c"})"),
       "t.json:4: error: key \"wrap\" is \"x\", not an array (/fabrics/0/wrap)\n"
       "  expected: true, false, or one of them for each dimension\n"
       "t.json:4: error: key \"node\" has the unknown key \"typ\" (/fabrics/0/node/typ)\n"
       "  expected: one of: type, kind, multicast, reduce, relay, throughput, labels\n"
       "  fix: did you mean \"type\"?\n"},
      {fabric(R"({"type": "full-mesh", "id": "f", "dims": [4, 4], "node": 3, "class": "c"})"),
       "t.json:4: error: key \"dims\" has 2 entries (/fabrics/0/dims)\n"
       "  expected: one number, e.g. [8]\n"
       "t.json:4: error: key \"node\" is 3, not an object (/fabrics/0/node)\n"
       "  expected: what stands at each place, e.g. {\"type\": \"gpu\"}\n"},
      {fabric(R"({"type": "star", "id": "f", "class": "c"})"),
       "t.json:4: error: a star without \"dims\" has no nodes but its hub, so \"class\" means "
       "nothing (/fabrics/0/class)\n"
       "  expected: \"dims\": [N], or links to the hub in \"attach\"\n"},
      {fabric(R"({"type": "leaf-spine", "id": "f"})"),
       "t.json:4: error: key \"leaves\" is missing (/fabrics/0)\n"
       "  expected: switches, e.g. {\"id\": \"leaf{r}\", \"for\": {\"r\": \"0-7\"}}\n"
       "t.json:4: error: key \"spines\" is missing (/fabrics/0)\n"
       "  expected: switches, e.g. {\"id\": \"leaf{r}\", \"for\": {\"r\": \"0-7\"}}\n"
       "t.json:4: error: key \"uplink\" is missing (/fabrics/0)\n"
       "  expected: cables, e.g. {\"class\": \"ndr\", \"count\": 2}\n"},
      {fabric(
           R"({"type": "leaf-spine", "id": "f", "leaves": {"id": "l", "fro": {}}, "spines": {"for": {}}, "uplink": {"class": "c", "count": 0}})"),
       "t.json:4: error: key \"leaves\" has the unknown key \"fro\" (/fabrics/0/leaves/fro)\n"
       "  expected: one of: id, for, multicast, reduce\n"
       "  fix: did you mean \"for\"?\n"
       "t.json:4: error: key \"id\" is missing (/fabrics/0/spines)\n"
       "  expected: e.g. \"leaf{r}\"\n"
       "t.json:4: error: key \"count\" is 0 (/fabrics/0/uplink/count)\n"
       "  expected: a whole number from 1 to 1000000000\n"},
      {fabric(
           R"({"type": "leaf-spine", "id": "f", "leaves": {"id": "l{i/0}", "for": {"i": "0-1"}}, "spines": {"id": "s"}, "uplink": {"class": "c"}})"),
       "t.json:4: error: the id \"l{i/0}\" divides by zero (/fabrics/0)\n"},
      {fabric(
           R"({"type": "fat-tree", "id": "f", "radix": 8, "levels": 4, "uplink": {"class": "c"}})"),
       "t.json:4: error: fat trees of 4 levels are not supported yet (/fabrics/0/levels)\n"
       "  expected: 2 or 3 levels\n"},
      {fabric(
           R"({"type": "fat-tree", "id": "f", "radix": 8, "levels": 2, "oversubscription": 2, "uplink": {"class": "c"}})"),
       "t.json:4: error: the 8 ports of a switch can not be split into 2 down for each one up "
       "(/fabrics/0)\n"
       "  expected: a radix that \"oversubscription\" + 1 divides, and an even one for 3 levels\n"},
      {fabric(
           R"({"type": "fat-tree", "id": "f", "radix": 9, "levels": 3, "oversubscription": 2, "uplink": {"class": "c"}})"),
       "t.json:4: error: the 9 ports of a switch can not be split into 2 down for each one up "
       "(/fabrics/0)\n"
       "  expected: a radix that \"oversubscription\" + 1 divides, and an even one for 3 levels\n"},
      {fabric(
           R"({"type": "fat-tree", "id": "f", "radix": 8, "levels": 2, "oversubscription": 0.5, "uplink": {"class": "c"}})"),
       "t.json:4: error: key \"oversubscription\" is 0.5 (/fabrics/0/oversubscription)\n"
       "  expected: ports down for each port up of a leaf, at least 1, e.g. 2\n"},
      {fabric(
           R"({"type": "dragonfly", "id": "f", "groups": 1, "switches_per_group": 2, "local": {"class": "c"}})"),
       "t.json:4: error: key \"groups\" is 1 (/fabrics/0/groups)\n"
       "  expected: a whole number from 2 to 1000000000\n"
       "t.json:4: error: key \"global\" is missing (/fabrics/0)\n"
       "  expected: cables, e.g. {\"class\": \"ndr\", \"count\": 2}\n"},
      {fabric(R"({"type": "star", "id": "f{i}"})"),
       "t.json:4: error: the fabric id \"f{i}\" has braces (/fabrics/0/id)\n"
       "  expected: a plain name\n"},
      {fabric(
           R"({"type": "star", "id": "f", "attach": [{"from": "a", "to": "hub", "class": "c"}]})"),
       "t.json:4: error: \"attach\" links run both ways, so \"from\" has no place here "
       "(/fabrics/0/attach/0/from)\n"
       "  expected: \"between\": [a node outside, a switch of the fabric]\n"
       "  fix: write a one-way link in \"links\", with the switch's whole id\n"},
      {fabric(
           R"({"type": "star", "id": "f", "attach": [{"between": ["a", "hubb"], "class": "c"}]})"),
       "t.json:4: error: link \"a -> f/hubb\" ends at the unknown node \"f/hubb\", and 1 more like "
       "this from the same place (/fabrics/0/attach/0)\n"
       "  expected: the id of a node\n"
       "  fix: did you mean \"f/hub\"?\n"},
  });
}

TEST_CASE("mistakes in degraded") {
  check_all({
      {degraded(R"({"remvoe": "a"})"),
       "t.json:3: error: an entry of \"degraded\" has the unknown key \"remvoe\" "
       "(/degraded/0/remvoe)\n"
       "  expected: one of: remove, link, count, scale, bandwidth, latency, why\n"
       "  fix: did you mean \"remove\"?\n"
       "t.json:3: error: an entry of \"degraded\" has neither \"remove\" nor \"link\" "
       "(/degraded/0)\n"
       "  expected: \"remove\": a pattern, or \"link\": two patterns and what changes\n"},
      {degraded(R"({"remove": "a", "link": ["a", "b"]})"),
       "t.json:3: error: an entry of \"degraded\" has both \"remove\" and \"link\" (/degraded/0)\n"
       "  expected: \"remove\": a pattern, or \"link\": two patterns and what changes\n"},
      {degraded(R"({"remove": "a", "count": 1})"),
       "t.json:3: error: an entry with \"remove\" changes a link as well (/degraded/0)\n"
       "  expected: two entries\n"},
      {degraded(R"({"link": ["a", "b"]})"),
       "t.json:3: error: an entry of \"degraded\" names a link but no change (/degraded/0)\n"
       "  expected: \"count\", \"scale\", \"bandwidth\" or \"latency\"\n"
       "  fix: \"count\": 0 takes the link away\n"},
      {degraded(R"({"link": ["a"], "count": 1})"),
       "t.json:3: error: key \"link\" has 1 entry (/degraded/0/link)\n"
       "  expected: two node ids, e.g. [\"gpu0\", \"sw0\"]\n"},
      {degraded(R"({"link": ["a[", "b"], "count": -1})"),
       "t.json:3: error: key \"count\" is -1 (/degraded/0/count)\n"
       "  expected: a whole number from 0 to 1000000000\n"
       "t.json:3: error: the pattern \"a[\" has a bracket without its partner "
       "(/degraded/0/link/0)\n"
       "  expected: a node id with * or hostlists, e.g. \"rack7/t[14-17]\"\n"},
      {degraded(R"({"link": ["a", "b"], "scale": 1.5, "why": 3})"),
       "t.json:3: error: key \"why\" is 3, not a string (/degraded/0/why)\n"
       "  expected: a reason, for the reader\n"
       "t.json:3: error: key \"scale\" is 1.5 (/degraded/0/scale)\n"
       "  expected: a number from 0 to 1, e.g. 0.5\n"},
      {degraded(R"({"link": ["a", "b"], "bandwidth": "-1 GB/s"})"),
       "t.json:3: error: key \"bandwidth\" is \"-1 GB/s\", not a rate (/degraded/0/bandwidth)\n"
       "  expected: a rate above 0 with a unit, e.g. \"400 Gb/s\"\n"},
      {degraded(R"({"remove": ""})"),
       "t.json:3: error: a pattern is empty (/degraded/0/remove)\n"
       "  expected: a node id, * and hostlists allowed\n"},
      {degraded(R"({"remove": "b"})"),
       "t.json: error: there is only one gpu\n"
       "  expected: at least two nodes of type \"gpu\"\n"},
      {degraded(R"({"remove": "*"})"),
       "t.json: error: there is no gpu\n"
       "  expected: at least two nodes of type \"gpu\"\n"},
  });
}

TEST_CASE("mistakes in ranks") {
  check_all({
      {pair_and(R"("ranks": "a{i")"),
       "t.json:3: error: the pattern \"a{i\" has a brace without its partner (/ranks)\n"
       "  expected: a gpu's id, or a pattern such as \"box{b}/gpu{g}\"\n"},
      {pair_and(R"("ranks": ["a", 3, ""])"),
       "t.json:3: error: an entry of \"ranks\" is 3, not a string (/ranks/1)\n"
       "  expected: a pattern such as \"box{b}/gpu{g}\", or an array of them\n"
       "t.json:3: error: an entry of \"ranks\" is empty (/ranks/2)\n"
       "  expected: a pattern such as \"box{b}/gpu{g}\", or an array of them\n"},
  });
}

}  // namespace
}  // namespace pleach
