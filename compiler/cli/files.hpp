// Files in, files out.
#pragma once

#include <string>
#include <string_view>

#include "compiler/core/result.hpp"

namespace pleach::cli {

// The whole content of file `name`, or of standard input for "-".
// Errors: there is no such file, it is a directory, it can not be read.
[[nodiscard]] Result<std::string> read_input(const std::string& name);

// Replaces file `path` by `content`, or leaves it as it was: the bytes go to a new file beside it,
// reach the disk, and take its name in one step. A symbolic link stays one; its target is replaced.
// What is no regular file (a pipe, /dev/stdout) is written to as it stands. Signals that end the
// program wait until the file is whole.
// Throws MachineError where the system refuses.
void write_output(const std::string& path, std::string_view content);

// Writes all of `content` to an open file. `name` is for the MachineError that a failure throws.
void write_all(int file, std::string_view content, const std::string& name);

}  // namespace pleach::cli
