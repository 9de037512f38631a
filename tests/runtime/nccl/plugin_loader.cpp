#include "tests/runtime/nccl/plugin_loader.hpp"

#include <stdexcept>

#include <dlfcn.h>
#include <strings.h>

namespace pleach::testing {
namespace {

using namespace nccl::abi;

std::optional<int> newest(const OpenLibrary& library, const std::string& symbol, int from, int to) {
  for (int version = from; version >= to; --version) {
    if (library.symbol(symbol + std::to_string(version)) != nullptr) return version;
  }
  return std::nullopt;
}

}  // namespace

std::vector<std::string> plugin_names(const std::string& kind, const char* value) {
  const std::string prefix = "libnccl-" + kind;
  if (value == nullptr || *value == '\0') return {prefix + ".so"};
  if (::strcasecmp(value, "none") == 0) return {};
  const std::string name = value;
  std::vector<std::string> names = {name};
  const bool whole = name.starts_with("lib") && name.ends_with(".so");
  if (name.find('/') == std::string::npos && !whole) names.push_back(prefix + "-" + name + ".so");
  return names;
}

OpenLibrary::OpenLibrary(const std::vector<std::string>& names) {
  for (const std::string& name : names) {
    handle_ = ::dlopen(name.c_str(), RTLD_NOW | RTLD_LOCAL);
    if (handle_ == nullptr) continue;
    name_ = name;
    return;
  }
}

OpenLibrary::~OpenLibrary() {
  if (handle_ != nullptr) ::dlclose(handle_);
}

const void* OpenLibrary::symbol(const std::string& name) const {
  return ::dlsym(handle_, name.c_str());
}

std::optional<AnyTuner> pick_tuner(const OpenLibrary& library, int release) {
  const auto version = newest(library, "ncclTunerPlugin_v", release >= 30 ? 6 : 5, 2);
  if (!version) return std::nullopt;
  return tuner_version(library, *version);
}

AnyTuner tuner_version(const OpenLibrary& library, int version) {
  return {.version = version,
          .plugin = library.symbol("ncclTunerPlugin_v" + std::to_string(version))};
}

std::optional<AnyEnv> pick_env(const OpenLibrary& library, int release) {
  const auto version = newest(library, "ncclEnvPlugin_v", release >= 30 ? 2 : 1, 1);
  if (!version) return std::nullopt;
  return env_version(library, *version);
}

AnyEnv env_version(const OpenLibrary& library, int version) {
  return {.version = version,
          .plugin = library.symbol("ncclEnvPlugin_v" + std::to_string(version))};
}

int AnyEnv::init(Logger logger) const {
  if (version == 1) return static_cast<const EnvV1*>(plugin)->init(2, 28, 9, "");
  return static_cast<const EnvV2*>(plugin)->init(2, 30, 7, "", logger);
}

int AnyEnv::finalize() const {
  if (version == 1) return static_cast<const EnvV1*>(plugin)->finalize();
  return static_cast<const EnvV2*>(plugin)->finalize();
}

const char* AnyEnv::get_env(const char* variable) const {
  if (version == 1) return static_cast<const EnvV1*>(plugin)->get_env(variable);
  return static_cast<const EnvV2*>(plugin)->get_env(variable);
}

}  // namespace pleach::testing
