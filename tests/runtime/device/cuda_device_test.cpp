// On GPU 0. Each case is left out by name where there is none.
#include <algorithm>
#include <array>
#include <cctype>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "compiler/core/machine_error.hpp"
#include "kernels/kernel_key.hpp"
#include "kernels/program.hpp"
#include "runtime/device/device.hpp"
#include "tests/runtime/device/this_machine.hpp"

namespace pleach {
namespace {

// Null where there is no GPU; a GPU that is there has to open.
std::shared_ptr<Device> gpu_or_skip() {
  const std::string missing = missing_gpu();
  if (missing.empty()) return open_cuda_device(0);
  MESSAGE("skipped: needs a GPU: " << missing);
  return nullptr;
}

std::vector<std::byte> pattern(std::size_t bytes) {
  std::vector<std::byte> data(bytes);
  for (std::size_t i = 0; i < bytes; ++i) data[i] = static_cast<std::byte>(i * 2654435761U >> 13);
  return data;
}

bool all_zero(std::span<const std::byte> data) {
  return std::all_of(data.begin(), data.end(), [](std::byte b) { return b == std::byte{0}; });
}

// A launch of one rank that copies its input to its output: an all-gather among one. The waits are
// bounded by a second.
class CopyLaunch {
 public:
  CopyLaunch(Device& gpu, std::size_t bytes)
      : gpu_(gpu),
        input_(gpu.allocate(bytes)),
        output_(gpu.allocate(bytes)),
        state_(gpu.allocate(sizeof(device::State))),
        control_(gpu.allocate_host(sizeof(device::Control))),
        one_shot_(gpu.allocate(sizeof(device::OneShot))) {
    auto* const control = reinterpret_cast<device::Control*>(control_);
    control->timeout_ns = 1'000'000'000;
    const device::OneShot one = {.state = reinterpret_cast<device::State*>(state_),
                                 .control = control,
                                 .slots = nullptr,  // nobody else
                                 .slot_bytes = 0,
                                 .rank = 0,
                                 .ranks = 1};
    gpu_.write(one_shot_, std::as_bytes(std::span(&one, 1)));
    launch.ranks[0] = {.program = nullptr,
                       .one_shot = reinterpret_cast<const device::OneShot*>(one_shot_),
                       .input = input_,
                       .output = output_,
                       .input_region = 0,
                       .output_region = 0,
                       .rank = 0,
                       .first_block = 0};
    launch.num_ranks = 1;
    launch.num_blocks = 2;
    launch.one_shot = device::OneShot::Kind::AllGather;
    launch.one_shot_bytes = bytes;
  }
  CopyLaunch(const CopyLaunch&) = delete;
  CopyLaunch& operator=(const CopyLaunch&) = delete;
  ~CopyLaunch() {
    for (std::byte* const memory : {input_, output_, state_, one_shot_}) gpu_.deallocate(memory);
    gpu_.deallocate_host(control_);
  }

  void set_input(std::span<const std::byte> data) { gpu_.write(input_, data); }
  [[nodiscard]] std::vector<std::byte> output() const {
    std::vector<std::byte> data(launch.one_shot_bytes);
    gpu_.read(data, output_);
    return data;
  }
  [[nodiscard]] std::uint64_t executions() const {
    device::State state{};
    gpu_.read(std::as_writable_bytes(std::span(&state, 1)), state_);
    return state.executions;
  }

  device::Launch launch{};

 private:
  Device& gpu_;
  std::byte* input_;
  std::byte* output_;
  std::byte* state_;
  std::byte* control_;
  std::byte* one_shot_;
};

TEST_CASE("a GPU is one object, and names itself") {
  const auto gpu = gpu_or_skip();
  if (!gpu) return;
  CHECK(open_cuda_device(0) == gpu);
  CHECK(open_current_cuda_device() == gpu);  // nothing has made another one current
  const std::string pci = gpu->pci();
  CAPTURE(pci);
  REQUIRE(pci.size() == 12);
  CHECK(pci[4] == ':');
  CHECK(pci[7] == ':');
  CHECK(pci[10] == '.');
  CHECK(std::none_of(pci.begin(), pci.end(), [](unsigned char c) { return std::isupper(c) != 0; }));
  CHECK(gpu->identity().starts_with(pci + " GPU-"));
  CHECK(gpu->identity().size() == pci.size() + 1 + 40);
  CHECK(gpu->resident_blocks() >= 2);
}

TEST_CASE("a GPU's memory is zero, then what was written") {
  const auto gpu = gpu_or_skip();
  if (!gpu) return;
  constexpr std::size_t kBytes = (std::size_t{3} << 20) + 17;  // more than clear() does at once
  std::byte* const memory = gpu->allocate(kBytes);
  CHECK(reinterpret_cast<std::uint64_t>(memory) % 256 == 0);
  std::vector<std::byte> seen(kBytes, std::byte{0xff});
  gpu->read(seen, memory);
  CHECK(all_zero(seen));
  const std::vector<std::byte> data = pattern(kBytes);
  gpu->write(memory, data);
  gpu->clear(memory + 5, 1000);
  gpu->read(seen, memory);
  CHECK(all_zero(std::span(seen).subspan(5, 1000)));
  CHECK(std::equal(seen.begin() + 1005, seen.end(), data.begin() + 1005));
  CHECK(std::equal(seen.begin(), seen.begin() + 5, data.begin()));
  gpu->deallocate(memory);
  gpu->deallocate(nullptr);
}

TEST_CASE("host memory is mapped once for all who ask, and is copied from where it is mapped") {
  const auto gpu = gpu_or_skip();
  if (!gpu) return;
  constexpr std::size_t kBytes = 8192;
  alignas(4096) static std::array<std::byte, kBytes> memory;
  std::byte* const mapped = gpu->map_host(memory.data(), kBytes);
  CHECK(gpu->map_host(memory.data(), kBytes) == mapped);
  CHECK_THROWS_AS((void)gpu->map_host(memory.data(), 2 * kBytes), MachineError);
  CopyLaunch copy(*gpu, kBytes);
  const std::vector<std::byte> data = pattern(kBytes);
  std::copy(data.begin(), data.end(), memory.begin());
  copy.launch.ranks[0].input = mapped;
  gpu->launch({}, copy.launch, nullptr);
  gpu->synchronize(nullptr);
  CHECK(copy.output() == data);
  gpu->unmap_host(memory.data());
  gpu->unmap_host(memory.data());
  gpu->unmap_host(nullptr);
}

TEST_CASE("only memory that CUDA can share has a name") {
  const auto gpu = gpu_or_skip();
  if (!gpu) return;
  std::byte* const memory = gpu->allocate(1 << 20);
  std::byte* const host = gpu->allocate_host(4096);
  const auto name = gpu->share(memory + 4096, 1000);
  REQUIRE(name);
  CHECK(gpu->share(memory + 4096, 1000) == name);
  CHECK(gpu->share(memory, 1000) != name);
  CHECK_FALSE(gpu->share(host, 4096));
  CHECK_FALSE(gpu->share(memory, std::size_t{1} << 40));
  CHECK_THROWS_AS((void)gpu->open(std::span(*name).first(10)), MachineError);
  gpu->deallocate(memory);
  gpu->deallocate_host(host);
}

TEST_CASE("a launch runs after what its stream has; a graph of it is replayed") {
  const auto gpu = gpu_or_skip();
  if (!gpu) return;
  CopyLaunch copy(*gpu, 10'001);
  const std::vector<std::byte> first = pattern(10'001);
  copy.set_input(first);
  void* const stream = gpu->make_stream();
  const std::uint64_t begin = gpu->mark(stream);
  gpu->launch({}, copy.launch, stream);
  const std::uint64_t end = gpu->mark(stream);
  CHECK(gpu->seconds_between(begin, end) > 0);
  CHECK(copy.output() == first);
  CHECK(copy.executions() == 1);

  CHECK_FALSE(gpu->is_recording(stream));
  gpu->begin_recording(stream);
  CHECK(gpu->is_recording(stream));
  gpu->launch({}, copy.launch, stream);
  {
    const auto unrecorded = gpu->unrecorded();
    gpu->deallocate(gpu->allocate(4096));
  }
  void* const graph = gpu->end_recording(stream);
  CHECK(copy.executions() == 1);  // recorded, not done
  std::vector<std::byte> second = pattern(10'001);
  std::reverse(second.begin(), second.end());
  copy.set_input(second);
  void* const other = gpu->make_stream();
  gpu->replay(graph, stream);
  gpu->order(stream, other);
  gpu->replay(graph, other);
  gpu->synchronize(other);
  CHECK(copy.output() == second);
  CHECK(copy.executions() == 3);
  gpu->destroy_graph(graph);
  gpu->destroy_stream(other);
  gpu->destroy_stream(stream);
}

TEST_CASE("more blocks than fit at once are refused with both numbers") {
  const auto gpu = gpu_or_skip();
  if (!gpu) return;
  CopyLaunch copy(*gpu, 8);
  copy.launch.num_blocks = gpu->resident_blocks() + 1;
  std::string words;
  try {
    gpu->launch({}, copy.launch, nullptr);
  } catch (const MachineError& error) {
    words = error.what();
  }
  CAPTURE(words);
  CHECK(words.find(std::to_string(copy.launch.num_blocks)) != std::string::npos);
  CHECK(words.find(std::to_string(gpu->resident_blocks())) != std::string::npos);
  CHECK(words.find("PLEACH_CHANNELS") != std::string::npos);
  CHECK(copy.executions() == 0);
}

TEST_CASE("memory is set on a stream, which is done then") {
  const auto gpu = gpu_or_skip();
  if (gpu == nullptr) return;
  CHECK(count_cuda_devices() > gpu->number());
  gpu->make_current();
  CHECK(open_current_cuda_device() == gpu);
  std::byte* const memory = gpu->allocate(1000);
  void* const stream = gpu->make_stream();
  gpu->set(memory, std::byte{7}, 999, stream);
  gpu->synchronize(stream);
  CHECK(gpu->is_done(stream));
  std::vector<std::byte> read(1000);
  gpu->read(read, memory);
  CHECK(std::count(read.begin(), read.end(), std::byte{7}) == 999);
  CHECK(read.back() == std::byte{0});
  gpu->destroy_stream(stream);
  gpu->deallocate(memory);
}

}  // namespace
}  // namespace pleach
