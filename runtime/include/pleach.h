/* pleach: executes compiled collective schedules.
 *
 * Shaped like NCCL's interface, on purpose; values of types, operators and results are NCCL's. One
 * communicator is one rank. All ranks of a communicator make the same calls in the same order. A thread
 * that drives several ranks of one communicator brackets their calls with pleachGroupStart and
 * pleachGroupEnd. On the host backend a call returns when its result is there. On a GPU it returns when its
 * kernel is on the stream, and may be recorded in a CUDA graph after a first call of the same shape; ranks
 * of a group that share a GPU are one kernel. Calls of one communicator follow one another in the order in
 * which they are made, whatever their streams.
 *
 * Every function but those that say otherwise returns a pleachResult_t; pleachGetLastError says in words
 * what was found, where, and what to do. No call waits longer than the communicator's timeout without
 * anything moving: it fails instead, and names the rank, tree, chunk and edge that it waited for. A
 * communicator that has failed fails every call; destroy it, and make a new one with the ranks that are
 * left. When a call returns, well or not, its buffers are the program's again; on a GPU when its stream has
 * come so far. There no wait of a kernel is longer than the timeout, and pleachCommGetAsyncError tells.
 *
 * Reductions are bitwise reproducible: the schedule fixes their order. Thread safe but for calls on one
 * communicator, which come from one thread at a time; pleachCommAbort and pleachCommGetAsyncError may
 * come from any.
 */
#ifndef PLEACH_H
#define PLEACH_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#if defined(__GNUC__)
#define PLEACH_API __attribute__((visibility("default")))
#else
#define PLEACH_API
#endif

#define PLEACH_MAJOR 0
#define PLEACH_MINOR 1
#define PLEACH_PATCH 0
#define PLEACH_VERSION_CODE (PLEACH_MAJOR * 10000 + PLEACH_MINOR * 100 + PLEACH_PATCH)

typedef struct pleachComm* pleachComm_t;
typedef void* pleachStream_t; /* a cudaStream_t; NULL on the host backend */

typedef enum {
  pleachSuccess = 0,
  pleachUnhandledCudaError = 1,
  pleachSystemError = 2,     /* this machine failed or lacks something */
  pleachInternalError = 3,   /* a bug of pleach */
  pleachInvalidArgument = 4, /* a value of this call */
  pleachInvalidUsage = 5,    /* right values at a wrong time, or other ones than on other ranks */
  pleachRemoteError = 6,     /* another rank is gone, silent, or has failed */
  pleachInProgress = 7
} pleachResult_t;

typedef enum {
  pleachInt8 = 0,
  pleachUint8 = 1,
  pleachInt32 = 2,
  pleachUint32 = 3,
  pleachInt64 = 4,
  pleachUint64 = 5,
  pleachFloat16 = 6,
  pleachFloat32 = 7,
  pleachFloat64 = 8,
  pleachBfloat16 = 9,
  pleachInt16 = 64 /* not in NCCL */
} pleachDataType_t;

/* Integers wrap around. Avg is the sum divided once, at the end; integers truncate. float16 and bfloat16
 * are combined in float32 within each step. Min and max give NaN where any value is NaN. */
typedef enum {
  pleachSum = 0,
  pleachProd = 1,
  pleachMax = 2,
  pleachMin = 3,
  pleachAvg = 4
} pleachRedOp_t;

typedef enum {
  pleachCollAllGather = 0,
  pleachCollReduceScatter = 1,
  pleachCollAllReduce = 2,
  pleachCollBroadcast = 3,
  pleachCollReduce = 4
} pleachCollective_t;

#define PLEACH_UNIQUE_ID_BYTES 128
typedef struct {
  char internal[PLEACH_UNIQUE_ID_BYTES];
} pleachUniqueId;

/* Zero stands for the default of every member; start from PLEACH_CONFIG_INITIALIZER. */
typedef struct {
  size_t size;        /* sizeof(pleachConfig_t) */
  int timeoutMs;      /* longest wait without anything moving; default PLEACH_TIMEOUT_MS, or 600,000 */
  const char* hostId; /* ranks with equal ones share memory; default PLEACH_HOST_ID, or the machine */
  const char* fabricProvider; /* libfabric's, e.g. "tcp"; default PLEACH_FABRIC_PROVIDER */
  const char* fabricRails;    /* "eth0,eth1": domains or addresses; default PLEACH_FABRIC_RAILS */
  /* Where the rank runs, to find its node by the labels host and pci of the schedule's machine. */
  const char* hostName;  /* default PLEACH_HOST_NAME, or the machine's name */
  const char* pciBusId;  /* "0000:1b:00.0"; default PLEACH_PCI_BUS_ID, or that of the GPU, or none */
  const char* placement; /* "labels", or "rank": rank r is the schedule's rank r whatever the labels
                            say; default PLEACH_PLACEMENT, or "labels" */
  /* Where the buffers are and who moves the data; the same on all ranks.
   *   "host"      memory of the process; a call returns when its result is there
   *   "cuda"      memory of a GPU; a call is a kernel on its stream
   *   "emulated"  the kernels of "cuda" run by threads, on memory of the process: to try things
   * default PLEACH_BACKEND, or "host" */
  const char* backend;
  int device; /* of "cuda" and "emulated": 1 for the first GPU and so on; 0: the current one */
} pleachConfig_t;
#define PLEACH_CONFIG_INITIALIZER \
  {sizeof(pleachConfig_t), 0, NULL, NULL, NULL, NULL, NULL, NULL, NULL, 0}

/* ---- Communicators ---- */

PLEACH_API pleachResult_t pleachGetVersion(int* version);

/* Makes an id, and in this process a thread through which the ranks meet. Hand the id to every rank. */
PLEACH_API pleachResult_t pleachGetUniqueId(pleachUniqueId* id);

/* Meets the other ranks; returns when all are there. Ranks of one process come from threads of their own
 * (or use pleachCommInitAll). */
PLEACH_API pleachResult_t pleachCommInitRank(pleachComm_t* comm, int ranks, pleachUniqueId id, int rank);
PLEACH_API pleachResult_t pleachCommInitRankConfig(pleachComm_t* comm,
                                                   int ranks,
                                                   pleachUniqueId id,
                                                   int rank,
                                                   const pleachConfig_t* config);
/* All ranks in this process, on the backend that PLEACH_BACKEND names. `devices`: the GPU of each rank,
 * from 0 on, several on one if you like; NULL: rank r on GPU r. The host backend takes no notice of it. */
PLEACH_API pleachResult_t pleachCommInitAll(pleachComm_t* comms, int ranks, const int* devices);
/* One rank of a job that mpirun, torchrun, srun or PLEACH_RANK, PLEACH_RANKS and PLEACH_ROOT describe.
 * config may be NULL. */
PLEACH_API pleachResult_t pleachCommInitEnv(pleachComm_t* comm, const pleachConfig_t* config);

/* Frees the communicator. All ranks call it, unless it has failed. NULL does nothing. */
PLEACH_API pleachResult_t pleachCommDestroy(pleachComm_t comm);
/* Makes the call under way, and every later one, fail. From any thread. The communicator is still to be
 * destroyed. */
PLEACH_API pleachResult_t pleachCommAbort(pleachComm_t comm);
/* What the communicator has failed with, or pleachSuccess. On a GPU this is where failures of calls that
 * have been started show, and where a rank that is gone is noticed: ask now and then while you wait. */
PLEACH_API pleachResult_t pleachCommGetAsyncError(pleachComm_t comm, pleachResult_t* error);
PLEACH_API pleachResult_t pleachCommCount(pleachComm_t comm, int* ranks);
PLEACH_API pleachResult_t pleachCommUserRank(pleachComm_t comm, int* rank);

PLEACH_API const char* pleachGetErrorString(pleachResult_t result);
/* The last failure of `comm`, or with NULL of a call of this thread; "" if there was none. Valid until the
 * next call on it. */
PLEACH_API const char* pleachGetLastError(pleachComm_t comm);

/* ---- Schedules ---- */

/* Loads a pleach-schedule/1 file (pleach compile) for its collective. All ranks load the same file; its
 * digest and that of its machine are compared. Where the machine's GPUs have labels (host, pci), each rank
 * takes the one that it runs on, and a root is the rank that runs there; else rank r is the schedule's
 * rank r. A schedule for allreduce whose roots have equal shares also serves allgather and reduce-scatter
 * that have none of their own; one with trees rooted at a rank, broadcast from it and reduce to it. */
PLEACH_API pleachResult_t pleachPlanLoad(pleachComm_t comm, const char* path);
PLEACH_API pleachResult_t pleachPlanLoadBytes(pleachComm_t comm, const char* text, size_t bytes);

/* The id of the node where `rank` runs, in the machine of the schedule that was loaded last. Valid until
 * the next one is loaded. */
PLEACH_API pleachResult_t pleachPlanNode(pleachComm_t comm, int rank, const char** node);

typedef struct {
  double algbwGBps;  /* the rate that the schedule reaches on its network */
  double boundGBps;  /* the rate that no schedule beats */
  int trees;
  char topology[128];
  char digest[65]; /* of the topology */
} pleachPlanInfo_t;
/* Of the schedule that serves `collective` (with `root`, for broadcast and reduce). */
PLEACH_API pleachResult_t pleachPlanInfo(pleachComm_t comm,
                                         pleachCollective_t collective,
                                         int root,
                                         pleachPlanInfo_t* info);

/* ---- Collectives: as NCCL's. Counts in elements; for allgather and reduce-scatter those of one rank. In
 * place as in NCCL. Buffers may have any alignment. ---- */

PLEACH_API pleachResult_t pleachAllReduce(const void* sendbuff,
                                          void* recvbuff,
                                          size_t count,
                                          pleachDataType_t datatype,
                                          pleachRedOp_t op,
                                          pleachComm_t comm,
                                          pleachStream_t stream);
PLEACH_API pleachResult_t pleachAllGather(const void* sendbuff,
                                          void* recvbuff,
                                          size_t sendcount,
                                          pleachDataType_t datatype,
                                          pleachComm_t comm,
                                          pleachStream_t stream);
PLEACH_API pleachResult_t pleachReduceScatter(const void* sendbuff,
                                              void* recvbuff,
                                              size_t recvcount,
                                              pleachDataType_t datatype,
                                              pleachRedOp_t op,
                                              pleachComm_t comm,
                                              pleachStream_t stream);
PLEACH_API pleachResult_t pleachBroadcast(const void* sendbuff,
                                          void* recvbuff,
                                          size_t count,
                                          pleachDataType_t datatype,
                                          int root,
                                          pleachComm_t comm,
                                          pleachStream_t stream);
PLEACH_API pleachResult_t pleachReduce(const void* sendbuff,
                                       void* recvbuff,
                                       size_t count,
                                       pleachDataType_t datatype,
                                       pleachRedOp_t op,
                                       int root,
                                       pleachComm_t comm,
                                       pleachStream_t stream);

/* Calls between the two are gathered and start together at the end: one for each communicator at a time,
 * in order. Groups nest. Mistakes in a gathered call are told by itself; what fails while the group runs
 * is told by pleachGroupEnd. */
PLEACH_API pleachResult_t pleachGroupStart(void);
PLEACH_API pleachResult_t pleachGroupEnd(void);

/* ---- Memory ---- */

/* Zeroed memory that other processes of this host read and write in place: the fastest for buffers of
 * ranks in several processes. Other memory works too, with one copy more. Of the backend that
 * PLEACH_BACKEND names: with "cuda" memory of the current GPU, to be registered. */
PLEACH_API pleachResult_t pleachMemAlloc(void** memory, size_t bytes);
PLEACH_API pleachResult_t pleachMemFree(void* memory);
/* On a GPU: lets ranks in other processes of the host read buffers within this memory in place, with one
 * copy less. All ranks register together, in the same order (in a group where one thread drives several).
 * Memory that can not be shared (of a pool, of cuMemCreate) is staged as before. Deregister when no call is
 * under way. The host backend needs no registration: memory of pleachMemAlloc is recognised, other memory
 * can not be shared afterwards. The handle is never NULL. */
PLEACH_API pleachResult_t pleachCommRegister(pleachComm_t comm,
                                             void* memory,
                                             size_t bytes,
                                             void** handle);
PLEACH_API pleachResult_t pleachCommDeregister(pleachComm_t comm, void* handle);

#ifdef __cplusplus
}
#endif

#endif
