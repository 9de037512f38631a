// libfabric, opened at run time: a site's own build drives its network cards better than any other.
//
// Only these few functions are symbols of the library. All else goes through tables of functions in
// the objects that it returns, by the inline functions of its headers; those inline functions that
// call a symbol (fi_allocinfo, …) may not be used: nothing of ours is linked with libfabric, so one
// that is used anyway does not link.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include <rdma/fabric.h>

namespace pleach {

class FabricLibrary {
 public:
  // What we were written for: meaning and layout as of this version, kept by all newer ones. (Newer
  // libraries only append fields to the structures that they allocate themselves.)
  static constexpr std::uint32_t kApi = FI_VERSION(1, 17);

  // Opens `path`, or "libfabric.so.1" where it is empty. The library stays loaded until the process
  // ends: some providers leave signal handlers and threads behind.
  // Throws MachineError: what was tried and what the loader said, a symbol that is missing, a
  // library that is older than kApi.
  static std::shared_ptr<const FabricLibrary> load(const std::string& path);

  decltype(&::fi_getinfo) getinfo = nullptr;
  decltype(&::fi_freeinfo) freeinfo = nullptr;
  decltype(&::fi_dupinfo) dupinfo = nullptr;
  decltype(&::fi_fabric) fabric = nullptr;
  decltype(&::fi_strerror) strerror = nullptr;
  decltype(&::fi_version) version = nullptr;

  // "Connection refused" for what a function of libfabric returned (below 0).
  [[nodiscard]] std::string error_text(long status) const {
    return strerror(static_cast<int>(-status));
  }
};

}  // namespace pleach
