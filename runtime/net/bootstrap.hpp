// How the ranks of a communicator find each other and agree: a star of TCP connections.
//
// One process makes a unique id (as in NCCL) and with it a root, a thread that accepts the ranks
// and passes their messages on. The id holds the root's address and a random key; the program hands
// it to every rank by its own means. The connections stay for the life of the communicator. Nothing
// that is fast goes through them.
#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "runtime/net/deadline.hpp"

namespace pleach {

// Plain bytes, to be copied around by the program. Filled by make_unique_id.
struct UniqueId {
  std::array<std::byte, 128> bytes{};
  bool operator==(const UniqueId&) const = default;
};

// Starts a root for one communicator on this machine. It serves until its ranks are gone, or until
// `idle` has passed without any of them, and never keeps the process from ending.
//   PLEACH_SOCKET_IFNAME  the interface whose address peers are told ("eth", "^docker", "=eth0" as
//                         NCCL_SOCKET_IFNAME); default: the first that is up, no loopback and no
//                         bridge of docker, else what there is (interface.hpp)
// The id stays good in children of fork(); the root stays in the process that called this, which
// must outlive the ranks: when it ends, they are told that the root is gone.
// Throws MachineError when no socket can be had.
[[nodiscard]] UniqueId make_unique_id(std::chrono::milliseconds idle = std::chrono::minutes(10));

// The same at a fixed place ("host:port"), for ranks that were told it by their launcher: the rank
// that calls with `serve` makes the root there. Port 0, with `serve` only, lets the system choose;
// then only the id that is returned leads there. The key follows from the place: it guards against
// accidents, not against others in the network.
// Throws MachineError when the place is malformed or, with `serve`, taken.
[[nodiscard]] UniqueId unique_id_at(const std::string& host_and_port,
                                    bool serve,
                                    std::chrono::milliseconds idle = std::chrono::minutes(10));

// One rank's end. Used by one thread at a time, but for interrupt(). Its destructor says goodbye to
// the root, which takes at most a second; without one (a crash, SIGKILL) the rank is lost to the
// others.
class Bootstrap {
 public:
  using Bytes = std::vector<std::byte>;

  // Connects to the root and waits until all `ranks` are there. Tries again while nobody listens
  // yet. Throws MachineError: which ranks are missing, that two gave the same rank or another
  // number of ranks, that the root's key is another, that there is no root.
  Bootstrap(const UniqueId& id, int rank, int ranks, const Deadline& deadline);
  ~Bootstrap();
  Bootstrap(Bootstrap&&) noexcept;
  Bootstrap& operator=(Bootstrap&&) noexcept;

  [[nodiscard]] int rank() const { return rank_; }
  [[nodiscard]] int ranks() const { return ranks_; }

  // Every rank's bytes, by rank. All ranks call it in the same order; lengths may differ, up to 16
  // MiB each and 1 GiB together. Throws MachineError: which ranks did not come in time, are lost,
  // or have left. After an error every later call throws too. Cost: one message to the root and one
  // back; the root sends all parts to each rank.
  [[nodiscard]] std::vector<Bytes> all_gather(std::span<const std::byte> mine,
                                              const Deadline& deadline);
  void barrier(const Deadline& deadline);

  // Ranks whose connection to the root ended without a goodbye, as far as the root has told; does
  // not wait. All other ranks when the root itself is gone, unless the ranks in its process had
  // said goodbye: then it went in order, and nothing more can be known.
  [[nodiscard]] std::vector<int> lost();

  // Sends a few bytes to every rank, this one too, which finds them in told(). Not lost when an
  // all-gather has failed; in vain after leave() and where the root is gone.
  void tell(std::span<const std::byte> mine, const Deadline& deadline);
  // What each rank has told last, as far as it has come; does not wait.
  [[nodiscard]] const std::map<int, Bytes>& told();

  // From any thread: the all-gather that waits, and every later one, throws MachineError within
  // 50 ms. The others are told nothing; leave() does that.
  void interrupt();

  // The destructor's goodbye, now: what the others gather fails at once. No all-gather after it;
  // lost() stays as it is.
  void leave();

 private:
  struct Connection;
  int rank_ = 0;
  int ranks_ = 0;
  std::unique_ptr<Connection> connection_;
};

}  // namespace pleach
