// Open MPI, or another MPI, as a rival. The process has been started by its mpirun.
#include <limits>

#include <mpi.h>

#include "compiler/core/machine_error.hpp"
#include "runtime/perf/rival.hpp"

namespace pleach::perf {
namespace {

std::optional<MPI_Datatype> type_of(DataType dtype) {
  switch (dtype) {
    case DataType::Int8: return MPI_INT8_T;
    case DataType::Uint8: return MPI_UINT8_T;
    case DataType::Int16: return MPI_INT16_T;
    case DataType::Int32: return MPI_INT32_T;
    case DataType::Uint32: return MPI_UINT32_T;
    case DataType::Int64: return MPI_INT64_T;
    case DataType::Uint64: return MPI_UINT64_T;
    case DataType::Float32: return MPI_FLOAT;
    case DataType::Float64: return MPI_DOUBLE;
    case DataType::Float16:
    case DataType::Bfloat16: break;
  }
  return std::nullopt;
}

std::optional<MPI_Op> op_of(ReduceOp op) {
  switch (op) {
    case ReduceOp::Sum: return MPI_SUM;
    case ReduceOp::Min: return MPI_MIN;
    case ReduceOp::Max: return MPI_MAX;
    case ReduceOp::Prod: return MPI_PROD;
    case ReduceOp::Avg: break;
  }
  return std::nullopt;
}

void check(int code, const char* call) {
  if (code == MPI_SUCCESS) return;
  char text[MPI_MAX_ERROR_STRING] = "";
  int length = 0;
  MPI_Error_string(code, text, &length);
  throw MachineError(std::string(call) + ": " + text);
}

class Mpi final : public Rival {
 public:
  explicit Mpi(const RivalJob& job) : rank_(job.rank) {
    check(MPI_Init(nullptr, nullptr), "MPI_Init");
    check(MPI_Comm_set_errhandler(MPI_COMM_WORLD, MPI_ERRORS_RETURN), "MPI_Comm_set_errhandler");
    int rank = 0;
    int ranks = 0;
    check(MPI_Comm_rank(MPI_COMM_WORLD, &rank), "MPI_Comm_rank");
    check(MPI_Comm_size(MPI_COMM_WORLD, &ranks), "MPI_Comm_size");
    if (rank == job.rank && ranks == job.ranks) return;
    MPI_Finalize();
    throw MachineError("MPI calls this rank " + std::to_string(rank) + " of " +
                       std::to_string(ranks) + ", not " + std::to_string(job.rank) + " of " +
                       std::to_string(job.ranks) + "; start with the mpirun of the MPI that " +
                       "pleach-perf was built with");
  }
  ~Mpi() override { MPI_Finalize(); }

  [[nodiscard]] std::string version() const override {
    char text[MPI_MAX_LIBRARY_VERSION_STRING] = "";
    int length = 0;
    MPI_Get_library_version(text, &length);
    const std::string whole(text, length);
    return whole.substr(0, whole.find_first_of(",\n"));
  }

  [[nodiscard]] std::optional<std::string> objection(const CallShape& shape) const override {
    if (!type_of(shape.dtype)) return "MPI has no " + std::string(name_of(shape.dtype));
    if (!op_of(shape.op)) return "MPI has no " + std::string(name_of(shape.op));
    if (shape.count > std::numeric_limits<int>::max()) {
      return "MPI counts to 2^31 - 1 elements, not to " + std::to_string(shape.count);
    }
    return std::nullopt;
  }

  void run(const CallShape& shape, std::span<const RankBuffers> all) override {
    const RankBuffers& buffers = all[0];
    const int count = static_cast<int>(shape.count);
    const MPI_Datatype type = *type_of(shape.dtype);
    const MPI_Op op = *op_of(shape.op);
    const std::ptrdiff_t part = static_cast<std::ptrdiff_t>(shape.count * size_of(shape.dtype));
    const void* const send = buffers.input;
    void* const receive = buffers.output;
    switch (shape.collective) {
      case Collective::AllGather: {
        const bool in_place = buffers.input == buffers.output + part * rank_;
        check(MPI_Allgather(in_place ? MPI_IN_PLACE : send, count, type, receive, count, type,
                            MPI_COMM_WORLD),
              "MPI_Allgather");
        return;
      }
      case Collective::ReduceScatter: {
        // In place MPI puts the result at the buffer's start, not at the rank's part of it.
        const bool in_place = buffers.output == buffers.input + part * rank_;
        void* const whole = const_cast<void*>(send);
        check(MPI_Reduce_scatter_block(in_place ? MPI_IN_PLACE : send, in_place ? whole : receive,
                                       count, type, op, MPI_COMM_WORLD),
              "MPI_Reduce_scatter_block");
        if (in_place && rank_ != 0) std::copy_n(buffers.input, part, buffers.output);
        return;
      }
      case Collective::AllReduce:
        check(MPI_Allreduce(send == receive ? MPI_IN_PLACE : send, receive, count, type, op,
                            MPI_COMM_WORLD),
              "MPI_Allreduce");
        return;
      case Collective::Broadcast:
        // MPI has one buffer, which is the root's input; elsewhere the output.
        check(MPI_Bcast(rank_ == shape.root ? const_cast<void*>(send) : receive, count, type,
                        shape.root, MPI_COMM_WORLD),
              "MPI_Bcast");
        if (rank_ == shape.root && send != receive)
          std::copy_n(buffers.input, part, buffers.output);
        return;
      case Collective::Reduce: {
        const bool in_place = send == receive && rank_ == shape.root;
        check(MPI_Reduce(in_place ? MPI_IN_PLACE : send, receive, count, type, op, shape.root,
                         MPI_COMM_WORLD),
              "MPI_Reduce");
        return;
      }
    }
  }

 private:
  int rank_ = 0;
};

}  // namespace
}  // namespace pleach::perf

extern "C" pleach::perf::Rival* pleach_perf_make_rival(const pleach::perf::RivalJob& job) {
  return new pleach::perf::Mpi(job);
}
