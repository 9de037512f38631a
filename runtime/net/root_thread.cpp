#include "runtime/net/root_thread.hpp"

#include <cerrno>
#include <condition_variable>
#include <csignal>
#include <functional>
#include <mutex>
#include <new>
#include <system_error>
#include <thread>
#include <utility>

#include <linux/close_range.h>
#include <unistd.h>

#include "runtime/net/root_server.hpp"
#include "runtime/net/socket.hpp"

namespace pleach {
namespace {

// ThreadSanitizer takes equal numbers in two tables for one descriptor, and reports races.
#ifdef __SANITIZE_THREAD__
constexpr bool kOwnDescriptors = false;
#else
constexpr bool kOwnDescriptors = true;
#endif

// A new table for this thread, with the standard streams alone: any other descriptor would stay
// open here after the program has closed it, as the writing end of a pipe that someone reads.
// Without it (an old kernel, a sandbox) the root still serves.
void leave_shared_descriptors() {
  if (kOwnDescriptors) (void)::close_range(3, ~0U, CLOSE_RANGE_UNSHARE);
}

// Handed from the new thread to the one that waits for it.
struct Handover {
  std::mutex mutex;
  std::condition_variable changed;
  bool started = false;
  RootStart start;
};

void run_root(Handover& handover, Address address, wire::Key key, std::chrono::milliseconds idle) {
  leave_shared_descriptors();
  Opened listener = listen_at(address);
  {
    const std::lock_guard lock(handover.mutex);
    handover.start.error = listener.error;
    if (listener.error == 0) handover.start.address = local_address(listener.socket);
    handover.started = true;
    handover.changed.notify_one();  // with the lock: `handover` ends once the other one has it
  }
  if (listener.error != 0) return;
  try {
    RootServer(std::move(listener.socket), key, idle).run();
  } catch (const std::bad_alloc&) {
    // Its sockets are closed by now: the ranks learn that the root is gone, and this process, which
    // may do without it, goes on.
  }
}

// No signal's handler runs in threads that are started while this lives.
class BlockedSignals {
 public:
  BlockedSignals() {
    sigset_t all;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before_);
  }
  BlockedSignals(const BlockedSignals&) = delete;
  BlockedSignals& operator=(const BlockedSignals&) = delete;
  ~BlockedSignals() { pthread_sigmask(SIG_SETMASK, &before_, nullptr); }

 private:
  sigset_t before_{};
};

}  // namespace

std::string RootStart::message() const { return std::generic_category().message(error); }

RootStart start_root(const Address& address, const wire::Key& key, std::chrono::milliseconds idle) {
  Handover handover;
  try {
    const BlockedSignals blocked;
    std::thread(run_root, std::ref(handover), address, key, idle).detach();
  } catch (const std::system_error& error) {
    return {.address = {}, .error = error.code().value()};
  }
  // Ends: the thread only makes a socket before it answers.
  std::unique_lock lock(handover.mutex);
  handover.changed.wait(lock, [&] { return handover.started; });
  return handover.start;
}

}  // namespace pleach
