#include "runtime/perf/nccl_library.hpp"

#include <dlfcn.h>

#include "compiler/core/machine_error.hpp"

namespace pleach::perf {
namespace {

template <class Function>
void find(void* library, const char* name, Function*& function) {
  void* const found = ::dlsym(library, name);
  if (found == nullptr) {
    throw MachineError(std::string("NCCL lacks ") + name +
                       ": it is too old, or PLEACH_NCCL_LIBRARY names something else");
  }
  function = reinterpret_cast<Function*>(found);
}

}  // namespace

NcclLibrary open_nccl(const std::string& path) {
  const std::string name = path.empty() ? "libnccl.so.2" : path;
  void* const library = ::dlopen(name.c_str(), RTLD_NOW | RTLD_LOCAL);
  if (library == nullptr) {
    throw MachineError("NCCL can not be opened (" + std::string(::dlerror()) +
                       "): install it (the package libnccl2, or nvidia-nccl-cu13 of pip), or name "
                       "its libnccl.so.2 by PLEACH_NCCL_LIBRARY");
  }
  NcclLibrary nccl{};
  find(library, "ncclGetVersion", nccl.GetVersion);
  find(library, "ncclGetUniqueId", nccl.GetUniqueId);
  find(library, "ncclCommInitRank", nccl.CommInitRank);
  find(library, "ncclCommDestroy", nccl.CommDestroy);
  find(library, "ncclCommAbort", nccl.CommAbort);
  find(library, "ncclCommGetAsyncError", nccl.CommGetAsyncError);
  find(library, "ncclGetErrorString", nccl.GetErrorString);
  find(library, "ncclGroupStart", nccl.GroupStart);
  find(library, "ncclGroupEnd", nccl.GroupEnd);
  find(library, "ncclAllReduce", nccl.AllReduce);
  find(library, "ncclAllGather", nccl.AllGather);
  find(library, "ncclReduceScatter", nccl.ReduceScatter);
  find(library, "ncclBroadcast", nccl.Broadcast);
  find(library, "ncclReduce", nccl.Reduce);
  if (void* const found = ::dlsym(library, "ncclGetLastError")) {
    nccl.GetLastError = reinterpret_cast<const char* (*)(NcclComm)>(found);
  }
  return nccl;
}

std::string nccl_version_text(int version) {
  const int major = version >= 10000 ? version / 10000 : version / 1000;
  const int minor = version >= 10000 ? version % 10000 / 100 : version % 1000 / 100;
  return std::to_string(major) + "." + std::to_string(minor) + "." + std::to_string(version % 100);
}

}  // namespace pleach::perf
