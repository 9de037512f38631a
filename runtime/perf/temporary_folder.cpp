#include "runtime/perf/temporary_folder.hpp"

#include <filesystem>

#include <stdlib.h>

#include "compiler/core/machine_error.hpp"

namespace pleach::perf {

TemporaryFolder::TemporaryFolder()
    : path_((std::filesystem::temp_directory_path() / "pleach-perf-XXXXXX").string()) {
  if (::mkdtemp(path_.data()) == nullptr) {
    throw MachineError("the folder " + path_ + " can not be made; TMPDIR names another place");
  }
}

TemporaryFolder::~TemporaryFolder() {
  std::error_code ignored;  // a folder that is left over does no harm
  std::filesystem::remove_all(path_, ignored);
}

}  // namespace pleach::perf
