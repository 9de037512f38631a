// Files out.
#pragma once

#include <string>
#include <string_view>

namespace pleach::cli {

// Replaces file `path` by `content`, or leaves it as it was: the bytes go to a new file beside it,
// which then takes its name in one step. A symbolic link stays one; its target is replaced.
// What is no regular file (a pipe, /dev/stdout) is written to as it stands. Signals that end the
// program wait until the file is whole.
// Throws MachineError where the system refuses.
void write_output(const std::string& path, std::string_view content);

// Writes all of `content` to an open file. `name` is for the MachineError that a failure throws.
void write_all(int file, std::string_view content, const std::string& name);

}  // namespace pleach::cli
