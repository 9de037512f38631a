#include <doctest/doctest.h>

#include "compiler/topology/catalogue.hpp"
#include "compiler/topology/load_topology.hpp"
#include "tests/schemas/schema.hpp"

namespace pleach {
namespace {

const std::string kSchema = "topologies/pleach-topology-1.schema.json";

// Every kind of declaration there is, in one machine that is good.
const char* const kEverything = R"({
  "format": "pleach-topology/1", "name": "everything", "$comment": "one of each", "x-site": [1],
  "link_classes": {
    "nvlink": {"bandwidth": "50 GB/s", "latency": "0.35 us", "efficiency": 0.8},
    "skew": {"bandwidth": "2 GB/s", "reverse_bandwidth": "1.5 GiB/s"}},
  "templates": {
    "box": {
      "nodes": [{"id": "gpu{g}", "type": "gpu", "for": {"g": "0-1"}, "labels": {"slot": "a"}},
                {"id": "sw", "type": "switch", "kind": "nvswitch", "multicast": true,
                 "reduce": false, "relay": true, "throughput": "100 GB/s"}],
      "links": [{"between": ["gpu{g}", "sw"], "class": "nvlink", "count": 2, "for": {"g": 1}},
                {"between": ["gpu0", "sw"], "bandwidth": "400 Gb/s"}]}},
  "nodes": [
    {"id": "box{b}", "use": "box", "for": {"b": "0-1"}, "labels": {"rack": "r{b}", "host": ""}},
    {"id": "old", "use": "builtin:dgx-1v"},
    {"id": "m{2*i+1}", "type": "gpu", "for": {"i": "0-2"}},
    {"id": "nic", "type": "nic"}, {"id": "cpu", "type": "cpu"}],
  "matrix": {"nodes": "m{1,3,5}", "class": "skew", "counts": [[0, 1, 2], [1, 0, 0], [2, 0, 0]]},
  "links": [
    {"between": ["box0/sw", "box1/sw"], "class": "skew", "bandwidth": "3 GB/s"},
    {"between": ["box0/gpu0", "m1"], "bandwidth": "1 GB/s", "reverse_bandwidth": "2 GB/s"},
    {"from": "nic", "to": "cpu", "bandwidth": "1 GB/s", "latency": "1 us"},
    {"from": "cpu", "to": "box0/gpu0", "class": "nvlink", "count": 3},
    {"from": "box0/gpu0", "to": "nic", "class": "nvlink"},
    {"between": ["old/gpu0", "m1"], "class": "nvlink"}],
  "fabrics": [
    {"type": "leaf-spine", "id": "ls", "leaves": {"id": "leaf{r}", "for": {"r": "0-1"}},
     "spines": {"id": "spine", "multicast": true}, "uplink": {"class": "nvlink", "count": 2},
     "attach": [{"between": ["box{b}/gpu0", "leaf{b}"], "class": "nvlink", "for": {"b": "0-1"}}]},
    {"type": "fat-tree", "id": "ft", "radix": 4, "levels": 2, "oversubscription": 1,
     "uplink": {"bandwidth": "1 GB/s"}},
    {"type": "dragonfly", "id": "df", "groups": 2, "switches_per_group": 2,
     "local": {"class": "nvlink"}, "global": {"class": "nvlink", "latency": "3 us"}},
    {"type": "torus", "id": "to", "dims": [2, 3], "wrap": [true, false],
     "node": {"type": "switch", "throughput": "9 GB/s"}, "class": "nvlink"},
    {"type": "mesh", "id": "me", "dims": [3], "wrap": false, "node": {"type": "switch"},
     "class": "nvlink"},
    {"type": "hypercube", "id": "hy", "dims": [2], "node": {"type": "nic"}, "class": "nvlink"},
    {"type": "full-mesh", "id": "fm", "dims": [3], "node": {"type": "cpu"}, "class": "nvlink"},
    {"type": "star", "id": "st", "dims": [2], "node": {"type": "nic", "labels": {}},
     "class": "nvlink"},
    {"type": "star", "id": "hub", "attach": [{"between": ["box1/gpu1", "hub"], "class": "skew"}]}],
  "degraded": [
    {"remove": "ls/spine", "why": "burnt"}, {"remove": "hy/*"},
    {"link": ["box[0-1]/sw", "box1/*"], "scale": 0.5, "latency": "1 ms"},
    {"link": ["to/0-0", "to/0-1"], "count": 0}, {"link": ["fm/0", "fm/1"], "bandwidth": "1 GB/s"}],
  "ranks": ["box{b}/gpu{g}", "m{n}", "old/gpu{g}"]})";

// What a reader finds and a schema can not: it says something about more than one value, about the
// inside of an expression, or about the graph.
const std::vector<std::string> kBeyondSchema = {
    // names of other things
    "^the (link class|template|builtin template) \".*\" is not known",
    "^link .* (starts|ends) at the unknown node", "^\"ranks\" (names|leaves out|has)",
    "matches no node$", "^no link joins ", "^the include ",
    // ids made from expressions
    "^the node id \".*\" stands twice", "^the expression ", "^the id \".*\" (gives|divides|has|is)",
    "puts a number right behind a placeholder$",
    // one value against another
    "^the range of \".*\" is \"", "^key \"nodes\" is \".*\\{", "^\"counts\" (has|joins)",
    "^a row of \"counts\" has", "^key \"counts\" has", "^key \"wrap\" has",
    "^the .* ports of a switch can not be split", "^the pattern \".*\" has no list of numbers",
    // sizes
    "^this would expand to ", "^template.* uses itself",
    // the graph
    "^there is (no|only one) gpu$", "GPUs can(not| not| neither)",
    "^link .* joins a node with itself",
    // a rate of 0
    "^key \"(bandwidth|reverse_bandwidth|throughput)\" is \"0", "lets nothing through",
    "carries nothing"};

Diagnostics mistakes_of(const nlohmann::json& document) {
  const auto topology = read_topology(document.dump(), "t.json");
  return topology.ok() ? Diagnostics{} : topology.mistakes();
}

std::string disagreement(const Schema& schema, const nlohmann::json& document) {
  return disagreement(schema, document, mistakes_of(document), [](const std::string& message) {
    return matches_any(message, kBeyondSchema);
  });
}

TEST_CASE("every topology that pleach ships, and those of its tests") {
  const Schema schema(kSchema);
  std::vector<std::string> texts = {kEverything, source_text("topologies/boxes.json")};
  std::vector<std::string> names = {"torus-2x3", "torus-2x3x4", "hypercube-3", "mesh-full-5",
                                    "ring-3"};
  for (const CatalogueEntry& entry : catalogue()) {
    if (entry.gpus) names.push_back(entry.name);
  }
  CHECK(names.size() > 15);
  for (const std::string& name : names) texts.push_back(catalogue_text(name).value());
  for (const char* const folder : {"tests/golden/reference", "tests/golden/topologies"}) {
    for (const std::string& file : json_files(folder)) {
      if (!file.ends_with("EXPECTED.json")) texts.push_back(source_text(file));
    }
  }
  CHECK(texts.size() > 60);
  for (const std::string& text : texts) {
    CAPTURE(text.substr(0, 200));
    CHECK(schema.accepts(json_of(text)));
  }
}

TEST_CASE("the command-line cases' topologies, good and bad, as the reader judges them") {
  const Schema schema(kSchema);
  const std::vector<nlohmann::json> inputs = cli_inputs("\"nodes\"");
  CHECK(inputs.size() >= 6);
  for (const nlohmann::json& input : inputs) CHECK(disagreement(schema, input) == "");
}

TEST_CASE("broken topologies are rejected by schema and reader") {
  const Schema schema(kSchema);
  const nlohmann::json good = json_of(kEverything);
  REQUIRE(mistakes_of(good).empty());
  const std::vector<std::pair<const char*, nlohmann::json>> changes = {
      {"/format", "pleach-topology/2"},
      {"/name", nullptr},
      {"/name", "a\tb"},
      {"/colour", "red"},
      {"/routes", nlohmann::json::array()},
      {"/include", "boxes.json"},
      {"/link_classes/nvlink/bandwidth", "50"},
      {"/link_classes/nvlink/bandwidth", 50},
      {"/link_classes/nvlink/bandwidth", "-5 GB/s"},
      {"/link_classes/nvlink/bandwidth", "1e3 GB/s"},
      {"/link_classes/nvlink/latency", "5"},
      {"/link_classes/nvlink/efficiency", 0},
      {"/link_classes/nvlink/efficiency", 1.5},
      {"/templates/box/degraded", nlohmann::json::array()},
      {"/templates/box/nodes/1/throughput", 3},
      {"/templates/box/nodes/0/throughput", "3 GB/s"},
      {"/nodes/0/type", "gpu"},
      {"/nodes/0/labels", 3},
      {"/nodes/0/labels/rack", 3},
      {"/nodes/0/labels/rack", "a\tb"},
      {"/nodes/0/labels/rack", "r{}"},
      {"/nodes/0/labels/rack", "r{b"},
      {"/nodes/0/for/b", "1-"},
      {"/nodes/0/for/b", "01-02"},
      {"/nodes/0/for/b", -1},
      {"/nodes/0/for/2b", 1},
      {"/nodes/2/type", "gpuu"},
      {"/nodes/2/id", ""},
      {"/nodes/2/id", "m{"},
      {"/nodes/2/id", "m{}"},
      {"/nodes/2/id", std::string(201, 'm')},
      {"/nodes/3/relay", false},
      {"/nodes/3/multicast", "yes"},
      {"/links/0/between", {"box0/sw"}},
      {"/links/0/from", "box0/sw"},
      {"/links/0/count", 0},
      {"/links/0/count", 2000000000},
      {"/links/0/count", 1.5},
      {"/links/2/reverse_bandwidth", "1 GB/s"},
      {"/links/2/bandwith", "1 GB/s"},
      {"/matrix/counts/0/1", -1},
      {"/matrix/nodes", "m1,3,5"},
      {"/fabrics/0/type", "dragonfly+"},
      {"/fabrics/0/radix", 4},
      {"/fabrics/0/id", "l{s}"},
      {"/fabrics/0/attach/0/from", "x"},
      {"/fabrics/1/levels", 4},
      {"/fabrics/1/oversubscription", 0.5},
      {"/fabrics/2/groups", 1},
      {"/fabrics/3/dims", nlohmann::json::array()},
      {"/fabrics/3/dims/0", 1},
      {"/fabrics/3/wrap", 1},
      {"/fabrics/5/dims", {2, 2}},
      {"/fabrics/8/class", "nvlink"},
      {"/degraded/0/scale", 0.5},
      {"/degraded/0/remove", "a[0"},
      {"/degraded/2/scale", 2},
      {"/degraded/3/count", -1},
      {"/ranks", 3},
      {"/ranks/0", "box{b/gpu"}};
  for (const auto& [place, value] : changes) {
    nlohmann::json document = good;
    document[nlohmann::json::json_pointer(place)] = value;
    CAPTURE(place);
    CAPTURE(value.dump());
    CHECK_FALSE(schema.accepts(document));
    CHECK_FALSE(mistakes_of(document).empty());
  }
  const std::vector<std::string> required = {"/format",
                                             "/name",
                                             "/link_classes/nvlink/bandwidth",
                                             "/nodes/2/id",
                                             "/nodes/2/type",
                                             "/nodes/0/use",
                                             "/links/0/between",
                                             "/links/1/bandwidth",
                                             "/links/2/to",
                                             "/matrix/class",
                                             "/matrix/counts",
                                             "/fabrics/0/id",
                                             "/fabrics/0/uplink",
                                             "/fabrics/2/local",
                                             "/fabrics/3/dims",
                                             "/fabrics/7/dims",
                                             "/degraded/3/count",
                                             "/degraded/0/remove"};
  for (const std::string& place : required) {
    const nlohmann::json::json_pointer pointer(place);
    nlohmann::json document = good;
    document[pointer.parent_pointer()].erase(pointer.back());
    CAPTURE(place);
    CHECK_FALSE(schema.accepts(document));
    CHECK_FALSE(mistakes_of(document).empty());
  }
}

TEST_CASE("schema and reader agree on topologies with random mistakes") {
  const Schema schema(kSchema);
  std::vector<nlohmann::json> good = {json_of(kEverything)};
  for (const std::string& file : json_files("tests/golden/topologies")) {
    good.push_back(json_of(source_text(file)));
  }
  for (const char* const name : {"a100-h100-mix", "dgx-1v", "fat-tree-16-over2"}) {
    good.push_back(json_of(catalogue_text(name).value()));
  }
  int rejected = 0;
  for (std::uint64_t seed = 0; seed < 3000; ++seed) {
    std::mt19937_64 random(seed);
    nlohmann::json document = good[seed % 2 == 0 ? 0 : seed / 2 % good.size()];
    document = mutated(std::move(document), random);
    if (!schema.accepts(document)) ++rejected;
    CAPTURE(seed);
    REQUIRE(disagreement(schema, document) == "");
  }
  CHECK(rejected > 1000);
  CHECK(rejected < 2900);
}

}  // namespace
}  // namespace pleach
