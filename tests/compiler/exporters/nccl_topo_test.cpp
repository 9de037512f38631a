#include "compiler/exporters/nccl_topo.hpp"

#include <map>

#include <doctest/doctest.h>

#include "tests/compiler/exporters/nccl_xml_checker.hpp"
#include "tests/compiler/exporters/support.hpp"

namespace pleach::exporters {
namespace {

struct Exported {
  NcclTopo topo;
  testing::TopoFile file;
};

Exported exported(const Topology& topology, const std::optional<std::string>& host = {}) {
  const auto topo = make_nccl_topo(topology, host, "machine");
  REQUIRE(topo.ok());
  Exported result{topo.value(), testing::check_topo(topo.value().text)};
  CHECK_MESSAGE(result.file.violations.empty(), result.file.violations.front());
  CHECK(result.file.elements == topo.value().elements);
  return result;
}

// GB/s from each GPU (by dev) to each GPU or, together, to switches (-1), as the file counts them.
std::map<std::pair<int, int>, Rational> rates(const testing::TopoFile& file, const Rational& link) {
  std::map<std::pair<int, int>, Rational> sums;
  for (const auto& nvlink : file.nvlinks) {
    const int to = nvlink.to ? static_cast<int>(*nvlink.to) : -1;
    sums[{static_cast<int>(nvlink.from), to}] += Rational(nvlink.count) * link;
  }
  return sums;
}

TEST_CASE("the links of a DGX-1V, one by one") {
  const Topology topology = testing::machine("dgx-1v");
  const Exported found = exported(topology);
  CHECK(found.file.gpus == 8);
  const auto sums = rates(found.file, 25);
  CHECK(sums.size() == topology.links.size());
  for (const Link& link : topology.links) {
    const auto entry = sums.find({static_cast<int>(link.from), static_cast<int>(link.to)});
    REQUIRE(entry != sums.end());
    CHECK(entry->second == link.bandwidth.gigabytes_per_second);
  }
}

TEST_CASE("DGX H100: a NIC beside each GPU, one NVSwitch for all, the same in every box") {
  const Topology topology = testing::machine("dgx-h100-x4");
  const Exported found = exported(topology);
  CHECK(found.topo.hosts == 4);
  CHECK(found.topo.host_name == "box0");
  CHECK(found.topo.all_alike);
  const auto sums = rates(found.file, 25);
  CHECK(sums.size() == 8);
  for (int gpu = 0; gpu < 8; ++gpu) CHECK(sums.at({gpu, -1}) == Rational(450));
  REQUIRE(found.file.nets.size() == 8);
  for (std::size_t i = 0; i < 8; ++i) {
    CHECK(found.file.nets[i].name == "nic" + std::to_string(i));
    CHECK(found.file.nets[i].speed == 400'000);
    CHECK(found.file.nets[i].gpu == i);
  }
  CHECK(exported(topology, "box3").topo.text == found.topo.text);
}

TEST_CASE("hosts that differ: said, and chosen by name") {
  const Topology topology = testing::machine("a100-h100-mix");
  const auto topo = make_nccl_topo(topology, std::nullopt, "machine");
  REQUIRE(topo.ok());
  CHECK_FALSE(topo.value().all_alike);
  CHECK(topo.notes().front().message.starts_with("hosts differ"));
  CHECK(exported(topology, "h100").topo.host.sm == 90);
  const auto none = make_nccl_topo(topology, "h10", "machine");
  REQUIRE_FALSE(none.ok());
  CHECK(none.mistakes().front().message == "the machine has no host \"h10\"");
  CHECK(none.mistakes().front().fix == "did you mean \"h100\"?");
}

TEST_CASE("one lost NVLink in one box makes hosts differ") {
  Topology topology = testing::machine("dgx-a100-x2");
  for (Link& link : topology.links) {
    const bool is_lost =
        topology.node(link.from).id == "box1/gpu3" || topology.node(link.to).id == "box1/gpu3";
    if (is_lost && link.bandwidth.gigabytes_per_second == Rational(300)) {
      link.bandwidth.gigabytes_per_second = Rational(275);
    }
  }
  CHECK_FALSE(exported(topology).topo.all_alike);
  CHECK(rates(exported(topology, "box1").file, 25).at({3, -1}) == Rational(275));
}

TEST_CASE("CPUs: NUMA nodes in order, Arm without a vendor") {
  const Topology topology = testing::machine_from(R"(
    "nodes":[{"id":"g{i}","type":"gpu","for":{"i":"0-3"},"labels":{"sm":"103","numa":"{1-i/2}"}},
             {"id":"c{i}","type":"cpu","for":{"i":"0-1"},"labels":{"numa":"{i}","arch":"arm64"}},
             {"id":"s","type":"switch"}],
    "links":[{"between":["g{i}","s"],"bandwidth":"50 GB/s","count":18,"for":{"i":"0-3"}}])");
  const Exported found = exported(topology);
  CHECK(
      found.topo.text.starts_with("<system version=\"1\">\n  <cpu numaid=\"0\" arch=\"arm64\">\n   "
                                  " <pci busid=\"0000:03:00.0\" "
                                  "class=\"0x030200\" link_speed=\"64.0 GT/s PCIe\" "
                                  "link_width=\"16\">\n      <gpu dev=\"2\" "));
}

TEST_CASE("16 GPUs in a full mesh need 274 elements, too many") {
  Topology topology = testing::full_mesh(16, "25 GB/s");
  for (Node& node : topology.nodes) node.labels["sm"] = "90";
  const auto topo = make_nccl_topo(topology, std::nullopt, "machine");
  REQUIRE_FALSE(topo.ok());
  CHECK(topo.mistakes().front().message == "the host needs 274 elements");
}

TEST_CASE("notes: what a real machine would not find") {
  const auto topo = make_nccl_topo(testing::machine("dgx-a100-x2"), std::nullopt, "machine");
  REQUIRE(topo.ok());
  REQUIRE(topo.notes().size() == 2);
  CHECK(topo.notes()[0].message.find("\"pci\"") != std::string::npos);
  CHECK(topo.notes()[1].message.find("\"domain\"") != std::string::npos);
}

}  // namespace
}  // namespace pleach::exporters
