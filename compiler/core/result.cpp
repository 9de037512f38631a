#include "compiler/core/result.hpp"

namespace pleach {

std::string to_string(const Diagnostic& diagnostic) {
  std::string text = diagnostic.file;
  if (diagnostic.line > 0) text += ":" + std::to_string(diagnostic.line);
  if (!text.empty()) text += ": ";
  text += "error: " + diagnostic.message;
  if (!diagnostic.pointer.empty()) text += " (" + diagnostic.pointer + ")";
  text += "\n";
  if (!diagnostic.expected.empty()) text += "  expected: " + diagnostic.expected + "\n";
  if (!diagnostic.fix.empty()) text += "  fix: " + diagnostic.fix + "\n";
  return text;
}

}  // namespace pleach
