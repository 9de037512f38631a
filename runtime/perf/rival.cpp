#include "runtime/perf/rival.hpp"

#include <filesystem>

#include <dlfcn.h>

#include "compiler/core/machine_error.hpp"

namespace pleach::perf {

MakeRival* open_rival(const std::string& name) {
  const auto path = std::filesystem::read_symlink("/proc/self/exe").parent_path() /
                    ("pleach-perf-" + name + ".so");
  if (!std::filesystem::exists(path)) {
    const std::string where = name == "nccl"  ? ""
                              : name == "mpi" ? " where Open MPI's (libopenmpi-dev) headers are"
                                              : " where Gloo's (libgloo-dev) headers are";
    throw MachineError("there is no " + path.string() + ": it is built with the tool" + where +
                       ", and not installed with it");
  }
  // Global, because Open MPI's own plugins look for its symbols there.
  void* const module = ::dlopen(path.c_str(), RTLD_NOW | RTLD_GLOBAL);
  if (module == nullptr) throw MachineError(::dlerror());
  void* const make = ::dlsym(module, kMakeRival);
  if (make == nullptr) throw MachineError(::dlerror());
  return reinterpret_cast<MakeRival*>(make);
}

}  // namespace pleach::perf
