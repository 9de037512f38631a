#include "runtime/perf/streams.hpp"

#include <string>

#include <doctest/doctest.h>

#include "compiler/core/machine_error.hpp"
#include "runtime/device/emulated_device.hpp"

namespace pleach::perf {
namespace {

using Devices = std::vector<std::shared_ptr<Device>>;

constexpr std::chrono::milliseconds kLong = std::chrono::minutes(1);

// One block of one rank that copies `bytes` from `from` to `to`.
class Copy {
 public:
  Copy(std::shared_ptr<Device> device, std::size_t bytes)
      : device_(device),
        from(device, bytes),
        to(device, bytes),
        state_(device, sizeof(device::State)),
        control_(device, sizeof(device::Control)),
        one_shot_(device, sizeof(device::OneShot)) {
    auto* const control = reinterpret_cast<device::Control*>(control_.data());
    control->timeout_ns = 1'000'000'000;
    const device::OneShot one = {.state = reinterpret_cast<device::State*>(state_.data()),
                                 .control = control,
                                 .slots = nullptr,
                                 .slot_bytes = 0,
                                 .rank = 0,
                                 .ranks = 1};
    device_->write(one_shot_.data(), std::as_bytes(std::span(&one, 1)));
    launch_.ranks[0].one_shot = reinterpret_cast<const device::OneShot*>(one_shot_.data());
    launch_.ranks[0].input = from.data();
    launch_.ranks[0].output = to.data();
    launch_.num_ranks = 1;
    launch_.num_blocks = 1;
    launch_.one_shot = device::OneShot::Kind::AllGather;
    launch_.one_shot_bytes = bytes;
  }
  void start(void* stream) { device_->launch({}, launch_, stream); }

 private:
  std::shared_ptr<Device> device_;

 public:
  DeviceBuffer from;
  DeviceBuffer to;

 private:
  DeviceBuffer state_;
  DeviceBuffer control_;
  DeviceBuffer one_shot_;
  device::Launch launch_ = {};
};

TEST_CASE("ranks of a device share a stream, unless each is to have its own") {
  const auto a = open_emulated_device(0);
  const auto b = open_emulated_device(1);
  const Devices devices = {a, b, a};
  const Streams shared(devices, StreamFor::EachDevice);
  CHECK(shared.by_rank()[0] == shared.by_rank()[2]);
  CHECK(shared.by_rank()[0] != shared.by_rank()[1]);
  const Streams own(devices, StreamFor::EachRank);
  CHECK(own.by_rank()[0] != own.by_rank()[2]);
}

TEST_CASE("on the host there are no streams and nothing to wait for") {
  const Streams streams(Devices{nullptr, nullptr}, StreamFor::EachDevice);
  CHECK(streams.by_rank() == std::vector<void*>{nullptr, nullptr});
  streams.await(kLong, [] { FAIL("nothing can have failed"); });
}

TEST_CASE("what is recorded is done at each replay, not before") {
  const auto device = open_emulated_device(0);
  const Streams streams(Devices{device}, StreamFor::EachDevice);
  Copy copy(device, 16);
  const auto first = [&] { return copy.to.data()[15]; };
  const auto recording = streams.record([&] { copy.start(streams.by_rank()[0]); });
  copy.from.data()[15] = std::byte{7};
  CHECK(first() == std::byte{0});
  for (const std::byte value : {std::byte{3}, std::byte{9}}) {
    copy.from.data()[15] = value;
    recording->replay();
    int checks = 0;
    streams.await(kLong, [&] { ++checks; });
    CHECK(checks == 1);
    CHECK(first() == value);
  }
}

TEST_CASE("a failure while recording ends the recording") {
  const auto device = open_emulated_device(0);
  const Streams streams(Devices{device}, StreamFor::EachDevice);
  CHECK_THROWS_WITH_AS((void)streams.record([] { throw MachineError("no"); }), "no", MachineError);
  CHECK_FALSE(device->is_recording(streams.by_rank()[0]));
}

TEST_CASE("what has failed is thrown when all is done") {
  const Streams streams(Devices{open_emulated_device(0)}, StreamFor::EachDevice);
  CHECK_THROWS_WITH_AS(streams.await(kLong, [] { throw MachineError("rank 1 is gone"); }),
                       "rank 1 is gone", MachineError);
}

}  // namespace
}  // namespace pleach::perf
