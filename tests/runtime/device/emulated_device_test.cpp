#include "runtime/device/emulated_device.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string>
#include <thread>
#include <vector>

#include <doctest/doctest.h>

#include "compiler/core/check.hpp"
#include "compiler/core/machine_error.hpp"
#include "runtime/device/one_shot_tables.hpp"
#include "tests/support/role_process.hpp"

namespace pleach {
namespace {

// A name as text, for a role's argument.
std::string hex(std::span<const std::byte> bytes) {
  std::string text;
  for (const std::byte byte : bytes) {
    for (const int shift : {4, 0}) {
      text += "0123456789abcdef"[std::to_integer<unsigned>(byte) >> shift & 15U];
    }
  }
  return text;
}
std::vector<std::byte> from_hex(const std::string& text) {
  std::vector<std::byte> bytes;
  for (std::size_t i = 0; i + 1 < text.size(); i += 2) {
    bytes.push_back(static_cast<std::byte>(std::stoi(text.substr(i, 2), nullptr, 16)));
  }
  return bytes;
}

std::string refusal_of_name(std::span<const std::byte> name) {
  try {
    (void)open_emulated_device()->open(name);
  } catch (const MachineError& error) {
    return error.what();
  }
  return "";
}

TEST_CASE("a number is a device, as long as anyone has it") {
  const auto device = open_emulated_device(5, 7);
  CHECK(open_emulated_device(5, 9) == device);
  CHECK(device->resident_blocks() == 7);
  CHECK(device->number() == 5);
  CHECK(device->threads() == kEmulatedThreads);
  CHECK(device->pci().empty());
  const auto other = open_emulated_device(6);
  CHECK(other != device);
  CHECK(other->identity() != device->identity());
}

TEST_CASE("memory is zero, aligned, and written and read") {
  const auto device = open_emulated_device();
  for (const std::size_t bytes : {0U, 1U, 255U, 4096U, 100000U}) {
    for (const bool of_host : {false, true}) {
      CAPTURE(bytes);
      std::byte* const memory = of_host ? device->allocate_host(bytes) : device->allocate(bytes);
      CHECK(reinterpret_cast<std::uintptr_t>(memory) % 256 == 0);
      std::vector<std::byte> content(bytes, std::byte{1});
      device->read(content, memory);
      CHECK(content == std::vector<std::byte>(bytes));
      const std::vector<std::byte> written(bytes, std::byte{7});
      device->write(memory, written);
      device->read(content, memory);
      CHECK(content == written);
      device->clear(memory, bytes);
      device->read(content, memory);
      CHECK(content == std::vector<std::byte>(bytes));
      of_host ? device->deallocate_host(memory) : device->deallocate(memory);
    }
  }
  device->deallocate(nullptr);
  std::byte elsewhere{};
  CHECK_THROWS_AS(device->deallocate(&elsewhere), InternalError);
  CHECK_THROWS_AS(device->close(&elsewhere), InternalError);
}

TEST_CASE("only memory of an allocation has a name") {
  const auto device = open_emulated_device();
  std::byte* const memory = device->allocate(1000);
  CHECK(device->share(memory, 1000));
  CHECK(device->share(memory + 400, 600));
  CHECK_FALSE(device->share(memory, 1001));
  CHECK_FALSE(device->share(memory + 400, 601));
  std::vector<std::byte> elsewhere(10);
  CHECK_FALSE(device->share(elsewhere.data(), elsewhere.size()));
  CHECK_FALSE(device->share(nullptr, 1));
  device->deallocate(memory);
  CHECK_FALSE(device->share(memory, 1));
}

// Adds 1 to each of the eight bytes that it is given the name of, and says what they were.
TEST_CASE("role: a process that opens memory" * doctest::skip()) {
  const auto device = open_emulated_device();
  std::byte* const memory = device->open(from_hex(testing::role_argument()));
  std::string found;
  for (int i = 0; i < 8; ++i) {
    found += std::to_string(std::to_integer<int>(memory[i])) + " ";
    memory[i] = static_cast<std::byte>(std::to_integer<int>(memory[i]) + 1);
  }
  device->close(memory);
  testing::print_line(device->identity());
  testing::print_line(found);
}

// An allocation of its own, named; then it waits to be killed.
TEST_CASE("role: a process that shares memory" * doctest::skip()) {
  const auto device = open_emulated_device();
  std::byte* const memory = device->allocate(64);
  for (int i = 0; i < 64; ++i) memory[i] = static_cast<std::byte>(3 * i);
  testing::print_line(hex(device->share(memory + 8, 8).value()));
  std::this_thread::sleep_for(std::chrono::seconds(60));
}

TEST_CASE("another process writes to memory by its name") {
  const auto device = open_emulated_device();
  std::byte* const memory = device->allocate(10000);
  for (int i = 0; i < 8; ++i) memory[5000 + i] = static_cast<std::byte>(10 * i);
  testing::RoleProcess other("a process that opens memory",
                             hex(device->share(memory + 5000, 8).value()));
  CHECK(other.line() != device->identity());
  CHECK(other.line() == "0 10 20 30 40 50 60 70 ");
  CHECK(other.wait() == 0);
  for (int i = 0; i < 8; ++i) CHECK(memory[5000 + i] == static_cast<std::byte>(10 * i + 1));
  CHECK(memory[4999] == std::byte{0});
  CHECK(memory[5008] == std::byte{0});
  device->deallocate(memory);
}

TEST_CASE("memory of another process, also after that has ended") {
  const auto device = open_emulated_device();
  testing::RoleProcess other("a process that shares memory", "");
  const std::vector<std::byte> name = from_hex(other.line());
  std::byte* const memory = device->open(name);
  std::byte* const again = device->open(name);
  CHECK(again != memory);
  other.kill();
  for (int i = 0; i < 8; ++i) CHECK(memory[i] == static_cast<std::byte>(3 * (i + 8)));
  memory[0] = std::byte{99};
  CHECK(again[0] == std::byte{99});
  device->close(memory);
  CHECK(again[1] == std::byte{27});
  device->close(again);
  CHECK_THROWS_AS(device->close(again), InternalError);
  // Who has ended names nothing any more.
  CHECK(refusal_of_name(name).find("can not open a peer's memory (/proc/") != std::string::npos);
}

TEST_CASE("a name that is none is refused") {
  const auto device = open_emulated_device();
  std::byte* const memory = device->allocate(100);
  std::vector<std::byte> name = device->share(memory, 100).value();
  CHECK(refusal_of_name({}) == "a peer's memory has no name of this device");
  CHECK(refusal_of_name(std::span(name).first(name.size() - 1)) ==
        "a peer's memory has no name of this device");
  device->deallocate(memory);  // and its descriptor is gone
  const std::string words = refusal_of_name(name);
  CAPTURE(words);
  CHECK(words.find("can not open a peer's memory (/proc/") != std::string::npos);
}

// A launch that copies `bytes` of one rank, which needs nobody.
struct LonelyGather {
  std::shared_ptr<Device> device;
  std::byte* state;
  std::byte* control;
  std::vector<std::byte*> slots;
  DeviceOneShot table;
  device::Launch launch = {};

  LonelyGather(std::shared_ptr<Device> on, const std::byte* from, std::byte* to, std::size_t bytes)
      : device(std::move(on)),
        state(device->allocate(sizeof(device::State))),
        control(device->allocate_host(sizeof(device::Control))),
        slots{device->allocate(one_shot_memory(1))},
        table(*device,
              0,
              slots,
              reinterpret_cast<device::State*>(state),
              reinterpret_cast<device::Control*>(control)) {
    launch.num_ranks = 1;
    launch.num_blocks = 1;
    launch.one_shot = device::OneShot::Kind::AllGather;
    launch.one_shot_bytes = bytes;
    launch.ranks[0] = {.one_shot = table.address(), .input = from, .output = to};
  }
  LonelyGather(const LonelyGather&) = delete;
  LonelyGather& operator=(const LonelyGather&) = delete;
  ~LonelyGather() {
    device->deallocate(state);
    device->deallocate_host(control);
    device->deallocate(slots[0]);
  }
  [[nodiscard]] std::uint64_t executions() const {
    return reinterpret_cast<const device::State*>(state)->executions;
  }
};

TEST_CASE("what is recorded is done when it is replayed, and only then") {
  const auto device = open_emulated_device(3);
  std::vector<std::byte> from(20, std::byte{1});
  std::vector<std::byte> to(20);
  LonelyGather work(device, from.data(), to.data(), from.size());
  void* const stream = device->make_stream();
  void* const other = device->make_stream();
  CHECK(stream != other);
  CHECK_FALSE(device->is_recording(stream));
  device->begin_recording(stream);
  CHECK(device->is_recording(stream));
  CHECK_FALSE(device->is_recording(other));
  device->launch({}, work.launch, stream);
  device->launch({}, work.launch, stream);
  CHECK(work.executions() == 0);
  device->launch({}, work.launch, other);  // of another stream: done at once
  CHECK(work.executions() == 1);
  CHECK(to == from);
  void* const graph = device->end_recording(stream);
  CHECK_FALSE(device->is_recording(stream));
  CHECK_THROWS_AS((void)device->end_recording(stream), InternalError);
  for (std::uint64_t replay = 1; replay <= 3; ++replay) {
    from.assign(from.size(), static_cast<std::byte>(10 * replay));
    device->replay(graph, stream);
    CHECK(work.executions() == 1 + 2 * replay);
    CHECK(to == from);
  }
  device->destroy_graph(graph);
  device->launch({}, work.launch, stream);
  CHECK(work.executions() == 8);
  device->destroy_stream(stream);
  device->destroy_stream(other);
}

TEST_CASE("more blocks than are resident at once are refused, recorded or not") {
  const auto device = open_emulated_device(4, 2);
  std::vector<std::byte> from(20, std::byte{1});
  std::vector<std::byte> to(20);
  LonelyGather work(device, from.data(), to.data(), from.size());
  work.launch.num_blocks = 3;
  CHECK_THROWS_WITH_AS(device->launch({}, work.launch, nullptr),
                       "a launch of 3 blocks; this device runs 2 at once", MachineError);
  CHECK(work.executions() == 0);
  work.launch.num_blocks = 2;
  device->launch({}, work.launch, nullptr);
  CHECK(work.executions() == 1);
  CHECK(to == from);
}

}  // namespace
}  // namespace pleach
