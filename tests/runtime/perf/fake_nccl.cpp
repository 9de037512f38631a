// NCCL's functions on memory of the host, for tests of pleach-perf --vs nccl: sums of float32 and
// gathers of all ranks of one process, which one thread calls in groups. FAKE_NCCL_WRONG makes
// every sum one too large; FAKE_NCCL_REFUSES makes communicators fail to start.
#include <cstdlib>
#include <cstring>
#include <vector>

#define FAKE_API extern "C" __attribute__((visibility("default")))

namespace {

struct Comm {
  int rank = 0;
  int ranks = 0;
};

struct UniqueId {
  char internal[128];
};

struct Call {
  const void* send = nullptr;
  void* receive = nullptr;
  std::size_t count = 0;
  Comm* comm = nullptr;
  bool sums = false;
};

thread_local std::vector<Call> calls;

constexpr int kSuccess = 0;
constexpr int kInvalidArgument = 4;
constexpr int kInvalidUsage = 5;
constexpr int kFloat32 = 7;

float element(const Call& call, std::size_t i) {
  float value = 0;
  std::memcpy(&value, static_cast<const char*>(call.send) + i * sizeof value, sizeof value);
  return value;
}

void sum() {
  std::vector<float> sums(calls[0].count, std::getenv("FAKE_NCCL_WRONG") != nullptr ? 1.0F : 0.0F);
  for (const Call& call : calls) {
    for (std::size_t i = 0; i < sums.size(); ++i) sums[i] += element(call, i);
  }
  for (const Call& call : calls) {
    std::memcpy(call.receive, sums.data(), sums.size() * sizeof(float));
  }
}

void gather() {
  const std::size_t bytes = calls[0].count * sizeof(float);
  for (const Call& to : calls) {
    for (const Call& from : calls) {
      char* const place = static_cast<char*>(to.receive) + bytes * from.comm->rank;
      if (place != from.send) std::memcpy(place, from.send, bytes);
    }
  }
}

int add(const Call& call, int type) {
  if (type != kFloat32 || call.comm == nullptr) return kInvalidArgument;
  calls.push_back(call);
  return kSuccess;
}

}  // namespace

FAKE_API int ncclGetVersion(int* version) {
  *version = 23007;
  return kSuccess;
}
FAKE_API int ncclGetUniqueId(UniqueId* id) {
  std::memset(id->internal, 42, sizeof id->internal);
  return kSuccess;
}
FAKE_API int ncclCommInitRank(Comm** comm, int ranks, UniqueId id, int rank) {
  if (std::getenv("FAKE_NCCL_REFUSES") != nullptr) return kInvalidUsage;
  if (id.internal[127] != 42 || rank < 0 || rank >= ranks) return kInvalidArgument;
  *comm = new Comm{.rank = rank, .ranks = ranks};
  return kSuccess;
}
FAKE_API int ncclCommDestroy(Comm* comm) {
  delete comm;
  return kSuccess;
}
FAKE_API int ncclCommAbort(Comm* comm) { return ncclCommDestroy(comm); }
FAKE_API int ncclCommGetAsyncError(Comm* comm, int* error) {
  *error = kSuccess;
  return comm == nullptr ? kInvalidArgument : kSuccess;
}
FAKE_API const char* ncclGetErrorString(int result) {
  return result == kInvalidUsage ? "invalid usage" : "invalid argument";
}
FAKE_API const char* ncclGetLastError(Comm* /*comm*/) { return "Duplicate GPU detected"; }
FAKE_API int ncclGroupStart() {
  calls.clear();
  return kSuccess;
}
FAKE_API int ncclGroupEnd() {
  if (calls.empty()) return kSuccess;
  if (calls.size() != static_cast<std::size_t>(calls[0].comm->ranks)) return kInvalidUsage;
  if (calls[0].sums) {
    sum();
  } else {
    gather();
  }
  calls.clear();
  return kSuccess;
}
FAKE_API int ncclAllReduce(const void* send,
                           void* receive,
                           std::size_t count,
                           int type,
                           int op,
                           Comm* comm,
                           void* /*stream*/) {
  if (op != 0) return kInvalidArgument;
  return add({.send = send, .receive = receive, .count = count, .comm = comm, .sums = true}, type);
}
FAKE_API int ncclAllGather(
    const void* send, void* receive, std::size_t count, int type, Comm* comm, void* /*stream*/) {
  return add({.send = send, .receive = receive, .count = count, .comm = comm}, type);
}
// Opened by name; no test calls them.
FAKE_API int ncclReduceScatter() { return kInvalidUsage; }
FAKE_API int ncclBroadcast() { return kInvalidUsage; }
FAKE_API int ncclReduce() { return kInvalidUsage; }
