// NCCL as a rival, with its own choice of algorithm; its variables (NCCL_…) are the user's.
#include <cstdlib>
#include <fstream>
#include <string>
#include <vector>

#include "compiler/core/machine_error.hpp"
#include "runtime/perf/nccl_library.hpp"
#include "runtime/perf/rival.hpp"

namespace pleach::perf {
namespace {

std::optional<int> type_of(DataType dtype) {
  switch (dtype) {
    case DataType::Int8: return 0;
    case DataType::Uint8: return 1;
    case DataType::Int32: return 2;
    case DataType::Uint32: return 3;
    case DataType::Int64: return 4;
    case DataType::Uint64: return 5;
    case DataType::Float16: return 6;
    case DataType::Float32: return 7;
    case DataType::Float64: return 8;
    case DataType::Bfloat16: return 9;
    case DataType::Int16: break;
  }
  return std::nullopt;
}

int op_of(ReduceOp op) {
  switch (op) {
    case ReduceOp::Sum: return 0;
    case ReduceOp::Prod: return 1;
    case ReduceOp::Max: return 2;
    case ReduceOp::Min: return 3;
    case ReduceOp::Avg: break;
  }
  return 4;
}

std::string library_path() {
  const char* const path = std::getenv("PLEACH_NCCL_LIBRARY");
  return path == nullptr ? "" : path;
}

class Nccl final : public Rival {
 public:
  explicit Nccl(const RivalJob& job)
      : nccl_(open_nccl(library_path())),
        devices_(job.devices),
        streams_(job.streams),
        comms_(job.devices.size(), nullptr) {
    check(nccl_.GetVersion(&version_), "ncclGetVersion");
    const NcclUniqueId id = exchange_id(job);
    try {
      check(nccl_.GroupStart(), "ncclGroupStart");
      int result = kNcclSuccess;
      for (std::size_t i = 0; i < comms_.size() && result == kNcclSuccess; ++i) {
        devices_[i]->make_current();
        result = nccl_.CommInitRank(&comms_[i], job.ranks, id, job.rank + static_cast<int>(i));
      }
      const int end = nccl_.GroupEnd();
      check(result != kNcclSuccess ? result : end, "ncclCommInitRank");
    } catch (const MachineError& error) {
      leave(true);
      throw MachineError(std::string(error.what()) + about_sharing());
    }
  }
  ~Nccl() override { leave(false); }

  [[nodiscard]] std::string version() const override {
    return "NCCL " + nccl_version_text(version_);
  }

  [[nodiscard]] std::optional<std::string> objection(const CallShape& shape) const override {
    if (!type_of(shape.dtype)) return "NCCL has no " + std::string(name_of(shape.dtype));
    return std::nullopt;
  }

  void run(const CallShape& shape, std::span<const RankBuffers> buffers) override {
    if (comms_.size() == 1) {
      check(call(shape, buffers[0], 0), "an NCCL call");
      return;
    }
    check(nccl_.GroupStart(), "ncclGroupStart");
    int result = kNcclSuccess;
    for (std::size_t i = 0; i < comms_.size() && result == kNcclSuccess; ++i) {
      result = call(shape, buffers[i], i);
    }
    const int end = nccl_.GroupEnd();
    check(result != kNcclSuccess ? result : end, "a group of NCCL calls");
  }

  void check_started() override {
    for (NcclComm comm : comms_) {
      int failure = kNcclSuccess;
      check(nccl_.CommGetAsyncError(comm, &failure), "ncclCommGetAsyncError");
      if (failure != kNcclInProgress) check(failure, "an NCCL call that was started");
    }
  }

  void abort() override { leave(true); }

 private:
  void check(int result, const char* what) const {
    if (result == kNcclSuccess) return;
    std::string text = std::string(what) + ": NCCL says: " + nccl_.GetErrorString(result);
    const char* const last = nccl_.GetLastError == nullptr ? nullptr : nccl_.GetLastError(nullptr);
    if (last != nullptr && *last != '\0') text += " (" + std::string(last) + ")";
    throw MachineError(text);
  }

  // Rank 0's, by a file. Every rank has opened NCCL before any waits in it for another.
  [[nodiscard]] NcclUniqueId exchange_id(const RivalJob& job) const {
    const std::string path = job.folder + "/nccl_unique_id";
    NcclUniqueId id{};
    if (job.rank == 0) {
      check(nccl_.GetUniqueId(&id), "ncclGetUniqueId");
      std::ofstream file(path, std::ios::binary);
      file.write(id.internal, sizeof id.internal);
      if (!file.flush()) throw MachineError("can not write " + path);
    }
    job.barrier();
    if (job.rank == 0) return id;
    std::ifstream file(path, std::ios::binary);
    if (!file.read(id.internal, sizeof id.internal)) {
      throw MachineError("can not read " + path +
                         ", where rank 0 has written NCCL's id: --vs nccl "
                         "needs all processes on one machine, or a shared TMPDIR");
    }
    return id;
  }

  // Why a start may have failed.
  [[nodiscard]] std::string about_sharing() const {
    return "; several ranks on one GPU need NCCL 2.30 or later with NCCL_MULTI_RANK_GPU_ENABLE=1 "
           "(and a small NCCL_MAX_CTAS), or before that another NCCL_HOSTID in each process; "
           "NCCL_DEBUG=INFO tells more";
  }

  int call(const CallShape& shape, const RankBuffers& pair, std::size_t i) const {
    devices_[i]->make_current();
    const int type = *type_of(shape.dtype);
    const int op = op_of(shape.op);
    NcclComm const comm = comms_[i];
    void* const stream = streams_[i];
    const std::size_t count = shape.count;
    switch (shape.collective) {
      case Collective::AllGather:
        return nccl_.AllGather(pair.input, pair.output, count, type, comm, stream);
      case Collective::ReduceScatter:
        return nccl_.ReduceScatter(pair.input, pair.output, count, type, op, comm, stream);
      case Collective::AllReduce:
        return nccl_.AllReduce(pair.input, pair.output, count, type, op, comm, stream);
      case Collective::Broadcast:
        return nccl_.Broadcast(pair.input, pair.output, count, type, shape.root, comm, stream);
      case Collective::Reduce: break;
    }
    return nccl_.Reduce(pair.input, pair.output, count, type, op, shape.root, comm, stream);
  }

  // An abort waits for no other rank, and ends kernels that do.
  void leave(bool aborts) {
    for (NcclComm& comm : comms_) {
      if (comm == nullptr) continue;
      (void)(aborts ? nccl_.CommAbort(comm) : nccl_.CommDestroy(comm));
      comm = nullptr;
    }
  }

  const NcclLibrary nccl_;
  int version_ = 0;
  const std::vector<std::shared_ptr<Device>> devices_;
  const std::vector<void*> streams_;
  std::vector<NcclComm> comms_;
};

}  // namespace
}  // namespace pleach::perf

extern "C" pleach::perf::Rival* pleach_perf_make_rival(const pleach::perf::RivalJob& job) {
  return new pleach::perf::Nccl(job);
}
