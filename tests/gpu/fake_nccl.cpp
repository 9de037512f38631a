// NCCL's functions over processes of one host, on memory of the host, with NCCL 2.28's way to find
// a tuner plugin, to ask it and to log: for tests of the step `nccl` of gpu_check where there is no
// GPU. Float32 alone. What it costs is made up; its log lines have the words of NCCL 2.28.9.
//
// The ranks share the memory of a descriptor of the process that made the unique id, which holds
// that process and descriptor: nothing is left behind, whoever dies. Waits are without end.
//
// FAKE_NCCL_FAULT makes it misbehave: "ignore-tuner", "numbers" (algorithms by number, which is no
// fault), "silent" (no line of decisions), or on one rank R only: "die:R" and "hang:R" when the
// communicator starts, "die-tuned:R" and "hang-tuned:R" once it has a tuner, "table:R:PATH" another
// table for the plugin, "wrong:R" a wrong sum.
#include <atomic>
#include <cstdarg>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <limits>
#include <new>
#include <string>
#include <string_view>

#include <dlfcn.h>
#include <fcntl.h>
#include <sched.h>
#include <strings.h>
#include <sys/mman.h>
#include <unistd.h>

#include "runtime/nccl/abi.hpp"

#define FAKE_API extern "C" __attribute__((visibility("default")))

namespace {

namespace abi = pleach::nccl::abi;

constexpr int kSuccess = 0;
constexpr int kSystemError = 2;
constexpr int kInvalidArgument = 4;
constexpr int kFloat32 = 7;
constexpr int kSum = 0;
constexpr int kAlgorithms = 7;
constexpr int kProtocols = 3;
constexpr int kTree = 0;
constexpr int kRing = 1;
constexpr int kPat = 6;
constexpr int kLl = 0;
constexpr int kSimple = 2;
constexpr int kMostRanks = 8;
constexpr std::size_t kSlot = std::size_t{4} << 20U;  // bytes of one rank's part of a call

struct Shared {
  std::atomic<int> arrived = 0;
  std::atomic<int> round = 0;
};
constexpr std::size_t kHead = 4096;
constexpr std::size_t kSharedBytes = kHead + kMostRanks * kSlot;

struct UniqueId {
  char internal[128];
};

// "die", "hang", …: whether it is this rank that FAKE_NCCL_FAULT names.
bool has_fault(const char* kind, int rank) {
  const char* const fault = std::getenv("FAKE_NCCL_FAULT");
  return fault != nullptr &&
         std::string_view(fault).starts_with(std::string(kind) + ":" + std::to_string(rank));
}
bool has_fault(const char* kind) {
  const char* const fault = std::getenv("FAKE_NCCL_FAULT");
  return fault != nullptr && std::string_view(fault) == kind;
}

// The bits that NCCL_DEBUG_SUBSYS selects, of those that matter here.
unsigned long selected_subsystems() {
  const char* const text = std::getenv("NCCL_DEBUG_SUBSYS");
  if (text == nullptr) return abi::kInit | abi::kEnv;
  const std::string names = "," + std::string(text) + ",";
  unsigned long bits = 0;
  if (names.find(",INIT,") != std::string::npos) bits |= abi::kInit;
  if (names.find(",ENV,") != std::string::npos) bits |= abi::kEnv;
  if (names.find(",TUNING,") != std::string::npos) bits |= abi::kTuning;
  return names == ",ALL," ? ~0UL : bits;
}

// NCCL's logger. The file is opened for each line, so that nothing is left open in a library.
void write_log(int level, unsigned long flags, const char*, int, const char* format, ...) {
  const char* const debug = std::getenv("NCCL_DEBUG");
  const bool warns = level == abi::kWarn;
  if (debug == nullptr) return;
  const std::string_view wanted = debug;
  if (wanted != "INFO" && !(warns && wanted == "WARN")) return;
  if (!warns && (flags & selected_subsystems()) == 0) return;
  char words[1024];
  std::va_list arguments;
  va_start(arguments, format);
  (void)std::vsnprintf(words, sizeof words, format, arguments);
  va_end(arguments);
  const char* const path = std::getenv("NCCL_DEBUG_FILE");
  std::FILE* const file = path == nullptr ? stdout : std::fopen(path, "a");
  if (file == nullptr) return;
  char host[64] = "host";
  (void)::gethostname(host, sizeof host - 1);
  const int process = ::getpid();
  if (warns) {
    (void)std::fprintf(file, "\n[2026-01-01 00:00:00] %s:%d:%d [0] fake.cc:1 NCCL WARN %s\n", host,
                       process, process, words);
  } else {
    (void)std::fprintf(file, "%s:%d:%d [0] NCCL INFO %s\n", host, process, process, words);
  }
  if (path != nullptr) (void)std::fclose(file);
}
#define INFO(flags, ...) write_log(abi::kInfo, flags, "fake", 0, __VA_ARGS__)

void* open_tuner_library(const char* name) {
  if (name == nullptr) return ::dlopen("libnccl-tuner.so", RTLD_NOW | RTLD_LOCAL);
  if (void* const library = ::dlopen(name, RTLD_NOW | RTLD_LOCAL)) return library;
  const std::string_view text = name;
  const bool is_file = text.find('/') != std::string_view::npos ||
                       (text.starts_with("lib") && text.ends_with(".so"));
  if (is_file) return nullptr;
  return ::dlopen(("libnccl-tuner-" + std::string(text) + ".so").c_str(), RTLD_NOW | RTLD_LOCAL);
}

// Null: none.
const abi::TunerV5* load_tuner() {
  const char* const name = std::getenv("NCCL_TUNER_PLUGIN");
  if (name != nullptr) {
    INFO(abi::kEnv | abi::kTuning, "NCCL_TUNER_PLUGIN set by environment to %s", name);
    if (::strcasecmp(name, "none") == 0) return nullptr;
  }
  void* const library = open_tuner_library(name);
  if (library == nullptr) {
    INFO(abi::kInit | abi::kTuning, "TUNER/Plugin: Could not find: %s",
         name == nullptr ? "" : name);
    return nullptr;
  }
  // NCCL 2.28 does not know version 6.
  auto* const tuner = static_cast<const abi::TunerV5*>(::dlsym(library, "ncclTunerPlugin_v5"));
  if (tuner == nullptr) {
    INFO(abi::kInit | abi::kTuning, "External tuner plugin %s is unsupported", name);
    return nullptr;
  }
  INFO(abi::kInit | abi::kTuning, "TUNER/Plugin: Using %s (v5)", tuner->name);
  INFO(abi::kInit | abi::kTuning, "Successfully loaded external tuner plugin %s", name);
  return tuner;
}

}  // namespace

struct ncclComm {
  int rank = 0;
  int ranks = 0;
  char* memory = nullptr;
  const abi::TunerV5* tuner = nullptr;
  void* context = nullptr;
  [[nodiscard]] Shared& shared() const { return *reinterpret_cast<Shared*>(memory); }
  [[nodiscard]] char* slot(int of) const { return memory + kHead + of * kSlot; }
};

namespace {

// Until all ranks are here. Whoever comes last writes the round that the others wait for, releasing
// all that was written before; the count starts anew before that.
void meet(const ncclComm& comm) {
  Shared& shared = comm.shared();
  const int round = shared.round.load(std::memory_order_acquire);
  if (shared.arrived.fetch_add(1, std::memory_order_acq_rel) + 1 == comm.ranks) {
    shared.arrived.store(0, std::memory_order_relaxed);
    shared.round.store(round + 1, std::memory_order_release);
    return;
  }
  while (shared.round.load(std::memory_order_acquire) == round) ::sched_yield();
}

char* map_shared(int descriptor) {
  void* const memory =
      ::mmap(nullptr, kSharedBytes, PROT_READ | PROT_WRITE, MAP_SHARED, descriptor, 0);
  return memory == MAP_FAILED ? nullptr : static_cast<char*>(memory);
}

// Microseconds: latency and bytes over bandwidth, as a network of sockets would have it.
void fill_costs(float (&costs)[kAlgorithms][kProtocols],
                int function,
                std::size_t bytes,
                int ranks) {
  for (auto& row : costs) {
    for (float& cost : row) cost = abi::kIgnore;
  }
  const auto time = [&](float steps, float latency, float bytes_per_us) {
    return steps * latency + static_cast<float>(bytes) / bytes_per_us;
  };
  const auto around = static_cast<float>(ranks - 1);
  if (function == abi::kAllReduce) {
    costs[kTree][kLl] = time(2, 20, 400);
    costs[kTree][kSimple] = time(2, 60, 800);
    costs[kRing][kLl] = time(2 * around, 22, 500);
    costs[kRing][kSimple] = time(2 * around, 62, 1200);
  } else {
    costs[kRing][kLl] = time(around, 22, 500);
    costs[kRing][kSimple] = time(around, 62, 1200);
    costs[kPat][kSimple] = time(2, 70, 900);
  }
}

constexpr const char* kAlgorithmNames[] = {
    "TREE", "RING", "COLLNET_DIRECT", "COLLNET_CHAIN", "NVLS", "NVLS_TREE", "PAT"};
constexpr const char* kProtocolNames[] = {"LL", "LL128", "SIMPLE"};

// `bytes`: of the caller's count, which NCCL prints; `whole`: of the whole buffer, which it asks
// by.
int decide(
    const ncclComm& comm, const char* name, int function, std::size_t bytes, std::size_t whole) {
  float costs[kAlgorithms][kProtocols];
  fill_costs(costs, function, whole, comm.ranks);
  int channels = 0;
  if (comm.tuner != nullptr && !has_fault("ignore-tuner")) {
    const int result = comm.tuner->get_coll_info(comm.context, function, whole, 1,
                                                 reinterpret_cast<float**>(costs), kAlgorithms,
                                                 kProtocols, 0, &channels);
    if (result != kSuccess) return result;
  }
  int algorithm = -1;
  int protocol = -1;
  float least = std::numeric_limits<float>::max();
  for (int a = 0; a < kAlgorithms; ++a) {
    for (int p = 0; p < kProtocols; ++p) {
      if (costs[a][p] < 0 || costs[a][p] >= least) continue;
      least = costs[a][p];
      algorithm = a;
      protocol = p;
    }
  }
  if (comm.rank != 0 || has_fault("silent")) return kSuccess;
  const bool numbers = has_fault("numbers");
  const std::string algorithm_name =
      numbers ? std::to_string(algorithm) : kAlgorithmNames[algorithm];
  const std::string protocol_name = numbers ? std::to_string(protocol) : kProtocolNames[protocol];
  INFO(abi::kTuning, "%s: %ld Bytes -> Algo %s proto %s channel{Lo..Hi}={%d..%d}", name,
       static_cast<long>(bytes), algorithm_name.c_str(), protocol_name.c_str(), 0,
       channels > 0 ? channels - 1 : 3);
  return kSuccess;
}

float element(const char* from, std::size_t i) {
  float value = 0;
  std::memcpy(&value, from + i * sizeof value, sizeof value);
  return value;
}

// Every rank's elements from `first` on, added up into `receive`.
void add_up(const ncclComm& comm, char* receive, std::size_t first, std::size_t count) {
  const float off = has_fault("wrong", comm.rank) ? 1.0F : 0.0F;
  for (std::size_t i = 0; i < count; ++i) {
    float sum = off;
    for (int rank = 0; rank < comm.ranks; ++rank) sum += element(comm.slot(rank), first + i);
    std::memcpy(receive + i * sizeof sum, &sum, sizeof sum);
  }
}

// Puts `send` where all ranks see it, has `take` read all of that, and keeps it until all have.
template <class Take>
int exchange(const ncclComm& comm, const void* send, std::size_t bytes, const Take& take) {
  if (bytes > kSlot) return kInvalidArgument;
  std::memcpy(comm.slot(comm.rank), send, bytes);
  meet(comm);
  take();
  meet(comm);
  return kSuccess;
}

int join(ncclComm& comm, const UniqueId& id) {
  int process = 0;
  int number = 0;
  if (std::sscanf(id.internal, "fake-nccl %d %d", &process, &number) != 2) return kInvalidArgument;
  const std::string path = "/proc/" + std::to_string(process) + "/fd/" + std::to_string(number);
  const int descriptor = ::open(path.c_str(), O_RDWR | O_CLOEXEC);
  if (descriptor < 0) return kSystemError;
  comm.memory = map_shared(descriptor);
  ::close(descriptor);
  return comm.memory == nullptr ? kSystemError : kSuccess;
}

void use_other_table(int rank) {
  if (!has_fault("table", rank)) return;
  const std::string fault = std::getenv("FAKE_NCCL_FAULT");
  const std::string path = fault.substr(fault.find(':', fault.find(':') + 1) + 1);
  ::setenv("PLEACH_NCCL_TABLE", path.c_str(), 1);
}

}  // namespace

FAKE_API int ncclGetVersion(int* version) {
  *version = 22809;
  return kSuccess;
}

FAKE_API int ncclGetUniqueId(UniqueId* id) {
  const int descriptor = ::memfd_create("fake-nccl", MFD_CLOEXEC);
  if (descriptor < 0 || ::ftruncate(descriptor, kSharedBytes) != 0) return kSystemError;
  char* const memory = map_shared(descriptor);
  if (memory == nullptr) return kSystemError;
  new (memory) Shared;
  ::munmap(memory, kSharedBytes);
  // The descriptor stays open as long as the process: the others open it by this name.
  std::snprintf(id->internal, sizeof id->internal, "fake-nccl %d %d", ::getpid(), descriptor);
  return kSuccess;
}

FAKE_API int ncclCommInitRank(ncclComm** result, int ranks, UniqueId id, int rank) {
  if (ranks < 1 || ranks > kMostRanks || rank < 0 || rank >= ranks) return kInvalidArgument;
  if (has_fault("die", rank)) ::_exit(9);
  while (has_fault("hang", rank)) ::usleep(100'000);
  use_other_table(rank);
  auto* const comm = new ncclComm{.rank = rank, .ranks = ranks};
  *result = comm;
  if (const int failed = join(*comm, id); failed != kSuccess) return failed;
  meet(*comm);
  comm->tuner = load_tuner();
  if (comm->tuner != nullptr) {
    if (has_fault("die-tuned", rank)) ::_exit(9);
    while (has_fault("hang-tuned", rank)) ::usleep(100'000);
    abi::NvlDomains domains{.domains = ranks, .least_ranks = 1, .most_ranks = 1};
    abi::TunerConstants constants{};
    const auto size = static_cast<std::size_t>(ranks);
    const int failed =
        comm->tuner->init(&comm->context, 1, size, size, write_log, &domains, &constants);
    if (failed != kSuccess) return failed;
  }
  INFO(abi::kInit, "ncclCommInitRank comm %p rank %d nranks %d - Init COMPLETE",
       static_cast<void*>(comm), rank, ranks);
  return kSuccess;
}

FAKE_API int ncclCommDestroy(ncclComm* comm) {
  if (comm->tuner != nullptr) (void)comm->tuner->finalize(comm->context);
  ::munmap(comm->memory, kSharedBytes);
  delete comm;
  return kSuccess;
}
FAKE_API int ncclCommAbort(ncclComm* comm) { return ncclCommDestroy(comm); }
FAKE_API int ncclCommGetAsyncError(ncclComm*, int* error) {
  *error = kSuccess;
  return kSuccess;
}
FAKE_API const char* ncclGetErrorString(int result) {
  return result == kSuccess ? "no error" : "the fake NCCL does not take this";
}
FAKE_API int ncclGroupStart() { return kSuccess; }
FAKE_API int ncclGroupEnd() { return kSuccess; }

FAKE_API int ncclAllReduce(
    const void* send, void* receive, std::size_t count, int type, int op, ncclComm* comm, void*) {
  if (type != kFloat32 || op != kSum) return kInvalidArgument;
  const std::size_t bytes = count * sizeof(float);
  const int failed = decide(*comm, "AllReduce", abi::kAllReduce, bytes, bytes);
  if (failed != kSuccess) return failed;
  return exchange(*comm, send, bytes,
                  [&] { add_up(*comm, static_cast<char*>(receive), 0, count); });
}

FAKE_API int ncclAllGather(
    const void* send, void* receive, std::size_t count, int type, ncclComm* comm, void*) {
  if (type != kFloat32) return kInvalidArgument;
  const std::size_t bytes = count * sizeof(float);
  const int failed = decide(*comm, "AllGather", abi::kAllGather, bytes, bytes * comm->ranks);
  if (failed != kSuccess) return failed;
  return exchange(*comm, send, bytes, [&] {
    for (int rank = 0; rank < comm->ranks; ++rank) {
      std::memcpy(static_cast<char*>(receive) + rank * bytes, comm->slot(rank), bytes);
    }
  });
}

FAKE_API int ncclReduceScatter(
    const void* send, void* receive, std::size_t count, int type, int op, ncclComm* comm, void*) {
  if (type != kFloat32 || op != kSum) return kInvalidArgument;
  const std::size_t bytes = count * sizeof(float);
  const int failed =
      decide(*comm, "ReduceScatter", abi::kReduceScatter, bytes, bytes * comm->ranks);
  if (failed != kSuccess) return failed;
  return exchange(*comm, send, bytes * comm->ranks,
                  [&] { add_up(*comm, static_cast<char*>(receive), comm->rank * count, count); });
}

FAKE_API int ncclBroadcast(const void*, void*, std::size_t, int, int, ncclComm*, void*) {
  return kInvalidArgument;
}
FAKE_API int ncclReduce(const void*, void*, std::size_t, int, int, int, ncclComm*, void*) {
  return kInvalidArgument;
}
