#include "runtime/net/fabric_library.hpp"

#include <dlfcn.h>

#include "compiler/core/machine_error.hpp"

namespace pleach {
namespace {

std::string version_text(std::uint32_t version) {
  return std::to_string(FI_MAJOR(version)) + "." + std::to_string(FI_MINOR(version));
}

std::string loader_error() {
  const char* const text = ::dlerror();
  return text != nullptr ? text : "no reason given";
}

}  // namespace

std::shared_ptr<const FabricLibrary> FabricLibrary::load(const std::string& path) {
  const std::string name = path.empty() ? "libfabric.so.1" : path;
  void* const handle = ::dlopen(name.c_str(), RTLD_NOW | RTLD_LOCAL | RTLD_NODELETE);
  if (handle == nullptr) {
    throw MachineError("libfabric can not be loaded (" + loader_error() +
                       "); install it, or set PLEACH_LIBFABRIC to the path of libfabric.so.1");
  }
  auto library = std::make_shared<FabricLibrary>();
  const auto find = [&](auto& function, const char* symbol) {
    function =
        reinterpret_cast<std::remove_reference_t<decltype(function)>>(::dlsym(handle, symbol));
    if (function == nullptr) {
      throw MachineError(name + " is no libfabric: it has no function " + symbol +
                         "; set PLEACH_LIBFABRIC to the path of libfabric.so.1");
    }
  };
  find(library->getinfo, "fi_getinfo");
  find(library->freeinfo, "fi_freeinfo");
  find(library->dupinfo, "fi_dupinfo");
  find(library->fabric, "fi_fabric");
  find(library->strerror, "fi_strerror");
  find(library->version, "fi_version");
  if (library->version() < kApi) {
    throw MachineError(name + " is libfabric " + version_text(library->version()) + "; " +
                       version_text(kApi) + " or newer is needed");
  }
  return library;
}

}  // namespace pleach
