#include "runtime/perf/streams.hpp"

#include <algorithm>
#include <string>

#include "compiler/core/check.hpp"
#include "compiler/core/machine_error.hpp"

namespace pleach::perf {
namespace {

using Clock = std::chrono::steady_clock;

// To look for failures costs more than to look whether a stream is done.
constexpr auto kBetweenChecks = std::chrono::milliseconds(20);

}  // namespace

Recording::~Recording() {
  for (std::size_t i = 0; i < graphs_.size(); ++i) {
    try {
      streams_->streams_[i].device().destroy_graph(graphs_[i]);
    } catch (const MachineError&) {  // a device that fails has failed before
    }
  }
}

void Recording::replay() const {
  for (std::size_t i = 0; i < graphs_.size(); ++i) {
    const DeviceStream& stream = streams_->streams_[i];
    stream.device().replay(graphs_[i], stream.get());
  }
}

Streams::Streams(std::span<const std::shared_ptr<Device>> devices, StreamFor wanted) {
  for (const std::shared_ptr<Device>& device : devices) {
    if (device == nullptr) {
      by_rank_.push_back(nullptr);
      continue;
    }
    const auto known =
        std::find_if(streams_.begin(), streams_.end(),
                     [&](const DeviceStream& stream) { return &stream.device() == device.get(); });
    const bool shares = wanted == StreamFor::EachDevice && known != streams_.end();
    by_rank_.push_back(shares ? known->get() : streams_.emplace_back(device).get());
  }
}

void Streams::await(std::chrono::milliseconds timeout, const std::function<void()>& check) const {
  if (streams_.empty()) return;
  const auto start = Clock::now();
  auto checked = start;
  for (const DeviceStream& stream : streams_) {
    while (!stream.device().is_done(stream.get())) {
      const auto now = Clock::now();
      if (now - checked < kBetweenChecks) continue;
      checked = now;
      check();
      if (now - start < timeout) continue;
      throw MachineError(
          "a device was not done after " +
          std::to_string(std::chrono::duration_cast<std::chrono::seconds>(timeout).count()) +
          " seconds; give it longer with --timeout, or fewer bytes or iterations");
    }
  }
  check();
}

std::unique_ptr<Recording> Streams::record(const std::function<void()>& calls) const {
  ENSURE(!streams_.empty(), "only devices record");
  auto recording = std::make_unique<Recording>(*this);
  std::size_t begun = 0;
  const auto end = [&] {
    while (recording->graphs_.size() < begun) {
      const DeviceStream& stream = streams_[recording->graphs_.size()];
      recording->graphs_.push_back(stream.device().end_recording(stream.get()));
    }
  };
  try {
    for (const DeviceStream& stream : streams_) {
      stream.device().begin_recording(stream.get());
      ++begun;
    }
    calls();
  } catch (...) {
    try {
      end();  // a stream that records can do nothing else
    } catch (const MachineError&) {
    }
    throw;
  }
  end();
  return recording;
}

}  // namespace pleach::perf
