#include "compiler/cli/console.hpp"

#include <iostream>

#include <unistd.h>

#include "compiler/cli/output.hpp"

namespace pleach::cli {

void print(std::string_view text) { write_all(STDOUT_FILENO, text, "standard output"); }

void print_json(const nlohmann::ordered_json& object) { print(object.dump() + "\n"); }

ExitCode report(const Diagnostics& mistakes) {
  for (const Diagnostic& mistake : mistakes) std::cerr << to_string(mistake);
  return ExitCode::InputWrong;
}

}  // namespace pleach::cli
