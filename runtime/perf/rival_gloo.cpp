// Gloo as a rival: its TCP transport over the loopback interface, its own choice of algorithm.
#include <exception>

#include <gloo/allgather.h>
#include <gloo/allreduce.h>
#include <gloo/broadcast.h>
#include <gloo/math.h>
#include <gloo/reduce.h>
#include <gloo/rendezvous/context.h>
#include <gloo/rendezvous/file_store.h>
#include <gloo/transport/tcp/device.h>

#include "compiler/core/machine_error.hpp"
#include "runtime/perf/rival.hpp"

namespace pleach::perf {
namespace {

using Combine = void (*)(void*, const void*, const void*, std::size_t);

template <class T>
Combine combine_of(ReduceOp op) {
  switch (op) {
    case ReduceOp::Sum: return static_cast<Combine>(&gloo::sum<T>);
    case ReduceOp::Min: return static_cast<Combine>(&gloo::min<T>);
    case ReduceOp::Max: return static_cast<Combine>(&gloo::max<T>);
    case ReduceOp::Prod: return static_cast<Combine>(&gloo::product<T>);
    case ReduceOp::Avg: break;
  }
  return nullptr;
}

// Calls `function.operator()<T>()` with the type of `dtype`, where Gloo has one.
template <class Function>
void with_type(DataType dtype, Function function) {
  switch (dtype) {
    case DataType::Int8: return function.template operator()<std::int8_t>();
    case DataType::Uint8: return function.template operator()<std::uint8_t>();
    case DataType::Int32: return function.template operator()<std::int32_t>();
    case DataType::Int64: return function.template operator()<std::int64_t>();
    case DataType::Uint64: return function.template operator()<std::uint64_t>();
    case DataType::Float32: return function.template operator()<float>();
    case DataType::Float64: return function.template operator()<double>();
    default: return;
  }
}

bool has_type(DataType dtype) {
  bool found = false;
  with_type(dtype, [&]<class T>() { found = true; });
  return found;
}

class Gloo final : public Rival {
 public:
  explicit Gloo(const RivalJob& job) {
    gloo::transport::tcp::attr where;
    where.iface = "lo";
    auto device = gloo::transport::tcp::CreateDevice(where);
    auto context = std::make_shared<gloo::rendezvous::Context>(job.rank, job.ranks);
    context->setTimeout(job.timeout);
    gloo::rendezvous::FileStore store(job.folder);
    context->connectFullMesh(store, device);
    context_ = context;
  }

  [[nodiscard]] std::string version() const override { return "Gloo, TCP over loopback"; }

  [[nodiscard]] std::optional<std::string> objection(const CallShape& shape) const override {
    if (!has_type(shape.dtype)) {
      return "Gloo is not measured with " + std::string(name_of(shape.dtype));
    }
    if (shape.op == ReduceOp::Avg) return "Gloo has no avg";
    if (shape.collective == Collective::ReduceScatter) {
      return "Gloo's reduce-scatter is of another kind: it works in place and for few types";
    }
    return std::nullopt;
  }

  void run(const CallShape& shape, std::span<const RankBuffers> all) override try {
    const RankBuffers& buffers = all[0];
    with_type(shape.dtype, [&]<class T>() { run_typed<T>(shape, buffers); });
  } catch (const MachineError&) {
    throw;
  } catch (const std::exception& error) {
    throw MachineError(std::string("Gloo: ") + error.what());
  }

 private:
  template <class T>
  void run_typed(const CallShape& shape, const RankBuffers& buffers) {
    T* const send = reinterpret_cast<T*>(const_cast<std::byte*>(buffers.input));
    T* const receive = reinterpret_cast<T*>(buffers.output);
    const std::size_t count = shape.count;
    const std::size_t rank = context_->rank;
    const bool is_root = context_->rank == shape.root;
    if (shape.collective == Collective::AllGather) {
      gloo::AllgatherOptions options(context_);
      // Without an input Gloo takes the rank's part of the output.
      if (send != receive + rank * count) options.setInput(send, count);
      options.setOutput(receive, count * context_->size);
      gloo::allgather(options);
    } else if (shape.collective == Collective::AllReduce) {
      gloo::AllreduceOptions options(context_);
      if (send != receive) options.setInput(send, count);
      options.setOutput(receive, count);
      options.setReduceFunction(combine_of<T>(shape.op));
      gloo::allreduce(options);
    } else if (shape.collective == Collective::Broadcast) {
      gloo::BroadcastOptions options(context_);
      if (is_root && send != receive) options.setInput(send, count);
      options.setOutput(receive, count);
      options.setRoot(shape.root);
      gloo::broadcast(options);
    } else {
      gloo::ReduceOptions options(context_);
      if (send != receive) options.setInput(send, count);
      options.setOutput(receive, count);
      options.setRoot(shape.root);
      options.setReduceFunction(combine_of<T>(shape.op));
      gloo::reduce(options);
    }
  }

  std::shared_ptr<gloo::Context> context_;
};

}  // namespace
}  // namespace pleach::perf

extern "C" pleach::perf::Rival* pleach_perf_make_rival(const pleach::perf::RivalJob& job) try {
  return new pleach::perf::Gloo(job);
} catch (const std::exception& error) {
  throw pleach::MachineError(std::string("Gloo: ") + error.what());
}
