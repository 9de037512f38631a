#include "runtime/perf/rank_group.hpp"

#include "compiler/core/check.hpp"
#include "compiler/core/machine_error.hpp"
#include "runtime/comm/c_types.hpp"

namespace pleach::perf {
namespace {

void check_result(pleachResult_t result, pleachComm_t comm) {
  if (result == pleachSuccess) return;
  std::string words = pleachGetLastError(comm);
  if (words.empty()) words = pleachGetErrorString(result);
  throw MachineError(words);
}

pleachResult_t call(const CallShape& shape,
                    const RankBuffers& pair,
                    pleachComm_t comm,
                    pleachStream_t stream) {
  const pleachDataType_t type = c_type_of(shape.dtype);
  const pleachRedOp_t op = c_op_of(shape.op);
  const std::size_t count = shape.count;
  switch (shape.collective) {
    case Collective::AllGather:
      return pleachAllGather(pair.input, pair.output, count, type, comm, stream);
    case Collective::ReduceScatter:
      return pleachReduceScatter(pair.input, pair.output, count, type, op, comm, stream);
    case Collective::AllReduce:
      return pleachAllReduce(pair.input, pair.output, count, type, op, comm, stream);
    case Collective::Broadcast:
      return pleachBroadcast(pair.input, pair.output, count, type, shape.root, comm, stream);
    case Collective::Reduce: break;
  }
  return pleachReduce(pair.input, pair.output, count, type, op, shape.root, comm, stream);
}

}  // namespace

pleachUniqueId make_id() {
  pleachUniqueId id;
  check_result(pleachGetUniqueId(&id), nullptr);
  return id;
}

RankGroup::RankGroup(
    const pleachUniqueId& id, int ranks, int first, int count, const Options& options) {
  pleachConfig_t config = PLEACH_CONFIG_INITIALIZER;
  config.timeoutMs = static_cast<int>(options.timeout.count());
  config.backend = options.backend.c_str();
  if (options.placement == Placement::Rank) config.placement = "rank";
  comms_.resize(count, nullptr);
  check_result(pleachGroupStart(), nullptr);
  pleachResult_t result = pleachSuccess;
  for (int i = 0; i < count && result == pleachSuccess; ++i) {
    if (!options.devices.empty()) config.device = 1 + options.devices[i];
    result = pleachCommInitRankConfig(&comms_[i], ranks, id, first + i, &config);
  }
  const pleachResult_t end = pleachGroupEnd();
  if (result == pleachSuccess && end == pleachSuccess) return;
  const std::string words = pleachGetLastError(nullptr);
  for (pleachComm_t comm : comms_) pleachCommDestroy(comm);
  throw MachineError(words);
}

RankGroup::~RankGroup() {
  for (pleachComm_t comm : comms_) pleachCommDestroy(comm);
}

void RankGroup::load(const std::string& schedule) {
  check_result(pleachGroupStart(), nullptr);
  std::string words;
  for (pleachComm_t comm : comms_) {
    if (pleachPlanLoadBytes(comm, schedule.data(), schedule.size()) != pleachSuccess &&
        words.empty()) {
      words = pleachGetLastError(comm);
    }
  }
  check_result(pleachGroupEnd(), nullptr);
  if (!words.empty()) throw MachineError(words);
}

int RankGroup::rank_on(const std::string& node) const {
  for (int rank = 0;; ++rank) {
    const char* there = nullptr;
    check_result(pleachPlanNode(comms_[0], rank, &there), comms_[0]);
    if (there == node) return rank;
  }
}

void RankGroup::register_memory(std::span<const std::span<std::byte>> memory) const {
  ENSURE(memory.size() == comms_.size(), "a rank without memory");
  std::vector<void*> handles(comms_.size());
  check_result(pleachGroupStart(), nullptr);
  std::string words;
  for (std::size_t i = 0; i < comms_.size(); ++i) {
    if (pleachCommRegister(comms_[i], memory[i].data(), memory[i].size(), &handles[i]) !=
            pleachSuccess &&
        words.empty()) {
      words = pleachGetLastError(comms_[i]);
    }
  }
  check_result(pleachGroupEnd(), nullptr);
  if (!words.empty()) throw MachineError(words);
}

void RankGroup::run(const CallShape& shape,
                    std::span<const RankBuffers> buffers,
                    std::span<void* const> streams) const {
  ENSURE(buffers.size() == comms_.size() && streams.size() == comms_.size(),
         "a rank without buffers or stream");
  if (comms_.size() == 1) {
    check_result(call(shape, buffers[0], comms_[0], streams[0]), comms_[0]);
    return;
  }
  check_result(pleachGroupStart(), nullptr);
  std::string words;
  for (std::size_t i = 0; i < comms_.size(); ++i) {
    if (call(shape, buffers[i], comms_[i], streams[i]) != pleachSuccess && words.empty()) {
      words = pleachGetLastError(comms_[i]);
    }
  }
  check_result(pleachGroupEnd(), nullptr);
  if (!words.empty()) throw MachineError(words);
}

void RankGroup::check() const {
  for (pleachComm_t comm : comms_) {
    pleachResult_t failure = pleachSuccess;
    check_result(pleachCommGetAsyncError(comm, &failure), comm);
    check_result(failure, comm);
  }
}

}  // namespace pleach::perf
