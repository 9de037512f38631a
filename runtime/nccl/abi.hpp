// What NCCL and its tuner and env plugins agree on, declared by ourselves: nothing of NCCL is
// needed to build.
//
// Tuner v3 and v4 are of NCCL 2.22 to 2.26, v5 of 2.27 and later, v6 of 2.30 and later; each
// release takes the newest that it knows and that the library has. Env v1 is of 2.28 and later, v2
// of 2.30 and later. All functions return 0 for success; NCCL fails the call, or the job, on
// anything else. Its enumerations are passed as int.
#pragma once

#include <cstddef>
#include <cstdint>

namespace pleach::nccl::abi {

inline constexpr int kSuccess = 0;
inline constexpr float kIgnore = -1.0F;  // a cost: this algorithm and protocol can not be taken

inline constexpr int kWarn = 2;  // levels of a Logger
inline constexpr int kInfo = 3;
inline constexpr unsigned long kInit = 0x1;  // its subsystems, as bits
inline constexpr unsigned long kTuning = 0x40;
inline constexpr unsigned long kEnv = 0x80;

// printf's format. NCCL keeps 1,023 bytes of a line, its own prefix included.
using Logger =
    void (*)(int level, unsigned long flags, const char* file, int line, const char* format, ...);

// Collectives, as the functions below are told of them; others have larger numbers.
enum Function : int { kBroadcast, kReduce, kAllGather, kReduceScatter, kAllReduce };

// `costs` is no array of pointers: its address is that of a float[algorithms][protocols], in
// microseconds. NCCL takes the least that is not negative.
struct TunerV3 {
  const char* name;
  int (*init)(std::size_t ranks, std::size_t nodes, Logger logger, void** context);
  int (*get_coll_info)(void* context,
                       int function,
                       std::size_t bytes,
                       int pipelined_ops,
                       float** costs,
                       int algorithms,
                       int protocols,
                       int* channels);
  int (*destroy)(void* context);
};

using GetCollInfo = int (*)(void* context,
                            int function,
                            std::size_t bytes,
                            int pipelined_ops,
                            float** costs,
                            int algorithms,
                            int protocols,
                            int registered,
                            int* channels);

struct TunerV4 {
  const char* name;
  int (*init)(std::size_t ranks, std::size_t nodes, Logger logger, void** context);
  GetCollInfo get_coll_info;
  int (*destroy)(void* context);
};

struct NvlDomains {
  int domains;
  int least_ranks;
  int most_ranks;
};

// NCCL's cost model, which a tuner may change before it is used. Ours does not.
struct TunerConstants {
  double base_latencies[7][3];
  double hardware_latencies[3][7][3];
  double ll_most_bandwidths[4][3];
  double ring_ll128_bandwidths[4][3];
  double tree_ll128_bandwidths[4][3];
  double tree_bandwidths[4][3];
  double nvls_tree_bandwidths[4][3];
};

using InitV5 = int (*)(void** context,
                       std::uint64_t communicator,
                       std::size_t ranks,
                       std::size_t nodes,
                       Logger logger,
                       NvlDomains* domains,
                       TunerConstants* constants);

struct TunerV5 {
  const char* name;
  InitV5 init;
  GetCollInfo get_coll_info;
  int (*finalize)(void* context);
};

struct TunerV6 {
  const char* name;
  InitV5 init;
  GetCollInfo get_coll_info;
  int (*finalize)(void* context);
  int (*get_chunk_size)(void* context,
                        int function,
                        std::size_t bytes,
                        int algorithm,
                        int protocol,
                        int channels,
                        std::size_t* chunk_size);
};

struct EnvV1 {
  const char* name;
  int (*init)(std::uint8_t major, std::uint8_t minor, std::uint8_t patch, const char* suffix);
  int (*finalize)();
  // Null: not set. The text stays as it is until finalize.
  const char* (*get_env)(const char* variable);
};

struct EnvV2 {
  const char* name;
  int (*init)(std::uint8_t major,
              std::uint8_t minor,
              std::uint8_t patch,
              const char* suffix,
              Logger logger);
  int (*finalize)();
  const char* (*get_env)(const char* variable);
};

static_assert(sizeof(void*) == 8 && sizeof(int) == 4 && sizeof(unsigned long) == 8);
static_assert(sizeof(TunerV3) == 32 && sizeof(TunerV4) == 32 && sizeof(TunerV5) == 32);
static_assert(sizeof(TunerV6) == 40 && sizeof(EnvV1) == 32 && sizeof(EnvV2) == 32);
static_assert(offsetof(TunerV3, init) == 8 && offsetof(TunerV3, get_coll_info) == 16);
static_assert(offsetof(TunerV4, init) == 8 && offsetof(TunerV4, get_coll_info) == 16);
static_assert(offsetof(TunerV5, init) == 8 && offsetof(TunerV5, get_coll_info) == 16);
static_assert(offsetof(TunerV6, init) == 8 && offsetof(TunerV6, get_coll_info) == 16);
static_assert(offsetof(TunerV3, destroy) == 24 && offsetof(TunerV4, destroy) == 24);
static_assert(offsetof(TunerV5, finalize) == 24 && offsetof(TunerV6, finalize) == 24);
static_assert(offsetof(TunerV6, get_chunk_size) == 32);
static_assert(offsetof(EnvV1, init) == 8 && offsetof(EnvV2, init) == 8);
static_assert(offsetof(EnvV1, finalize) == 16 && offsetof(EnvV2, finalize) == 16);
static_assert(offsetof(EnvV1, get_env) == 24 && offsetof(EnvV2, get_env) == 24);
static_assert(sizeof(NvlDomains) == 12 && sizeof(TunerConstants) == (21 + 63 + 5 * 12) * 8);
static_assert(offsetof(TunerConstants, ll_most_bandwidths) == (21 + 63) * 8);

}  // namespace pleach::nccl::abi
