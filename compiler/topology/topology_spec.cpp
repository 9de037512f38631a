#include "compiler/topology/topology_spec.hpp"

namespace pleach {

Diagnostic mistake_at(const TopologySpec& spec,
                      Origin origin,
                      std::string message,
                      std::string expected,
                      std::string fix) {
  Diagnostic mistake{.file = spec.file,
                     .line = 0,
                     .pointer = "",
                     .message = std::move(message),
                     .expected = std::move(expected),
                     .fix = std::move(fix)};
  if (origin.document >= 0) {
    const JsonDocument& document = *spec.documents[static_cast<std::size_t>(origin.document)];
    mistake.file = document.file;
    mistake.line = line_at(document, origin.offset);
    mistake.pointer = pointer_at(document, origin.offset);
  }
  return mistake;
}

}  // namespace pleach
