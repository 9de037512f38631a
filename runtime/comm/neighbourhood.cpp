#include "runtime/comm/neighbourhood.hpp"

#include <algorithm>
#include <utility>

#include "runtime/comm/comm_error.hpp"

namespace pleach {

Neighbourhood::Neighbourhood(int rank,
                             std::vector<Member> members,
                             Placement placement,
                             SharedHeap& own_heap,
                             std::map<int, MappedHeap> heaps,
                             std::unique_ptr<NetworkPort> port)
    : rank_(rank),
      members_(std::move(members)),
      placement_(std::move(placement)),
      own_heap_(own_heap),
      heaps_(std::move(heaps)),
      port_(std::move(port)),
      seen_(members_.size()) {
  for (int peer = 0; peer < ranks(); ++peer) {
    controls_.push_back(reinterpret_cast<RankControl*>(at(peer, members_[peer].control)));
  }
}

std::byte* Neighbourhood::at(int rank, std::uint64_t offset) const {
  switch (placement_.between(rank_, rank)) {
    case Reach::Process: return own_heap_.at(offset);
    case Reach::Host: return heaps_.at(rank).at(offset);
    case Reach::Network: break;
  }
  return nullptr;
}

RankControl* Neighbourhood::control_of(int rank) const { return controls_[rank]; }

void Neighbourhood::show(const CallShape& shape) {
  const std::uint64_t next = calls_ + 1;
  if (shown_ == next && shape == shape_) return;
  shown_ = next;
  shape_ = shape;
  RankControl& control = *control_of(rank_);
  const ShapeWords words = words_of(shape);
  control.changing.store(next, std::memory_order_relaxed);
  for (std::size_t i = 0; i < words.size(); ++i) {
    control.shape[i].store(words[i], std::memory_order_release);
  }
  control.shown.store(next, std::memory_order_release);
}

void Neighbourhood::enter(const Call& call, const Plan& plan, const NetworkUse& use) {
  show(call.shape);
  ++calls_;
  const std::size_t in = input_elements(plan, rank_) * plan.element_size;
  const std::size_t out = output_elements(plan, rank_) * plan.element_size;
  shows_input_ = in > 0 && own_heap_.contains(call.send, in);
  shows_output_ = out > 0 && own_heap_.contains(call.receive, out);
  RankControl& control = *control_of(rank_);
  constexpr auto kRelaxed = std::memory_order_relaxed;
  control.input.store(call.send, kRelaxed);
  control.output.store(call.receive, kRelaxed);
  control.input_offset.store(shows_input_ ? own_heap_.offset_of(call.send) : kNotShared, kRelaxed);
  control.output_offset.store(shows_output_ ? own_heap_.offset_of(call.receive) : kNotShared,
                              kRelaxed);
  // Who sees the call sees its values, and the input as it is now. Sequentially consistent, as all
  // that buffers_of() and is_read() compare: either this rank sees that another has failed, or that
  // one sees that this rank is in the call.
  control.entered.store(calls_, std::memory_order_seq_cst);
  if (port_ != nullptr) port_->enter(use, hash_of(call.shape));
}

void Neighbourhood::pass(const CallShape& shape) {
  show(shape);
  ++calls_;
  control_of(rank_)->entered.store(calls_, std::memory_order_release);
}

void Neighbourhood::leave_passed() {
  control_of(rank_)->left.store(calls_, std::memory_order_release);
}

void Neighbourhood::leave() {
  for (int peer = 0; peer < ranks(); ++peer) {
    if (seen_[peer].call != calls_) continue;
    // What was read of a rank that failed meanwhile may not be its input any more.
    const RankControl& control = *control_of(peer);
    const bool failed = control.failed.load(std::memory_order_acquire) != 0;
    if (!failed || control.left.load(std::memory_order_acquire) >= calls_) continue;
    throw CommError(CommError::Kind::Remote, "rank " + std::to_string(peer) +
                                                 " has given up in call " + std::to_string(calls_) +
                                                 " (" + to_string(shape_) + ")");
  }
  control_of(rank_)->left.store(calls_, std::memory_order_release);
}

bool Neighbourhood::is_through(const RankControl& control) const {
  return control.left.load(std::memory_order_acquire) >= calls_ ||
         control.failed.load(std::memory_order_acquire) != 0;
}

bool Neighbourhood::is_read() const {
  for (int peer = 0; peer < ranks(); ++peer) {
    if (peer == rank_ || placement_.between(rank_, peer) != Reach::Process) continue;
    const RankControl& control = *control_of(peer);
    const bool is_in_call = control.entered.load(std::memory_order_seq_cst) >= calls_;
    if (is_in_call && !is_through(control)) return true;
  }
  return false;
}

bool Neighbourhood::others_are_through(std::span<const int> lost) const {
  for (int peer = 0; peer < ranks(); ++peer) {
    const RankControl* const control = control_of(peer);
    if (peer == rank_ || control == nullptr) continue;
    const bool is_lost = std::find(lost.begin(), lost.end(), peer) != lost.end();
    if (!is_lost && !is_through(*control)) return false;
  }
  return true;
}

const RankBuffers* Neighbourhood::buffers_of(int rank) {
  Seen& seen = seen_[rank];
  if (seen.call == calls_) return &seen.buffers;
  const RankControl& control = *control_of(rank);
  if (control.entered.load(std::memory_order_acquire) < calls_) return nullptr;
  if (control.failed.load(std::memory_order_seq_cst) != 0) return nullptr;  // they may be gone
  constexpr auto kRelaxed = std::memory_order_relaxed;
  ShapeWords words{};
  for (std::size_t i = 0; i < words.size(); ++i) words[i] = control.shape[i].load(kRelaxed);
  if (words != words_of(shape_)) {
    throw CommError(CommError::Kind::InvalidUsage, mismatch(rank, shape_of_words(words)));
  }
  if (placement_.between(rank_, rank) == Reach::Process) {
    seen.buffers = {.input = control.input.load(kRelaxed), .output = control.output.load(kRelaxed)};
  } else {
    const std::uint64_t input = control.input_offset.load(kRelaxed);
    const std::uint64_t output = control.output_offset.load(kRelaxed);
    seen.buffers = {.input = input == kNotShared ? nullptr : at(rank, input),
                    .output = output == kNotShared ? nullptr : at(rank, output)};
  }
  seen.call = calls_;
  return &seen.buffers;
}

bool Neighbourhood::may_send_to(int rank) { return port_->has_entered(rank); }

bool Neighbourhood::send(int op,
                         std::uint64_t number,
                         std::span<const std::byte> data,
                         std::uint64_t offset) {
  return port_->send(op, number, data, offset);
}

bool Neighbourhood::give_back(int op, std::uint64_t number) { return port_->give_back(op, number); }

void Neighbourhood::give_up() {
  control_of(rank_)->failed.store(1, std::memory_order_seq_cst);
  if (port_ != nullptr) port_->give_up();
}

std::optional<NetworkPort::Loss> Neighbourhood::find_loss() const {
  for (int peer = 0; peer < ranks(); ++peer) {
    const RankControl* const control = control_of(peer);
    if (peer == rank_ || control == nullptr) continue;
    if (control->failed.load(std::memory_order_acquire) == 0) continue;
    return NetworkPort::Loss{.rank = peer, .message = "it has given up"};
  }
  return port_ != nullptr ? port_->loss() : std::nullopt;
}

std::optional<std::string> Neighbourhood::find_mismatch() const {
  for (int peer = 0; peer < ranks(); ++peer) {
    const RankControl* const control = control_of(peer);
    if (peer == rank_ || control == nullptr) continue;
    if (control->shown.load(std::memory_order_acquire) != shown_) continue;
    ShapeWords words{};
    for (std::size_t i = 0; i < words.size(); ++i) {
      words[i] = control->shape[i].load(std::memory_order_acquire);
    }
    // It is on its way to the next call, and some of the words are that one's.
    if (control->changing.load(std::memory_order_relaxed) != shown_) continue;
    if (words != words_of(shape_)) return mismatch(peer, shape_of_words(words));
  }
  return std::nullopt;
}

std::optional<std::string> Neighbourhood::mismatch_with(int rank,
                                                        const NumberedShape& theirs) const {
  if (theirs.number != shown_ || theirs.shape == shape_) return std::nullopt;
  return mismatch(rank, theirs.shape);
}

std::string Neighbourhood::mismatch(int rank, const CallShape& theirs) const {
  return "call " + std::to_string(shown_) + " of rank " + std::to_string(rank) + " is " +
         to_string(theirs) + ", that of rank " + std::to_string(rank_) + " is " +
         to_string(shape_) + "; all ranks call the same collectives in the same order";
}

}  // namespace pleach
