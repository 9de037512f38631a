// NCCL, opened when it is asked for: its declarations are our own, so that nothing of it is needed
// to build. What is here is the same in NCCL 2.10 and later.
#pragma once

#include <cstddef>
#include <string>

namespace pleach::perf {

using NcclComm = struct ncclComm*;

struct NcclUniqueId {
  char internal[128];
};

// The values of its enumerations; types and operators are those of pleach.h.
inline constexpr int kNcclSuccess = 0;
inline constexpr int kNcclInvalidUsage = 5;
inline constexpr int kNcclInProgress = 7;

struct NcclLibrary {
  int (*GetVersion)(int* version);
  int (*GetUniqueId)(NcclUniqueId* id);
  int (*CommInitRank)(NcclComm* comm, int ranks, NcclUniqueId id, int rank);
  int (*CommDestroy)(NcclComm comm);
  int (*CommAbort)(NcclComm comm);
  int (*CommGetAsyncError)(NcclComm comm, int* error);
  const char* (*GetErrorString)(int result);
  const char* (*GetLastError)(NcclComm comm);  // null before NCCL 2.13
  int (*GroupStart)();
  int (*GroupEnd)();
  int (*AllReduce)(const void* send,
                   void* receive,
                   std::size_t count,
                   int type,
                   int op,
                   NcclComm comm,
                   void* stream);
  int (*AllGather)(
      const void* send, void* receive, std::size_t count, int type, NcclComm comm, void* stream);
  int (*ReduceScatter)(const void* send,
                       void* receive,
                       std::size_t count,
                       int type,
                       int op,
                       NcclComm comm,
                       void* stream);
  int (*Broadcast)(const void* send,
                   void* receive,
                   std::size_t count,
                   int type,
                   int root,
                   NcclComm comm,
                   void* stream);
  int (*Reduce)(const void* send,
                void* receive,
                std::size_t count,
                int type,
                int op,
                int root,
                NcclComm comm,
                void* stream);
};

// `path`: "" for libnccl.so.2, wherever the system finds it. It stays open. Throws MachineError:
// says what to install, or which function it lacks.
[[nodiscard]] NcclLibrary open_nccl(const std::string& path);

// "2.30.7", of what GetVersion gives: 23007, or 2804 before 2.9.
[[nodiscard]] std::string nccl_version_text(int version);

}  // namespace pleach::perf
