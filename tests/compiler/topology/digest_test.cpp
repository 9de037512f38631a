#include "compiler/topology/digest.hpp"

#include <doctest/doctest.h>

#include "tests/compiler/topology/print_topology.hpp"

namespace pleach {
namespace {

Topology pair_topology() {
  return must_read(R"({"format": "pleach-topology/1", "name": "pair",
    "nodes": [{"id": "a", "type": "gpu"}, {"id": "b", "type": "gpu"}],
    "links": [{"from": "b", "to": "a", "bandwidth": "12.5 GB/s", "latency": "350 ns"},
              {"from": "a", "to": "b", "bandwidth": "25 GB/s"}]})");
}

TEST_CASE("the digest is the SHA-256 of the canonical text") {
  // printf 'pleach-topology/1\nnode a\nnode b\nlink 0 1 25 GB/s 0 us\n'
  //        'link 1 0 12.5 GB/s 0.35 us\nrank 0\nrank 1\n' | sha256sum
  CHECK(topology_digest(pair_topology()) ==
        "93221502ce3778e4331b1bfa5d1c88da17df56d0e49ace9d140ff8fb2eeacf28");
}

TEST_CASE("the digest sees what a schedule depends on, and nothing else") {
  const Topology pair = pair_topology();
  const std::string digest = topology_digest(pair);

  Topology same = pair;
  same.name = "other";
  same.nodes[0].labels = {{"host", "node07"}};
  std::swap(same.links[0], same.links[1]);
  CHECK(topology_digest(same) == digest);

  Topology renamed = pair;
  renamed.nodes[0].id = "c";
  CHECK(topology_digest(renamed) != digest);
  Topology slower = pair;
  slower.links[0].bandwidth.gigabytes_per_second = 12;
  CHECK(topology_digest(slower) != digest);
  Topology later = pair;
  later.links[0].latency.microseconds = 1;
  CHECK(topology_digest(later) != digest);
  Topology reranked = pair;
  std::swap(reranked.ranks[0], reranked.ranks[1]);
  CHECK(topology_digest(reranked) != digest);
}

}  // namespace
}  // namespace pleach
