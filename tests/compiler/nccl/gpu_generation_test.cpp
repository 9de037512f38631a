#include "compiler/nccl/gpu_generation.hpp"

#include <string>

#include <doctest/doctest.h>

#include "compiler/topology/load_topology.hpp"

namespace pleach::nccl {
namespace {

Topology machine(const std::string& name) {
  const auto loaded = load_topology(name);
  REQUIRE(loaded.ok());
  return loaded.value();
}

std::string guess(const Topology& topology) {
  const auto generation = guess_generation(topology);
  return generation ? std::string(generation->name) : "(none)";
}

TEST_CASE("gpu_generation: by compute capability") {
  const auto name = [](int sm) {
    const auto generation = generation_of_sm(sm);
    return generation ? std::string(generation->name) : "(none)";
  };
  CHECK(name(0) == "(none)");
  CHECK(name(52) == "(none)");
  CHECK(name(60) == "Pascal");
  CHECK(name(70) == "Volta");
  CHECK(name(75) == "Volta");
  CHECK(name(80) == "Ampere");
  CHECK(name(90) == "Hopper");
  CHECK(name(100) == "Blackwell");
  CHECK(name(103) == "Blackwell");
}

TEST_CASE("gpu_generation: what NCCL counts is less than what is written on the box") {
  int last = -1;
  for (const GpuGeneration& generation : gpu_generations()) {
    CAPTURE(generation.name);
    CHECK(generation.effective < generation.link);
    CHECK(generation.effective > Rational(0));
    CHECK(generation.links > 0);
    if (generation.sm == 0) continue;
    CHECK(generation.sm > last);
    last = generation.sm;
  }
  CHECK(generation_of_sm(90)->effective == Rational(103, 5));
}

TEST_CASE("gpu_generation: the catalogue's machines by their links") {
  CHECK(guess(machine("dgx-1v")) == "Volta");
  CHECK(guess(machine("dgx-a100-x1")) == "Ampere");
  CHECK(guess(machine("dgx-a100-x2")) == "Ampere");
  CHECK(guess(machine("dgx-h100-x2")) == "Hopper");
  CHECK(guess(machine("nvl72")) == "Blackwell");
  CHECK(guess(machine("mi250-x1")) == "MI200");
  CHECK(guess(machine("ring-4")) == "(none)");
  // Two generations, and no label that says so.
  CHECK(guess(machine("a100-h100-mix")) == "(none)");
}

TEST_CASE("gpu_generation: a GPU that lost links does not hide what it is") {
  Topology topology = machine("dgx-h100-x1");
  const auto scale_up = scale_up_links(topology);
  for (std::size_t i = 0; i < topology.links.size(); ++i) {
    const Link& link = topology.links[i];
    if (!scale_up[i] || (link.from != topology.ranks[3] && link.to != topology.ranks[3])) continue;
    topology.links[i].bandwidth.gigabytes_per_second *= Rational(17, 18);
  }
  CHECK(guess(topology) == "Hopper");
}

TEST_CASE("gpu_generation: labels win over links, and have to agree") {
  Topology topology = machine("dgx-a100-x1");
  const auto label = [&](const std::string& sm) {
    for (const NodeId gpu : topology.ranks) topology.nodes[index(gpu)].labels = {{"sm", sm}};
  };
  label("90");
  CHECK(guess(topology) == "Hopper");
  label("9.0");
  CHECK(guess(topology) == "Hopper");
  label("10.3");
  CHECK(guess(topology) == "Blackwell");
  label("52");
  CHECK(guess(topology) == "(none)");
  for (const char* bad : {"gfx90a", "", "90x", "-90", "9.", ".9", "9.0.0", "9.x", "99999999999"}) {
    CAPTURE(bad);
    label(bad);
    CHECK(guess(topology) == "(none)");
  }
  label("80");
  topology.nodes[index(topology.ranks[1])].labels = {{"sm", "90"}};
  CHECK(guess(topology) == "(none)");
}

TEST_CASE("gpu_generation: scale-up links are those among GPUs and through their own switches") {
  const Topology topology = machine("dgx-a100-x2");
  const auto scale_up = scale_up_links(topology);
  REQUIRE(scale_up.size() == topology.links.size());
  Rational inside = 0;
  const std::vector<GpuGeneration> ampere(topology.num_ranks(), *generation_of_sm(80));
  const Topology effective = at_effective_rates(topology, ampere);
  for (std::size_t i = 0; i < topology.links.size(); ++i) {
    const Link& link = topology.links[i];
    const Rational before = link.bandwidth.gigabytes_per_second;
    const Rational after = effective.links[i].bandwidth.gigabytes_per_second;
    if (scale_up[i]) inside += before;
    CHECK(after == (scale_up[i] ? before * Rational(20, 25) : before));
  }
  // 16 GPUs with 300 GB/s to their box's switch and back.
  CHECK(inside == Rational(16 * 300 * 2));
  Topology same = effective;
  same.links = topology.links;
  CHECK(same == topology);
}

TEST_CASE("gpu_generation: of a mixed machine each GPU's own") {
  const Topology topology = machine("a100-h100-mix");
  CHECK(guess(topology) == "(none)");
  const auto both = guess_generations(topology, hosts_of(topology));
  REQUIRE(both.size() == 2);
  const auto& first = both[0];
  const auto& second = both[1];
  REQUIRE(first);
  REQUIRE(second);
  CHECK(first->sm + second->sm == 80 + 90);
  std::vector<GpuGeneration> by_rank(8, *first);
  by_rank.resize(16, *second);
  const Topology effective = at_effective_rates(topology, by_rank);
  const auto scale_up = scale_up_links(topology);
  Rational sum;
  for (std::size_t i = 0; i < effective.links.size(); ++i) {
    if (scale_up[i]) sum += effective.links[i].bandwidth.gigabytes_per_second;
  }
  // 8 GPUs with 12 links of 20 GB/s and 8 with 18 of 20.6, there and back.
  CHECK(sum == Rational(2 * 8 * 12 * 20) + Rational(2 * 8 * 18) * Rational(103, 5));
}

TEST_CASE("gpu_generation: a switch that joins GPUs of two hosts is no NVSwitch") {
  auto read = read_topology(R"({"format": "pleach-topology/1", "name": "t",
    "nodes": [{"id": "x/a", "type": "gpu"}, {"id": "x/b", "type": "gpu"}, {"id": "y/a", "type": "gpu"},
              {"id": "nv", "type": "switch"}, {"id": "ib", "type": "switch"}],
    "links": [{"between": ["x/a", "nv"], "bandwidth": "300 GB/s"},
              {"between": ["x/b", "nv"], "bandwidth": "300 GB/s"},
              {"between": ["x/a", "ib"], "bandwidth": "25 GB/s"},
              {"between": ["y/a", "ib"], "bandwidth": "25 GB/s"}]})",
                            "t");
  REQUIRE(read.ok());
  CHECK(scale_up_links(read.value()) ==
        std::vector<bool>{true, true, true, true, false, false, false, false});
}

}  // namespace
}  // namespace pleach::nccl
