#include "compiler/cli/machine_or_schedule.hpp"

#include <array>
#include <filesystem>
#include <string_view>
#include <utility>

#include "compiler/core/suggest.hpp"
#include "compiler/ir/schedule_json.hpp"
#include "compiler/topology/json_text.hpp"
#include "compiler/topology/load_topology.hpp"
#include "compiler/topology/read_file.hpp"

namespace pleach::cli {
namespace {

constexpr std::string_view kTopology = "pleach-topology/1";
constexpr std::string_view kSchedule = "pleach-schedule/1";

Diagnostic unknown_format(const JsonDocument& document) {
  const std::string expected =
      "\"format\": \"" + std::string(kTopology) + "\" or \"" + std::string(kSchedule) + "\"";
  const JsonValue* const format = find(document.root, "format");
  if (format == nullptr) {
    const bool object = std::holds_alternative<JsonObject>(document.root.content);
    return mistake_at(document, document.root,
                      object ? "key \"format\" is missing"
                             : "the file holds " + describe(document.root) + ", not an object",
                      expected);
  }
  const auto* const text = std::get_if<std::string>(&format->content);
  const std::array<std::string_view, 2> names = {kTopology, kSchedule};
  return mistake_at(document, *format, "the format is " + describe(*format), expected,
                    text == nullptr ? "" : did_you_mean(*text, names));
}

// Needs: topology.ok().
Result<MachineOrSchedule> machine(Result<Topology> topology) {
  Diagnostics notes = topology.notes();
  return {{.topology = std::move(topology).value(), .schedule = std::nullopt}, std::move(notes)};
}

Result<MachineOrSchedule> read(std::string_view text, const std::string& name) {
  const auto document = parse_json(text, name);
  if (!document.ok()) return document.mistakes();
  const JsonValue* const format = find(document.value().root, "format");
  const auto* const found =
      format == nullptr ? nullptr : std::get_if<std::string>(&format->content);
  if (found != nullptr && *found == kTopology) {
    auto topology = read_topology(text, name);
    if (!topology.ok()) return topology.mistakes();
    return machine(std::move(topology));
  }
  if (found != nullptr && *found == kSchedule) {
    auto schedule = read_schedule(text, name);
    if (!schedule.ok()) return schedule.mistakes();
    Topology topology = schedule.value().topology;
    return MachineOrSchedule{.topology = std::move(topology),
                             .schedule = std::move(schedule).value()};
  }
  return unknown_format(document.value());
}

}  // namespace

void add_machine_or_schedule_argument(CLI::App& app, std::string& name) {
  app.add_option("TOPOLOGY|SCHEDULE", name,
                 "a pleach-topology/1 or pleach-schedule/1 file, \"-\" for standard input, or a "
                 "name from `pleach topo list`")
      ->type_name("")
      ->required();
}

Result<MachineOrSchedule> load_machine_or_schedule(const std::string& name) {
  std::error_code ignored;
  if (name != "-" && !std::filesystem::exists(name, ignored)) {
    auto topology = load_topology(name);  // a catalogue entry, or nothing at all
    if (!topology.ok()) return topology.mistakes();
    return machine(std::move(topology));
  }
  const auto text = read_file(name);
  if (!text.ok()) return text.mistakes();
  return read(text.value(), name);
}

Diagnostic collective_of_schedule(const Schedule& schedule, const std::string& file) {
  return {.file = file,
          .pointer = "",
          .message = "this is a schedule, for " + std::string(name_of(schedule.collective)) +
                     "; -c goes with a TOPOLOGY",
          .expected = "",
          .fix = "leave -c away, or name the machine"};
}

}  // namespace pleach::cli
