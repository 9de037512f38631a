// The C interface (pleach.h): exceptions become codes and words here, and nowhere else.
#include <algorithm>
#include <array>
#include <cstring>
#include <fstream>
#include <functional>
#include <iterator>
#include <memory>
#include <new>
#include <optional>
#include <span>
#include <sstream>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include "compiler/core/check.hpp"
#include "compiler/core/machine_error.hpp"
#include "compiler/ir/schedule_json.hpp"
#include "runtime/comm/c_types.hpp"
#include "runtime/comm/comm_options.hpp"
#include "runtime/comm/communicator.hpp"
#include "runtime/comm/wait.hpp"
#include "runtime/include/pleach.h"
#include "runtime/net/launcher.hpp"

struct pleachComm {
  std::unique_ptr<pleach::Communicator> rank;
  std::string last_error;
};

namespace pleach {
namespace {

static_assert(sizeof(pleachUniqueId) == sizeof(UniqueId));

// What the last call of this thread failed with that had no communicator, and the group it gathers.
struct Group {
  struct Entry {
    pleachComm_t comm = nullptr;
    Call call;
  };
  int depth = 0;
  std::vector<Entry> calls;
  // Work that waits for other ranks: all communicators at the same time, each in order.
  struct Meeting {
    pleachComm_t comm = nullptr;
    std::function<void()> work;
  };
  std::vector<Meeting> meetings;
};
thread_local std::string last_error;
thread_local Group group;

pleachResult_t code_of(CommError::Kind kind) {
  switch (kind) {
    case CommError::Kind::InvalidArgument: return pleachInvalidArgument;
    case CommError::Kind::InvalidUsage:
    case CommError::Kind::Aborted: return pleachInvalidUsage;
    case CommError::Kind::System: return pleachSystemError;
    case CommError::Kind::Remote: return pleachRemoteError;
  }
  return pleachInternalError;
}

pleachResult_t tell(pleachComm_t comm, pleachResult_t code, const std::string& message) {
  (comm != nullptr ? comm->last_error : last_error) = message;
  if (comm != nullptr) last_error = message;
  return code;
}

// Runs `action`; whatever it throws becomes a code, and the words are kept.
template <class Action>
pleachResult_t guarded(pleachComm_t comm, Action action) {
  try {
    action();
    return pleachSuccess;
  } catch (const CommError& error) {
    return tell(comm, code_of(error.kind()), error.what());
  } catch (const MachineError& error) {
    return tell(comm, pleachSystemError, error.what());
  } catch (const std::bad_alloc&) {
    return tell(comm, pleachSystemError, "memory ran out");
  } catch (const std::exception& error) {
    return tell(comm, pleachInternalError, error.what());
  }
}

[[noreturn]] void refuse(const std::string& message) {
  throw CommError(CommError::Kind::InvalidArgument, message);
}

Communicator& rank_of(pleachComm_t comm) {
  if (comm == nullptr) refuse("the communicator is NULL");
  if (comm->rank == nullptr) {
    throw CommError(CommError::Kind::InvalidUsage,
                    "the communicator is made in a group that has not ended");
  }
  return *comm->rank;
}

// At once, or at the end of the group.
void meet(pleachComm_t comm, std::function<void()> meeting) {
  if (group.depth == 0) {
    meeting();
  } else {
    group.meetings.push_back({.comm = comm, .work = std::move(meeting)});
  }
}

// All at the same time; throws the first failure when all have ended.
void run_together(std::vector<std::function<void()>> tasks) {
  std::vector<std::exception_ptr> failures(tasks.size());
  const auto run = [&](std::size_t i) {
    try {
      tasks[i]();
    } catch (...) {
      failures[i] = std::current_exception();
    }
  };
  if (tasks.size() == 1) {
    run(0);
  } else {
    std::vector<std::jthread> threads;
    for (std::size_t i = 0; i < tasks.size(); ++i) threads.emplace_back(run, i);
  }
  for (const std::exception_ptr& failure : failures) {
    if (failure != nullptr) std::rethrow_exception(failure);
  }
}

void run_meetings(const std::vector<Group::Meeting>& meetings) {
  std::vector<pleachComm_t> comms;  // by first mention
  for (const Group::Meeting& meeting : meetings) {
    if (std::find(comms.begin(), comms.end(), meeting.comm) == comms.end()) {
      comms.push_back(meeting.comm);
    }
  }
  std::vector<std::function<void()>> tasks;
  for (pleachComm_t const comm : comms) {
    tasks.emplace_back([comm, &meetings] {
      for (const Group::Meeting& meeting : meetings) {
        if (meeting.comm == comm) meeting.work();
      }
    });
  }
  run_together(std::move(tasks));
}

// One round: at most one call for each communicator, which all start before any is waited for.
void run_round(std::span<const Group::Entry> calls) {
  std::vector<std::function<void()>> preparations;
  for (const Group::Entry& entry : calls) {
    if (!entry.comm->rank->is_prepared(entry.call)) {
      preparations.emplace_back([&entry] { entry.comm->rank->prepare(entry.call); });
    }
  }
  if (!preparations.empty()) run_together(std::move(preparations));
  std::vector<Communicator*> ranks;
  std::optional<CommError> failure;  // of one that could not start; what has started is to end
  for (const Group::Entry& entry : calls) {
    try {
      entry.comm->rank->start(entry.call);
      ranks.push_back(entry.comm->rank.get());
    } catch (const CommError& error) {
      if (!failure) failure = error;
    }
  }
  try {
    finish(ranks);
  } catch (const CommError& error) {
    if (!failure) failure = error;
  }
  if (failure) throw *failure;
}

void run_calls(std::vector<Group::Entry> calls) {
  while (!calls.empty()) {
    std::vector<Group::Entry> round;
    std::vector<Group::Entry> later;
    for (const Group::Entry& entry : calls) {
      const bool is_first =
          std::none_of(round.begin(), round.end(),
                       [&](const Group::Entry& other) { return other.comm == entry.comm; });
      (is_first ? round : later).push_back(entry);
    }
    run_round(round);
    calls = std::move(later);
  }
}

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
    if (stream != nullptr) refuse("the host backend has no streams: the stream must be NULL");
    const Group::Entry entry{.comm = comm,
                             .call = {.shape = {.collective = arguments.collective,
                                                .count = arguments.count,
                                                .dtype = *dtype,
                                                .op = *op,
                                                .root = arguments.root},
                                      .send = static_cast<const std::byte*>(arguments.send),
                                      .receive = static_cast<std::byte*>(arguments.receive)}};
    rank.check(entry.call);
    if (group.depth > 0) {
      group.calls.push_back(entry);
    } else {
      run_round({&entry, 1});
    }
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
    const bool waits = group.depth > 0;
    if (waits) *comm = made.release();
    meet(target, [=] { target->rank = std::make_unique<Communicator>(id, rank, ranks, options); });
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
    meet(comm, [comm, loaded = std::move(schedule).value()] { comm->rank->load(loaded); });
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

pleachResult_t pleachCommInitAll(pleachComm_t* comms, int ranks, const int* /*devices*/) {
  return guarded(nullptr, [&] {
    if (comms == nullptr || ranks < 1) pleach::refuse("a communicator has at least one rank");
    const pleach::UniqueId id = pleach::make_unique_id();
    const pleach::CommOptions options =
        pleach::comm_options(nullptr, pleach::process_environment());
    std::vector<std::unique_ptr<pleachComm>> made;
    std::vector<std::function<void()>> meetings;
    for (int rank = 0; rank < ranks; ++rank) {
      pleachComm* const comm = made.emplace_back(std::make_unique<pleachComm>()).get();
      meetings.emplace_back(
          [=] { comm->rank = std::make_unique<pleach::Communicator>(id, rank, ranks, options); });
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
    const auto failure = pleach::rank_of(comm).failure();
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

const char* pleachGetLastError(pleachComm_t comm) {
  return comm != nullptr ? comm->last_error.c_str() : pleach::last_error.c_str();
}

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
  ++pleach::group.depth;
  return pleachSuccess;
}

pleachResult_t pleachGroupEnd() {
  if (pleach::group.depth == 0) {
    return pleach::tell(nullptr, pleachInvalidUsage, "no group has been started");
  }
  if (--pleach::group.depth > 0) return pleachSuccess;
  auto meetings = std::exchange(pleach::group.meetings, {});
  auto calls = std::exchange(pleach::group.calls, {});
  const pleachResult_t result = guarded(nullptr, [&] {
    if (!meetings.empty()) pleach::run_meetings(meetings);
    pleach::run_calls(calls);
  });
  if (result != pleachSuccess) {
    for (const auto& entry : calls) {
      const auto failure = entry.comm->rank->failure();
      if (failure) entry.comm->last_error = failure->what();
    }
  }
  return result;
}

pleachResult_t pleachMemAlloc(void** memory, size_t bytes) {
  return guarded(nullptr, [&] {
    if (memory == nullptr) pleach::refuse("where to put the address is NULL");
    *memory = pleach::process_heap().allocate(bytes);
  });
}

pleachResult_t pleachMemFree(void* memory) {
  return guarded(nullptr, [&] {
    auto* const bytes = static_cast<std::byte*>(memory);
    if (bytes != nullptr && !pleach::process_heap().contains(bytes, 1)) {
      pleach::refuse("this memory is not from pleachMemAlloc");
    }
    pleach::process_heap().deallocate(bytes);
  });
}

pleachResult_t pleachCommRegister(pleachComm_t comm,
                                  void* memory,
                                  size_t /*bytes*/,
                                  void** handle) {
  return guarded(comm, [&] {
    pleach::rank_of(comm);
    if (memory == nullptr || handle == nullptr) pleach::refuse("memory or handle is NULL");
    *handle = memory;
  });
}

pleachResult_t pleachCommDeregister(pleachComm_t comm, void* handle) {
  return guarded(comm, [&] {
    pleach::rank_of(comm);
    if (handle == nullptr) pleach::refuse("the handle is NULL");
  });
}
