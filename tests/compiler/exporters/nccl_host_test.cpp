#include "compiler/exporters/nccl_host.hpp"

#include <doctest/doctest.h>

#include "tests/compiler/exporters/support.hpp"

namespace pleach::exporters {
namespace {

Result<NcclHost> described(const Topology& topology, std::size_t host = 0) {
  return describe_host(topology, nccl::find_hosts(topology, "f").value()[host], "f");
}

std::string first_mistake(const Topology& topology) {
  const auto host = described(topology);
  REQUIRE_FALSE(host.ok());
  return host.mistakes().front().message;
}

// Two A100 with 12 links each to a switch, a NIC for each, one more NIC at the CPU.
Topology small_box() {
  return testing::machine_from(R"(
    "nodes":[{"id":"g{i}","type":"gpu","for":{"i":"0-1"}},{"id":"nvs","type":"switch"},
             {"id":"n{i}","type":"nic","for":{"i":"0-2"}},{"id":"c{i}","type":"cpu","for":{"i":"0-1"}},
             {"id":"leaf","type":"switch"}],
    "links":[{"between":["g{i}","nvs"],"bandwidth":"25 GB/s","count":12,"for":{"i":"0-1"}},
             {"between":["g{i}","n{i}"],"bandwidth":"24 GB/s","for":{"i":"0-1"}},
             {"between":["c1","n2"],"bandwidth":"24 GB/s"},
             {"between":["c{i}","g{i}"],"bandwidth":"24 GB/s","for":{"i":"0-1"}},
             {"between":["n{i}","leaf"],"bandwidth":"200 Gb/s","for":{"i":"0-2"}}])");
}

void label(Topology& topology, const std::string& id, const std::string& name, std::string value) {
  for (Node& node : topology.nodes) {
    if (node.id == id) node.labels[name] = value;
  }
}

TEST_CASE("a box with a switch, two CPUs and three NICs") {
  const auto host = described(small_box());
  REQUIRE(host.ok());
  const NcclHost& box = host.value();
  CHECK(box.sm == 80);
  CHECK(box.pci_speed == "16.0 GT/s PCIe");
  REQUIRE(box.gpus.size() == 2);
  CHECK(box.nvswitches.size() == 1);
  CHECK(box.gpus[1].nvlinks == std::vector<NcclNvlinks>{{.gpu = {}, .nvswitch = 0, .count = 12}});
  CHECK(box.gpus[0].numa == 0);
  CHECK(box.gpus[1].numa == 1);  // that of the CPU it is joined to
  REQUIRE(box.nics.size() == 3);
  CHECK(box.nics[0].megabits == 200'000);
  CHECK(box.nics[0].gpu == 0);
  CHECK(box.nics[1].gpu == 1);
  CHECK_FALSE(box.nics[2].gpu);
  CHECK(box.nics[2].numa == 1);
  CHECK(box.nics[2].name == "n2");
  CHECK(box.cpus.size() == 2);
  CHECK(box.invented_bus_ids);
  CHECK(box.invented_names);
  CHECK_FALSE(box.knows_cpus);
}

TEST_CASE("labels name the real devices") {
  Topology topology = small_box();
  for (const auto& [id, bus] : {std::pair("g0", "0000:1B:00.0"), std::pair("g1", "0000:01:00.0"),
                                std::pair("n0", "0000:1c:00.0"), std::pair("n1", "0000:02:00.0"),
                                std::pair("n2", "0001:03:00.0")}) {
    label(topology, id, "pci", bus);
  }
  for (const char* nic : {"n0", "n1", "n2"})
    label(topology, nic, "domain", std::string("mlx5_") + nic);
  label(topology, "c0", "vendor", "AuthenticAMD");
  label(topology, "c1", "numa", "4");
  label(topology, "g0", "numa", "4");
  label(topology, "g0", "sm", "80");
  label(topology, "g1", "sm", "80");
  const auto host = described(topology);
  REQUIRE(host.ok());
  const NcclHost& box = host.value();
  CHECK(box.gpus[0].bus_id == "0000:1b:00.0");
  CHECK(box.gpus[0].numa == 4);
  CHECK(box.gpus[1].numa == 4);
  CHECK(box.nics[0].name == "mlx5_n0");
  CHECK(box.nics[0].numa == 4);
  CHECK(box.cpus[0].vendor == "AuthenticAMD");
  CHECK(box.cpus[1].numa == 4);
  CHECK(box.knows_cpus);
  CHECK_FALSE(box.invented_bus_ids);
  CHECK_FALSE(box.invented_names);
  CHECK(box.nvswitches.front() != "0000:01:00.0");  // an invented id keeps off the real ones
  CHECK(box.nvswitches.front() != "0000:02:00.0");
}

TEST_CASE("a NIC in another NUMA node than its GPU shares no bridge with it") {
  Topology topology = small_box();
  label(topology, "n0", "numa", "1");
  const auto host = described(topology);
  REQUIRE(host.ok());
  CHECK_FALSE(host.value().nics[0].gpu);
  CHECK(host.value().bridges[0].empty());
  CHECK_FALSE(host.value().bridges[1].empty());
}

TEST_CASE("one-way NVLinks between GPUs are listed one way") {
  const Topology topology = testing::machine_from(R"(
    "nodes":[{"id":"g{i}","type":"gpu","for":{"i":"0-2"},"labels":{"sm":"70"}}],
    "links":[{"from":"g0","to":"g1","bandwidth":"50 GB/s"},{"from":"g1","to":"g2","bandwidth":"25 GB/s"},
             {"from":"g2","to":"g0","bandwidth":"75 GB/s"}])");
  const auto host = described(topology);
  REQUIRE(host.ok());
  CHECK(host.value().gpus[0].nvlinks == std::vector<NcclNvlinks>{{.gpu = 1, .count = 2}});
  CHECK(host.value().gpus[2].nvlinks == std::vector<NcclNvlinks>{{.gpu = 0, .count = 3}});
}

TEST_CASE("generations: PCIe as fast as they have it") {
  for (const auto& [sm, speed] :
       {std::pair("70", "8.0 GT/s PCIe"), std::pair("80", "16.0 GT/s PCIe"),
        std::pair("90", "32.0 GT/s PCIe"), std::pair("100", "32.0 GT/s PCIe"),
        std::pair("103", "64.0 GT/s PCIe")}) {
    Topology topology = testing::full_mesh(2, "100 GB/s");
    for (Node& node : topology.nodes) node.labels["sm"] = sm;
    const auto host = described(topology);
    REQUIRE(host.ok());
    CHECK(host.value().pci_speed == speed);
    CHECK(std::to_string(host.value().sm) == sm);
  }
}

TEST_CASE("each host has its own generation") {
  const Topology topology = testing::machine("a100-h100-mix");
  CHECK(described(topology, 0).value().sm == 80);
  CHECK(described(topology, 1).value().sm == 90);
}

TEST_CASE("what NCCL's file can not say is refused, by name") {
  CHECK(first_mistake(testing::machine("mi250-x1")) ==
        "the links of the GPUs are those of MI200, which is no NVIDIA GPU");
  CHECK(first_mistake(testing::full_mesh(3, "17 GB/s")).starts_with("no NVIDIA GPU that is known"));

  Topology odd = small_box();
  odd.links[0].bandwidth.gigabytes_per_second = Rational(299, 1);
  odd.links[1].bandwidth.gigabytes_per_second = Rational(299, 1);
  CHECK(first_mistake(odd) == "link \"g0 -> nvs\" has 299 GB/s, which is 299/25 NVLinks");
  Topology unlike = small_box();
  unlike.links[1].bandwidth.gigabytes_per_second = Rational(275);
  CHECK(first_mistake(unlike) == "link \"g0 -> nvs\" has 300 GB/s, the way back 275 GB/s");

  Topology slow = small_box();
  for (Link& link : slow.links) {
    if (slow.node(link.from).id == "n1" && slow.node(link.to).id == "leaf") {
      link.bandwidth.gigabytes_per_second = Rational(1, 3);
    }
  }
  CHECK(first_mistake(slow) == "NIC \"n1\" has 8000/3 Mb/s");

  const Topology levels = testing::machine_from(R"(
    "nodes":[{"id":"g{i}","type":"gpu","for":{"i":"0-3"},"labels":{"sm":"70"}},
             {"id":"s{i}","type":"switch","for":{"i":"0-1"}}],
    "links":[{"between":["g{i}","s0"],"bandwidth":"150 GB/s","for":{"i":"0-1"}},
             {"between":["g{i}","s1"],"bandwidth":"150 GB/s","for":{"i":"2-3"}},
             {"between":["s0","s1"],"bandwidth":"300 GB/s"}])");
  CHECK(first_mistake(levels).starts_with("link \"g0 -> s0\" is neither NVLink nor PCIe"));
}

TEST_CASE("labels that will not do are all named") {
  Topology topology = small_box();
  label(topology, "g0", "pci", "1b:00.0");
  label(topology, "g1", "pci", "0000:1b:00.0");
  label(topology, "n1", "pci", "0000:1B:00.0");
  label(topology, "n0", "domain", "a&b");
  label(topology, "n1", "domain", "same");
  label(topology, "n2", "domain", "same");
  label(topology, "c0", "numa", "one");
  label(topology, "c1", "vendor", "<>");
  const auto host = described(topology);
  REQUIRE_FALSE(host.ok());
  std::string all;
  for (const Diagnostic& mistake : host.mistakes()) all += mistake.message + "\n";
  CHECK(host.mistakes().size() == 6);
  for (const char* part :
       {"label \"pci\" of \"g0\" is \"1b:00.0\"", "which another node of the host has as well",
        "\"a&b\"", "two NICs of the host are called \"same\"",
        "label \"numa\" of \"c0\" is \"one\"", "label \"vendor\" of \"c1\""}) {
    CHECK_MESSAGE(all.find(part) != std::string::npos, part, " in ", all);
  }
}

}  // namespace
}  // namespace pleach::exporters
