#include <algorithm>
#include <array>

#include "compiler/core/suggest.hpp"
#include "compiler/topology/decoder.hpp"

namespace pleach {
namespace {

struct TypeRow {
  std::string_view name;
  FabricType type;
  std::vector<std::string_view> keys;  // besides type, id and attach
};

const std::vector<TypeRow>& fabric_types() {
  static const std::vector<TypeRow> kTypes = {
      {"leaf-spine", FabricType::LeafSpine, {"leaves", "spines", "uplink"}},
      {"fat-tree", FabricType::FatTree, {"radix", "levels", "oversubscription", "uplink"}},
      {"dragonfly", FabricType::Dragonfly, {"groups", "switches_per_group", "local", "global"}},
      {"torus", FabricType::Torus, {"dims", "wrap", "node", "class"}},
      {"mesh", FabricType::Mesh, {"dims", "wrap", "node", "class"}},
      {"hypercube", FabricType::Hypercube, {"dims", "node", "class"}},
      {"full-mesh", FabricType::FullMesh, {"dims", "node", "class"}},
      {"star", FabricType::Star, {"dims", "node", "class"}},
  };
  return kTypes;
}

constexpr std::int64_t kLargestNumber = 1'000'000'000;

}  // namespace

Tier Decoder::tier(const JsonValue& fabric, std::string_view key) {
  constexpr std::string_view kTier = R"(switches, e.g. {"id": "leaf{r}", "for": {"r": "0-7"}})";
  const JsonValue* const value = reader_.require(fabric, key, kTier);
  if (value == nullptr || reader_.object(*value, "key " + in_quotes(key), kTier) == nullptr)
    return {};
  reader_.check_keys(*value, "key " + in_quotes(key), {"id", "for", "multicast", "reduce"});
  for (const std::string_view flag : {"multicast", "reduce"}) {
    if (const JsonValue* const set = find(*value, flag)) {
      reader_.boolean(*set, "key " + in_quotes(flag));
    }
  }
  Tier tier;
  tier.loop = loop(*value);
  tier.id =
      id_pattern(reader_.require(*value, "id", R"(e.g. "leaf{r}")"), R"(key "id")", tier.loop);
  return tier;
}

CableProperties Decoder::bundle(const JsonValue& fabric, std::string_view key) {
  constexpr std::string_view kBundle = R"(cables, e.g. {"class": "ndr", "count": 2})";
  const JsonValue* const value = reader_.require(fabric, key, kBundle);
  if (value == nullptr || reader_.object(*value, "key " + in_quotes(key), kBundle) == nullptr) {
    return {};
  }
  reader_.check_keys(*value, "key " + in_quotes(key), {"class", "bandwidth", "latency", "count"});
  return cable(*value, "key " + in_quotes(key));
}

std::int64_t Decoder::required_number(const JsonValue& object,
                                      std::string_view key,
                                      std::int64_t least) {
  const JsonValue* const value = reader_.require(object, key, "a whole number");
  if (value == nullptr) return least;
  return reader_.whole_number(*value, "key " + in_quotes(key), least, kLargestNumber)
      .value_or(least);
}

void Decoder::fat_tree(const JsonValue& object, FabricDeclaration& fabric) {
  fabric.radix = required_number(object, "radix", 2);
  fabric.levels = required_number(object, "levels", 2);
  fabric.cable = bundle(object, "uplink");
  if (fabric.levels > 3) {
    reader_.report(
        *find(object, "levels"),
        "fat trees of " + std::to_string(fabric.levels) + " levels are not supported yet",
        "2 or 3 levels");
  }
  Rational oversubscription = 1;
  const JsonValue* const value = find(object, "oversubscription");
  if (value != nullptr) {
    constexpr std::string_view kRatio = "ports down for each port up of a leaf, at least 1, e.g. 2";
    oversubscription = reader_.number(*value, R"(key "oversubscription")", kRatio).value_or(1);
    if (oversubscription < Rational(1)) {
      reader_.report(*value, "key \"oversubscription\" is " + describe(*value),
                     std::string(kRatio));
      return;
    }
  }
  const Rational uplinks = Rational(fabric.radix) / (oversubscription + 1);
  if (uplinks.den() != Integer(1) || uplinks < Rational(1) ||
      (fabric.levels == 3 && fabric.radix % 2 != 0)) {
    reader_.report(object,
                   "the " + std::to_string(fabric.radix) +
                       " ports of a switch can not be split into " + oversubscription.to_string() +
                       " down for each one up",
                   "a radix that \"oversubscription\" + 1 divides, and an even one for 3 levels");
    return;
  }
  fabric.uplinks = uplinks.num().int64();
}

void Decoder::grid(const JsonValue& object, FabricDeclaration& fabric) {
  const bool has_shape = fabric.type == FabricType::Torus || fabric.type == FabricType::Mesh;
  const std::string expected = has_shape ? "sizes, e.g. [4, 4]" : "one number, e.g. [8]";
  const JsonValue* dims = find(object, "dims");
  if (fabric.type == FabricType::Star && dims == nullptr) {
    for (const std::string_view key : {"node", "class"}) {
      if (const JsonValue* const value = find(object, key)) {
        reader_.report(*value,
                       "a star without \"dims\" has no nodes but its hub, so " + in_quotes(key) +
                           " means nothing",
                       "\"dims\": [N], or links to the hub in \"attach\"");
      }
    }
    return;
  }
  dims = reader_.require(object, "dims", expected);
  each(dims, R"(key "dims")", expected, [&](const JsonValue& item) {
    const std::int64_t least = fabric.type == FabricType::Hypercube ? 1 : 2;
    fabric.dimensions.push_back(
        reader_.whole_number(item, R"(an entry of "dims")", least, kLargestNumber).value_or(2));
  });
  constexpr std::size_t kMostDimensions = 16;
  const std::size_t most = has_shape ? kMostDimensions : 1;
  if (dims != nullptr && (fabric.dimensions.empty() || fabric.dimensions.size() > most)) {
    if (std::holds_alternative<JsonArray>(dims->content)) {
      reader_.report(*dims, "key \"dims\" has " + count_entries(fabric.dimensions.size()),
                     expected);
    }
  }

  fabric.wrap.assign(fabric.dimensions.size(), fabric.type == FabricType::Torus);
  if (const JsonValue* const wrap = find(object, "wrap")) {
    const std::string what = R"(key "wrap")";
    if (const auto* all = std::get_if<bool>(&wrap->content)) {
      fabric.wrap.assign(fabric.dimensions.size(), *all);
    } else {
      fabric.wrap.clear();
      each(wrap, what, "true, false, or one of them for each dimension",
           [&](const JsonValue& item) {
             fabric.wrap.push_back(reader_.boolean(item, R"(an entry of "wrap")").value_or(false));
           });
      if (std::holds_alternative<JsonArray>(wrap->content) &&
          fabric.wrap.size() != fabric.dimensions.size()) {
        reader_.report(
            *wrap, what + " has " + count_entries(fabric.wrap.size()),
            "one for each of the " + std::to_string(fabric.dimensions.size()) + " dimensions");
      }
    }
  }

  constexpr std::string_view kNode = R"(what stands at each place, e.g. {"type": "gpu"})";
  const JsonValue* const node = reader_.require(object, "node", kNode);
  if (node != nullptr && reader_.object(*node, R"(key "node")", kNode) != nullptr) {
    reader_.check_keys(*node, R"(key "node")",
                       {"type", "kind", "multicast", "reduce", "relay", "throughput", "labels"});
    fabric.node = node_properties(*node, {});
  }
  if (reader_.require(object, "class", "a link class") != nullptr) {
    fabric.cable = cable(object, "the fabric");
  }
}

void Decoder::fabric_shape(const JsonValue& object, FabricDeclaration& fabric) {
  const JsonValue* const id = reader_.require(object, "id", R"(a name for the fabric, e.g. "ib")");
  if (id != nullptr) fabric.id = text(*id, R"(key "id")", R"(a name, e.g. "ib")");
  if (fabric.id.find_first_of("{}") != std::string::npos) {
    reader_.report(*id, "the fabric id " + in_quotes(fabric.id) + " has braces", "a plain name");
  }

  std::vector<std::string_view> names;
  std::string expected;
  for (const TypeRow& row : fabric_types()) {
    names.push_back(row.name);
    expected += (expected.empty() ? "" : ", ") + std::string(row.name);
  }
  const JsonValue* const type = reader_.require(object, "type", expected);
  const std::string name = type == nullptr ? "" : text(*type, R"(key "type")", expected);
  if (name.empty()) return;
  const auto row = std::ranges::find(fabric_types(), name, &TypeRow::name);
  if (row == fabric_types().end()) {
    const bool is_planned = name == "dragonfly+";
    reader_.report(*type,
                   "the fabric type " + in_quotes(name) +
                       (is_planned ? " is not supported yet" : " is not known"),
                   expected,
                   is_planned ? "declare its switches and links with \"for\" ranges"
                              : did_you_mean(name, names));
    return;
  }
  fabric.type = row->type;
  std::vector<std::string_view> keys = {"type", "id", "attach"};
  keys.insert(keys.end(), row->keys.begin(), row->keys.end());
  reader_.check_keys(object, "a " + name + " fabric", keys);

  switch (fabric.type) {
    case FabricType::LeafSpine:
      fabric.leaves = tier(object, "leaves");
      fabric.spines = tier(object, "spines");
      fabric.cable = bundle(object, "uplink");
      break;
    case FabricType::FatTree: fat_tree(object, fabric); break;
    case FabricType::Dragonfly:
      fabric.groups = required_number(object, "groups", 2);
      fabric.switches_per_group = required_number(object, "switches_per_group", 1);
      fabric.cable = fabric.switches_per_group > 1 || find(object, "local") != nullptr
                         ? bundle(object, "local")
                         : CableProperties{};
      fabric.global_cable = bundle(object, "global");
      break;
    default: grid(object, fabric); break;
  }
}

void Decoder::fabric(const JsonValue& object, std::vector<FabricDeclaration>& fabrics) {
  FabricDeclaration fabric;
  fabric.origin = origin(object);
  const bool has_shape = names_succeed([&] {
    const char* const kFabric = R"({"type": "leaf-spine", "id": "ib", …})";
    if (reader_.object(object, "a fabric", kFabric) != nullptr) fabric_shape(object, fabric);
  });
  each(find(object, "attach"), R"(key "attach")", "an array of links",
       [&](const JsonValue& item) { attach(item, fabric.attach); });
  if (has_shape) fabrics.push_back(std::move(fabric));
}

}  // namespace pleach
