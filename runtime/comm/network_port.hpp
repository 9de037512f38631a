// One rank's sends, and what the network reports of them, for one communicator.
//
// An immediate says what arrived:
//   data       a chunk of a send op               kind 0, op in 22 bits, number in 8
//   slot       a slot of a send op is free again  kind 1, the same
//   entered    a rank has entered a call          kind 2, rank in 14 bits, hash of the call in 16
//   gave up    a rank has failed                  kind 3, rank in 14 bits
// Numbers are modulo 256, which is enough: no more than a ring's slots are under way at a time.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "runtime/comm/comm_error.hpp"
#include "runtime/comm/rails.hpp"
#include "runtime/net/transport.hpp"
#include "runtime/rank_executor.hpp"

namespace pleach {

inline constexpr int kMostNetworkRanks = 1 << 14;
inline constexpr std::size_t kMostNetworkOps = std::size_t{1} << 22;

// A rank on another host has entered another call than this one: that much its hash says.
class OtherCallError : public CommError {
 public:
  using CommError::CommError;
};

class NetworkPort {
 public:
  // Needs: at most kMostNetworkRanks ranks, and a transport that is connected to those on other
  // hosts.
  NetworkPort(std::unique_ptr<Transport> transport, int rank, int ranks);

  // Not after give_up().
  [[nodiscard]] Transport& transport() { return *transport_; }

  // Begins a call with a plan of at most kMostNetworkOps ops: tells those that will send to this
  // rank. `use` is the plan's, and outlives the call; whom give_up() tells is kept here.
  void enter(const NetworkUse& use, std::uint16_t hash);
  // Whether `rank`, to which the plan of this call sends, has entered it. Throws OtherCallError
  // when it has entered another one.
  [[nodiscard]] bool has_entered(int rank) const;

  [[nodiscard]] bool send(int op,
                          std::uint64_t number,
                          std::span<const std::byte> data,
                          std::uint64_t offset);
  [[nodiscard]] bool give_back(int op, std::uint64_t number);
  // Tells the ranks of the last call that this one has failed; as far as there is room. After it
  // nothing reads the sources of send() any more: what has not left within 200 ms is given up, and
  // the network with it. Only loss() and give_up(), which does nothing then, may follow.
  void give_up();

  // Hands what has happened to `listener`; null between calls. True when something has.
  bool poll(NetworkListener* listener);
  // Nothing waits to leave.
  [[nodiscard]] bool idle() const { return waiting_.empty() && transport_->in_flight() == 0; }

  // The first rank that is known to have failed or to be out of reach, and what is known.
  struct Loss {
    int rank = -1;
    std::string message;
  };
  [[nodiscard]] const std::optional<Loss>& loss() const { return loss_; }

 private:
  struct Notice {
    Transport::Path path;
    std::uint32_t immediate = 0;
  };
  void handle(const TransportEvent& event, NetworkListener* listener);
  void flush();

  std::unique_ptr<Transport> transport_;  // null when it was given up
  const int rank_;
  const NetworkUse* use_ = nullptr;          // of the call under way; its plan may go after it
  std::vector<Transport::Path> partners_;    // of the last call: receivers, then senders
  std::vector<std::uint64_t> entries_due_;   // of each rank: calls in which this one sends to it
  std::vector<std::uint64_t> entries_seen_;  // and those it has told of
  std::vector<std::uint16_t> last_hash_;     // of each rank's last one
  std::uint16_t hash_ = 0;                   // of this call
  std::vector<Notice> waiting_;              // for room
  std::vector<TransportEvent> events_;       // reused
  std::optional<Loss> loss_;
};

}  // namespace pleach
