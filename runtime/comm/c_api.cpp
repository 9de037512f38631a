// The C interface (pleach.h): arguments are looked at here, and exceptions become codes and words.
#include <cerrno>
#include <cstring>
#include <fstream>
#include <functional>
#include <iterator>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "compiler/ir/schedule_json.hpp"
#include "runtime/comm/c_comm.hpp"
#include "runtime/comm/c_group.hpp"
#include "runtime/comm/c_types.hpp"
#include "runtime/comm/comm_options.hpp"
#include "runtime/comm/device_choice.hpp"
#include "runtime/include/pleach.h"
#include "runtime/net/launcher.hpp"

namespace pleach {
namespace {

static_assert(sizeof(pleachUniqueId) == sizeof(UniqueId));

struct Arguments {
  Collective collective;
  const void* send;
  void* receive;
  std::size_t count;
  pleachDataType_t type;
  pleachRedOp_t op = pleachSum;
  int root = -1;
};

pleachResult_t call(pleachComm_t comm, pleachStream_t stream, const Arguments& arguments) {
  return guarded(comm, [&] {
    Communicator& rank = rank_of(comm);
    const auto dtype = data_type_of(arguments.type);
    const auto op = reduce_op_of(arguments.op);
    if (!dtype) refuse(std::to_string(arguments.type) + " is no pleachDataType_t");
    if (!op) refuse(std::to_string(arguments.op) + " is no pleachRedOp_t");
    if (stream != nullptr && rank.device() == nullptr) {
      refuse("the host backend has no streams: the stream must be NULL");
    }
    const Call call{.shape = {.collective = arguments.collective,
                              .count = arguments.count,
                              .dtype = *dtype,
                              .op = *op,
                              .root = arguments.root},
                    .send = static_cast<const std::byte*>(arguments.send),
                    .receive = static_cast<std::byte*>(arguments.receive),
                    .stream = stream};
    rank.check(call);
    thread_group().call(comm, call);
  });
}

UniqueId id_of(const pleachUniqueId& id) {
  UniqueId result;
  std::memcpy(result.bytes.data(), id.internal, result.bytes.size());
  return result;
}

pleachResult_t init(
    pleachComm_t* comm, int ranks, const UniqueId& id, int rank, const pleachConfig_t* config) {
  if (comm == nullptr) return tell(nullptr, pleachInvalidArgument, "where to put it is NULL");
  *comm = nullptr;
  return guarded(nullptr, [&] {
    const CommOptions options = comm_options(config, process_environment());
    auto made = std::make_unique<pleachComm>();
    pleachComm* const target = made.get();
    // In a group the handle is there at once, and the communicator at its end.
    const bool waits = thread_group().is_open();
    if (waits) *comm = made.release();
    thread_group().meet(
        target, [=] { target->rank = std::make_unique<Communicator>(id, rank, ranks, options); });
    if (!waits) *comm = made.release();
  });
}

pleachResult_t load(pleachComm_t comm, std::string_view text, const std::string& name) {
  return guarded(comm, [&] {
    rank_of(comm);
    auto schedule = read_schedule(text, name);
    if (!schedule.ok()) {
      std::string message;
      for (const Diagnostic& mistake : schedule.mistakes()) message += to_string(mistake);
      if (!message.empty()) message.pop_back();  // the end of the last line
      refuse(message);
    }
    thread_group().meet(comm,
                        [comm, loaded = std::move(schedule).value()] { comm->rank->load(loaded); });
  });
}

}  // namespace
}  // namespace pleach

using pleach::guarded;

pleachResult_t pleachGetVersion(int* version) {
  if (version == nullptr) return pleach::tell(nullptr, pleachInvalidArgument, "version is NULL");
  *version = PLEACH_VERSION_CODE;
  return pleachSuccess;
}

pleachResult_t pleachGetUniqueId(pleachUniqueId* id) {
  return guarded(nullptr, [&] {
    if (id == nullptr) pleach::refuse("where to put the id is NULL");
    const pleach::UniqueId made = pleach::make_unique_id();
    std::memcpy(id->internal, made.bytes.data(), made.bytes.size());
  });
}

pleachResult_t pleachCommInitRank(pleachComm_t* comm, int ranks, pleachUniqueId id, int rank) {
  return pleach::init(comm, ranks, pleach::id_of(id), rank, nullptr);
}

pleachResult_t pleachCommInitRankConfig(
    pleachComm_t* comm, int ranks, pleachUniqueId id, int rank, const pleachConfig_t* config) {
  return pleach::init(comm, ranks, pleach::id_of(id), rank, config);
}

pleachResult_t pleachCommInitAll(pleachComm_t* comms, int ranks, const int* devices) {
  return guarded(nullptr, [&] {
    if (comms == nullptr || ranks < 1) pleach::refuse("a communicator has at least one rank");
    const pleach::UniqueId id = pleach::make_unique_id();
    const pleach::CommOptions options =
        pleach::comm_options(nullptr, pleach::process_environment());
    std::vector<std::unique_ptr<pleachComm>> made;
    std::vector<std::function<void()>> meetings;
    for (int rank = 0; rank < ranks; ++rank) {
      pleachComm* const comm = made.emplace_back(std::make_unique<pleachComm>()).get();
      pleach::CommOptions own = options;
      if (devices != nullptr) own.device.number = devices[rank];
      if (devices == nullptr && own.device.open == pleach::open_cuda_device) {
        own.device.number = rank;
      }
      meetings.emplace_back(
          [=] { comm->rank = std::make_unique<pleach::Communicator>(id, rank, ranks, own); });
    }
    pleach::run_together(std::move(meetings));
    for (int rank = 0; rank < ranks; ++rank) comms[rank] = made[rank].release();
  });
}

pleachResult_t pleachCommInitEnv(pleachComm_t* comm, const pleachConfig_t* config) {
  pleach::Launch launch;
  pleach::UniqueId id;
  const pleachResult_t result = guarded(nullptr, [&] {
    auto found = pleach::launch_of(pleach::process_environment());
    if (!found.ok()) pleach::refuse(to_string(found.mistakes().front()));
    if (!found.value()) {
      throw pleach::CommError(pleach::CommError::Kind::InvalidUsage,
                              "no launcher is recognised: start with mpirun, torchrun or srun, or "
                              "set PLEACH_RANK, PLEACH_RANKS and PLEACH_ROOT");
    }
    launch = *found.value();
    id = pleach::unique_id_at(launch.root, launch.rank == 0);
  });
  if (result != pleachSuccess) return result;
  return pleach::init(comm, launch.ranks, id, launch.rank, config);
}

pleachResult_t pleachCommDestroy(pleachComm_t comm) {
  return guarded(nullptr, [&] { delete comm; });
}

pleachResult_t pleachCommAbort(pleachComm_t comm) {
  return guarded(nullptr, [&] { pleach::rank_of(comm).abort(); });
}

pleachResult_t pleachCommGetAsyncError(pleachComm_t comm, pleachResult_t* error) {
  return guarded(nullptr, [&] {
    if (error == nullptr) pleach::refuse("where to put the error is NULL");
    const auto failure = pleach::rank_of(comm).look_for_failure();
    if (failure) pleach::tell(comm, pleachSuccess, failure->what());
    *error = failure ? pleach::code_of(failure->kind()) : pleachSuccess;
  });
}

pleachResult_t pleachCommCount(pleachComm_t comm, int* ranks) {
  return guarded(comm, [&] {
    if (ranks == nullptr) pleach::refuse("where to put the count is NULL");
    *ranks = pleach::rank_of(comm).ranks();
  });
}

pleachResult_t pleachCommUserRank(pleachComm_t comm, int* rank) {
  return guarded(comm, [&] {
    if (rank == nullptr) pleach::refuse("where to put the rank is NULL");
    *rank = pleach::rank_of(comm).rank();
  });
}

const char* pleachGetErrorString(pleachResult_t result) {
  switch (result) {
    case pleachSuccess: return "success";
    case pleachUnhandledCudaError: return "a CUDA call failed";
    case pleachSystemError: return "this machine failed or lacks something";
    case pleachInternalError: return "a bug of pleach";
    case pleachInvalidArgument: return "an argument is wrong";
    case pleachInvalidUsage: return "a call at a wrong time, or not the one of the other ranks";
    case pleachRemoteError: return "another rank is gone, silent, or has failed";
    case pleachInProgress: return "still under way";
  }
  return "no such result";
}

const char* pleachGetLastError(pleachComm_t comm) { return pleach::last_error_of(comm); }

pleachResult_t pleachPlanLoad(pleachComm_t comm, const char* path) {
  std::string text;
  const pleachResult_t result = guarded(comm, [&] {
    if (path == nullptr) pleach::refuse("the path is NULL");
    std::ifstream file(path, std::ios::binary);
    if (!file)
      pleach::refuse("can not read \"" + std::string(path) + "\": " + std::strerror(errno));
    text.assign(std::istreambuf_iterator<char>(file), {});
  });
  return result == pleachSuccess ? pleach::load(comm, text, path) : result;
}

pleachResult_t pleachPlanLoadBytes(pleachComm_t comm, const char* text, size_t bytes) {
  if (text == nullptr) return pleach::tell(comm, pleachInvalidArgument, "the text is NULL");
  return pleach::load(comm, {text, bytes}, "schedule");
}

pleachResult_t pleachPlanNode(pleachComm_t comm, int rank, const char** node) {
  return guarded(comm, [&] {
    if (node == nullptr) pleach::refuse("where to put the node is NULL");
    const pleach::Communicator& communicator = pleach::rank_of(comm);
    if (rank < 0 || rank >= communicator.ranks()) {
      pleach::refuse("rank " + std::to_string(rank) + " does not exist; there are ranks 0 to " +
                     std::to_string(communicator.ranks() - 1));
    }
    const std::string* const id = communicator.node_of(rank);
    if (id == nullptr) {
      throw pleach::CommError(pleach::CommError::Kind::InvalidUsage, "no schedule is loaded yet");
    }
    *node = id->c_str();
  });
}

pleachResult_t pleachPlanInfo(pleachComm_t comm,
                              pleachCollective_t collective,
                              int root,
                              pleachPlanInfo_t* info) {
  return guarded(comm, [&] {
    if (info == nullptr) pleach::refuse("where to put the facts is NULL");
    const auto served = pleach::collective_of(collective);
    if (!served) pleach::refuse(std::to_string(collective) + " is no pleachCollective_t");
    const pleach::Schedule* const schedule = pleach::rank_of(comm).schedule_of(*served, root);
    if (schedule == nullptr) {
      throw pleach::CommError(pleach::CommError::Kind::InvalidUsage,
                              "no schedule that is loaded serves this collective");
    }
    *info = {};
    info->algbwGBps = schedule->algbw.to_double();
    info->boundGBps = schedule->bound.best().to_double();
    info->trees =
        static_cast<int>(schedule->broadcast_trees.size() + schedule->reduce_trees.size());
    schedule->topology.name.copy(info->topology, sizeof info->topology - 1);
    schedule->topology_digest.copy(info->digest, sizeof info->digest - 1);
  });
}

pleachResult_t pleachAllReduce(const void* sendbuff,
                               void* recvbuff,
                               size_t count,
                               pleachDataType_t datatype,
                               pleachRedOp_t op,
                               pleachComm_t comm,
                               pleachStream_t stream) {
  return pleach::call(comm, stream,
                      {pleach::Collective::AllReduce, sendbuff, recvbuff, count, datatype, op});
}

pleachResult_t pleachAllGather(const void* sendbuff,
                               void* recvbuff,
                               size_t sendcount,
                               pleachDataType_t datatype,
                               pleachComm_t comm,
                               pleachStream_t stream) {
  return pleach::call(comm, stream,
                      {pleach::Collective::AllGather, sendbuff, recvbuff, sendcount, datatype});
}

pleachResult_t pleachReduceScatter(const void* sendbuff,
                                   void* recvbuff,
                                   size_t recvcount,
                                   pleachDataType_t datatype,
                                   pleachRedOp_t op,
                                   pleachComm_t comm,
                                   pleachStream_t stream) {
  return pleach::call(
      comm, stream,
      {pleach::Collective::ReduceScatter, sendbuff, recvbuff, recvcount, datatype, op});
}

pleachResult_t pleachBroadcast(const void* sendbuff,
                               void* recvbuff,
                               size_t count,
                               pleachDataType_t datatype,
                               int root,
                               pleachComm_t comm,
                               pleachStream_t stream) {
  return pleach::call(
      comm, stream,
      {pleach::Collective::Broadcast, sendbuff, recvbuff, count, datatype, pleachSum, root});
}

pleachResult_t pleachReduce(const void* sendbuff,
                            void* recvbuff,
                            size_t count,
                            pleachDataType_t datatype,
                            pleachRedOp_t op,
                            int root,
                            pleachComm_t comm,
                            pleachStream_t stream) {
  return pleach::call(comm, stream,
                      {pleach::Collective::Reduce, sendbuff, recvbuff, count, datatype, op, root});
}

pleachResult_t pleachGroupStart() {
  pleach::thread_group().start();
  return pleachSuccess;
}

pleachResult_t pleachGroupEnd() {
  return guarded(nullptr, [] { pleach::thread_group().end(); });
}

pleachResult_t pleachMemAlloc(void** memory, size_t bytes) {
  return guarded(nullptr, [&] {
    if (memory == nullptr) pleach::refuse("where to put the address is NULL");
    *memory = pleach::allocate_buffer(bytes);
  });
}

pleachResult_t pleachMemFree(void* memory) {
  return guarded(nullptr, [&] {
    if (!pleach::free_buffer(static_cast<std::byte*>(memory))) {
      pleach::refuse("this memory is not from pleachMemAlloc");
    }
  });
}

pleachResult_t pleachCommRegister(pleachComm_t comm, void* memory, size_t bytes, void** handle) {
  return guarded(comm, [&] {
    pleach::Communicator& rank = pleach::rank_of(comm);
    if (memory == nullptr || handle == nullptr) pleach::refuse("memory or handle is NULL");
    if (rank.device() == nullptr) {
      *handle = memory;
      return;
    }
    // It waits for the other ranks, like a schedule that is loaded.
    pleach::thread_group().meet(comm, [=] {
      const auto* const begin = static_cast<const std::byte*>(memory);
      *handle = reinterpret_cast<void*>(comm->rank->register_memory(begin, bytes) + 1);
    });
  });
}

pleachResult_t pleachCommDeregister(pleachComm_t comm, void* handle) {
  return guarded(comm, [&] {
    pleach::Communicator& rank = pleach::rank_of(comm);
    if (handle == nullptr) pleach::refuse("the handle is NULL");
    if (rank.device() != nullptr) {
      rank.deregister_memory(reinterpret_cast<std::uint64_t>(handle) - 1);
    }
  });
}
