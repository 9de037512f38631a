#include "compiler/exporters/device_numbers.hpp"

#include <doctest/doctest.h>

#include "tests/compiler/exporters/support.hpp"

namespace pleach::exporters {
namespace {

Topology labelled(const std::vector<Labels>& labels) {
  Topology topology = testing::full_mesh(static_cast<int>(labels.size()), "50 GB/s");
  for (std::size_t i = 0; i < labels.size(); ++i) topology.nodes[i].labels = labels[i];
  return topology;
}

Host host_of(const Topology& topology) { return nccl::find_hosts(topology, "f").value().front(); }

TEST_CASE("device numbers: the position in the host, or the label") {
  const Topology plain = testing::machine("dgx-a100-x2");
  const auto hosts = nccl::find_hosts(plain, "f").value();
  CHECK(device_numbers(plain, hosts[1], "f").value() ==
        std::vector<std::int64_t>{0, 1, 2, 3, 4, 5, 6, 7});
  const Topology topology = labelled({{{"dev", "2"}}, {{"dev", "0"}}, {{"dev", "31"}}});
  CHECK(device_numbers(topology, host_of(topology), "f").value() ==
        std::vector<std::int64_t>{2, 0, 31});
}

TEST_CASE("labels \"dev\" that will not do are all named") {
  const Topology topology =
      labelled({{{"dev", "1"}}, {{"dev", "1"}}, {{"dev", "-1"}}, {{"dev", "0x1"}}, {{"dev", ""}}});
  const auto numbers = device_numbers(topology, host_of(topology), "f");
  REQUIRE_FALSE(numbers.ok());
  REQUIRE(numbers.mistakes().size() == 4);
  CHECK(numbers.mistakes()[0].message == "\"g0\" and \"g1\" have the same label \"dev\", \"1\"");
  CHECK(numbers.mistakes()[1].message == "label \"dev\" of \"g2\" is \"-1\"");
  const Topology half = labelled({{{"dev", "1"}}, {}});
  CHECK(device_numbers(half, host_of(half), "f").mistakes().front().message ==
        "\"g1\" has no label \"dev\", while \"g0\" has one");
}

TEST_CASE("72 GPUs are hardly one host") {
  CHECK_FALSE(nccl::doubt_host({.name = "", .ranks = std::vector<int>(32)}, "f"));
  REQUIRE(nccl::doubt_host({.name = "", .ranks = std::vector<int>(72)}, "f"));
}

TEST_CASE("whole numbers") {
  CHECK(whole_number("0") == 0);
  CHECK(whole_number("9223372036854775807") == INT64_MAX);
  for (const char* text : {"", "-0", "-1", "+1", " 1", "1 ", "1x", "9223372036854775808"}) {
    CHECK_FALSE(whole_number(text));
  }
}

}  // namespace
}  // namespace pleach::exporters
