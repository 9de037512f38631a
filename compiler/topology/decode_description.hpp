// From the JSON of one pleach-topology/1 file to its declarations.
#pragma once

#include <functional>
#include <string_view>

#include "compiler/topology/declarations.hpp"
#include "compiler/topology/json_reader.hpp"

namespace pleach {

// A whole description, or one of `include`, which holds nothing but link classes and templates.
enum class DescriptionKind { Machine, Library };

// The template that `use: "builtin:<name>"` names, or null.
using FindBuiltin = std::function<const Body*(std::string_view name)>;

// Decodes `reader.document()`, number `document` of the spec, into `description`, whose visible
// classes and templates hold those of its includes already. Every mistake goes to `reader`. What a
// mistake makes unreadable is left out; a link whose rate alone is wrong stays, with any rate.
// `description` must stay where it is: others point into it.
void decode_description(JsonReader& reader,
                        std::int32_t document,
                        DescriptionKind kind,
                        const FindBuiltin& find_builtin,
                        Description& description);

}  // namespace pleach
