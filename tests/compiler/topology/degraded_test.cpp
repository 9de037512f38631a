#include <doctest/doctest.h>

#include "tests/compiler/topology/print_topology.hpp"

namespace pleach {
namespace {

// A ring of four GPUs, each link of two cables of 10 GB/s, on which `degraded` is laid.
std::string ring(const std::string& degraded) {
  return read_body(R"("nodes": [{"id": "g{i}", "type": "gpu", "for": {"i": "0-3"}}],
    "links": [{"between": ["g{i}", "g{(i+1)%4}"], "bandwidth": "10 GB/s", "count": 2, "for": {"i": "0-3"}}],
    "degraded": [)" +
                   degraded + "]");
}

const std::string kGpus = "gpu g0\ngpu g1\ngpu g2\ngpu g3\n";
const std::string kRest =
    "g1 -> g2 20 GB/s\ng2 -> g1 20 GB/s\ng2 -> g3 20 GB/s\ng3 -> g2 20 GB/s\n"
    "g3 -> g0 20 GB/s\ng0 -> g3 20 GB/s\n";

TEST_CASE("what can change on a link, in both directions and in either order of the ends") {
  CHECK(ring(R"({"link": ["g0", "g1"], "count": 1, "why": "cable"})") ==
        kGpus + "g0 -> g1 10 GB/s\ng1 -> g0 10 GB/s\n" + kRest);
  CHECK(ring(R"({"link": ["g1", "g0"], "scale": 0.25})") ==
        kGpus + "g0 -> g1 5 GB/s\ng1 -> g0 5 GB/s\n" + kRest);
  CHECK(ring(R"({"link": ["g0", "g1"], "bandwidth": "3 GB/s", "latency": "9 us"})") ==
        kGpus + "g0 -> g1 6 GB/s 9 us\ng1 -> g0 6 GB/s 9 us\n" + kRest);
}

TEST_CASE("scale is exact") {
  CHECK(ring(R"({"link": ["g0", "g1"], "scale": 0.1}, {"link": ["g0", "g1"], "scale": 0.3})") ==
        kGpus + "g0 -> g1 0.6 GB/s\ng1 -> g0 0.6 GB/s\n" + kRest);
  CHECK(ring(R"({"link": ["g0", "g1"], "scale": 1e-3})") ==
        kGpus + "g0 -> g1 0.02 GB/s\ng1 -> g0 0.02 GB/s\n" + kRest);
}

TEST_CASE("a count or scale of 0 takes the link away") {
  CHECK(ring(R"({"link": ["g0", "g1"], "count": 0})") == kGpus + kRest);
  CHECK(ring(R"({"link": ["g0", "g1"], "scale": 0})") == kGpus + kRest);
}

TEST_CASE("a node goes with its links and all below it") {
  CHECK(ring(R"({"remove": "g3"})") ==
        "gpu g0\ngpu g1\ngpu g2\n"
        "g0 -> g1 20 GB/s\ng1 -> g0 20 GB/s\ng1 -> g2 20 GB/s\ng2 -> g1 20 GB/s\n");
  CHECK(read_body(R"("nodes": [{"id": "a/x", "type": "gpu"}, {"id": "a/y", "type": "switch"},
                               {"id": "ab", "type": "gpu"}, {"id": "c", "type": "gpu"}],
    "links": [{"between": ["ab", "c"], "bandwidth": "1 GB/s"}, {"between": ["a/x", "c"], "bandwidth": "1 GB/s"}],
    "degraded": [{"remove": "a"}])") == "gpu ab\ngpu c\nab -> c 1 GB/s\nc -> ab 1 GB/s\n");
}

TEST_CASE("entries work one after the other, and each must match") {
  const std::string expected_link =
      "  expected: a link that is there, at this point of \"degraded\"\n"
      "  fix: correct the patterns or delete the entry\n";
  CHECK(ring(R"({"link": ["g0", "g2"], "count": 1})") ==
        "t.json:3: error: no link joins \"g0\" and \"g2\" (/degraded/0)\n" + expected_link);
  CHECK(ring(R"({"link": ["g0", "g1"], "count": 0}, {"link": ["g0", "g1"], "scale": 0.5})") ==
        "t.json:3: error: no link joins \"g0\" and \"g1\" (/degraded/1)\n" + expected_link);
  const std::string expected_node =
      "  expected: a node that is there, at this point of \"degraded\"\n"
      "  fix: correct the pattern or delete the entry\n";
  CHECK(ring(R"({"remove": "g[3]"}, {"remove": "g3"}, {"remove": "x*"})") ==
        "t.json:3: error: \"g3\" matches no node (/degraded/1)\n" + expected_node +
            "t.json:3: error: \"x*\" matches no node (/degraded/2)\n" + expected_node);
}

TEST_CASE("a throughput's node goes under its own name") {
  CHECK(read_body(R"("nodes": [{"id": "a", "type": "gpu"}, {"id": "b", "type": "gpu"},
                               {"id": "s", "type": "switch", "throughput": "9 GB/s"}],
    "links": [{"between": ["a", "b"], "bandwidth": "1 GB/s"}, {"between": ["a", "s"], "bandwidth": "1 GB/s"}],
    "degraded": [{"remove": "s"}])") == "gpu a\ngpu b\na -> b 1 GB/s\nb -> a 1 GB/s\n");
}

}  // namespace
}  // namespace pleach
