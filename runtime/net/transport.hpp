// One-sided writes between ranks on different machines, each with a 32-bit immediate.
//
// Every rank has one or more rails (NICs) and one window: memory of its own that peers write into.
// A write goes from a local rail to a rail of the peer; when its data is in the peer's window, the
// peer's poll() reports its immediate. Writes are not ordered among each other: what an arrival
// means is told by its immediate alone.
//
// All calls of one transport come from one thread at a time. Nothing here waits: write() and
// notify() say when there is no room, and poll() makes progress: of what comes in and of what goes
// out. So a rank polls until in_flight() is 0 before it stops polling, and is destroyed only when
// its peers have what they wait for (they met at a barrier of another kind): destruction gives up
// what is still on its way, at once.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace pleach {

using Blob = std::vector<std::byte>;

struct TransportEvent {
  enum class Kind : std::uint8_t {
    Arrived,  // a peer's write or notification; `value` is its immediate
    Sent,     // the source of a write may be changed again; `value` is the write's tag
    Failed,   // the peer can not be reached any more; `message` says what the provider said. Once
              // for each peer; its writes may give no Sent, and their sources are free. That a peer
              // is gone may also stay unknown: silence is no sign of life
  };
  Kind kind = Kind::Arrived;
  std::uint64_t value = 0;
  int peer = -1;          // Failed only; -1 where the provider does not tell
  std::string message{};  // Failed only
};

class Transport {
 public:
  Transport() = default;
  Transport(const Transport&) = delete;
  Transport& operator=(const Transport&) = delete;
  virtual ~Transport() = default;

  // One name for each rail, e.g. "tcp 10.0.0.1": for errors and logs.
  [[nodiscard]] virtual std::vector<std::string> rails() const = 0;

  // What peers need to reach this rank's rails, for connect() at their side.
  [[nodiscard]] virtual Blob address() const = 0;
  // Needs: the address() of each rank, by rank; an empty one for a rank that is never written to.
  // Throws MachineError when one can not be resolved; the message names rank, rail and address.
  virtual void connect(std::span<const Blob> addresses) = 0;

  // Lets peers write to `window`, instead of the one before (which nobody may be writing to). What
  // it returns goes to the peers, for set_windows(). The memory outlives the transport or the next
  // call. Throws MachineError when it can not be registered.
  [[nodiscard]] virtual Blob expose(std::span<std::byte> window) = 0;
  // Needs: what expose() returned on each rank, by rank; empty as for connect().
  virtual void set_windows(std::span<const Blob> windows) = 0;

  // Where a write goes: from a rail of ours to a rail of the peer's.
  struct Path {
    int peer = 0;
    int local_rail = 0;
    int peer_rail = 0;
  };
  // Starts to write `data` to `offset` bytes into the peer's window. `data` must stay as it is
  // until a Sent event with `tag`. False when there is no room now, or no connection yet: poll and
  // try again. Needs: data within the peer's window, and at most max_write() bytes of it. Throws
  // MachineError when the provider refuses for another reason, or the peer has Failed.
  [[nodiscard]] virtual bool write(const Path& path,
                                   std::span<const std::byte> data,
                                   std::uint64_t offset,
                                   std::uint32_t immediate,
                                   std::uint64_t tag) = 0;
  // The immediate alone; no Sent event. Needs no window at the peer.
  [[nodiscard]] virtual bool notify(const Path& path, std::uint32_t immediate) = 0;
  // The largest write in bytes, on any rail.
  [[nodiscard]] virtual std::size_t max_write() const = 0;
  // Writes and notifications that were started and have not left yet.
  [[nodiscard]] virtual std::size_t in_flight() const = 0;

  // Makes progress and appends what happened. Returns how many events. Throws MachineError when a
  // rail of ours has failed as a whole.
  virtual std::size_t poll(std::vector<TransportEvent>& events) = 0;
};

}  // namespace pleach
