// The root of one communicator: takes the ranks in, passes their messages on, tells who is gone.
//
// One thread, one poll(2), no socket ever blocks it. Whoever has not shown the key is a stranger:
// it gets a few bytes of memory and ten seconds. Ranks have shown it and are trusted not to flood.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "runtime/net/root_peer.hpp"
#include "runtime/net/socket.hpp"
#include "runtime/net/wire.hpp"

namespace pleach {

class RootServer {
 public:
  using Clock = std::chrono::steady_clock;

  RootServer(Socket listener, const wire::Key& key, std::chrono::milliseconds idle);

  // Serves until all ranks have come and gone, or there was none for `idle`. Throws nothing but
  // std::bad_alloc.
  // Memory: the parts of one all-gather twice, and the last one's for ranks that read slowly.
  void run();

 private:
  enum class RankState : std::uint8_t { Absent, Here, Left, Lost };

  void serve_once();
  [[nodiscard]] bool is_done() const;
  [[nodiscard]] int milliseconds_to_wait() const;

  void accept_all();
  void make_room_or_fail();
  void exchange(RootPeer& peer, short events);
  void drop_the_silent();

  void take(RootPeer& peer, const wire::Frame& frame);
  void greet(RootPeer& peer, const wire::Frame& frame);
  void gather(RootPeer& peer, const wire::Frame& frame);
  void finish_gather();
  void goodbye(RootPeer& peer);
  void departed(RootPeer& peer);
  void tell_losses();
  void say_farewells();

  void refuse(RootPeer& peer, const std::string& why);
  void fail(const std::string& why);
  void broadcast(wire::Bytes frame);
  [[nodiscard]] std::vector<int> missing() const;
  [[nodiscard]] std::string still_missing() const;
  [[nodiscard]] std::vector<int> ranks_in(RankState state) const;
  [[nodiscard]] bool is_gathering() const { return contributed_ > 0; }

  Socket listener_;
  wire::Key key_;
  Clock::duration idle_;
  std::vector<std::unique_ptr<RootPeer>> peers_;  // in the order they came
  std::vector<RankState> states_;                 // by rank; empty until the first rank comes
  std::size_t came_ = 0;                          // ranks that are not Absent
  int present_ = 0;                               // ranks that are Here
  int hosting_ = 0;                               // of them, those in this process
  Clock::time_point served_until_;                // when the last rank went
  std::string failure_;  // why nothing will be gathered; "" while all is well
  bool new_losses_ = false;

  std::uint32_t sequence_ = 0;  // of the all-gather that is going on, or comes next
  std::vector<std::optional<wire::Bytes>> parts_;
  std::size_t contributed_ = 0;
  std::size_t gathered_bytes_ = 0;
};

}  // namespace pleach
