// The libraries as files: what they show, and what they need of the container they land in.
#include <doctest/doctest.h>

#include "tests/runtime/nccl/elf_file.hpp"

namespace pleach {
namespace {

using Names = std::set<std::string>;

TEST_CASE("plugin_files: only NCCL's symbols are shown") {
  CHECK(testing::read_elf(PLEACH_PLUGIN_DIR "/libnccl-tuner-pleach.so").exported ==
        Names{"ncclTunerPlugin_v3", "ncclTunerPlugin_v4", "ncclTunerPlugin_v5",
              "ncclTunerPlugin_v6"});
  CHECK(testing::read_elf(PLEACH_PLUGIN_DIR "/libnccl-env-pleach.so").exported ==
        Names{"ncclEnvPlugin_v1", "ncclEnvPlugin_v2"});
}

#ifndef PLEACH_SANITIZED  // a sanitizer brings its own libraries
TEST_CASE("plugin_files: nothing but the C library is needed") {
  Names allowed = {"libc.so.6", "libm.so.6", "ld-linux-x86-64.so.2", "ld-linux-aarch64.so.1"};
#ifndef PLEACH_LIBMD_ARCHIVE
  allowed.insert("libmd.so.0");
#endif
  for (const char* path :
       {PLEACH_PLUGIN_DIR "/libnccl-tuner-pleach.so", PLEACH_PLUGIN_DIR "/libnccl-env-pleach.so"}) {
    const auto needed = testing::read_elf(path).needed;
    CHECK_FALSE(needed.empty());
    for (const std::string& library : needed)
      CHECK_MESSAGE(allowed.contains(library), path, library);
  }
}
#endif

}  // namespace
}  // namespace pleach
