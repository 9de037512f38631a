// Nodes and links of a body.
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
  if (reader_.object(object, "a node", R"({"id": "gpu0", "type": "gpu"})") == nullptr) {
    description_.names_are_complete = false;
    return;
  }
  NodeDeclaration node;
  node.origin = origin(object);
  const JsonValue* const use = find(object, "use");
  const bool has_name = names_succeed([&] {
    node.loop = loop(object);
    node.id = id_pattern(reader_.require(object, "id", R"(a name, e.g. "gpu0")"), R"(key "id")",
                         node.loop);
    if (use == nullptr) return;
    node.use = text(*use, R"(key "use")", "the name of a template");
    if (!node.use.empty()) node.body = template_named(*use, node.use);
  });
  if (use != nullptr) {
    reader_.check_keys(object, "a node with \"use\"", {"id", "use", "for", "labels"});
    node.properties.labels = labels(object, node.loop);
  } else {
    // Without a type it may be meant as a template, with a misspelt "use".
    if (find(object, "type") == nullptr) description_.names_are_complete = false;
    reader_.check_keys(object, "a node",
                       {"id", "type", "kind", "use", "for", "multicast", "reduce", "relay",
                        "throughput", "labels"});
    node.properties = node_properties(object, node.loop);
  }
  if (has_name) nodes.push_back(std::move(node));
}

void Decoder::link_ends(const JsonValue& object, LinkDeclaration& link) {
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
    reader_.report_missing(object, {"between", "from", "to"}, "a link has no ends",
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
  const bool has_ends = succeeds([&] { link_ends(object, link); });
  link.cable = cable(object, "the link");
  if (has_ends) links.push_back(std::move(link));
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

void Decoder::body(const JsonValue& object, Body& body) {
  const JsonValue* const nodes = find(object, "nodes");
  const JsonValue* const fabrics = find(object, "fabrics");
  for (const JsonValue* const value : {nodes, fabrics}) {
    const bool is_array = value == nullptr || std::holds_alternative<JsonArray>(value->content);
    if (!is_array) description_.names_are_complete = false;
  }
  each(nodes, R"(key "nodes")", "an array of nodes",
       [&](const JsonValue& item) { node(item, body.nodes); });
  if (const JsonValue* const value = find(object, "matrix")) matrix(*value, body.matrices);
  each(find(object, "links"), R"(key "links")", "an array of links",
       [&](const JsonValue& item) { link(item, body.links); });
  each(fabrics, R"(key "fabrics")", "an array of fabrics",
       [&](const JsonValue& item) { fabric(item, body.fabrics); });
}

}  // namespace pleach
