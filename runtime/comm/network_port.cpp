#include "runtime/comm/network_port.hpp"

#include <algorithm>
#include <utility>

#include "compiler/core/check.hpp"
#include "compiler/core/machine_error.hpp"
#include "runtime/net/deadline.hpp"

namespace pleach {
namespace {

enum class Kind : std::uint32_t { Data, Slot, Entered, GaveUp };

constexpr std::uint32_t kLowByte = 0xff;
constexpr std::uint32_t kLowHalf = 0xffff;
constexpr std::uint32_t kOpMask = kMostNetworkOps - 1;
constexpr std::uint32_t kRankMask = kMostNetworkRanks - 1;

std::uint32_t of_op(Kind kind, int op, std::uint64_t number) {
  return static_cast<std::uint32_t>(kind) << 30 | static_cast<std::uint32_t>(op) << 8 |
         (static_cast<std::uint32_t>(number) & kLowByte);
}
std::uint32_t of_rank(Kind kind, int rank, std::uint16_t hash) {
  return static_cast<std::uint32_t>(kind) << 30 | static_cast<std::uint32_t>(rank) << 16 | hash;
}

std::uint64_t tag_of(int op, std::uint64_t number) {
  return static_cast<std::uint64_t>(op) << 8 | (number & kLowByte);
}

}  // namespace

NetworkPort::NetworkPort(std::unique_ptr<Transport> transport, int rank, int ranks)
    : transport_(std::move(transport)),
      rank_(rank),
      entries_due_(ranks, 0),
      entries_seen_(ranks, 0),
      last_hash_(ranks, 0) {
  ENSURE(ranks <= kMostNetworkRanks, "a rank fits into an immediate");
}

void NetworkPort::enter(const NetworkUse& use, std::uint16_t hash) {
  use_ = &use;
  hash_ = hash;
  partners_.assign(use.receivers.begin(), use.receivers.end());
  partners_.insert(partners_.end(), use.senders.begin(), use.senders.end());
  for (const Transport::Path& receiver : use.receivers) ++entries_due_[receiver.peer];
  for (const Transport::Path& sender : use.senders) {
    waiting_.push_back({.path = sender, .immediate = of_rank(Kind::Entered, rank_, hash)});
  }
  flush();
}

bool NetworkPort::has_entered(int rank) const {
  if (entries_seen_[rank] < entries_due_[rank]) return false;
  if (last_hash_[rank] == hash_) return true;
  throw OtherCallError(CommError::Kind::InvalidUsage,
                       "rank " + std::to_string(rank) + " and rank " + std::to_string(rank_) +
                           " call different collectives, or the same with different values; all "
                           "ranks call the same ones in the same order");
}

bool NetworkPort::send(int op,
                       std::uint64_t number,
                       std::span<const std::byte> data,
                       std::uint64_t offset) {
  return transport_->write(use_->paths[op], data, offset, of_op(Kind::Data, op, number),
                           tag_of(op, number));
}

bool NetworkPort::give_back(int op, std::uint64_t number) {
  return transport_->notify(use_->paths[op], of_op(Kind::Slot, op, number));
}

void NetworkPort::give_up() {
  if (transport_ == nullptr) return;
  for (const Transport::Path& path : partners_) {
    try {
      (void)transport_->notify(path, of_rank(Kind::GaveUp, rank_, 0));
    } catch (const MachineError&) {
      continue;  // it is out of reach, and will find out by itself
    }
  }
  // A moment for it to leave: nobody polls this port again.
  const Deadline moment(std::chrono::milliseconds(200));
  try {
    while (transport_->in_flight() > 0 && !moment.passed()) {
      events_.clear();
      transport_->poll(events_);
    }
  } catch (const MachineError&) {
    // A rail has failed; what is in flight stays so.
  }
  // Chunks go out straight from the caller's buffers, which are the caller's again when the call
  // has failed. Only the end of the transport ends writes to a peer that takes nothing.
  if (transport_->in_flight() > 0) transport_.reset();
}

bool NetworkPort::poll(NetworkListener* listener) {
  flush();
  events_.clear();
  transport_->poll(events_);
  for (const TransportEvent& event : events_) handle(event, listener);
  return !events_.empty();
}

void NetworkPort::flush() {
  std::size_t left = 0;
  while (left < waiting_.size() &&
         transport_->notify(waiting_[left].path, waiting_[left].immediate)) {
    ++left;
  }
  waiting_.erase(waiting_.begin(), waiting_.begin() + static_cast<std::ptrdiff_t>(left));
}

void NetworkPort::handle(const TransportEvent& event, NetworkListener* listener) {
  switch (event.kind) {
    case TransportEvent::Kind::Failed:
      if (!loss_) loss_ = {.rank = event.peer, .message = event.message};
      return;
    case TransportEvent::Kind::Sent:
      if (listener != nullptr) {
        listener->sent(static_cast<int>(event.value >> 8), event.value & kLowByte);
      }
      return;
    case TransportEvent::Kind::Arrived: break;
  }
  const auto immediate = static_cast<std::uint32_t>(event.value);
  const auto op = static_cast<int>(immediate >> 8 & kOpMask);
  const auto rank = static_cast<int>(immediate >> 16 & kRankMask);
  switch (static_cast<Kind>(immediate >> 30)) {
    case Kind::Data:
      if (listener != nullptr) listener->arrived(op, immediate & kLowByte);
      break;
    case Kind::Slot:
      if (listener != nullptr) listener->given_back(op, immediate & kLowByte);
      break;
    case Kind::Entered:
      if (static_cast<std::size_t>(rank) >= entries_seen_.size()) break;
      ++entries_seen_[rank];
      last_hash_[rank] = static_cast<std::uint16_t>(immediate & kLowHalf);
      break;
    case Kind::GaveUp:
      if (!loss_) loss_ = {.rank = rank, .message = "it has given up"};
      break;
  }
}

}  // namespace pleach
