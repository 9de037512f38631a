// Nodes, links and count matrices of a body.
#include "compiler/core/suggest.hpp"
#include "compiler/topology/decoder.hpp"

namespace pleach {
namespace {

constexpr std::string_view kEnds = R"(two node ids, e.g. ["gpu0", "sw0"])";

}  // namespace

const Body* Decoder::template_named(const JsonValue& value, const std::string& name) {
  constexpr std::string_view kBuiltin = "builtin:";
  if (name.starts_with(kBuiltin)) {
    const Body* const found = find_builtin_(std::string_view(name).substr(kBuiltin.size()));
    if (found == nullptr) {
      reader_.report(value, "the builtin template " + in_quotes(name) + " is not known",
                     R"(a template of topologies/boxes.json, e.g. "builtin:dgx-h100")");
    }
    return found;
  }
  const auto found = description_.visible_templates.find(name);
  if (found != description_.visible_templates.end()) return found->second;
  std::vector<std::string_view> names;
  for (const auto& entry : description_.visible_templates) names.push_back(entry.first);
  reader_.report(value, "the template " + in_quotes(name) + " is not known",
                 "a name from \"templates\", or \"builtin:\" and a name",
                 did_you_mean(name, names));
  return nullptr;
}

void Decoder::node(const JsonValue& object, std::vector<NodeDeclaration>& nodes) {
  if (reader_.object(object, "a node", R"({"id": "gpu0", "type": "gpu"})") == nullptr) return;
  NodeDeclaration node;
  node.origin = origin(object);
  node.loop = loop(object);
  node.id =
      id_pattern(reader_.require(object, "id", R"(a name, e.g. "gpu0")"), R"(key "id")", node.loop);
  if (const JsonValue* const use = find(object, "use")) {
    reader_.check_keys(object, "a node with \"use\"", {"id", "use", "for", "labels"});
    node.use = text(*use, R"(key "use")", "the name of a template");
    if (!node.use.empty()) node.body = template_named(*use, node.use);
  } else {
    reader_.check_keys(object, "a node",
                       {"id", "type", "kind", "use", "for", "multicast", "reduce", "relay",
                        "throughput", "labels"});
    node.properties = node_properties(object);
  }
  nodes.push_back(std::move(node));
}

void Decoder::link(const JsonValue& object, std::vector<LinkDeclaration>& links) {
  if (reader_.object(object, "a link", R"({"between": ["a", "b"], "bandwidth": "50 GB/s"})") ==
      nullptr) {
    return;
  }
  reader_.check_keys(object, "a link",
                     {"between", "from", "to", "class", "bandwidth", "reverse_bandwidth", "latency",
                      "count", "for"});
  LinkDeclaration link;
  link.origin = origin(object);
  link.loop = loop(object);
  const JsonValue* const between = find(object, "between");
  const JsonValue* const from = find(object, "from");
  const JsonValue* const to = find(object, "to");
  link.both_ways = between != nullptr;
  if (between != nullptr && (from != nullptr || to != nullptr)) {
    reader_.report(object, "a link has \"between\" and \"from\" or \"to\"",
                   R"("between" for both directions, or "from" and "to" for one)");
  } else if (between != nullptr) {
    const JsonArray* const ends = reader_.array(*between, R"(key "between")", kEnds);
    if (ends != nullptr && ends->size() != 2) {
      reader_.report(*between, "key \"between\" has " + count_entries(ends->size()),
                     std::string(kEnds));
    } else if (ends != nullptr) {
      link.from = id_pattern(&ends->front(), "an end of a link", link.loop);
      link.to = id_pattern(&ends->back(), "an end of a link", link.loop);
    }
  } else if (from == nullptr && to == nullptr) {
    reader_.report(object, "a link has no ends",
                   R"("between" for both directions, or "from" and "to" for one)");
  } else {
    link.from =
        id_pattern(reader_.require(object, "from", "a node id"), R"(key "from")", link.loop);
    link.to = id_pattern(reader_.require(object, "to", "a node id"), R"(key "to")", link.loop);
    if (const JsonValue* const reverse = find(object, "reverse_bandwidth")) {
      reader_.report(*reverse, "a link with \"from\" and \"to\" has a \"reverse_bandwidth\"",
                     "\"between\", which has two directions");
    }
  }
  link.cable = cable(object, "the link");
  links.push_back(std::move(link));
}

void Decoder::attach(const JsonValue& object, std::vector<LinkDeclaration>& links) {
  for (const std::string_view key : {"from", "to"}) {
    if (const JsonValue* const value = find(object, key)) {
      reader_.report(*value,
                     "\"attach\" links run both ways, so " + in_quotes(key) + " has no place here",
                     R"("between": [a node outside, a switch of the fabric])",
                     "write a one-way link in \"links\", with the switch's whole id");
      return;
    }
  }
  link(object, links);
}

void Decoder::matrix(const JsonValue& object, std::vector<MatrixDeclaration>& matrices) {
  constexpr std::string_view kTable = "a row of cable counts for each node";
  constexpr std::string_view kNodes =
      R"(ids with one range at the end, at most 10000, e.g. "gcd{0-7}")";
  if (reader_.object(object, R"(key "matrix")", R"({"nodes": …, "class": …, "counts": …})") ==
      nullptr) {
    return;
  }
  reader_.check_keys(object, R"(key "matrix")", {"nodes", "class", "counts"});
  const std::size_t mistakes_before = reader_.mistakes().size();
  MatrixDeclaration matrix;
  matrix.origin = origin(object);
  if (const JsonValue* const class_value = reader_.require(object, "class", "a link class")) {
    if (class_named(*class_value) != nullptr) matrix.cable = cable(object, "the matrix");
  }
  const JsonValue* const nodes = reader_.require(object, "nodes", kNodes);
  if (nodes != nullptr) {
    const std::string pattern = text(*nodes, R"(key "nodes")", kNodes);
    const auto open = pattern.find('{');
    const auto ranges = open != std::string::npos && pattern.ends_with('}')
                            ? parse_number_ranges(std::string_view(pattern).substr(
                                  open + 1, pattern.size() - open - 2))
                            : std::nullopt;
    constexpr std::int64_t kMostNodes = 10'000;
    if (!ranges || count_numbers(*ranges) > kMostNodes) {
      if (!pattern.empty()) {
        reader_.report(*nodes, "key \"nodes\" is " + in_quotes(pattern), std::string(kNodes));
      }
    } else {
      for (const NumberRange& range : *ranges) {
        for (std::int64_t number = range.first; number <= range.last; ++number) {
          matrix.ids.push_back(pattern.substr(0, open) + std::to_string(number));
        }
      }
    }
  }

  const JsonValue* const counts = reader_.require(object, "counts", kTable);
  each(counts, R"(key "counts")", kTable, [&](const JsonValue& row) {
    auto& numbers = matrix.counts.emplace_back();
    each(&row, "a row of \"counts\"", kTable, [&](const JsonValue& item) {
      numbers.push_back(
          reader_.whole_number(item, "an entry of \"counts\"", 0, 1'000'000'000).value_or(0));
    });
    if (!matrix.ids.empty() && numbers.size() != matrix.ids.size()) {
      reader_.report(row, "a row of \"counts\" has " + count_entries(numbers.size()),
                     "one for each of the " + std::to_string(matrix.ids.size()) + " nodes");
    }
  });
  if (counts != nullptr && !matrix.ids.empty() && matrix.counts.size() != matrix.ids.size()) {
    reader_.report(*counts, "key \"counts\" has " + count_entries(matrix.counts.size()),
                   "one row for each of the " + std::to_string(matrix.ids.size()) + " nodes");
  }
  if (reader_.mistakes().size() > mistakes_before) return;
  for (std::size_t i = 0; i < matrix.ids.size(); ++i) {
    const JsonArray& rows = std::get<JsonArray>(counts->content);
    for (std::size_t j = 0; j <= i; ++j) {
      const std::int64_t count = matrix.counts[i][j];
      const JsonValue& entry = std::get<JsonArray>(rows[i].content)[j];
      if (i == j && count != 0) {
        reader_.report(entry, "\"counts\" joins " + in_quotes(matrix.ids[i]) + " with itself",
                       "0 on the diagonal");
      } else if (count != matrix.counts[j][i]) {
        reader_.report(entry,
                       "\"counts\" has " + std::to_string(count) + " cables from " +
                           in_quotes(matrix.ids[i]) + " to " + in_quotes(matrix.ids[j]) + " but " +
                           std::to_string(matrix.counts[j][i]) + " back",
                       "a symmetric table");
      }
    }
  }
  matrices.push_back(std::move(matrix));
}

void Decoder::body(const JsonValue& object, Body& body) {
  each(find(object, "nodes"), R"(key "nodes")", "an array of nodes",
       [&](const JsonValue& item) { node(item, body.nodes); });
  if (const JsonValue* const value = find(object, "matrix")) matrix(*value, body.matrices);
  each(find(object, "links"), R"(key "links")", "an array of links",
       [&](const JsonValue& item) { link(item, body.links); });
  each(find(object, "fabrics"), R"(key "fabrics")", "an array of fabrics",
       [&](const JsonValue& item) { fabric(item, body.fabrics); });
}

}  // namespace pleach
