// Decodes the parts that declarations are made of. Internal to decode_*.cpp.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "compiler/topology/decode_description.hpp"

namespace pleach {

// "1 entry", "3 entries".
[[nodiscard]] std::string count_entries(std::size_t number);

// Each function notes its mistakes and gives what it can, so that decoding goes on.
class Decoder {
 public:
  Decoder(JsonReader& reader,
          std::int32_t document,
          const FindBuiltin& find_builtin,
          Description& description)
      : reader_(reader),
        document_(document),
        find_builtin_(find_builtin),
        description_(description) {}

  void body(const JsonValue& object, Body& body);
  // Runs `decode` and says whether it went without mistakes.
  template <class Decode>
  [[nodiscard]] bool succeeds(Decode decode) {
    const std::size_t before = reader_.num_notes();
    decode();
    return reader_.num_notes() == before;
  }
  // The same for what declares nodes: a mistake may have cost some of them.
  template <class Decode>
  bool names_succeed(Decode decode) {
    const bool good = succeeds(decode);
    if (!good) description_.names_are_complete = false;
    return good;
  }
  void link_class(const JsonValue& value, LinkClass& link_class);
  void degraded(const JsonValue& value, std::vector<DegradedEntry>& entries);
  void ranks(const JsonValue& value, std::vector<RankEntry>& entries);

  // The items of an array, each handed to `decode`; `what` names the array in messages.
  template <class Decode>
  void each(const JsonValue* value,
            std::string_view what,
            std::string_view expected,
            Decode decode) {
    if (value == nullptr) return;
    const JsonArray* const items = reader_.array(*value, what, expected);
    if (items == nullptr) return;
    for (const JsonValue& item : *items) decode(item);
  }

 private:
  // decoder_parts.cpp
  [[nodiscard]] Origin origin(const JsonValue& value) const { return {document_, value.offset}; }
  void report(const JsonValue& value, const Diagnostics& mistakes);
  // A string of sane length; "" after a mistake.
  std::string text(const JsonValue& value, std::string_view what, std::string_view expected);
  std::optional<Bandwidth> bandwidth(const JsonValue& object, std::string_view key);
  std::optional<Latency> latency(const JsonValue& object);
  Loop loop(const JsonValue& object);
  IdPattern id_pattern(const JsonValue* value, std::string_view what, const Loop& loop);
  // The class that `value` names, or null.
  const LinkClass* class_named(const JsonValue& value);
  // `class`, `bandwidth`, `latency` and `count`, with `reverse_bandwidth` where it is allowed.
  CableProperties cable(const JsonValue& object, std::string_view what);
  LabelPatterns labels(const JsonValue& object, const Loop& loop);
  NodeProperties node_properties(const JsonValue& object, const Loop& loop);

  // decode_body.cpp
  void node(const JsonValue& object, std::vector<NodeDeclaration>& nodes);
  void link(const JsonValue& object, std::vector<LinkDeclaration>& links);
  void link_ends(const JsonValue& object, LinkDeclaration& link);
  void attach(const JsonValue& object, std::vector<LinkDeclaration>& links);
  const Body* template_named(const JsonValue& value, const std::string& name);

  // decode_matrix.cpp
  void matrix(const JsonValue& object, std::vector<MatrixDeclaration>& matrices);
  std::vector<std::string> matrix_ids(const JsonValue& value);
  void matrix_counts(const JsonValue& table, MatrixDeclaration& matrix);
  void check_symmetry(const JsonValue& table, const MatrixDeclaration& matrix);

  // decode_description.cpp
  std::optional<HostPattern> host_pattern(const JsonValue& value);
  void degraded_entry(const JsonValue& object, std::vector<DegradedEntry>& entries);

  // decode_fabric.cpp
  void fabric(const JsonValue& object, std::vector<FabricDeclaration>& fabrics);
  void fabric_shape(const JsonValue& object, FabricDeclaration& fabric);
  Tier tier(const JsonValue& fabric, std::string_view key);
  CableProperties bundle(const JsonValue& fabric, std::string_view key);
  std::int64_t required_number(const JsonValue& object, std::string_view key, std::int64_t least);
  void fat_tree(const JsonValue& object, FabricDeclaration& fabric);
  void grid(const JsonValue& object, FabricDeclaration& fabric);

  JsonReader& reader_;
  std::int32_t document_;
  const FindBuiltin& find_builtin_;
  Description& description_;
};

}  // namespace pleach
