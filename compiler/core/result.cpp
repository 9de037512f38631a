#include "compiler/core/result.hpp"

namespace pleach {
namespace {

std::string text_of(const Diagnostic& diagnostic, const char* kind) {
  std::string text = diagnostic.file;
  if (diagnostic.line > 0) text += ":" + std::to_string(diagnostic.line);
  if (!text.empty()) text += ": ";
  text += kind + (": " + diagnostic.message);
  if (!diagnostic.pointer.empty()) text += " (" + diagnostic.pointer + ")";
  text += "\n";
  if (!diagnostic.expected.empty()) text += "  expected: " + diagnostic.expected + "\n";
  if (!diagnostic.fix.empty()) text += "  fix: " + diagnostic.fix + "\n";
  return text;
}

}  // namespace

std::string to_string(const Diagnostic& diagnostic) { return text_of(diagnostic, "error"); }

std::string note_text(const Diagnostic& diagnostic) { return text_of(diagnostic, "note"); }

}  // namespace pleach
