// libnccl-tuner-pleach.so: the tuner behind each version of NCCL's interface. Nothing is ever
// thrown or returned to NCCL but success: an error would fail the collective.
#include <cstdio>
#include <exception>
#include <optional>

#include "runtime/nccl/abi.hpp"
#include "runtime/nccl/tuner.hpp"

namespace pleach::nccl {
namespace {

std::optional<Collective> collective_of(int function) {
  switch (function) {
    case abi::kBroadcast: return Collective::Broadcast;
    case abi::kReduce: return Collective::Reduce;
    case abi::kAllGather: return Collective::AllGather;
    case abi::kReduceScatter: return Collective::ReduceScatter;
    case abi::kAllReduce: return Collective::AllReduce;
    default: return std::nullopt;
  }
}

void warn(abi::Logger logger, const char* what) noexcept {
  if (logger != nullptr) {
    logger(abi::kWarn, abi::kInit, "pleach", 0, "pleach: no table, NCCL decides: %s", what);
  } else {
    std::fprintf(stderr, "pleach: no table, NCCL decides: %s\n", what);
  }
}

// One for each communicator; NCCL keeps it as its context. Null: no opinion.
int start(std::size_t ranks, std::size_t nodes, abi::Logger logger, void** context) noexcept {
  if (context == nullptr) return abi::kSuccess;
  *context = nullptr;
  try {
    const LogSink log =
        sink_of(logger, {.detail = abi::kTuning, .inform = abi::kInit | abi::kTuning});
    *context = make_tuner(ranks, nodes, settings_of_process(), log).release();
  } catch (const std::exception& error) {  // a bad_alloc, which must not allocate again
    warn(logger, error.what());
  } catch (...) {
    warn(logger, "an unknown failure");
  }
  return abi::kSuccess;
}

int answer(void* context,
           int function,
           std::size_t bytes,
           float** table,
           int algorithms,
           int protocols,
           bool registered,
           int* channels) noexcept {
  const auto collective = collective_of(function);
  if (context == nullptr || table == nullptr || !collective) return abi::kSuccess;
  auto* const entries = reinterpret_cast<float*>(table);
  const auto choice = static_cast<const Tuner*>(context)->decide(
      *collective, bytes, registered,
      {.entries = entries, .algorithms = algorithms, .protocols = protocols});
  if (!choice) return abi::kSuccess;
  entries[static_cast<std::ptrdiff_t>(choice->algorithm) * protocols +
          static_cast<std::ptrdiff_t>(choice->protocol)] = 0.0F;
  if (channels != nullptr) *channels = choice->channels;
  return abi::kSuccess;
}

int stop(void* context) noexcept {
  delete static_cast<Tuner*>(context);
  return abi::kSuccess;
}

int init_v3(std::size_t ranks, std::size_t nodes, abi::Logger logger, void** context) {
  return start(ranks, nodes, logger, context);
}

int init_v5(void** context,
            std::uint64_t,
            std::size_t ranks,
            std::size_t nodes,
            abi::Logger logger,
            abi::NvlDomains*,
            abi::TunerConstants*) {
  return start(ranks, nodes, logger, context);
}

// Version 3 does not tell of registered buffers.
int get_coll_info_v3(void* context,
                     int function,
                     std::size_t bytes,
                     int,
                     float** costs,
                     int algorithms,
                     int protocols,
                     int* channels) {
  return answer(context, function, bytes, costs, algorithms, protocols, false, channels);
}

int get_coll_info_v4(void* context,
                     int function,
                     std::size_t bytes,
                     int,
                     float** costs,
                     int algorithms,
                     int protocols,
                     int registered,
                     int* channels) {
  return answer(context, function, bytes, costs, algorithms, protocols, registered != 0, channels);
}

// NCCL's own.
int get_chunk_size(void*, int, std::size_t, int, int, int, std::size_t*) { return abi::kSuccess; }

constexpr const char* kName = "pleach";

}  // namespace
}  // namespace pleach::nccl

extern "C" {
#pragma GCC visibility push(default)
extern const pleach::nccl::abi::TunerV3 ncclTunerPlugin_v3;
extern const pleach::nccl::abi::TunerV4 ncclTunerPlugin_v4;
extern const pleach::nccl::abi::TunerV5 ncclTunerPlugin_v5;
extern const pleach::nccl::abi::TunerV6 ncclTunerPlugin_v6;
#pragma GCC visibility pop

const pleach::nccl::abi::TunerV3 ncclTunerPlugin_v3 = {
    pleach::nccl::kName, pleach::nccl::init_v3, pleach::nccl::get_coll_info_v3, pleach::nccl::stop};
const pleach::nccl::abi::TunerV4 ncclTunerPlugin_v4 = {
    pleach::nccl::kName, pleach::nccl::init_v3, pleach::nccl::get_coll_info_v4, pleach::nccl::stop};
const pleach::nccl::abi::TunerV5 ncclTunerPlugin_v5 = {
    pleach::nccl::kName, pleach::nccl::init_v5, pleach::nccl::get_coll_info_v4, pleach::nccl::stop};
const pleach::nccl::abi::TunerV6 ncclTunerPlugin_v6 = {
    pleach::nccl::kName, pleach::nccl::init_v5, pleach::nccl::get_coll_info_v4, pleach::nccl::stop,
    pleach::nccl::get_chunk_size};
}
