// The streams by which one thread gives work to the devices of its ranks.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <span>
#include <vector>

#include "runtime/device/device.hpp"
#include "runtime/device/device_buffer.hpp"

namespace pleach::perf {

enum class StreamFor {
  EachDevice,  // calls of ranks that share a device are one launch
  EachRank     // kernels of ranks that share a device wait for one another, and must not queue up
};

class Streams;

// Calls that are done again by replay(). Its streams must outlive it.
class Recording {
 public:
  explicit Recording(const Streams& streams) : streams_(&streams) {}
  ~Recording();
  Recording(const Recording&) = delete;
  Recording& operator=(const Recording&) = delete;

  // Starts them once, after what the streams already have.
  void replay() const;

 private:
  friend class Streams;
  const Streams* streams_;
  std::vector<void*> graphs_;  // of each stream
};

class Streams {
 public:
  // `devices`: of each rank of the thread; null on the host, where there are no streams and nothing
  // is ever to be waited for. Here and below: throws MachineError.
  Streams(std::span<const std::shared_ptr<Device>> devices, StreamFor wanted);

  // By rank of the thread.
  [[nodiscard]] const std::vector<void*>& by_rank() const { return by_rank_; }

  // Waits until all that has been started is done. Looks with `check`, which throws, whether
  // something has failed, at least when it is done. Throws when nothing comes for `timeout`.
  void await(std::chrono::milliseconds timeout, const std::function<void()>& check) const;

  // Records what `calls` gives to the streams, none of which is done. Needs: devices.
  [[nodiscard]] std::unique_ptr<Recording> record(const std::function<void()>& calls) const;

 private:
  friend class Recording;
  std::vector<DeviceStream> streams_;
  std::vector<void*> by_rank_;
};

}  // namespace pleach::perf
