#include <algorithm>
#include <array>
#include <charconv>
#include <limits>
#include <unordered_set>

#include "compiler/core/suggest.hpp"
#include "compiler/ir/bulk_lists.hpp"
#include "compiler/ir/schedule_json.hpp"
#include "compiler/topology/json_reader.hpp"

namespace pleach {
namespace {

constexpr std::string_view kFormat = "pleach-schedule/1";

// Reading digits takes time quadratic in their number; no real schedule comes near this many.
constexpr std::size_t kLongestNumber = 20'000;

// How many things of a kind exist, so that an index can be told from a wrong one; nothing while
// their list itself is wrong, since every index would then be a second mistake of the first.
struct Range {
  std::string_view kind;  // "node"
  std::optional<std::size_t> size;
};

class ScheduleReader {
 public:
  explicit ScheduleReader(const JsonDocument& document) : in_(document), root_(document.root) {}

  Result<Schedule> read() {
    if (!check_format() || !check_no_topology()) return in_.mistakes();
    check_root_keys();
    read_collective();
    read_topology_identity();
    read_nodes();
    read_links();
    read_ranks();
    read_labels();
    read_routes();
    read_trees("broadcast_trees", schedule_.broadcast_trees);
    read_trees("reduce_trees", schedule_.reduce_trees);
    if (const auto algbw = rate(root_)) schedule_.algbw = *algbw;
    read_bound();
    read_generator();
    if (in_.failed()) return first_mistakes();
    return std::move(schedule_);
  }

 private:
  // False for a file of another kind: its other mistakes would say nothing.
  bool check_format() {
    const std::string expected = "\"format\":\"" + std::string(kFormat) + "\"";
    in_.check_keys(root_, "a schedule", {"format"}, JsonReader::UnknownKeys::Kept);
    const JsonValue* const value = in_.require(root_, "format", expected);
    if (value == nullptr) return false;
    const std::string* const format = in_.string(*value, "the format", expected);
    if (format == nullptr) return false;
    if (*format == kFormat) return true;
    in_.report(*value, "the format is " + in_quotes(*format), expected,
               format->starts_with("pleach-topology/")
                   ? "this is a topology; `pleach compile` makes a schedule of it"
                   : "");
    return false;
  }

  // False for a file that also describes a machine in the way of topologies: that may be another
  // machine than `nodes` and `links` tell of.
  bool check_no_topology() {
    std::string found;
    const JsonValue* first = nullptr;
    for (const auto& [key, value] : std::get<JsonObject>(root_.content)) {
      constexpr std::array<std::string_view, 6> kOfTopologies = {
          "include", "link_classes", "templates", "matrix", "fabrics", "degraded"};
      const auto* const items = std::get_if<JsonArray>(&value.content);
      const bool holds_objects = items != nullptr && !items->empty() &&
                                 std::holds_alternative<JsonObject>(items->front().content);
      if (std::ranges::find(kOfTopologies, key) == kOfTopologies.end() &&
          !(holds_objects && (key == "nodes" || key == "links"))) {
        continue;
      }
      if (first == nullptr) first = &value;
      found += (found.empty() ? "" : ", ") + in_quotes(key);
    }
    if (first == nullptr) return true;
    in_.report(*first, "a schedule has keys of a topology: " + found,
               "a topology or a schedule, not both in one file",
               "delete these keys, or write \"format\": \"pleach-topology/1\" if it is one");
    return false;
  }

  // Unknown keys are another tool's business, unless they are known ones, misspelt.
  void check_root_keys() {
    in_.check_keys(root_, "a schedule",
                   {"format", "collective", "topology", "nodes", "links", "ranks", "labels",
                    "routes", "broadcast_trees", "reduce_trees", "algbw", "bound", "generator"},
                   JsonReader::UnknownKeys::Kept);
  }

  void read_collective() {
    std::vector<std::string_view> names;
    for (const Collective collective : kCollectives) names.push_back(name_of(collective));
    const std::string expected = "allgather, reduce_scatter, allreduce, broadcast or reduce";
    const std::string* const name = in_.require_string(root_, "collective", expected);
    if (name == nullptr) return;
    if (const auto collective = collective_named(*name)) {
      schedule_.collective = *collective;
    } else {
      in_.report(*find(root_, "collective"), "there is no collective " + in_quotes(*name), expected,
                 did_you_mean(*name, names));
    }
  }

  void read_topology_identity() {
    const JsonValue* const topology =
        in_.require(root_, "topology", R"(e.g. {"name":"pair","digest":"…"})");
    if (topology == nullptr) return;
    in_.check_keys(*topology, "key \"topology\"", {"name", "digest"},
                   JsonReader::UnknownKeys::Kept);
    if (const JsonValue* const value = in_.require(*topology, "name", R"(e.g. "pair")")) {
      const auto* const name = in_.plain_string(*value, "key \"name\"", R"(e.g. "pair")");
      if (name != nullptr) schedule_.topology.name = *name;
    }
    if (!std::holds_alternative<JsonObject>(topology->content)) return;
    const std::string expected = "a SHA-256: 64 hexadecimal digits, lower case";
    const std::string* const digest = in_.require_string(*topology, "digest", expected);
    if (digest == nullptr) return;
    if (digest->size() != 64 ||
        digest->find_first_not_of("0123456789abcdef") != std::string::npos) {
      in_.report(*find(*topology, "digest"), "the digest is " + in_quotes(*digest), expected);
    }
    schedule_.topology_digest = *digest;
  }

  void read_nodes() {
    const JsonArray* const nodes = in_.require_array(root_, "nodes", R"(e.g. ["gpu0","gpu1"])");
    if (nodes == nullptr) return;
    std::unordered_set<std::string_view> seen;
    for (const JsonValue& value : *nodes) {
      const std::string* const id = in_.plain_string(value, "a node", R"(an id, e.g. "gpu0")");
      schedule_.topology.nodes.push_back({.id = id ? *id : "", .type = NodeType::Switch});
      if (id == nullptr) continue;
      if (id->empty()) in_.report(value, "a node has an empty id", R"(e.g. "gpu0")");
      if (!seen.insert(*id).second) {
        in_.report(value, "a second node has the id " + in_quotes(*id), "every id once");
      }
    }
    nodes_.size = nodes->size();
  }

  void read_links() {
    const std::string expected =
        R"([from, to, bandwidth, latency], e.g. [0,1,"300 GB/s","0.35 us"])";
    const JsonArray* const links =
        in_.require_array(root_, "links", "one array a link: " + expected);
    if (links == nullptr) return;
    schedule_.topology.links.reserve(links->size());
    for (const JsonValue& value : *links) {
      const JsonArray* const parts = in_.array(value, "a link", expected);
      if (parts == nullptr) continue;
      if (parts->size() != 4) {
        in_.report(value, "a link has " + std::to_string(parts->size()) + " values", expected);
        continue;
      }
      const auto from = position((*parts)[0], nodes_);
      const auto to = position((*parts)[1], nodes_);
      const auto bandwidth =
          quantity((*parts)[2], "bandwidth", parse_bandwidth, R"(e.g. "300 GB/s")");
      const auto latency = quantity((*parts)[3], "latency", parse_latency, R"(e.g. "0.35 us")");
      if (!from || !to || !bandwidth || !latency) continue;
      schedule_.topology.links.push_back({.from = static_cast<NodeId>(*from),
                                          .to = static_cast<NodeId>(*to),
                                          .bandwidth = *bandwidth,
                                          .latency = *latency});
    }
  }

  void read_ranks() {
    const JsonArray* const ranks = in_.require_array(root_, "ranks", "node indices, e.g. [0,1]");
    if (ranks == nullptr) return;
    ranks_.size = ranks->size();
    const std::vector<NodeId> nodes = node_list(*ranks);
    schedule_.topology.ranks = nodes;
    if (nodes.size() != ranks->size() || !nodes_.size) return;
    for (std::size_t r = 0; r < nodes.size(); ++r) {
      Node& node = schedule_.topology.nodes[index(nodes[r])];
      if (node.type == NodeType::Gpu) {
        in_.report(
            (*ranks)[r],
            "node " + describe((*ranks)[r]) + ", " + in_quotes(node.id) + ", has a second rank",
            "a different node for each rank");
      }
      node.type = NodeType::Gpu;
    }
  }

  void read_labels() {
    const JsonValue* const list = find(root_, "labels");
    if (list == nullptr) return;
    const std::string expected = R"([node, labels], e.g. [0,{"host":"node07"}])";
    const JsonArray* const values =
        in_.array(*list, "key \"labels\"", "one array a node: " + expected);
    if (values == nullptr) return;
    for (const JsonValue& value : *values) {
      const JsonArray* const pair = in_.array(value, "an entry of \"labels\"", expected);
      if (pair == nullptr) continue;
      if (pair->size() != 2) {
        in_.report(value, "an entry of \"labels\" has " + std::to_string(pair->size()) + " values",
                   expected);
        continue;
      }
      const auto node = position((*pair)[0], nodes_);
      const JsonObject* const labels = in_.object((*pair)[1], "the labels of a node", expected);
      if (labels == nullptr) continue;
      for (const auto& [name, text] : *labels) {
        const std::string* const label =
            in_.plain_string(text, "the label " + in_quotes(name), "a text, e.g. \"node07\"");
        // While the list of nodes is wrong, any number passes for one.
        if (node && nodes_.size && label != nullptr) {
          schedule_.topology.nodes[*node].labels[name] = *label;
        }
      }
    }
  }

  void read_routes() {
    const std::string expected = "node indices from sender to receiver, e.g. [0,16,3]";
    const JsonArray* const routes =
        in_.require_array(root_, "routes", "one array a route: " + expected);
    if (routes == nullptr) return;
    routes_.size = routes->size();
    schedule_.routes.reserve(routes->size());
    for (const JsonValue& value : *routes) {
      const JsonArray* const nodes = in_.array(value, "a route", expected);
      if (nodes == nullptr) continue;
      if (nodes->size() < 2) {
        in_.report(value, nodes->empty() ? "a route is empty" : "a route has only one node",
                   "at least two: " + expected);
      }
      schedule_.routes.push_back(node_list(*nodes));
    }
  }

  void read_trees(std::string_view key, std::vector<ScheduleTree>& trees) {
    const JsonValue* const list = find(root_, key);
    if (list == nullptr) return;  // not every collective has both lists
    const std::string expected = R"(e.g. {"root":0,"share":"1/48","routes":[12,7]})";
    const JsonArray* const values =
        in_.array(*list, "key " + in_quotes(key), "an array of trees, " + expected);
    if (values == nullptr) return;
    trees.reserve(values->size());
    for (const JsonValue& value : *values) {
      if (in_.object(value, "a tree", expected) == nullptr) continue;
      in_.check_keys(value, "a tree", {"root", "share", "routes"}, JsonReader::UnknownKeys::Kept);
      ScheduleTree& tree = trees.emplace_back();
      if (const JsonValue* const rank = in_.require(value, "root", "a rank, e.g. 0")) {
        tree.root = position(*rank, ranks_).value_or(0);
      }
      if (const JsonValue* const share = in_.require(value, "share", R"(e.g. "1/48")")) {
        tree.share = positive(*share, "share", R"("1/48")").value_or(Rational());
      }
      const JsonArray* const edges =
          in_.require_array(value, "routes", "positions in \"routes\", e.g. [12,7]");
      if (edges == nullptr) continue;
      tree.routes.reserve(edges->size());
      for (const JsonValue& edge : *edges) {
        if (const auto route = position(edge, routes_)) tree.routes.push_back(*route);
      }
    }
  }

  void read_bound() {
    const JsonValue* const bound =
        in_.require(root_, "bound", R"(e.g. {"algbw":"1040/3","cut":[0,1,8]})");
    if (bound == nullptr || in_.object(*bound, "key \"bound\"", "an object") == nullptr) return;
    in_.check_keys(*bound, "key \"bound\"", {"algbw", "cut", "parts", "achievable"},
                   JsonReader::UnknownKeys::Kept);
    if (const auto algbw = rate(*bound)) schedule_.bound.algbw = *algbw;
    if (const JsonArray* const cut =
            in_.require_array(*bound, "cut", "node indices, e.g. [0,1,8]")) {
      schedule_.bound.cut = node_list(*cut);
    }
    read_parts(*bound);
    read_achievable(*bound);
  }

  void read_parts(const JsonValue& bound) {
    const JsonValue* const value = find(bound, "parts");
    if (value == nullptr) return;
    const std::string expected = "arrays of node indices, e.g. [[0,1],[2,3]]";
    const JsonArray* const parts = in_.array(*value, "key \"parts\"", expected);
    if (parts == nullptr) return;
    for (const JsonValue& part : *parts) {
      if (const JsonArray* const nodes = in_.array(part, "a part", expected)) {
        schedule_.bound.parts.push_back(node_list(*nodes));
      }
    }
  }

  void read_achievable(const JsonValue& bound) {
    const JsonValue* const value = find(bound, "achievable");
    if (value == nullptr) return;
    if (in_.object(*value, "key \"achievable\"", "an object") == nullptr) return;
    Achievable achievable;
    if (const auto algbw = rate(*value)) achievable.algbw = *algbw;
    if (const JsonArray* const cuts =
            in_.require_array(*value, "cuts", R"(e.g. [{"weight":"1/7","nodes":[0,1]}])")) {
      for (const JsonValue& cut : *cuts) read_weighted_cut(cut, achievable);
    }
    if (const JsonArray* const potentials =
            in_.require_array(*value, "potentials", R"(e.g. [[8,"-1/7"]])")) {
      for (const JsonValue& potential : *potentials) read_potential(potential, achievable);
    }
    schedule_.bound.achievable = std::move(achievable);
  }

  void read_weighted_cut(const JsonValue& cut, Achievable& achievable) {
    if (in_.object(cut, "a cut", R"(e.g. {"weight":"1/7","nodes":[0,1]})") == nullptr) return;
    WeightedCut weighted;
    if (const JsonValue* const weight = in_.require(cut, "weight", R"(e.g. "1/7")")) {
      if (const auto fraction = positive(*weight, "weight", R"("1/7")"))
        weighted.weight = *fraction;
    }
    if (const JsonArray* const nodes =
            in_.require_array(cut, "nodes", "node indices, e.g. [0,1]")) {
      weighted.nodes = node_list(*nodes);
    }
    achievable.cuts.push_back(std::move(weighted));
  }

  void read_potential(const JsonValue& value, Achievable& achievable) {
    const std::string expected = R"(a node index and a fraction in quotes, e.g. [8,"-1/7"])";
    const JsonArray* const pair = in_.array(value, "a potential", expected);
    if (pair == nullptr) return;
    if (pair->size() != 2) {
      in_.report(value, "a potential has " + std::to_string(pair->size()) + " entries", expected);
      return;
    }
    const auto node = position((*pair)[0], nodes_);
    const std::string* const text = in_.string((*pair)[1], "the potential", expected);
    if (text == nullptr) return;
    const auto fraction = text->size() <= kLongestNumber ? Rational::parse(*text) : std::nullopt;
    if (!fraction) in_.report((*pair)[1], "the potential is " + in_quotes(*text), expected);
    if (node && fraction) achievable.potentials.push_back({static_cast<NodeId>(*node), *fraction});
  }

  void read_generator() {
    const JsonValue* const generator = in_.require(
        root_, "generator", R"(e.g. {"tool":"pleach","version":"0.1.0","method":"exact"})");
    if (generator == nullptr ||
        in_.object(*generator, "key \"generator\"", "an object") == nullptr) {
      return;
    }
    in_.check_keys(*generator, "key \"generator\"", {"tool", "version", "method"},
                   JsonReader::UnknownKeys::Kept);
    for (const auto& [key, target] : {std::pair("tool", &schedule_.generator.tool),
                                      std::pair("version", &schedule_.generator.version),
                                      std::pair("method", &schedule_.generator.method)}) {
      if (const std::string* const text = in_.require_string(*generator, key, "a text"))
        *target = *text;
    }
  }

  std::optional<Rational> rate(const JsonValue& object) {
    const JsonValue* const value = in_.require(object, "algbw", R"(GB/s, e.g. "1040/3")");
    return value == nullptr ? std::nullopt : positive(*value, "algbw", R"("1040/3")");
  }

  std::optional<Rational> positive(const JsonValue& value,
                                   const std::string& what,
                                   const std::string& example) {
    const std::string expected = "a fraction above 0 in quotes, e.g. " + example;
    const std::string* const text = in_.string(value, "the " + what, expected);
    if (text == nullptr) return std::nullopt;
    auto fraction = text->size() <= kLongestNumber ? Rational::parse(*text) : std::nullopt;
    if (fraction && fraction->sign() > 0) return fraction;
    in_.report(value, "the " + what + " is " + in_quotes(*text), expected);
    return std::nullopt;
  }

  template <class Parse>
  auto quantity(const JsonValue& value,
                const std::string& what,
                const Parse& parse,
                const std::string& expected) -> decltype(parse("")) {
    const std::string* const text = in_.string(value, "the " + what, expected);
    if (text == nullptr) return std::nullopt;
    auto parsed = text->size() <= kLongestNumber ? parse(*text) : std::nullopt;
    if (!parsed) in_.report(value, "the " + what + " is " + in_quotes(*text), expected);
    return parsed;
  }

  // An index of `range`. Most of a file is these, so the good ones take the short way.
  std::optional<int> position(const JsonValue& value, const Range& range) {
    const int size = range.size ? static_cast<int>(*range.size) : std::numeric_limits<int>::max();
    if (const auto* number = std::get_if<JsonNumber>(&value.content)) {
      const char* const end = number->text.data() + number->text.size();
      int parsed = -1;
      const auto result = std::from_chars(number->text.data(), end, parsed);
      if (result.ec == std::errc() && result.ptr == end && parsed >= 0 && parsed < size)
        return parsed;
    }
    in_.report(value, "there is no " + std::string(range.kind) + " " + describe(value),
               !range.size        ? "a whole number from 0"
               : *range.size == 0 ? "the list of " + std::string(range.kind) + "s is empty"
                                  : "a whole number from 0 to " + std::to_string(*range.size - 1));
    return std::nullopt;
  }

  // Leaves out what is no node.
  std::vector<NodeId> node_list(const JsonArray& values) {
    std::vector<NodeId> nodes;
    nodes.reserve(values.size());
    for (const JsonValue& value : values) {
      if (const auto node = position(value, nodes_)) nodes.push_back(static_cast<NodeId>(*node));
    }
    return nodes;
  }

  // In the order of the file; a file that was cut or shifted can have a mistake in every line.
  Diagnostics first_mistakes() {
    constexpr std::size_t kMost = 20;
    Diagnostics mistakes = in_.mistakes();
    std::ranges::stable_sort(mistakes, {}, &Diagnostic::line);
    if (mistakes.size() <= kMost) return mistakes;
    const std::size_t more = mistakes.size() - kMost;
    mistakes.resize(kMost);
    mistakes.push_back({.file = in_.document().file,
                        .line = 0,
                        .pointer = "",
                        .message = "and " + std::to_string(more) + " more mistakes",
                        .expected = "",
                        .fix = ""});
    return mistakes;
  }

  JsonReader in_;
  const JsonValue& root_;
  Schedule schedule_;
  Range nodes_{.kind = "node", .size = std::nullopt};
  Range ranks_{.kind = "rank", .size = std::nullopt};
  Range routes_{.kind = "route", .size = std::nullopt};
};

// Whether every number in the long lists names something.
bool indices_hold(const Schedule& schedule) {
  const auto below = [](int number, std::size_t size) {
    return static_cast<std::size_t>(number) < size;
  };
  for (const Route& route : schedule.routes) {
    if (route.size() < 2) return false;
    for (const NodeId node : route) {
      if (!below(static_cast<int>(node), schedule.topology.num_nodes())) return false;
    }
  }
  for (const auto* trees : {&schedule.broadcast_trees, &schedule.reduce_trees}) {
    for (const ScheduleTree& tree : *trees) {
      if (!below(tree.root, schedule.topology.num_ranks())) return false;
      for (const int route : tree.routes) {
        if (!below(route, schedule.routes.size())) return false;
      }
    }
  }
  return true;
}

// The short way, for a file without mistakes whose long lists are written plainly.
std::optional<Schedule> read_plain(std::string_view text, const std::string& file) {
  std::optional<BulkLists> bulk = take_bulk_lists(text);
  if (!bulk) return std::nullopt;
  const auto document = parse_json(bulk->rest, file);
  if (!document.ok()) return std::nullopt;
  auto read = ScheduleReader(document.value()).read();
  if (!read.ok()) return std::nullopt;
  Schedule schedule = std::move(read).value();
  schedule.routes = std::move(bulk->routes);
  schedule.broadcast_trees = std::move(bulk->broadcast_trees);
  schedule.reduce_trees = std::move(bulk->reduce_trees);
  if (!indices_hold(schedule)) return std::nullopt;
  return schedule;
}

}  // namespace

Result<Schedule> read_schedule(std::string_view text, const std::string& file) {
  if (auto schedule = read_plain(text, file)) return std::move(*schedule);
  const auto document = parse_json(text, file);
  if (!document.ok()) return document.mistakes();
  return ScheduleReader(document.value()).read();
}

}  // namespace pleach
