// That the checker of these tests sees each rule broken, and takes what NCCL wrote itself.
#include "tests/compiler/exporters/nccl_xml_checker.hpp"

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>

#include <doctest/doctest.h>

#include "compiler/exporters/nccl_graph.hpp"
#include "compiler/exporters/nccl_topo.hpp"
#include "tests/compiler/exporters/support.hpp"

namespace pleach::testing {
namespace {

// `text` with the first `from` as `to`.
std::string with(std::string text, const std::string& from, const std::string& to) {
  const auto at = text.find(from);
  REQUIRE_MESSAGE(at != std::string::npos, from);
  return text.replace(at, from.size(), to);
}

struct Break {
  const char* from;
  const char* to;
  const char* violation;
};

bool names(const std::vector<std::string>& violations, const std::string& wanted) {
  return std::ranges::find(violations, wanted) != violations.end();
}

TEST_CASE("every rule of the graph file is held") {
  const auto graph = exporters::make_nccl_graph(full_mesh(3, "50 GB/s"), "f");
  REQUIRE(graph.ok());
  const std::string good = exporters::write_nccl_graph(graph.value());
  REQUIRE(check_graph(good, {.devs = {{0, 1, 2}}}).violations.empty());
  const Break breaks[] = {
      {"<graphs", "<?xml version=\"1.0\"?><graphs", "a declaration"},
      {"<gpu dev=\"0x0\"/>", "<gpu dev=\"0x0\" />", "a blank before />"},
      {"typeintra=\"NVL\"", "typeintra=\"&amp;\"", "an entity"},
      {"<graphs version=\"1\"", "<graphs version=\"2\"", "the version is not 1"},
      {"id=\"0\"", "id=\"1\"", "no graph 0"},
      {"id=\"1\"", "id=\"2\"", "not graphs 0 and 1"},
      {"id=\"1\"", "id=\"0\"", "an id out of range, or twice"},
      {"pattern=\"4\"", "pattern=\"7\"", "an unknown pattern"},
      {"pattern=\"4\"", "pattern=\"1\"", "graph 0 is no ring"},
      {"pattern=\"1\"", "pattern=\"4\"", "graph 1 is no tree"},
      {"typeintra=\"NVL\"", "typeintra=\"C2C\"", "an unknown typeintra"},
      {"typeinter=\"PIX\"", "typeinter=\"NET\"", "an unknown typeinter"},
      {"speedintra=\"", "speedintra=\"-", "speedintra is not above 0"},
      {"speedinter=\"", "speedinter=\"1e", "speedinter is not above 0"},
      {"samechannels=\"1\"", "samechannels=\"2\"", "samechannels is no flag"},
      {"crossnic=\"0\"", "crossnic=\"x\"", "an unknown crossnic"},
      {"latencyinter=\"0\"", "", "graph without latencyinter"},
      {"nchannels=\"4\"", "nchannels=\"5\"", "nchannels is not their number"},
      {"<channel>", "<channel/><channel>", "rings and trees differ in number"},
      {"<gpu dev=\"0x0\"/>", "", "a channel has other gpus than the host"},
      {"<gpu dev=\"0x0\"/>", "<gpu dev=\"0x3\"/>", "a channel has other gpus than the host"},
      {"<gpu dev=\"0x0\"/>", "<gpu dev=\"0x0\"/><gpu dev=\"0x0\"/>",
       "a channel visits a gpu twice"},
      {"<gpu dev=\"0x0\"/>", "<gpu dev=\"0\"/>", "a dev is not hexadecimal"},
      {"<gpu dev=\"0x0\"/>", "<gpu dev=\"0xg\"/>", "a dev is not hexadecimal"},
      {"<gpu dev=\"0x0\"/>", "<gpu dev=\"0x0\" rank=\"0\"/>", "a gpu has a rank"},
      {"<gpu dev=\"0x1\"/>", "<gpu dev=\"0x1\"/><nic/>", "neither gpu nor net in a channel"},
      {"</graphs>", "", "not XML"},
  };
  for (const Break& broken : breaks) {
    const auto found = check_graph(with(good, broken.from, broken.to), {.devs = {{0, 1, 2}}});
    CHECK_MESSAGE(names(found.violations, broken.violation), broken.violation);
  }
}

TEST_CASE("more than 32 channels are seen, and a channel that is short of what the first has") {
  const std::string channel = "<channel><gpu dev=\"0x0\"/><gpu dev=\"0x1\"/></channel>";
  const auto file = [&](int channels, const std::string& more) {
    std::string text =
        "<graphs version=\"1\"><graph id=\"0\" pattern=\"4\" crossnic=\"0\" nchannels=\"" +
        std::to_string(channels) +
        "\" speedintra=\"1\" speedinter=\"1\" latencyinter=\"0\" typeintra=\"NVL\" "
        "typeinter=\"PIX\" samechannels=\"1\">";
    for (int i = more.empty() ? 0 : 1; i < channels; ++i) text += channel;
    return check_graph(text + more + "</graph></graphs>", {.rings_and_trees = false}).violations;
  };
  CHECK(file(32, "").empty());
  CHECK(names(file(33, ""), "not 1 to 32 channels"));
  CHECK(names(file(2, "<channel><gpu dev=\"0x0\"/></channel>"),
              "a channel has other gpus than the host"));
  CHECK(names(file(2, "<channel><gpu dev=\"0x0\"/><net dev=\"0x0\"/><gpu dev=\"0x1\"/></channel>"),
              "net in between"));
}

TEST_CASE("more elements than NCCL reads are seen") {
  const auto file = [](int gpus) {
    std::string channel = "<channel>";
    for (int i = 0; i < gpus; ++i) channel += "<gpu dev=\"" + std::to_string(i) + "\"/>";
    std::string text =
        "<graphs version=\"1\"><graph id=\"0\" pattern=\"4\" crossnic=\"0\" nchannels=\"32\" "
        "speedintra=\"1\" speedinter=\"1\" latencyinter=\"0\" typeintra=\"NVL\" "
        "typeinter=\"PIX\" samechannels=\"1\">";
    for (int i = 0; i < 32; ++i) text += channel + "</channel>";
    return check_graph(text + "</graph></graphs>", {.rings_and_trees = false}).violations;
  };
  CHECK_FALSE(names(file(126), "more elements than NCCL reads"));  // 2 + 32 * 127 = 4066
  CHECK(names(file(127), "more elements than NCCL reads"));        // 4098
}

TEST_CASE("every rule of the topology file is held") {
  const auto topo = exporters::make_nccl_topo(machine("dgx-a100-x2"), std::nullopt, "f");
  REQUIRE(topo.ok());
  const std::string good = topo.value().text;
  REQUIRE(check_topo(good).violations.empty());
  const Break breaks[] = {
      {"<system", "<?xml version=\"1.0\"?><system", "a declaration"},
      {"name=\"nic0\"", "name=\"a&amp;b\"", "an entity"},
      {"numaid=\"0\"", "", "cpu without numaid"},
      {"numaid=\"0\"", "numaid=\"x\"", "numaid is no number"},
      {"vendor=\"GenuineIntel\"", "", "cpu without vendor"},
      {"busid=\"0000:01:00.0\"", "busid=\"0000:0A:00.0\"", "no bus id"},
      {"busid=\"0000:01:00.0\"", "busid=\"0000:02:00.0\"", "a bus id twice"},
      {"16.0 GT/s PCIe", "17.0 GT/s PCIe", "a link_speed that NCCL does not know"},
      {"link_width=\"16\"", "link_width=\"32\"", "a link_width out of range"},
      {"class=\"0x030200\"", "class=\"0x020000\"", "a pci whose class does not tell what is in it"},
      {"dev=\"0\" sm", "dev=\"1\" sm", "a dev that is no number, or twice"},
      {"rank=\"0\"", "rank=\"1\"", "a rank twice"},
      {"rank=\"0\"", "", "gpu without rank"},
      {"sm=\"80\"", "sm=\"0\"", "an unknown sm"},
      {"count=\"12\"", "count=\"0\"", "an nvlink without links"},
      {"tclass=\"0x068000\"", "tclass=\"0x060400\"", "an unknown tclass"},
      {"tclass=\"0x068000\"", "tclass=\"0x030200\"", "a tclass that is not the target's"},
      {"target=\"0000:09:00.0\"", "target=\"0000:01:00.0\"", "an nvlink to itself"},
      {"speed=\"200000\"", "speed=\"0\"", "a net without speed"},
      {"guid=\"0x1\"", "guid=\"0x2\"", "a wire twice"},
      {"guid=\"0x1\"", "guid=\"one\"", "a guid that is no number"},
      {"name=\"nic0\"", "name=\"nic1\"", "a net's name twice"},
      {"dev=\"0\" speed", "dev=\"1\" speed", "a net's dev twice"},
      {"<nic>", "<gpu/><nic>", "a pci whose class does not tell what is in it"},
      {"<nic>", "<nic><pci/>", "pci in nic"},
      {"<cpu ", "<gpu/><cpu ", "gpu in system"},
      {"</system>", "", "not XML"},
  };
  for (const Break& broken : breaks) {
    const auto found = check_topo(with(good, broken.from, broken.to));
    CHECK_MESSAGE(names(found.violations, broken.violation), broken.violation);
  }
  std::string twice = "<nvlink target=\"0000:09:00.0\" count=\"1\" tclass=\"0x068000\"/><nvlink";
  CHECK(names(check_topo(with(good, "<nvlink", twice)).violations, "two nvlinks to one target"));
  std::string many;
  for (int i = 0; i < 257; ++i) many += "<c2c/>";
  CHECK(names(check_topo(with(good, "</gpu>", many + "</gpu>")).violations,
              "more than 256 elements"));
  CHECK(names(check_topo("<system version=\"1\"/>").violations, "no gpu"));
}

TEST_CASE("rate_of_rings counts links, and refuses hops that it can not place") {
  const Topology topology = full_mesh(4, "30 GB/s");
  CHECK(rate_of_rings({{0, 1, 2, 3}}, topology, topology.ranks) == Rational(30));
  CHECK(rate_of_rings({{0, 1, 2, 3}, {0, 1, 2, 3}}, topology, topology.ranks) == Rational(30));
  CHECK(rate_of_rings({{0, 1, 2, 3}, {3, 2, 1, 0}}, topology, topology.ranks) == Rational(60));
  const Topology ring = machine("ring-4");
  CHECK_FALSE(rate_of_rings({{0, 2, 1, 3}}, ring, ring.ranks));
}

TEST_CASE("graph files that NCCL dumped keep the rules") {
  const char* const folder = std::getenv("PLEACH_DUMPS");
  if (folder == nullptr) {
    MESSAGE("skipped: PLEACH_DUMPS does not name a folder with NCCL's files");
    return;
  }
  int found = 0;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(folder)) {
    const std::string name = entry.path().filename().string();
    if (name.find("graph") == std::string::npos || entry.path().extension() != ".xml") continue;
    std::ostringstream text;
    text << std::ifstream(entry.path()).rdbuf();
    if (text.str().find("<graphs") == std::string::npos) continue;
    const GraphFile file = check_graph(text.str(), {.rings_and_trees = false});
    CHECK_MESSAGE(file.violations.empty(), name, ": ", file.violations.front());
    CHECK(file.rings.size() > 1);
    ++found;
  }
  CHECK(found >= 2);
}

}  // namespace
}  // namespace pleach::testing
