#include "runtime/net/root_peer.hpp"

#include <poll.h>
#include <sys/socket.h>

namespace pleach {
namespace {

constexpr std::size_t kMostBodyOfStranger = 64;  // a Hello of any version
constexpr auto kPatienceWithStrangers = std::chrono::seconds(10);
// A rank that asks and asks and never reads is not listened to until it reads.
constexpr std::size_t kMostQueued = 64;

}  // namespace

RootPeer::RootPeer(Socket socket) : socket_(std::move(socket)), reader_(kMostBodyOfStranger) {}

short RootPeer::wanted_events() const {
  const bool reads = queue_.size() < kMostQueued;
  return static_cast<short>((reads ? POLLIN : 0) | (queue_.empty() ? 0 : POLLOUT));
}

void RootPeer::send(std::shared_ptr<const wire::Bytes> message) {
  if (!ended) queue_.push_back({.message = std::move(message)});
}

void RootPeer::flush() {
  while (!queue_.empty() && !ended) {
    Outgoing& next = queue_.front();
    const Transfer transfer = send_some(socket_, std::span(*next.message).subspan(next.sent));
    ended = transfer.ended;
    if (transfer.bytes == 0) break;
    next.sent += transfer.bytes;
    if (next.sent == next.message->size()) queue_.pop_front();
  }
  if (ended) queue_.clear();
  // The peer's own end comes after it has read this one; closing first could discard the last
  // message on its way.
  if (is_closing() && queue_.empty()) (void)::shutdown(socket_.fd(), SHUT_WR);
}

bool RootPeer::receive() {
  if (is_closing()) {
    std::byte ignored[256];
    const Transfer transfer = receive_some(socket_, ignored);
    ended = ended || transfer.ended;
    return false;
  }
  const Transfer transfer = receive_some(socket_, reader_.room());
  ended = ended || transfer.ended;
  reader_.filled(transfer.bytes);
  return transfer.bytes > 0;
}

void RootPeer::close_after_flush(Clock::time_point at_the_latest) { close_at_ = at_the_latest; }

std::optional<RootPeer::Clock::time_point> RootPeer::end() const {
  if (close_at_) return close_at_;
  if (is_stranger()) return since_ + kPatienceWithStrangers;
  return std::nullopt;
}

}  // namespace pleach
