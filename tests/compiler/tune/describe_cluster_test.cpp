#include "compiler/tune/describe_cluster.hpp"

#include "tests/compiler/tune/support.hpp"

namespace pleach::tune {
namespace {

TEST_CASE("one DGX H100, its links as NCCL counts them") {
  const Machine machine = testing::described(testing::machine("dgx-h100-x1"));
  REQUIRE(machine.clusters.size() == 1);
  const Cluster& host = machine.clusters.front();
  CHECK(host.hosts == 1);
  CHECK(host.host.gpus == 8);
  CHECK(host.host.sm == 90);
  CHECK(host.host.rings == doctest::Approx(370.8));
  CHECK(host.host.in_switch == doctest::Approx(370.8));
  CHECK(host.ring == Channels{12, 30, 30});
  CHECK(host.nvls == Channels{8, 40, 60});
  CHECK(host.fabric == Fabric{});
}

TEST_CASE("hosts of a cluster: one, two and four, each with its part of the machine") {
  const Machine machine = testing::described(testing::machine("dgx-h100-x4"));
  REQUIRE(machine.clusters.size() == 3);
  for (std::size_t i = 0; i < 3; ++i) {
    const int hosts = 1 << i;
    CHECK(machine.clusters[i].hosts == hosts);
    CHECK(machine.parts[i].num_ranks() == static_cast<std::size_t>(8 * hosts));
    CHECK(machine.clusters[i].host.nics == std::vector<double>(8, 50.0));
  }
  CHECK(machine.clusters[2].ring == Channels{8, 45, 45});
  CHECK(machine.clusters[2].fabric.rings == doctest::Approx(400));
}

TEST_CASE("a mixed machine goes at the pace of its older host") {
  const Machine machine = testing::described(testing::machine("a100-h100-mix"));
  const Cluster& both = machine.clusters.back();
  CHECK(both.hosts == 2);
  CHECK(both.host.sm == 80);
  CHECK(both.host.rings == doctest::Approx(240));
  CHECK(both.nvls.count == 0);
}

TEST_CASE("GPUs of hosts by label; the processors' vendor; one GPU a host") {
  const Machine machine = testing::described(testing::machine_from(R"({
    "format": "pleach-topology/1", "name": "labelled",
    "nodes": [
      {"id": "a", "type": "gpu", "labels": {"host": "one", "sm": "90"}},
      {"id": "b", "type": "gpu", "labels": {"host": "two", "sm": "90"}},
      {"id": "c", "type": "gpu", "labels": {"host": "six", "sm": "90"}},
      {"id": "s", "type": "switch"},
      {"id": "cpu", "type": "cpu", "labels": {"vendor": "AuthenticAMD"}}],
    "links": [{"between": ["a", "cpu"], "bandwidth": "20 GB/s"},
              {"between": ["a", "s"], "bandwidth": "50 GB/s"},
              {"between": ["b", "s"], "bandwidth": "50 GB/s"},
              {"between": ["c", "s"], "bandwidth": "25 GB/s"}]})"));
  REQUIRE(machine.clusters.size() == 2);  // of 2 hosts and of 3
  CHECK(machine.clusters[0].host.nics == std::vector<double>{50});
  CHECK(machine.clusters[1].host.nics == std::vector<double>{25});
  CHECK(machine.clusters[1].host.gpus == 1);
  CHECK(machine.clusters[1].amd);
}

void check_mistake(const Topology& topology, const std::string& text) {
  const auto machine = describe_machine(topology);
  REQUIRE(!machine.ok());
  std::string all;
  for (const Diagnostic& mistake : machine.mistakes()) all += to_string(mistake);
  CAPTURE(all);
  CHECK(all.find(text) != std::string::npos);
}

TEST_CASE("machines that there is no model for") {
  check_mistake(testing::machine("fat-tree-16-over2"), "of no generation that NCCL knows");
  check_mistake(testing::machine("mi250-x1"), "have the links of MI200, which is not NVIDIA's");
  const std::string uneven = R"({"format": "pleach-topology/1", "name": "uneven",
    "nodes": [{"id": "x/a", "type": "gpu"}, {"id": "x/b", "type": "gpu"}, {"id": "y/a", "type": "gpu"}],
    "links": [{"between": ["x/a", "x/b"], "bandwidth": "150 GB/s"},
              {"between": ["x/a", "y/a"], "bandwidth": "25 GB/s"}]})";
  check_mistake(testing::machine_from(uneven), "host \"y\" has 1 GPUs and host \"x\" has 2");
  const std::string apart = R"({"format": "pleach-topology/1", "name": "apart",
    "nodes": [{"id": "x/a", "type": "gpu"}, {"id": "x/b", "type": "gpu"},
              {"id": "y/a", "type": "gpu"}, {"id": "y/b", "type": "gpu"}, {"id": "s", "type": "switch"}],
    "links": [{"between": ["x/a", "s"], "bandwidth": "25 GB/s"}, {"between": ["x/b", "s"], "bandwidth": "25 GB/s"},
              {"between": ["y/a", "s"], "bandwidth": "25 GB/s"}, {"between": ["y/b", "s"], "bandwidth": "25 GB/s"}]})";
  check_mistake(testing::machine_from(apart),
                "the GPUs of host \"x\" do not all reach each other over NVLink");
}

TEST_CASE("GPUs that only PCIe joins, labels that differ, links that are too slow") {
  const std::string body = R"({"format": "pleach-topology/1", "name": "t", "nodes": [)";
  check_mistake(testing::machine_from(body + R"(
                {"id": "a", "type": "gpu", "labels": {"sm": "90"}},
                {"id": "b", "type": "gpu", "labels": {"sm": "90"}}, {"id": "cpu", "type": "cpu"}],
    "links": [{"between": ["a", "cpu"], "bandwidth": "48 GB/s"},
              {"between": ["b", "cpu"], "bandwidth": "48 GB/s"}]})"),
                "do not all reach each other over NVLink");
  check_mistake(testing::machine_from(body + R"(
                {"id": "a", "type": "gpu", "labels": {"sm": "90"}},
                {"id": "b", "type": "gpu", "labels": {"sm": "80"}}],
    "links": [{"between": ["a", "b"], "bandwidth": "450 GB/s"}]})"),
                "have labels \"sm\" that differ");
  check_mistake(testing::machine_from(body + R"(
                {"id": "a", "type": "gpu", "labels": {"sm": "90"}},
                {"id": "b", "type": "gpu", "labels": {"sm": "90"}}],
    "links": [{"between": ["a", "b"], "bandwidth": "2 GB/s"}]})"),
                "no channel of NCCL's fits on 1 hosts: rings carry 1.648 GB/s inside one");
}

TEST_CASE("a rack that is taken for one host comes with a doubt") {
  const auto rack = describe_machine(testing::machine("nvl72"));
  REQUIRE(rack.ok());
  REQUIRE(rack.notes().size() == 1);
  CHECK(rack.notes()[0].message.starts_with("72 GPUs are taken for those of one host"));
}

TEST_CASE("a capability that is told makes any machine NVIDIA's") {
  const Machine machine = testing::described(testing::machine("mesh-full-8"), 80);
  CHECK(machine.clusters.back().host.sm == 80);
  CHECK(machine.clusters.back().host.rings == doctest::Approx(7 * 50 * 20. / 25));
}

}  // namespace
}  // namespace pleach::tune
