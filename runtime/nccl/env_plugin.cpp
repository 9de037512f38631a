// libnccl-env-pleach.so: NCCL asks it for each variable, from any thread, in place of getenv. What
// the user has set wins, set to nothing included; then come EnvAnswers; else it is not set.
#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <filesystem>
#include <memory>
#include <mutex>
#include <string>

#include <dlfcn.h>

#include "runtime/nccl/abi.hpp"
#include "runtime/nccl/env_answers.hpp"

extern "C" {
#pragma GCC visibility push(default)
extern const pleach::nccl::abi::EnvV1 ncclEnvPlugin_v1;
extern const pleach::nccl::abi::EnvV2 ncclEnvPlugin_v2;
#pragma GCC visibility pop
}

namespace pleach::nccl {
namespace {

// The interface has no context, so this is the process's. What was answered stays until the
// library goes or a later init: a thread may still hold it when another one finalizes.
struct State {
  std::mutex mutex;  // init against finalize
  std::unique_ptr<const EnvAnswers> answers;
  // Release where it is set, acquire where it is read: who sees it sees the answers whole.
  std::atomic<const EnvAnswers*> current = nullptr;
};

State& state() {
  static State the_state;
  return the_state;
}

// The folder of this library, absolute, as it was opened: the tuner lies beside it, whatever links
// lead there. Empty: unknown.
std::string library_folder() {
  Dl_info info{};
  if (::dladdr(&ncclEnvPlugin_v1, &info) == 0 || info.dli_fname == nullptr) return "";
  std::error_code failed;
  const auto path = std::filesystem::absolute(info.dli_fname, failed);
  return failed ? "" : path.parent_path().string();
}

int start(const LogSink& log) {
  State& mine = state();
  const std::lock_guard lock(mine.mutex);
  if (mine.current.load(std::memory_order_acquire) != nullptr) return abi::kSuccess;
  mine.answers = std::make_unique<EnvAnswers>(settings_of_process(), library_folder(), log);
  mine.current.store(mine.answers.get(), std::memory_order_release);
  return abi::kSuccess;
}

void warn(const char* what) noexcept {
  std::fprintf(stderr, "pleach: nothing is added to the environment: %s\n", what);
}

int guarded_start(abi::Logger logger) noexcept {
  try {
    // Without a logger only what is wrong is said, on stderr.
    const LogFlags flags{.detail = abi::kEnv, .inform = abi::kInit | abi::kEnv};
    return start(sink_of(logger, flags));
  } catch (const std::exception& error) {
    warn(error.what());
  } catch (...) {
    warn("an unknown failure");
  }
  return abi::kSuccess;
}

int init_v1(std::uint8_t, std::uint8_t, std::uint8_t, const char*) {
  return guarded_start(nullptr);
}

int init_v2(std::uint8_t, std::uint8_t, std::uint8_t, const char*, abi::Logger logger) {
  return guarded_start(logger);
}

int finalize() {
  state().current.store(nullptr, std::memory_order_release);
  return abi::kSuccess;
}

const char* get_env(const char* variable) {
  if (variable == nullptr) return nullptr;
  if (const char* const value = std::getenv(variable)) return value;
  const EnvAnswers* const answers = state().current.load(std::memory_order_acquire);
  return answers == nullptr ? nullptr : answers->find(variable);
}

constexpr const char* kName = "pleach";

}  // namespace
}  // namespace pleach::nccl

extern "C" {
const pleach::nccl::abi::EnvV1 ncclEnvPlugin_v1 = {pleach::nccl::kName, pleach::nccl::init_v1,
                                                   pleach::nccl::finalize, pleach::nccl::get_env};
const pleach::nccl::abi::EnvV2 ncclEnvPlugin_v2 = {pleach::nccl::kName, pleach::nccl::init_v2,
                                                   pleach::nccl::finalize, pleach::nccl::get_env};
}
