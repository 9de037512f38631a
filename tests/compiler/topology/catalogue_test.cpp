#include "compiler/topology/catalogue.hpp"

#include <filesystem>
#include <numeric>
#include <set>

#include <doctest/doctest.h>

#include "compiler/topology/catalogue_files.hpp"
#include "compiler/topology/load_topology.hpp"
#include "compiler/topology/read_file.hpp"
#include "tests/compiler/topology/isomorphism.hpp"
#include "tests/compiler/topology/print_topology.hpp"

namespace pleach {
namespace {

TEST_CASE("every entry loads and has the stated number of GPUs") {
  std::set<std::string> names;
  for (const CatalogueEntry& entry : catalogue()) {
    CAPTURE(entry.name);
    CHECK(names.insert(entry.name).second);
    CHECK_FALSE(entry.description.empty());
    if (!entry.gpus) continue;
    const Topology topology = must_load(entry.name);
    CHECK(topology.num_ranks() == static_cast<std::size_t>(*entry.gpus));
    CHECK(topology.name == entry.name);
  }
  CHECK(names.size() == 18);
}

TEST_CASE("every file of topologies/ is compiled in, as it is") {
  std::size_t files = 0;
  for (const auto& item : std::filesystem::directory_iterator(PLEACH_SOURCE_DIR "/topologies")) {
    const std::string name = item.path().filename().string();
    if (!name.ends_with(".json") || name.ends_with(".schema.json")) continue;
    ++files;
    CAPTURE(item.path().string());
    const auto found =
        std::ranges::find(catalogue_files(), item.path().stem().string(), &CatalogueFile::name);
    REQUIRE(found != catalogue_files().end());
    CHECK(found->text == read_file(item.path().string()).value());
  }
  CHECK(files == catalogue_files().size());
}

TEST_CASE("the catalogue has the machines of the reference") {
  const std::vector<std::pair<const char*, const char*>> pairs = {
      {"dgx-a100-x1", "a100_1box"},
      {"dgx-a100-x2", "a100_2box"},
      {"dgx-a100-x4", "a100_4box"},
      {"dgx-h100-x1", "h100_1box"},
      {"dgx-h100-x2", "h100_2box"},
      {"dgx-h100-x4", "h100_4box"},
      {"dgx-h100-x16", "h100_16box"},
      {"mi250-x1", "mi250_1box"},
      {"mi250-x2", "mi250_2box"},
      {"torus-4x4", "torus_4x4"},
      {"torus-8x8", "torus_8x8"},
      {"torus-4x4x4", "torus_4x4x4"},
      {"hypercube-3", "hypercube_3"},
      {"hypercube-4", "hypercube_4"},
      {"mesh-full-8", "full_8"},
      {"mesh-full-16", "full_16"},
      {"mesh-full-32", "full_32"},
      {"ring-8", "ring_8"},
      {"ring-16", "ring_16"},
      {"ring-32", "ring_32"},
      {"nvl72", "nvl72"},
      {"fat-tree-16-over2", "fattree16_over2"},
  };
  for (const auto& [name, reference] : pairs) {
    CAPTURE(name);
    const Topology machine = must_load(name);
    const Topology same =
        must_load(PLEACH_TEST_DATA "/reference/" + std::string(reference) + ".json");
    CHECK(Isomorphism(machine, same).exists());
  }
}

TEST_CASE("the comparison itself can tell machines apart") {
  const auto reference = [](const char* name) {
    return must_load(PLEACH_TEST_DATA "/reference/" + std::string(name) + ".json");
  };
  CHECK_FALSE(Isomorphism(must_load("dgx-a100-x2"), reference("a100_2box_broken")).exists());
  CHECK_FALSE(Isomorphism(must_load("dgx-a100-x2"), reference("h100_2box")).exists());
  CHECK_FALSE(Isomorphism(must_load("fat-tree-16-over2"), reference("fattree16_over1")).exists());
  CHECK_FALSE(Isomorphism(must_load("torus-4x4"), reference("torus_4x4_broken")).exists());
  // Same degrees and rates everywhere, yet a 4x4 torus is no 2x8 torus with doubled … but is a
  // hypercube; a ring of 8 is not two rings of 4.
  CHECK(Isomorphism(must_load("torus-4x4"), must_load("hypercube-4")).exists());
  CHECK_FALSE(Isomorphism(must_load("torus-3x6"), must_load("torus-3x3x2")).exists());
}

TEST_CASE("a link has the same rate in both directions throughout") {
  for (const CatalogueEntry& entry : catalogue()) {
    if (!entry.gpus) continue;
    CAPTURE(entry.name);
    const Topology topology = must_load(entry.name);
    std::map<std::pair<NodeId, NodeId>, Rational> rates;
    for (const Link& link : topology.links) {
      rates[{link.from, link.to}] = link.bandwidth.gigabytes_per_second;
    }
    for (const auto& [ends, rate] : rates) CHECK(rates[{ends.second, ends.first}] == rate);
  }
}

TEST_CASE("what a GPU of each machine can send") {
  const auto out_of_first_gpu = [](const std::string& name) {
    const Topology topology = must_load(name);
    Rational sum;
    for (const Link& link : topology.links) {
      if (link.from == topology.ranks.front()) sum += link.bandwidth.gigabytes_per_second;
    }
    return sum;
  };
  CHECK(out_of_first_gpu("dgx-1v") == Rational(150));
  CHECK(out_of_first_gpu("dgx-a100-x1") == Rational(300));
  CHECK(out_of_first_gpu("dgx-a100-x16") == Rational(325));
  CHECK(out_of_first_gpu("dgx-h100-x16") == Rational(500));
  CHECK(out_of_first_gpu("mi250-x1") == Rational(350));
  CHECK(out_of_first_gpu("nvl72") == Rational(900));
  CHECK(out_of_first_gpu("a100-h100-mix") == Rational(325));
  for (const std::string name : {"dgx-1v", "mi250-x1"}) {
    // Every die drives all its links: 6 NVLinks of 25, 7 xGMI links of 50.
    const Topology topology = must_load(name);
    std::vector<Rational> sums(topology.num_nodes());
    for (const Link& link : topology.links) {
      sums[index(link.from)] += link.bandwidth.gigabytes_per_second;
    }
    for (const Rational& sum : sums) CHECK(sum == Rational(name == "dgx-1v" ? 150 : 350));
  }
}

TEST_CASE("family sizes have limits") {
  const auto mistakes_of = [](const std::string& name) {
    const auto text = catalogue_text(name);
    return text.ok() ? "" : print(text.mistakes());
  };
  for (const char* good :
       {"torus-2x2", "torus-65536x2", "torus-2x2x16384", "hypercube-1", "hypercube-16",
        "mesh-full-2", "mesh-full-2048", "ring-2", "ring-65536"}) {
    CAPTURE(good);
    // 65536 x 2 is twice too many.
    CHECK(catalogue_text(good).ok() == (std::string(good) != "torus-65536x2"));
  }
  CHECK(mistakes_of("torus-1x4") ==
        "error: \"torus-1x4\" has too few or too many nodes\n"
        "  expected: sizes of at least 2, at most 65536 nodes in all\n");
  CHECK(mistakes_of("hypercube-17") ==
        "error: \"hypercube-17\" has too few or too many nodes\n"
        "  expected: sizes of at least 1, at most 65536 nodes in all\n");
  CHECK(mistakes_of("mesh-full-2049") ==
        "error: \"mesh-full-2049\" has too few or too many nodes\n"
        "  expected: sizes of at least 2, at most 2048 nodes in all\n");
  CHECK(mistakes_of("torus-999999999x999999999") ==
        "error: \"torus-999999999x999999999\" has too few or too many nodes\n"
        "  expected: sizes of at least 2, at most 65536 nodes in all\n");
  for (const char* unknown :
       {"torus-4", "torus-4x4x4x4", "torus-", "torus-4x", "torus-x4", "torus-04x4", "torus-4X4",
        "torus-AxB[xC]", "hypercube-", "hypercube--1", "ring-1x2", "ring-9999999999", "dgx-a100-x3",
        "dgx-a100-x", "dgx-a100-xN", "boxes", ""}) {
    CAPTURE(unknown);
    CHECK(mistakes_of(unknown).find("there is no file and no catalogue entry named") !=
          std::string::npos);
  }
}

TEST_CASE("an unknown name gets the list and a suggestion") {
  const auto topology = load_topology("dgx-a10-x2");
  REQUIRE_FALSE(topology.ok());
  CHECK(print(topology.mistakes()) ==
        "error: there is no file and no catalogue entry named \"dgx-a10-x2\"\n"
        "  expected: a file, \"-\" for standard input, or one of: dgx-a100-x1, dgx-a100-x2, "
        "dgx-a100-x4, "
        "dgx-a100-x16, dgx-h100-x1, dgx-h100-x2, dgx-h100-x4, dgx-h100-x16, mi250-x1, mi250-x2, "
        "dgx-1v, "
        "torus-AxB[xC], hypercube-D, mesh-full-N, ring-N, fat-tree-16-over2, nvl72, a100-h100-mix\n"
        "  fix: did you mean \"dgx-a100-x2\"?\n");
}

}  // namespace
}  // namespace pleach
