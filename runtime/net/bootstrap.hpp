// How the ranks of a communicator find each other and agree: a star of TCP connections.
//
// One process makes a unique id (as in NCCL) and with it a root, a thread that accepts the ranks
// and passes their messages on. The id holds the root's address and a random key; the program hands
// it to every rank by its own means. The connections stay for the life of the communicator. Nothing
// that is fast goes through them.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
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
//                         NCCL_SOCKET_IFNAME); default: the first that is up and no loopback, else
//                         the loopback
// Throws MachineError when no socket can be had.
[[nodiscard]] UniqueId make_unique_id(std::chrono::milliseconds idle = std::chrono::minutes(10));

// The same at a fixed place ("host:port"), for ranks that were told it by their launcher: the rank
// that calls with `serve` makes the root there.
[[nodiscard]] UniqueId unique_id_at(const std::string& host_and_port,
                                    bool serve,
                                    std::chrono::milliseconds idle = std::chrono::minutes(10));

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
  // MiB each. Throws MachineError: which ranks did not come in time, or are gone.
  [[nodiscard]] std::vector<Bytes> all_gather(std::span<const std::byte> mine,
                                              const Deadline& deadline);
  void barrier(const Deadline& deadline);

  // Ranks whose connection to the root is known to have ended, as far as the root has told; does
  // not wait. All of them when the root itself is gone.
  [[nodiscard]] std::vector<int> lost();

 private:
  struct Connection;
  int rank_ = 0;
  int ranks_ = 0;
  std::unique_ptr<Connection> connection_;
};

}  // namespace pleach
