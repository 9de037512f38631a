#include "runtime/net/socket.hpp"

#include <cerrno>
#include <system_error>
#include <utility>

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

namespace pleach {
namespace {

// A machine that vanishes sends no end. Idle connections are asked after 10 s, then every 5 s;
// both an idle one and one with data on its way end after about half a minute without an answer.
constexpr int kKeepAliveIdleSeconds = 10;
constexpr int kKeepAliveIntervalSeconds = 5;
constexpr int kKeepAliveProbes = 4;
constexpr unsigned kUserTimeoutMilliseconds = 30'000;

template <class T>
void set_option(const Socket& socket, int level, int option, T value) {
  // Advice: a connection works without them, and the deadline of each wait still holds.
  (void)::setsockopt(socket.fd(), level, option, &value, sizeof value);
}

void tune_connection(const Socket& socket) {
  set_option(socket, IPPROTO_TCP, TCP_NODELAY, 1);
  set_option(socket, SOL_SOCKET, SO_KEEPALIVE, 1);
  set_option(socket, IPPROTO_TCP, TCP_KEEPIDLE, kKeepAliveIdleSeconds);
  set_option(socket, IPPROTO_TCP, TCP_KEEPINTVL, kKeepAliveIntervalSeconds);
  set_option(socket, IPPROTO_TCP, TCP_KEEPCNT, kKeepAliveProbes);
  set_option(socket, IPPROTO_TCP, TCP_USER_TIMEOUT, kUserTimeoutMilliseconds);
}

Socket open_socket(int family) {
  return Socket(::socket(family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
}

Opened failed(int error) { return {.socket = Socket(), .error = error}; }

bool is_connected_to_itself(const Socket& socket) {
  Address peer;
  peer.size = sizeof peer.storage;
  return ::getpeername(socket.fd(), peer.get(), &peer.size) == 0 &&
         same_place(peer, local_address(socket));
}

Transfer transfer_of(ssize_t moved) {
  if (moved >= 0) return {.bytes = static_cast<std::size_t>(moved)};
  if (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR) return {};
  return {.bytes = 0, .ended = true, .error = errno};
}

}  // namespace

Socket::Socket(Socket&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}

Socket& Socket::operator=(Socket&& other) noexcept {
  std::swap(fd_, other.fd_);
  return *this;
}

Socket::~Socket() {
  if (fd_ >= 0) ::close(fd_);
}

std::string Opened::message() const { return std::generic_category().message(error); }

Opened listen_at(const Address& address) {
  Opened opened{.socket = open_socket(address.family())};
  if (!opened.socket.valid()) return failed(errno);
  // Connections of an earlier run may linger at this port for a minute.
  set_option(opened.socket, SOL_SOCKET, SO_REUSEADDR, 1);
  if (address.family() == AF_INET6) set_option(opened.socket, IPPROTO_IPV6, IPV6_V6ONLY, 0);
  if (::bind(opened.socket.fd(), address.get(), address.size) != 0) return failed(errno);
  if (::listen(opened.socket.fd(), SOMAXCONN) != 0) return failed(errno);
  return opened;
}

Opened accept_from(const Socket& listener) {
  Opened opened{
      .socket = Socket(::accept4(listener.fd(), nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC))};
  if (!opened.socket.valid()) return failed(errno);
  tune_connection(opened.socket);
  return opened;
}

Opened connect_to(const Address& address, const Deadline& deadline) {
  Opened opened{.socket = open_socket(address.family())};
  if (!opened.socket.valid()) return failed(errno);
  tune_connection(opened.socket);
  if (::connect(opened.socket.fd(), address.get(), address.size) != 0) {
    if (errno != EINPROGRESS && errno != EINTR) return failed(errno);
    if (!wait_until_ready(opened.socket, POLLOUT, deadline)) return failed(ETIMEDOUT);
    int error = 0;
    socklen_t size = sizeof error;
    if (::getsockopt(opened.socket.fd(), SOL_SOCKET, SO_ERROR, &error, &size) != 0) error = errno;
    if (error != 0) return failed(error);
  }
  if (is_connected_to_itself(opened.socket)) return failed(ECONNREFUSED);
  return opened;
}

Address local_address(const Socket& socket) {
  Address address;
  address.size = sizeof address.storage;
  if (::getsockname(socket.fd(), address.get(), &address.size) != 0) return {};
  return address;
}

Transfer receive_some(const Socket& socket, std::span<std::byte> room) {
  if (room.empty()) return {};
  const ssize_t received = ::recv(socket.fd(), room.data(), room.size(), 0);
  if (received == 0) return {.bytes = 0, .ended = true};
  return transfer_of(received);
}

Transfer send_some(const Socket& socket, std::span<const std::byte> bytes) {
  return transfer_of(::send(socket.fd(), bytes.data(), bytes.size(), MSG_NOSIGNAL));
}

bool wait_until_ready(const Socket& socket, short events, const Deadline& deadline) {
  while (true) {
    pollfd entry{.fd = socket.fd(), .events = events, .revents = 0};
    const int ready = ::poll(&entry, 1, deadline.milliseconds_left());
    if (ready > 0) return true;
    if (ready < 0 && errno != EINTR) return true;  // the next call on the socket says what it is
    if (deadline.passed()) return false;
  }
}

}  // namespace pleach
