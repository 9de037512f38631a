#include "runtime/perf/rank_group.hpp"

#include "compiler/core/check.hpp"
#include "compiler/core/machine_error.hpp"
#include "runtime/comm/c_types.hpp"

namespace pleach::perf {
namespace {

void check(pleachResult_t result, pleachComm_t comm) {
  if (result == pleachSuccess) return;
  std::string words = pleachGetLastError(comm);
  if (words.empty()) words = pleachGetErrorString(result);
  throw MachineError(words);
}

pleachResult_t call(const CallShape& shape, const RankBuffers& pair, pleachComm_t comm) {
  const pleachDataType_t type = c_type_of(shape.dtype);
  const pleachRedOp_t op = c_op_of(shape.op);
  const std::size_t count = shape.count;
  switch (shape.collective) {
    case Collective::AllGather:
      return pleachAllGather(pair.input, pair.output, count, type, comm, nullptr);
    case Collective::ReduceScatter:
      return pleachReduceScatter(pair.input, pair.output, count, type, op, comm, nullptr);
    case Collective::AllReduce:
      return pleachAllReduce(pair.input, pair.output, count, type, op, comm, nullptr);
    case Collective::Broadcast:
      return pleachBroadcast(pair.input, pair.output, count, type, shape.root, comm, nullptr);
    case Collective::Reduce: break;
  }
  return pleachReduce(pair.input, pair.output, count, type, op, shape.root, comm, nullptr);
}

}  // namespace

pleachUniqueId make_id() {
  pleachUniqueId id;
  check(pleachGetUniqueId(&id), nullptr);
  return id;
}

RankGroup::RankGroup(const pleachUniqueId& id,
                     int ranks,
                     int first,
                     int count,
                     std::chrono::milliseconds timeout,
                     Placement placement) {
  pleachConfig_t config = PLEACH_CONFIG_INITIALIZER;
  config.timeoutMs = static_cast<int>(timeout.count());
  if (placement == Placement::Rank) config.placement = "rank";
  comms_.resize(count, nullptr);
  check(pleachGroupStart(), nullptr);
  pleachResult_t result = pleachSuccess;
  for (int i = 0; i < count && result == pleachSuccess; ++i) {
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
  check(pleachGroupStart(), nullptr);
  std::string words;
  for (pleachComm_t comm : comms_) {
    if (pleachPlanLoadBytes(comm, schedule.data(), schedule.size()) != pleachSuccess &&
        words.empty()) {
      words = pleachGetLastError(comm);
    }
  }
  check(pleachGroupEnd(), nullptr);
  if (!words.empty()) throw MachineError(words);
}

int RankGroup::rank_on(const std::string& node) const {
  for (int rank = 0;; ++rank) {
    const char* there = nullptr;
    check(pleachPlanNode(comms_[0], rank, &there), comms_[0]);
    if (there == node) return rank;
  }
}

void RankGroup::run(const CallShape& shape, std::span<const RankBuffers> buffers) const {
  ENSURE(buffers.size() == comms_.size(), "a rank without buffers");
  if (comms_.size() == 1) {
    check(call(shape, buffers[0], comms_[0]), comms_[0]);
    return;
  }
  check(pleachGroupStart(), nullptr);
  std::string words;
  for (std::size_t i = 0; i < comms_.size(); ++i) {
    if (call(shape, buffers[i], comms_[i]) != pleachSuccess && words.empty()) {
      words = pleachGetLastError(comms_[i]);
    }
  }
  check(pleachGroupEnd(), nullptr);
  if (!words.empty()) throw MachineError(words);
}

}  // namespace pleach::perf
