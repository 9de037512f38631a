#include "runtime/comm/exchange_descriptors.hpp"

#include <algorithm>
#include <cerrno>
#include <cstddef>
#include <cstring>
#include <string>

#include <poll.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "compiler/core/machine_error.hpp"
#include "runtime/comm/comm_error.hpp"

namespace pleach {
namespace {

[[noreturn]] void fail(const std::string& what) {
  throw MachineError(what + ": " + std::strerror(errno));
}

struct Address {
  sockaddr_un socket{};
  socklen_t length = 0;
};

// In the abstract namespace: the first byte of the path is zero, and there is no file.
Address address_of(const std::string& name) {
  Address address;
  address.socket.sun_family = AF_UNIX;
  const std::size_t bytes = std::min(name.size(), sizeof(address.socket.sun_path) - 1);
  std::memcpy(address.socket.sun_path + 1, name.data(), bytes);
  address.length = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + 1 + bytes);
  return address;
}

std::string random_name() {
  unsigned char bytes[16];
  if (::getrandom(bytes, sizeof bytes, 0) != sizeof bytes) fail("no random bytes are to be had");
  std::string name = "pleach-";
  for (const unsigned char byte : bytes) {
    constexpr char kDigits[] = "0123456789abcdef";
    name += kDigits[byte >> 4];
    name += kDigits[byte & 15];
  }
  return name;
}

class Socket {
 public:
  explicit Socket(int descriptor) : descriptor_(descriptor) {}
  ~Socket() {
    if (descriptor_ >= 0) ::close(descriptor_);
  }
  Socket(const Socket&) = delete;
  Socket& operator=(const Socket&) = delete;
  [[nodiscard]] int get() const { return descriptor_; }

 private:
  int descriptor_;
};

bool wait_for(int descriptor, short events, const Deadline& deadline) {
  pollfd entry{.fd = descriptor, .events = events, .revents = 0};
  while (true) {
    const int ready = ::poll(&entry, 1, deadline.milliseconds_left());
    if (ready > 0) return true;
    if (ready == 0 || errno != EINTR) return false;
  }
}

union ControlBuffer {
  cmsghdr header;
  char bytes[CMSG_SPACE(sizeof(int))];
};

// A rank, and room for a descriptor beside it. It points to both.
msghdr message_of(iovec& rank, ControlBuffer& control) {
  msghdr message{};
  message.msg_iov = &rank;
  message.msg_iovlen = 1;
  message.msg_control = control.bytes;
  message.msg_controllen = sizeof control.bytes;
  return message;
}

bool send_descriptor(int socket, int rank, int descriptor) {
  ControlBuffer control{};
  iovec data{.iov_base = &rank, .iov_len = sizeof rank};
  msghdr message = message_of(data, control);
  cmsghdr* const header = CMSG_FIRSTHDR(&message);
  header->cmsg_level = SOL_SOCKET;
  header->cmsg_type = SCM_RIGHTS;
  header->cmsg_len = CMSG_LEN(sizeof descriptor);
  std::memcpy(CMSG_DATA(header), &descriptor, sizeof descriptor);
  return ::sendmsg(socket, &message, MSG_NOSIGNAL) == static_cast<ssize_t>(sizeof rank);
}

// The sender's rank and its descriptor; false when the message is of another kind.
bool receive_descriptor(int socket, int& rank, int& descriptor) {
  ControlBuffer control{};
  iovec data{.iov_base = &rank, .iov_len = sizeof rank};
  msghdr message = message_of(data, control);
  if (::recvmsg(socket, &message, MSG_CMSG_CLOEXEC) != static_cast<ssize_t>(sizeof rank)) {
    return false;
  }
  const cmsghdr* const header = CMSG_FIRSTHDR(&message);
  if (header == nullptr || header->cmsg_type != SCM_RIGHTS) return false;
  std::memcpy(&descriptor, CMSG_DATA(header), sizeof descriptor);
  return true;
}

}  // namespace

DescriptorExchange::DescriptorExchange()
    : name_(random_name()), listener_(::socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0)) {
  if (listener_ < 0) fail("no Unix socket is to be had");
  const Address address = address_of(name_);
  if (::bind(listener_, reinterpret_cast<const sockaddr*>(&address.socket), address.length) != 0 ||
      ::listen(listener_, SOMAXCONN) != 0) {
    const int error = errno;
    ::close(listener_);
    errno = error;
    fail("can not listen on a Unix socket");
  }
}

DescriptorExchange::~DescriptorExchange() { ::close(listener_); }

// A connection counts as made when it waits in the peer's queue, and what is sent waits there too,
// so every rank can give before it takes.
void DescriptorExchange::give(
    int rank, int descriptor, int peer, const std::string& name, const Deadline& deadline) {
  const Socket socket(::socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0));
  if (socket.get() < 0) fail("no Unix socket is to be had");
  const Address address = address_of(name);
  // A full queue makes connect wait; the deadline holds all the same.
  const int left = deadline.milliseconds_left();
  const timeval limit{.tv_sec = left / 1000, .tv_usec = (left % 1000) * 1000 + 1};
  (void)::setsockopt(socket.get(), SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit);
  if (::connect(socket.get(), reinterpret_cast<const sockaddr*>(&address.socket), address.length) !=
          0 ||
      !send_descriptor(socket.get(), rank, descriptor)) {
    const std::string why = std::strerror(errno);
    throw CommError(CommError::Kind::Remote,
                    "rank " + std::to_string(rank) + " can not share memory with rank " +
                        std::to_string(peer) +
                        ", which has the same host identity: it has ended, or is on a different "
                        "host (give each host its own PLEACH_HOST_ID then): " +
                        why);
  }
}

std::map<int, int> DescriptorExchange::exchange(int rank,
                                                int descriptor,
                                                const std::map<int, std::string>& peers,
                                                const Deadline& deadline) {
  for (const auto& [peer, name] : peers) give(rank, descriptor, peer, name, deadline);
  std::map<int, int> taken;
  const auto close_all = [&taken] {
    for (const auto& [peer, theirs] : taken) ::close(theirs);
  };
  while (taken.size() < peers.size()) {
    // The deadline by itself, too: a connection that is not accepted stays ready.
    if (deadline.passed() || !wait_for(listener_, POLLIN, deadline)) {
      close_all();
      std::string missing;
      for (const auto& [peer, name] : peers) {
        if (!taken.contains(peer)) missing += (missing.empty() ? "" : ", ") + std::to_string(peer);
      }
      throw CommError(CommError::Kind::Remote,
                      "rank " + std::to_string(rank) +
                          " got no shared memory in time from these ranks of its host: " + missing);
    }
    const Socket socket(::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC));
    int peer = -1;
    int theirs = -1;
    if (socket.get() < 0 || !wait_for(socket.get(), POLLIN, deadline) ||
        !receive_descriptor(socket.get(), peer, theirs)) {
      continue;  // a stranger, or one that died: the deadline will tell
    }
    if (peers.contains(peer) && taken.emplace(peer, theirs).second) continue;
    ::close(theirs);
  }
  return taken;
}

}  // namespace pleach
