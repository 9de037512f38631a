// The thread that sends and receives for a rank whose plans a kernel executes.
//
// It follows the kernel: an execution begins when the kernel says so (device::Control::begun), so
// launches may be asynchronous, and replayed from a CUDA graph. It sends staged chunks, gives slots
// back, and counts what it hears where the kernel waits for it (runtime/device/network_layout.hpp).
// One execution after the other, as on the device.
#pragma once

#include <atomic>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>

#include "compiler/plan/plan.hpp"
#include "kernels/program.hpp"
#include "runtime/comm/comm_error.hpp"
#include "runtime/comm/network_port.hpp"
#include "runtime/device/network_layout.hpp"

namespace pleach {

class NetworkProxy {
 public:
  // Takes the port over: who else uses it pauses the proxy. Both outlive it.
  NetworkProxy(NetworkPort& port, device::Control& control);
  ~NetworkProxy();
  NetworkProxy(const NetworkProxy&) = delete;
  NetworkProxy& operator=(const NetworkProxy&) = delete;

  struct Work {
    const Plan* plan = nullptr;
    const NetworkUse* use = nullptr;
    const NetworkLayout* layout = nullptr;
    std::byte* memory = nullptr;  // of the layout
    std::uint16_t hash = 0;       // of the plan, to be the same on all ranks
  };
  // What the kernel means by this number. All of it outlives the proxy, or forget_all().
  void add(std::uint64_t number, const Work& work);
  // Of a rank whose kernels have ended: waits until others have been given all that they still need
  // of it, and nothing waits to leave; or until it has failed, or a few seconds have passed.
  void settle();
  // Once settled.
  void forget_all();

  // The rank has failed: the proxy uses the port no more.
  void give_up();

  // While it lives the proxy leaves the port alone.
  [[nodiscard]] std::unique_lock<std::mutex> pause();
  // Whether the network has failed; then why. The kernel has been told to end.
  [[nodiscard]] bool has_failed() const { return failed_.load(std::memory_order_acquire); }
  [[nodiscard]] std::optional<CommError> failure();

 private:
  class Execution;
  void run(const std::stop_token& stop);
  [[nodiscard]] bool turn();
  [[nodiscard]] bool is_settled();

  NetworkPort& port_;
  device::Control& control_;
  std::mutex mutex_;  // of all that follows, and of the port
  std::map<std::uint64_t, std::unique_ptr<Execution>> executions_;  // by plan
  Execution* current_ = nullptr;
  std::uint64_t begun_ = 0;
  std::optional<CommError> failure_;
  std::atomic<bool> failed_ = false;
  std::jthread thread_;  // last: it uses the rest
};

}  // namespace pleach
