#include "runtime/nccl/env_answers.hpp"

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <utility>

#include <sys/stat.h>
#include <unistd.h>

namespace pleach::nccl {
namespace {

// Why a path is no file that can be read; nothing: it is one.
std::optional<std::string> trouble_with(const std::string& path) {
  struct stat status {};
  if (::stat(path.c_str(), &status) != 0) return std::strerror(errno);
  if (!S_ISREG(status.st_mode)) return "it is no plain file";
  if (::access(path.c_str(), R_OK) != 0) return std::strerror(errno);
  return std::nullopt;
}

bool is_folder(const std::string& path) {
  struct stat status {};
  return ::stat(path.c_str(), &status) == 0 && S_ISDIR(status.st_mode);
}

}  // namespace

EnvAnswers::EnvAnswers(const Settings& settings,
                       const std::string& library_folder,
                       const LogSink& log) {
  if (!settings.folder) {
    log(Loudness::Inform, std::string("pleach: ") + kFolderVariable +
                              " is not set, nothing is added to the environment");
    return;
  }
  if (!is_folder(*settings.folder)) {
    log(Loudness::Warn, std::string("pleach: ") + kFolderVariable + ": there is no folder " +
                            *settings.folder + "; nothing is added to the environment");
    return;
  }
  serve_file(settings, "NCCL_TOPO_FILE", "topo.xml", log);
  serve_file(settings, "NCCL_GRAPH_FILE", "graph.xml", log);
  serve_file(settings, kTableVariable, kTableFile, log);
  if (find(kTableVariable) != nullptr) serve_tuner(library_folder, log);
}

const char* EnvAnswers::find(std::string_view variable) const noexcept {
  for (const Served& served : served_) {
    if (variable == served.variable) return served.value ? served.value->c_str() : nullptr;
  }
  return nullptr;
}

void EnvAnswers::serve(const char* variable, std::string value, const LogSink& log) {
  // The user's own setting wins each time that it is asked for; here only the line depends on it.
  const bool set = std::getenv(variable) != nullptr;
  log(Loudness::Inform, std::string("pleach: ") + variable + "=" + value +
                            (set ? ", but the environment has its own, which wins" : ""));
  for (Served& served : served_) {
    if (std::string_view(variable) == served.variable) served.value = std::move(value);
  }
}

void EnvAnswers::serve_file(const Settings& settings,
                            const char* variable,
                            std::string_view name,
                            const LogSink& log) {
  auto path = find_host_file(*settings.folder, settings.hosts, name);
  if (!path) return;
  if (const auto why = trouble_with(*path)) {
    log(Loudness::Warn,
        "pleach: " + *path + ": can not read the file: " + *why + "; " + variable + " stays unset");
    return;
  }
  serve(variable, std::move(*path), log);
}

void EnvAnswers::serve_tuner(const std::string& library_folder, const LogSink& log) {
  const std::string path = library_folder + "/" + kTunerLibrary;
  if (library_folder.empty() || trouble_with(path)) {
    log(Loudness::Warn, std::string("pleach: there is a table, but no ") + kTunerLibrary +
                            " beside this plugin; NCCL_TUNER_PLUGIN stays unset");
  } else if (path.size() >= kPluginNameBytes) {
    log(Loudness::Warn, "pleach: NCCL would cut off the name " + path + ", which has more than " +
                            std::to_string(kPluginNameBytes - 1) +
                            " bytes; NCCL_TUNER_PLUGIN stays unset");
  } else {
    serve("NCCL_TUNER_PLUGIN", path, log);
  }
}

}  // namespace pleach::nccl
