#include "compiler/cli/load_schedule.hpp"

#include "compiler/ir/schedule_json.hpp"
#include "compiler/topology/read_file.hpp"

namespace pleach::cli {

void add_schedule_argument(CLI::App& app, std::string& name) {
  app.add_option("SCHEDULE", name, "a pleach-schedule/1 file, or \"-\" for standard input")
      ->type_name("")
      ->required();
}

Result<Schedule> load_schedule(const std::string& name) {
  const auto text = read_file(name);
  if (!text.ok()) return text.mistakes();
  return read_schedule(text.value(), name);
}

Diagnostics to_diagnostics(const std::vector<Violation>& violations, const std::string& file) {
  Diagnostics diagnostics;
  for (const Violation& violation : violations) {
    diagnostics.push_back({.file = file,
                           .pointer = violation.where,
                           .message = violation.rule + ": " + violation.message,
                           .expected = "",
                           .fix = ""});
  }
  return diagnostics;
}

}  // namespace pleach::cli
