// Every reference machine of tests/golden/reference loads with the sizes that EXPECTED.json states.
#include <algorithm>
#include <filesystem>

#include <doctest/doctest.h>

#include "compiler/topology/json_reader.hpp"
#include "compiler/topology/load_topology.hpp"
#include "compiler/topology/read_file.hpp"
#include "tests/compiler/topology/print_topology.hpp"

namespace pleach {
namespace {

const std::string kFolder = PLEACH_TEST_DATA "/reference/";

TEST_CASE("all reference machines have the expected sizes") {
  const JsonDocument expected =
      parse_json(read_file(kFolder + "EXPECTED.json").value(), "EXPECTED.json").value();
  std::size_t loaded = 0;
  for (const auto& [name, entry] : std::get<JsonObject>(expected.root.content)) {
    CAPTURE(name);
    const auto topology = load_topology(kFolder + name + ".json");
    const bool is_connected =
        !std::holds_alternative<std::nullptr_t>(find(entry, "allgather_algbw")->content);
    CHECK(topology.ok() == is_connected);
    if (!topology.ok()) continue;
    JsonReader reader(expected);
    const auto number = [&](const char* key) {
      return static_cast<std::size_t>(
          reader.whole_number(*find(entry, key), key, 0, 1'000'000).value_or(-1));
    };
    CHECK(topology.value().num_nodes() == number("nodes"));
    CHECK(topology.value().links.size() == number("links"));
    CHECK(topology.value().num_ranks() == number("compute_nodes"));
    CHECK(topology.value().name == name);
    ++loaded;
  }
  CHECK(loaded >= 50);
}

TEST_CASE("the disconnected machine names the GPUs that are cut off") {
  const std::string file = kFolder + "bad_disconnected.json";
  const auto topology = load_topology(file);
  REQUIRE_FALSE(topology.ok());
  CHECK(print(topology.mistakes()) ==
        file +
            ":4: error: 4 of 8 GPUs can neither be reached from nor reach \"g0\": \"g1\", \"g2\", "
            "\"g3\", \"g4\" (/nodes/1)\n"
            "  expected: a path of links from every gpu to every other\n"
            "  fix: add the links that are missing, or remove these GPUs\n");
}

}  // namespace
}  // namespace pleach
