// XML as NCCL's own reader takes it.
#pragma once

#include <string>

namespace pugi {
class xml_document;
}

namespace pleach::exporters {

// Two blanks a level, no declaration, "<gpu dev="0x1"/>" without a blank before the slash: NCCL's
// reader knows no declaration and takes the blank for the start of one more attribute. It knows no
// entities either, so is_plain must hold for every value.
[[nodiscard]] std::string xml_text(const pugi::xml_document& document);

// Whether a value stands in XML as it is, and is short enough for NCCL (254 characters): printable
// ASCII without < > & and quotes.
[[nodiscard]] bool is_plain(const std::string& value);

}  // namespace pleach::exporters
