// A folder that is there for a while.
#pragma once

#include <string>

namespace pleach::perf {

// Makes an empty folder, where the system keeps such, and removes it with what is in it.
class TemporaryFolder {
 public:
  // Throws MachineError.
  TemporaryFolder();
  ~TemporaryFolder();
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;
  [[nodiscard]] const std::string& path() const { return path_; }

 private:
  std::string path_;
};

}  // namespace pleach::perf
