// TCP sockets that close themselves. None of them ever blocks; whoever waits does so in
// wait_until_ready, with an end.
#pragma once

#include <cstddef>
#include <span>
#include <string>

#include "runtime/net/address.hpp"
#include "runtime/net/deadline.hpp"

namespace pleach {

// Owns a file descriptor. Move-only.
class Socket {
 public:
  Socket() = default;
  explicit Socket(int fd) : fd_(fd) {}
  Socket(Socket&& other) noexcept;
  Socket& operator=(Socket&& other) noexcept;
  ~Socket();

  [[nodiscard]] int fd() const { return fd_; }
  [[nodiscard]] bool valid() const { return fd_ >= 0; }

 private:
  int fd_ = -1;
};

// A socket, or what the system said ("Connection refused") and its errno.
struct Opened {
  Socket socket;
  int error = 0;  // 0 when there is a socket
  [[nodiscard]] std::string message() const;
};

// Listens with the longest queue the system allows. "::" takes connections of IPv4 too.
[[nodiscard]] Opened listen_at(const Address& address);
// The next connection in a listening socket's queue; EAGAIN when there is none.
[[nodiscard]] Opened accept_from(const Socket& listener);
// ETIMEDOUT when `deadline` comes first. A connection to itself, which TCP makes of an attempt to
// reach a free port of this machine with bad luck, counts as ECONNREFUSED.
[[nodiscard]] Opened connect_to(const Address& address, const Deadline& deadline);

// Where a socket is on this machine, with the port the system chose.
[[nodiscard]] Address local_address(const Socket& socket);

// What one system call moved.
struct Transfer {
  std::size_t bytes = 0;  // 0 with ended == false: nothing can be moved now
  bool ended = false;     // the connection is no more, ...
  int error = 0;          // ... because of this; 0 when the peer closed it in order
};
[[nodiscard]] Transfer receive_some(const Socket& socket, std::span<std::byte> room);
[[nodiscard]] Transfer send_some(const Socket& socket, std::span<const std::byte> bytes);

// Waits for `events` of poll(2), or the end of the connection. False when the time is over.
[[nodiscard]] bool wait_until_ready(const Socket& socket, short events, const Deadline& deadline);

}  // namespace pleach
