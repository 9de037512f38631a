#include "compiler/cli/console.hpp"

#include <algorithm>
#include <iostream>
#include <string>

#include <unistd.h>

#include "compiler/cli/output.hpp"

namespace pleach::cli {

void print(std::string_view text) { write_all(STDOUT_FILENO, text, "standard output"); }

void print_json(const nlohmann::ordered_json& object) { print(object.dump() + "\n"); }

ExitCode report(const Diagnostics& mistakes) {
  // A person mends a few at a time; a generated file can have a mistake in every line.
  constexpr std::size_t kMost = 100;
  const std::size_t shown = std::min(mistakes.size(), kMost);
  std::string text;
  for (std::size_t i = 0; i < shown; ++i) text += to_string(mistakes[i]);
  if (shown < mistakes.size()) {
    text += "and " + std::to_string(mistakes.size() - shown) + " more mistakes\n";
  }
  std::cerr << text;
  return ExitCode::InputWrong;
}

void report_notes(const Diagnostics& notes) {
  std::string text;
  for (const Diagnostic& note : notes) text += note_text(note);
  std::cerr << text;
}

}  // namespace pleach::cli
