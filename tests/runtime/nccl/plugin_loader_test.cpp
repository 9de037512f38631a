// By which names NCCL finds the libraries, and which versions it gets.
#include "tests/runtime/nccl/plugin_loader.hpp"

#include <doctest/doctest.h>

namespace pleach {
namespace {

using namespace testing;
using Names = std::vector<std::string>;

TEST_CASE("plugin_loader: the names that NCCL tries") {
  CHECK(plugin_names("tuner", nullptr) == Names{"libnccl-tuner.so"});
  CHECK(plugin_names("tuner", "") == Names{"libnccl-tuner.so"});
  CHECK(plugin_names("tuner", "none").empty());
  CHECK(plugin_names("tuner", "NONE").empty());
  CHECK(plugin_names("tuner", "pleach") == Names{"pleach", "libnccl-tuner-pleach.so"});
  CHECK(plugin_names("tuner", "./pleach") == Names{"./pleach"});
  CHECK(plugin_names("env", "libpleach") == Names{"libpleach", "libnccl-env-libpleach.so"});
  CHECK(plugin_names("env", "libnccl-env-pleach.so") == Names{"libnccl-env-pleach.so"});
}

TEST_CASE("plugin_loader: each release finds the tuner and takes its newest version") {
  for (const std::string value :
       {"pleach", "libnccl-tuner-pleach.so", PLEACH_PLUGIN_DIR "/libnccl-tuner-pleach.so"}) {
    CAPTURE(value);
    const OpenLibrary library(plugin_names("tuner", value.c_str()));
    REQUIRE(library.open());
    CHECK(library.name() == (value == "pleach" ? "libnccl-tuner-pleach.so" : value));
    CHECK(pick_tuner(library, 28)->version == 5);
    CHECK(pick_tuner(library, 30)->version == 6);
    for (const int version : {3, 4, 5, 6}) {
      // The name comes first in each of the structs.
      const auto* const plugin = tuner_version(library, version).plugin;
      REQUIRE(plugin != nullptr);
      CHECK(std::string(*static_cast<const char* const*>(plugin)) == "pleach");
    }
    CHECK(library.symbol("ncclTunerPlugin_v2") == nullptr);
  }
}

TEST_CASE("plugin_loader: each release finds the env plugin and takes its newest version") {
  for (const std::string value : {"pleach", PLEACH_PLUGIN_DIR "/libnccl-env-pleach.so"}) {
    const OpenLibrary library(plugin_names("env", value.c_str()));
    REQUIRE(library.open());
    CHECK(pick_env(library, 28)->version == 1);
    CHECK(pick_env(library, 30)->version == 2);
  }
}

TEST_CASE("plugin_loader: without a tuner library NCCL looks into that of the net plugin") {
  // It has no opinion where its user names neither: the env plugin stands for that library here.
  const OpenLibrary tuner(plugin_names("tuner", nullptr));
  CHECK_FALSE(tuner.open());
  const OpenLibrary net({PLEACH_PLUGIN_DIR "/libnccl-env-pleach.so"});
  REQUIRE(net.open());
  CHECK_FALSE(pick_tuner(net, 30).has_value());
  // And one library for both, as NCCL_NET_PLUGIN=PATH of the tuner gives it.
  const OpenLibrary both({PLEACH_PLUGIN_DIR "/libnccl-tuner-pleach.so"});
  CHECK(pick_tuner(both, 30)->version == 6);
}

}  // namespace
}  // namespace pleach
