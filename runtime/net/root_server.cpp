#include "runtime/net/root_server.hpp"

#include <algorithm>
#include <cerrno>
#include <utility>

#include <poll.h>

#include "runtime/net/rank_list.hpp"

namespace pleach {
namespace {

using wire::Kind;

// A peer that was sent its last message has this long to read it and go.
constexpr auto kPatienceWithLeaving = std::chrono::seconds(5);
// Reads of one peer before the others have their turn; each is up to a mebibyte.
constexpr int kReadsPerTurn = 16;
constexpr std::size_t kMostStrangers = 4096;

std::string of_ranks(std::size_t count) {
  return std::to_string(count) + (count == 1 ? " rank" : " ranks");
}

}  // namespace

RootServer::RootServer(Socket listener, const wire::Key& key, std::chrono::milliseconds idle)
    : listener_(std::move(listener)), key_(key), idle_(idle), served_until_(Clock::now()) {}

void RootServer::run() {
  while (!is_done()) serve_once();
}

bool RootServer::is_done() const {
  if (present_ > 0) return false;
  const bool owes = std::any_of(peers_.begin(), peers_.end(), [](const auto& peer) {
    return !peer->is_stranger() || peer->is_closing();
  });
  if (owes) return false;
  const bool all_came = !states_.empty() && came_ == states_.size();
  return all_came || !listener_.valid() || Clock::now() >= served_until_ + idle_;
}

void RootServer::serve_once() {
  std::vector<pollfd> entries;
  for (const auto& peer : peers_) {
    entries.push_back({.fd = peer->socket().fd(), .events = peer->wanted_events(), .revents = 0});
  }
  entries.push_back({.fd = listener_.fd(), .events = POLLIN, .revents = 0});
  const int ready = ::poll(entries.data(), entries.size(), milliseconds_to_wait());
  // New peers come behind those that `entries` speaks of.
  if (ready > 0) {
    const std::size_t before = peers_.size();
    for (std::size_t i = 0; i < before; ++i) {
      if (entries[i].revents != 0) exchange(*peers_[i], entries[i].revents);
    }
    if (entries.back().revents != 0) accept_all();
  }
  drop_the_silent();
  // What one peer's message or end caused for others goes out at once. A flush may find the next
  // peer gone, and that is told in turn.
  bool again = true;
  while (again) {
    tell_losses();
    say_farewells();
    for (const auto& peer : peers_) peer->flush();
    again = false;
    for (const auto& peer : peers_) {
      if (!peer->ended) continue;
      departed(*peer);
      again = true;
    }
    std::erase_if(peers_, [](const auto& peer) { return peer->ended; });
  }
  say_farewells();
}

int RootServer::milliseconds_to_wait() const {
  std::optional<Clock::time_point> next;
  const auto consider = [&](Clock::time_point time) { next = next ? std::min(*next, time) : time; };
  for (const auto& peer : peers_) {
    if (peer->end()) consider(*peer->end());
  }
  if (present_ == 0) consider(served_until_ + idle_);
  if (!next) return -1;  // a rank is there; its end wakes poll
  const auto left = std::chrono::ceil<std::chrono::milliseconds>(*next - Clock::now()).count();
  // Never 0, so that no end that something else delays can make this thread spin.
  return static_cast<int>(std::clamp<long long>(left, 1, 1 << 30));
}

void RootServer::accept_all() {
  while (true) {
    Opened opened = accept_from(listener_);
    if (opened.socket.valid()) {
      peers_.push_back(std::make_unique<RootPeer>(std::move(opened.socket)));
      continue;
    }
    if (opened.error == EMFILE || opened.error == ENFILE) make_room_or_fail();
    return;  // the queue is empty, or its first connection ended before it was accepted
  }
}

// There are no more file descriptors. Strangers go first, the oldest of them.
void RootServer::make_room_or_fail() {
  const auto stranger = std::find_if(peers_.begin(), peers_.end(),
                                     [](const auto& peer) { return peer->is_stranger(); });
  if (stranger != peers_.end()) {
    (*stranger)->ended = true;
    return;
  }
  if (states_.empty() || came_ < states_.size()) {
    fail("the root can not take in more than " + std::to_string(came_) + " of " +
         of_ranks(states_.size()) +
         ": its process may open no more files; raise the limit there (ulimit -n)");
  }
  // poll would tell of the waiting connection without end.
  listener_ = Socket();
}

void RootServer::exchange(RootPeer& peer, short events) {
  if (peer.ended) return;
  if ((events & POLLOUT) != 0) peer.flush();
  if ((events & ~POLLOUT) == 0) return;
  for (int reads = 0; reads < kReadsPerTurn && !peer.ended && peer.receive(); ++reads) {
    while (const std::optional<wire::Frame> frame = peer.reader().take()) take(peer, *frame);
    // A rank that sends what is none of this protocol is as good as gone; a stranger is one.
    if (peer.reader().malformed()) peer.ended = true;
  }
}

void RootServer::drop_the_silent() {
  const Clock::time_point now = Clock::now();
  std::size_t strangers = 0;
  for (auto peer = peers_.rbegin(); peer != peers_.rend(); ++peer) {
    const bool over = (*peer)->end() && now >= *(*peer)->end();
    if (over || ((*peer)->is_stranger() && ++strangers > kMostStrangers)) (*peer)->ended = true;
  }
}

void RootServer::take(RootPeer& peer, const wire::Frame& frame) {
  if (peer.is_closing() || peer.has_left) return;
  if (peer.is_stranger()) {
    if (frame.kind == Kind::Hello) {
      greet(peer, frame);
    } else {
      peer.ended = true;
    }
    return;
  }
  switch (frame.kind) {
    case Kind::Gather: gather(peer, frame); return;
    case Kind::Ask: peer.send(wire::encode_list(Kind::Missing, missing())); return;
    case Kind::Goodbye: goodbye(peer); return;
    case Kind::Tell:
      broadcast(wire::encode(Kind::Told, static_cast<std::uint32_t>(peer.rank), frame.body));
      return;
    default: peer.ended = true;  // nothing a rank of this version says
  }
}

void RootServer::greet(RootPeer& peer, const wire::Frame& frame) {
  if (wire::decode_key(frame.body) != key_) {
    refuse(peer,
           "its key is another: this unique id is of another communicator, "
           "or another job has its root at this place");
    return;
  }
  if (frame.version != wire::kVersion) {
    const std::string why = "a rank speaks version " + std::to_string(frame.version) +
                            " of the protocol, the root version " + std::to_string(wire::kVersion) +
                            "; run the same pleach everywhere";
    refuse(peer, why);
    if (states_.empty() || came_ < states_.size()) fail(why);
    return;
  }
  const std::optional<wire::Hello> hello = wire::decode_hello(frame.body);
  if (!hello) {
    refuse(peer, "the rank's greeting is malformed");
    return;
  }
  const auto rank = static_cast<std::size_t>(hello->rank);
  if (!failure_.empty()) {
    if (rank < states_.size() && states_[rank] == RankState::Absent) {
      states_[rank] = RankState::Left;
      ++came_;
    }
    refuse(peer, failure_);
    return;
  }
  if (states_.empty()) {
    states_.assign(static_cast<std::size_t>(hello->ranks), RankState::Absent);
    parts_.resize(states_.size());
  }
  const std::string name = "rank " + std::to_string(hello->rank);
  std::string wrong;
  if (static_cast<std::size_t>(hello->ranks) != states_.size()) {
    wrong = name + " was told that there are " + of_ranks(static_cast<std::size_t>(hello->ranks)) +
            ", the first to come was told " + std::to_string(states_.size());
  } else if (states_[rank] == RankState::Here) {
    wrong = "two processes or threads say that they are " + name + " of " +
            std::to_string(states_.size());
  } else if (states_[rank] != RankState::Absent) {
    wrong = name + " was there before and has gone; a communicator takes each rank once";
  }
  if (!wrong.empty()) {
    // A communicator that is complete goes on without the one too many.
    refuse(peer, wrong);
    if (came_ < states_.size()) fail(wrong);
    return;
  }
  states_[rank] = RankState::Here;
  ++came_;
  ++present_;
  peer.rank = hello->rank;
  peer.hosts_root = hello->hosts_root;
  if (hello->hosts_root) ++hosting_;
  peer.reader().set_most_body(wire::kMostToRoot);
  peer.send(wire::encode(Kind::Accepted, 0, {}));
  if (came_ == states_.size()) broadcast(wire::encode(Kind::Welcome, 0, {}));
}

void RootServer::gather(RootPeer& peer, const wire::Frame& frame) {
  if (!failure_.empty()) return;  // all know already
  std::optional<wire::Bytes>& part = parts_[static_cast<std::size_t>(peer.rank)];
  if (came_ < states_.size() || frame.sequence != sequence_ || part) {
    fail("rank " + std::to_string(peer.rank) + " sent its part of all-gather " +
         std::to_string(frame.sequence) + " while all-gather " + std::to_string(sequence_) +
         " was going on");
    return;
  }
  gathered_bytes_ += frame.body.size();
  if (gathered_bytes_ > wire::kMostGathered) {
    fail("the parts of all-gather " + std::to_string(sequence_) + " are more than " +
         std::to_string(wire::kMostGathered >> 20) +
         " MiB together, which is the most that goes through the root");
    return;
  }
  part = frame.body;
  ++contributed_;
  if (contributed_ == states_.size()) {
    finish_gather();
  } else if (const std::vector<int> left = ranks_in(RankState::Left);
             !left.empty() && ranks_in(RankState::Lost).empty()) {
    fail(rank_list(left) + " left the communicator before all-gather " + std::to_string(sequence_));
  }
}

void RootServer::finish_gather() {
  std::vector<wire::Bytes> parts;
  for (std::optional<wire::Bytes>& part : parts_) {
    parts.push_back(std::move(*part));
    part.reset();
  }
  contributed_ = 0;
  gathered_bytes_ = 0;
  broadcast(wire::encode_gathered(sequence_, parts));
  ++sequence_;
}

void RootServer::goodbye(RootPeer& peer) {
  peer.has_left = true;
  peer.waits_farewell = true;
  const auto rank = static_cast<std::size_t>(peer.rank);
  states_[rank] = RankState::Left;
  if (--present_ == 0) served_until_ = Clock::now();
  const std::string name = "rank " + std::to_string(peer.rank);
  if (came_ < states_.size()) {
    fail(name + " gave up before all " + of_ranks(states_.size()) + " had come" + still_missing());
  } else if (is_gathering() && ranks_in(RankState::Lost).empty()) {
    // Whether its part came or not: it has given up. Where a rank is lost, that is the reason.
    fail(name + " left the communicator during all-gather " + std::to_string(sequence_) +
         still_missing());
  }
  if (peer.hosts_root && --hosting_ == 0) broadcast(wire::encode(Kind::RootLeaves, 0, {}));
}

void RootServer::departed(RootPeer& peer) {
  if (peer.is_stranger() || peer.has_left) return;
  peer.has_left = true;
  const auto rank = static_cast<std::size_t>(peer.rank);
  states_[rank] = RankState::Lost;
  if (peer.hosts_root) --hosting_;
  if (--present_ == 0) served_until_ = Clock::now();
  new_losses_ = true;
  if (came_ < states_.size()) {
    fail("rank " + std::to_string(peer.rank) + " is gone, its connection ended before all " +
         of_ranks(states_.size()) + " had come" + still_missing());
  }
}

void RootServer::tell_losses() {
  if (!std::exchange(new_losses_, false)) return;
  broadcast(wire::encode_list(Kind::Lost, ranks_in(RankState::Lost)));
}

// A rank in this process waits until nobody needs the root's bytes any more: its program may end
// with its last all-gather, and this thread with it.
void RootServer::say_farewells() {
  const bool flushed = std::all_of(peers_.begin(), peers_.end(),
                                   [](const auto& peer) { return peer->is_flushed(); });
  for (const auto& peer : peers_) {
    if (!peer->waits_farewell || (peer->hosts_root && !flushed)) continue;
    peer->waits_farewell = false;
    peer->send(wire::encode(Kind::Farewell, 0, {}));
    peer->close_after_flush(Clock::now() + kPatienceWithLeaving);
    peer->flush();
  }
}

void RootServer::refuse(RootPeer& peer, const std::string& why) {
  peer.send(wire::encode_text(Kind::Failed, why));
  peer.close_after_flush(Clock::now() + kPatienceWithLeaving);
}

// The ranks stay connected: they may still ask who is lost.
void RootServer::fail(const std::string& why) {
  if (!failure_.empty()) return;
  failure_ = why;
  for (std::optional<wire::Bytes>& part : parts_) part.reset();
  contributed_ = 0;
  broadcast(wire::encode_text(Kind::Failed, why));
}

void RootServer::broadcast(wire::Bytes frame) {
  const auto shared = std::make_shared<const wire::Bytes>(std::move(frame));
  for (const auto& peer : peers_) {
    if (!peer->is_stranger() && !peer->has_left) peer->send(shared);
  }
}

std::vector<int> RootServer::ranks_in(RankState state) const {
  std::vector<int> ranks;
  for (std::size_t rank = 0; rank < states_.size(); ++rank) {
    if (states_[rank] == state) ranks.push_back(static_cast<int>(rank));
  }
  return ranks;
}

// Those that have not come, or whose part of the all-gather has not.
std::vector<int> RootServer::missing() const {
  if (came_ < states_.size()) return ranks_in(RankState::Absent);
  std::vector<int> ranks;
  for (std::size_t rank = 0; is_gathering() && rank < parts_.size(); ++rank) {
    if (!parts_[rank]) ranks.push_back(static_cast<int>(rank));
  }
  return ranks;
}

std::string RootServer::still_missing() const {
  const std::vector<int> ranks = missing();
  return ranks.empty() ? "" : "; until then " + rank_list(ranks) + " had not come";
}

}  // namespace pleach
