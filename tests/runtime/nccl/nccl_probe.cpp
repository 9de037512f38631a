// NCCL's own loading of plugins, without a GPU: opens libnccl, finds its internal functions by its
// symbol table, and calls them. For nccl_library_test.cpp; what it finds goes to stdout.
//
//   nccl_probe LIBNCCL tuner [TABLE]     loads the tuner for a communicator; with TABLE asks it
//   nccl_probe LIBNCCL get VARIABLE…     what NCCL has for variables of the environment
#include <cstddef>
#include <cstdio>
#include <cstring>
#include <fstream>
#include <iterator>
#include <stdexcept>
#include <string>
#include <type_traits>
#include <vector>

#include <dlfcn.h>
#include <link.h>

#include "tests/runtime/nccl/any_tuner.hpp"
#include "tests/runtime/nccl/elf_file.hpp"

namespace pleach::testing {
namespace {

constexpr const char* kTunerLoad = "_Z19ncclTunerPluginLoadP8ncclComm";
constexpr const char* kLog = "_Z12ncclDebugLog17ncclDebugLogLevelmPKciS1_z";
constexpr const char* kGetEnv = "_Z10ncclGetEnvPKc";

class Nccl {
 public:
  explicit Nccl(const std::string& path) {
    void* const handle = ::dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL);
    if (handle == nullptr) throw std::runtime_error(::dlerror());
    link_map* map = nullptr;
    if (::dlinfo(handle, RTLD_DI_LINKMAP, &map) != 0) throw std::runtime_error(::dlerror());
    base_ = map->l_addr;
    elf_ = read_elf(map->l_name);
  }
  template <class Function>
  Function* function(const char* name) const {
    const auto found = elf_.symbols.find(name);
    if (found == elf_.symbols.end()) throw std::runtime_error(std::string("no symbol ") + name);
    return reinterpret_cast<Function*>(base_ + found->second);
  }

 private:
  std::uint64_t base_ = 0;
  ElfFile elf_;
};

// Where in the zeroed communicator the loader has put what points to a struct of ours.
int probe_tuner(const Nccl& nccl, const char* table_file) {
  std::vector<std::uint64_t> communicator(std::size_t{1} << 20U);  // 8 MiB; NCCL 2.28's has 1
  const int code = nccl.function<int(void*)>(kTunerLoad)(communicator.data());
  std::printf("code %d\n", code);
  const void* plugin = nullptr;
  for (const std::uint64_t word : communicator) {
    Dl_info info{};
    auto* const pointer = reinterpret_cast<const void*>(word);
    if (word == 0 || ::dladdr(pointer, &info) == 0 || info.dli_fname == nullptr) continue;
    if (std::strstr(info.dli_fname, "libnccl-tuner-pleach.so") == nullptr) continue;
    std::printf("tuner %s of %s\n", info.dli_sname == nullptr ? "?" : info.dli_sname,
                info.dli_fname);
    plugin = pointer;
  }
  if (plugin == nullptr) {
    std::printf("no tuner of ours\n");
    return 0;
  }
  if (table_file == nullptr) return 0;
  std::ifstream file(table_file);
  const std::string text(std::istreambuf_iterator<char>(file), {});
  const auto table = nccl::read_choice_table(text, table_file);
  if (!table.ok()) throw std::runtime_error("the probe can not read the table");
  const AnyTuner tuner{.version = 5, .plugin = plugin};
  auto* const logger = nccl.function<std::remove_pointer_t<nccl::abi::Logger>>(kLog);
  std::size_t differing = 0;
  for (const Shape shape : kShapes) {
    void* context = nullptr;
    if (tuner.init(shape, logger, &context) != 0) ++differing;
    differing += differences(tuner, context, table.value(), shape, 5, 500).size();
    if (tuner.stop(context) != 0) ++differing;
  }
  std::printf("differences %zu\n", differing);
  return 0;
}

int probe(int argc, char** argv) {
  if (argc < 3) throw std::runtime_error("nccl_probe LIBNCCL tuner|get …");
  const Nccl nccl(argv[1]);
  const std::string what = argv[2];
  if (what == "tuner") return probe_tuner(nccl, argc > 3 ? argv[3] : nullptr);
  for (int i = 3; i < argc; ++i) {
    const char* const value = nccl.function<const char*(const char*)>(kGetEnv)(argv[i]);
    std::printf("%s=%s\n", argv[i], value == nullptr ? "(none)" : value);
  }
  return 0;
}

}  // namespace
}  // namespace pleach::testing

int main(int argc, char** argv) {
  try {
    return pleach::testing::probe(argc, argv);
  } catch (const std::exception& error) {
    std::printf("nccl_probe: %s\n", error.what());
    return 1;
  }
}
