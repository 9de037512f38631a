// NCCL's way to its plugins, as its releases 2.28 and 2.30 go: which names it tries to open and
// which version it takes.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "runtime/nccl/abi.hpp"
#include "tests/runtime/nccl/any_tuner.hpp"

namespace pleach::testing {

// The names that are tried for NCCL_TUNER_PLUGIN or NCCL_ENV_PLUGIN, in order. `kind`: "tuner",
// "env". Null: not set. Empty result: "none".
[[nodiscard]] std::vector<std::string> plugin_names(const std::string& kind, const char* value);

// A library that stays open as long as the object. Never one that was opened already by tests.
class OpenLibrary {
 public:
  explicit OpenLibrary(const std::vector<std::string>& names);
  OpenLibrary(const OpenLibrary&) = delete;
  OpenLibrary& operator=(const OpenLibrary&) = delete;
  ~OpenLibrary();
  [[nodiscard]] bool open() const { return handle_ != nullptr; }
  [[nodiscard]] const std::string& name() const { return name_; }  // which of them it was
  [[nodiscard]] const void* symbol(const std::string& name) const;

 private:
  void* handle_ = nullptr;
  std::string name_;
};

// The newest version that the release and the library both know; 28 or 30.
[[nodiscard]] std::optional<AnyTuner> pick_tuner(const OpenLibrary& library, int release);
[[nodiscard]] AnyTuner tuner_version(const OpenLibrary& library, int version);

struct AnyEnv {
  int version = 0;  // 1 or 2
  const void* plugin = nullptr;
  int init(nccl::abi::Logger logger) const;  // version 1 does without
  int finalize() const;
  const char* get_env(const char* variable) const;
};
[[nodiscard]] std::optional<AnyEnv> pick_env(const OpenLibrary& library, int release);
[[nodiscard]] AnyEnv env_version(const OpenLibrary& library, int version);

}  // namespace pleach::testing
