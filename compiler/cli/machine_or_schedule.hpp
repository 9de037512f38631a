// What `pleach explain` and `pleach view` take: a machine, or a schedule that brings its own.
#pragma once

#include <optional>
#include <string>

#include <CLI/CLI.hpp>

#include "compiler/core/result.hpp"
#include "compiler/ir/schedule.hpp"
#include "compiler/topology/topology.hpp"

namespace pleach::cli {

struct MachineOrSchedule {
  Topology topology;                 // the schedule's own when there is one
  std::optional<Schedule> schedule;  // nothing when the user named a machine
};

// The required positional TOPOLOGY|SCHEDULE.
void add_machine_or_schedule_argument(CLI::App& app, std::string& name);

// `name` is a path, "-" for standard input, or a catalogue name; a file of that name wins over the
// catalogue. The key "format" of a file tells which of the two it is.
// Errors: a format that is neither; everything that read_topology or read_schedule finds; a file
// that can not be read; an unknown name (with "did you mean").
// Cost: linear in the text, which is parsed twice; standard input is read once.
[[nodiscard]] Result<MachineOrSchedule> load_machine_or_schedule(const std::string& name);

// The mistake of giving -c to a schedule, which has a collective of its own. `file` is its name.
[[nodiscard]] Diagnostic collective_of_schedule(const Schedule& schedule, const std::string& file);

}  // namespace pleach::cli
