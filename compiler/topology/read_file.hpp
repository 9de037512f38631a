// Reads whole files of text.
#pragma once

#include <string>

#include "compiler/core/result.hpp"

namespace pleach {

// "-" is standard input. What holds a zero byte is read up to a little after the first one.
// Errors: a file that is missing, is a folder, can not be read, or has more than 1 GiB.
[[nodiscard]] Result<std::string> read_file(const std::string& name);

}  // namespace pleach
