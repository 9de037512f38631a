// libnccl-env-pleach.so, opened and asked as NCCL does.
#include <atomic>
#include <cstring>
#include <filesystem>
#include <thread>

#include <doctest/doctest.h>

#include "runtime/nccl/host_files.hpp"
#include "tests/runtime/nccl/plugin_loader.hpp"
#include "tests/runtime/nccl/recorded_log.hpp"
#include "tests/runtime/nccl/temporary_files.hpp"

namespace pleach {
namespace {

using namespace testing;

const std::vector<std::string> kLibrary = {PLEACH_PLUGIN_DIR "/libnccl-env-pleach.so"};

std::string answer(const AnyEnv& env, const char* variable) {
  const char* const value = env.get_env(variable);
  return value == nullptr ? "(none)" : value;
}

TEST_CASE("env_plugin: this host's files, from init to finalize") {
  const OpenLibrary library(kLibrary);
  REQUIRE(library.open());
  const TemporaryFolder folder;
  const std::string host = nccl::settings_of_process().hosts.at(0);
  const std::string topo = folder.write(host + "/topo.xml", "<system/>");
  folder.write("topo.xml", "<system/>");
  const std::string table = folder.write("table.json", "{}");
  const Variable directory(nccl::kFolderVariable, folder.path());
  const Variable other("PLEACH_TEST_OTHER", "as it is");
  const std::string tuner =
      std::filesystem::absolute(PLEACH_PLUGIN_DIR "/libnccl-tuner-pleach.so").string();
  for (const int version : {1, 2, 1}) {
    CAPTURE(version);
    const AnyEnv env = env_version(library, version);
    // Before init and after finalize: the environment alone.
    CHECK(answer(env, "NCCL_TOPO_FILE") == "(none)");
    CHECK(answer(env, "PLEACH_TEST_OTHER") == "as it is");
    REQUIRE(env.init(record) == 0);
    const auto log = take_log();
    CHECK(lines_of(log, nccl::abi::kWarn).empty());
    CHECK(log.size() == (version == 1 ? 0 : 3));
    for (const LogLine& line : log) CHECK(line.flags == (nccl::abi::kInit | nccl::abi::kEnv));
    if (version == 2) CHECK(log[0].text == "pleach: NCCL_TOPO_FILE=" + topo);
    CHECK(answer(env, "NCCL_TOPO_FILE") == topo);
    CHECK(answer(env, "NCCL_GRAPH_FILE") == "(none)");
    CHECK(answer(env, "PLEACH_NCCL_TABLE") == table);
    CHECK(answer(env, "NCCL_TUNER_PLUGIN") == tuner);
    CHECK(answer(env, "PLEACH_NCCL_DIR") == folder.path());
    CHECK(answer(env, "PLEACH_TEST_OTHER") == "as it is");
    CHECK(answer(env, "PLEACH_TEST_NOT_SET") == "(none)");
    CHECK(env.get_env(nullptr) == nullptr);
    CHECK(env.get_env("") == nullptr);
    {  // The user wins, whenever it is set, and with nothing as well.
      const Variable own("NCCL_TOPO_FILE", "own.xml");
      const Variable none("NCCL_TUNER_PLUGIN", "");
      CHECK(answer(env, "NCCL_TOPO_FILE") == "own.xml");
      CHECK(answer(env, "NCCL_TUNER_PLUGIN") == "");
    }
    // One text for as long as the plugin is in use, whatever becomes of the folder.
    const char* const before = env.get_env("NCCL_TOPO_FILE");
    CHECK(env.init(record) == 0);
    CHECK(take_log().empty());
    CHECK(env.get_env("NCCL_TOPO_FILE") == before);
    CHECK(env.finalize() == 0);
    CHECK(std::string(before) == topo);
    CHECK(env.finalize() == 0);
  }
  CHECK(answer(env_version(library, 2), "NCCL_TOPO_FILE") == "(none)");
}

TEST_CASE("env_plugin: a folder that is not there is one warning and plain getenv") {
  const OpenLibrary library(kLibrary);
  const Variable directory(nccl::kFolderVariable, "/nowhere/at/all");
  const AnyEnv env = env_version(library, 2);
  CHECK(env.init(record) == 0);
  const auto log = take_log();
  REQUIRE(log.size() == 1);
  CHECK(log[0].level == nccl::abi::kWarn);
  CHECK(log[0].text ==
        "pleach: PLEACH_NCCL_DIR: there is no folder /nowhere/at/all; nothing is "
        "added to the environment");
  CHECK(answer(env, "NCCL_TOPO_FILE") == "(none)");
  CHECK(answer(env, "PLEACH_NCCL_DIR") == "/nowhere/at/all");
  CHECK(env.finalize() == 0);
}

TEST_CASE("env_plugin: threads ask while it starts") {
  const OpenLibrary library(kLibrary);
  const TemporaryFolder folder;
  const std::string topo = folder.write("topo.xml", "<system/>");
  const Variable directory(nccl::kFolderVariable, folder.path());
  const AnyEnv env = env_version(library, 2);
  std::atomic<int> wrong = 0;
  std::atomic<int> served = 0;
  {
    std::vector<std::thread> threads;
    for (int t = 0; t < 8; ++t) {
      threads.emplace_back([&, t] {
        if (t % 4 == 0) env.init(record);
        for (int call = 0; call < 2000; ++call) {
          const char* const value = env.get_env("NCCL_TOPO_FILE");
          if (value != nullptr && topo != value) ++wrong;
          if (value != nullptr) ++served;
          if (env.get_env("NCCL_GRAPH_FILE") != nullptr) ++wrong;
        }
      });
    }
    for (std::thread& thread : threads) thread.join();
  }
  CHECK(wrong == 0);
  CHECK(served >= 4000);  // those who called init themselves
  CHECK(take_log().size() == 1);
  CHECK(env.finalize() == 0);
}

}  // namespace
}  // namespace pleach
