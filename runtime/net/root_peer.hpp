// One connection of the root: what it has sent so far, what it is still to be sent.
#pragma once

#include <chrono>
#include <deque>
#include <memory>
#include <optional>
#include <utility>

#include "runtime/net/socket.hpp"
#include "runtime/net/wire.hpp"

namespace pleach {

class RootPeer {
 public:
  using Clock = std::chrono::steady_clock;

  explicit RootPeer(Socket socket);

  [[nodiscard]] const Socket& socket() const { return socket_; }
  [[nodiscard]] bool is_stranger() const { return rank < 0; }
  [[nodiscard]] bool is_flushed() const { return queue_.empty(); }
  // The events of poll(2) it waits for.
  [[nodiscard]] short wanted_events() const;

  // Behind what is queued already. Many peers may share one message.
  void send(std::shared_ptr<const wire::Bytes> message);
  void send(wire::Bytes message) { send(std::make_shared<const wire::Bytes>(std::move(message))); }
  // Sends what the socket takes now.
  void flush();

  // Reads once; false when there was nothing. Then frames can be taken.
  [[nodiscard]] bool receive();
  [[nodiscard]] wire::FrameReader& reader() { return reader_; }

  // Sends what is queued, ends the connection, and no longer listens.
  void close_after_flush(Clock::time_point at_the_latest);
  [[nodiscard]] bool is_closing() const { return close_at_.has_value(); }

  // When it has to be gone: a stranger that is silent, a refused one that does not go.
  [[nodiscard]] std::optional<Clock::time_point> end() const;

  int rank = -1;  // below 0 until it has shown the key
  bool hosts_root = false;
  bool has_left = false;        // said goodbye
  bool waits_farewell = false;  // ... and was not answered yet
  bool ended = false;           // the connection is no more

 private:
  struct Outgoing {
    std::shared_ptr<const wire::Bytes> message;
    std::size_t sent = 0;
  };

  Socket socket_;
  wire::FrameReader reader_;
  std::deque<Outgoing> queue_;
  Clock::time_point since_ = Clock::now();
  std::optional<Clock::time_point> close_at_;
};

}  // namespace pleach
