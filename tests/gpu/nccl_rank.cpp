#include "tests/gpu/nccl_rank.hpp"

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <optional>
#include <stdexcept>
#include <thread>

#include "compiler/core/machine_error.hpp"
#include "runtime/device/emulated_device.hpp"
#include "runtime/perf/nccl_library.hpp"
#include "tests/gpu/nccl_calls.hpp"
#include "tests/gpu/setup.hpp"

namespace pleach::gpu_check {
namespace {

constexpr int kFloat32 = 7;  // as in pleach.h
constexpr int kSum = 0;
constexpr int kMostTold = 3;  // wrong results

void expect(const perf::NcclLibrary& nccl, const std::string& what, int result) {
  if (result == perf::kNcclSuccess) return;
  std::string words = nccl.GetErrorString(result);
  // NCCL allows no communicator here: the last error of this thread.
  const char* const last = nccl.GetLastError == nullptr ? nullptr : nccl.GetLastError(nullptr);
  if (last != nullptr && *last != '\0') words += std::string(": ") + last;
  throw std::runtime_error(what + " failed with code " + std::to_string(result) + ": " + words);
}

// Of rank 0 alone: the process that asks for it is where all others meet.
perf::NcclUniqueId make_id(const perf::NcclLibrary& nccl, const std::string& path) {
  perf::NcclUniqueId id{};
  expect(nccl, "ncclGetUniqueId", nccl.GetUniqueId(&id));
  const std::string part = path + ".part";
  {
    std::ofstream file(part, std::ios::binary);
    file.write(id.internal, sizeof id.internal);
    if (!file.flush()) throw std::runtime_error("can not write " + part);
  }
  std::filesystem::rename(part, path);  // whole or not at all
  return id;
}

perf::NcclUniqueId await_id(const std::string& path) {
  perf::NcclUniqueId id{};
  for (;;) {
    std::ifstream file(path, std::ios::binary);
    if (file.read(id.internal, sizeof id.internal)) return id;
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
}

// Other ones for each call, so that what an earlier one left behind is wrong. The sums of all ranks
// are exact.
float input_of(std::size_t call, int rank, std::size_t element) {
  return static_cast<float>((element * 7 + static_cast<std::size_t>(rank) * 31 + call * 11) % 61);
}

float sum_of(std::size_t call, int ranks, std::size_t element) {
  float sum = 0;
  for (int rank = 0; rank < ranks; ++rank) sum += input_of(call, rank, element);
  return sum;
}

class Calls {
 public:
  Calls(const NcclRank& me,
        std::shared_ptr<Device> device,
        const perf::NcclLibrary& nccl,
        perf::NcclComm comm)
      : me_(me), device_(std::move(device)), nccl_(nccl), comm_(comm), streams_(device_, 0) {}

  // What is wrong with the result of call number `number`.
  std::optional<std::string> make(std::size_t number, const NcclCall& call) {
    const std::size_t whole = call.bytes / sizeof(float);
    const std::size_t part = whole / me_.ranks;
    const bool gathers = call.collective == Collective::AllGather;
    const bool scatters = call.collective == Collective::ReduceScatter;
    std::vector<float> input(gathers ? part : whole);
    for (std::size_t i = 0; i < input.size(); ++i) input[i] = input_of(number, me_.rank, i);
    std::vector<float> output(scatters ? part : whole, -1.0F);
    const DeviceMemory send(device_, input.size() * sizeof(float));
    const DeviceMemory receive(device_, output.size() * sizeof(float));
    device_->write(send.get(), std::as_bytes(std::span(input)));
    device_->write(receive.get(), std::as_bytes(std::span(output)));
    start(call.collective, send.get(), receive.get(), gathers || scatters ? part : whole);
    streams_.synchronize();
    device_->read(std::as_writable_bytes(std::span(output)), receive.get());
    for (std::size_t i = 0; i < output.size(); ++i) {
      const float right = gathers ? input_of(number, static_cast<int>(i / part), i % part)
                                  : sum_of(number, me_.ranks, scatters ? me_.rank * part + i : i);
      if (output[i] == right) continue;
      return "element " + std::to_string(i) + " is " + std::to_string(output[i]) + ", not " +
             std::to_string(right);
    }
    return std::nullopt;
  }

 private:
  void start(Collective collective, const void* send, void* receive, std::size_t count) {
    const std::string what(name_of(collective));
    void* const stream = streams_.main();
    if (collective == Collective::AllGather) {
      expect(nccl_, what, nccl_.AllGather(send, receive, count, kFloat32, comm_, stream));
    } else if (collective == Collective::ReduceScatter) {
      expect(nccl_, what, nccl_.ReduceScatter(send, receive, count, kFloat32, kSum, comm_, stream));
    } else {
      expect(nccl_, what, nccl_.AllReduce(send, receive, count, kFloat32, kSum, comm_, stream));
    }
  }

  const NcclRank& me_;
  std::shared_ptr<Device> device_;
  const perf::NcclLibrary& nccl_;
  perf::NcclComm comm_;
  Streams streams_;
};

bool run_calls(const NcclRank& me, const std::shared_ptr<Device>& device) {
  const perf::NcclLibrary nccl = perf::open_nccl(me.library);
  const std::string path = me.folder + "/id";
  const perf::NcclUniqueId id = me.rank == 0 ? make_id(nccl, path) : await_id(path);
  device->make_current();
  perf::NcclComm comm = nullptr;
  expect(nccl, "ncclCommInitRank", nccl.CommInitRank(&comm, me.ranks, id, me.rank));
  int failures = 0;
  {
    Calls calls(me, device, nccl, comm);
    std::size_t number = 0;
    for (const NcclCall& call : nccl_calls()) {
      // Goes on after a wrong result: the others make the next call too.
      const auto wrong = calls.make(number++, call);
      if (!wrong || ++failures > kMostTold) continue;
      std::fprintf(stderr, "%s of %llu bytes: %s\n", name_of(call.collective).data(),
                   static_cast<unsigned long long>(call.bytes), wrong->c_str());
    }
  }
  expect(nccl, "ncclCommDestroy", nccl.CommDestroy(comm));
  if (failures > kMostTold) std::fprintf(stderr, "%d more\n", failures - kMostTold);
  return failures == 0;
}

}  // namespace

std::vector<std::string> words_of(const NcclRank& rank) {
  return {
      kNcclRankWord, std::to_string(rank.rank),          std::to_string(rank.ranks), rank.folder,
      rank.library,  rank.emulated ? "emulated" : "cuda"};
}

NcclRank nccl_rank_of(const std::vector<std::string>& words) {
  if (words.size() != 6) throw MachineError("a rank of the step nccl is started by that step");
  return {.rank = std::atoi(words[1].c_str()),
          .ranks = std::atoi(words[2].c_str()),
          .folder = words[3],
          .library = words[4],
          .emulated = words[5] == "emulated"};
}

int run_nccl_rank(const NcclRank& rank) {
  try {
    const auto device = rank.emulated ? open_emulated_device(rank.rank) : open_cuda_device(0);
    return run_calls(rank, device) ? 0 : 1;
  } catch (const MachineError& error) {
    std::fprintf(stderr, "%s\n", error.what());
    return 3;
  } catch (const std::exception& error) {
    std::fprintf(stderr, "%s\n", error.what());
    return 1;
  }
}

}  // namespace pleach::gpu_check
