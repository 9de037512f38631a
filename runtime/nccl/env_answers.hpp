// What the env plugin answers besides the environment: where this host's files are.
#pragma once

#include <array>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "runtime/nccl/host_files.hpp"
#include "runtime/nccl/log.hpp"

namespace pleach::nccl {

inline constexpr const char* kTunerLibrary = "libnccl-tuner-pleach.so";
// NCCL copies a plugin's name into so many bytes, a zero included, and cuts the rest off.
inline constexpr std::size_t kPluginNameBytes = 255;

// From PLEACH_NCCL_DIR: NCCL_TOPO_FILE, NCCL_GRAPH_FILE, PLEACH_NCCL_TABLE, each where this host
// has the file; and where it has a table, NCCL_TUNER_PLUGIN, the tuner that lies in
// `library_folder`. Never changes once made.
class EnvAnswers {
 public:
  // `library_folder` may be empty: unknown. Says in a line each what is served; warns of a folder
  // that is not there, of files that can not be read and of what NCCL would cut off.
  EnvAnswers(const Settings& settings, const std::string& library_folder, const LogSink& log);

  // The text for a variable, valid as long as this object; null: none. Cost: four comparisons.
  [[nodiscard]] const char* find(std::string_view variable) const noexcept;

 private:
  struct Served {
    const char* variable;
    std::optional<std::string> value;
  };
  void serve(const char* variable, std::string value, const LogSink& log);
  void serve_file(const Settings& settings,
                  const char* variable,
                  std::string_view name,
                  const LogSink& log);
  void serve_tuner(const std::string& library_folder, const LogSink& log);

  std::array<Served, 4> served_ = {{{"NCCL_TOPO_FILE", {}},
                                    {"NCCL_GRAPH_FILE", {}},
                                    {kTableVariable, {}},
                                    {"NCCL_TUNER_PLUGIN", {}}}};
};

}  // namespace pleach::nccl
