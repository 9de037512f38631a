#include "runtime/comm/network_proxy.hpp"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <span>
#include <utility>
#include <vector>

#include <sched.h>

#include "compiler/core/machine_error.hpp"
#include "runtime/arrival_counter.hpp"
#include "runtime/net/deadline.hpp"
#include "runtime/rank_executor.hpp"

namespace pleach {
namespace {

// Turns in which nothing happened before the thread sleeps, and for how long: an execution wants an
// answer within microseconds, an idle communicator wants the core for others.
constexpr int kTurnsAwake = 2000;
constexpr std::chrono::microseconds kNap{50};
constexpr std::chrono::milliseconds kLongestSettling = std::chrono::seconds(5);

std::uint64_t load(const std::byte* word) {
  return std::atomic_ref(*reinterpret_cast<std::uint64_t*>(const_cast<std::byte*>(word)))
      .load(std::memory_order_acquire);
}
void store(std::byte* word, std::uint64_t value) {
  std::atomic_ref(*reinterpret_cast<std::uint64_t*>(word)).store(value, std::memory_order_release);
}

}  // namespace

// One plan: what is under way of its last execution.
class NetworkProxy::Execution final : public NetworkListener {
 public:
  explicit Execution(const Work& work) : work_(work) {
    for (const auto& outgoing : work.layout->outgoing) {
      outgoing_.push_back({.layout = &outgoing, .chunks = chunks_of(outgoing.op)});
      outgoing_.back().slots_back = slots_given_back(*work.plan, work.plan->ops[outgoing.op]);
    }
    for (const auto& incoming : work.layout->incoming) {
      incoming_.push_back({.layout = &incoming});
    }
    for (const auto& consumer : work.layout->consumers) {
      for (const int send : consumer.frees) {
        freed_.push_back({.finished = work.memory + consumer.finished,
                          .send = send,
                          .chunks = chunks_of(consumer.op),
                          .slots = slots_given_back(*work.plan, work.plan->ops[send])});
      }
    }
  }

  void begin(NetworkPort& port) {
    executions_ = begun_++;
    for (Outgoing& outgoing : outgoing_) outgoing.posted = 0;
    for (Freed& freed : freed_) freed.given = 0;
    port.enter(*work_.use, work_.hash);
  }

  // Whether anything moved.
  bool advance(NetworkPort& port) {
    bool moved = false;
    for (Outgoing& outgoing : outgoing_) moved = send(port, outgoing) || moved;
    for (Freed& freed : freed_) moved = give_back(port, freed) || moved;
    return moved;
  }

  // Nothing is left to be done for this execution, whatever others do.
  [[nodiscard]] bool is_done() const {
    const auto has_left = [this](const Outgoing& one) {
      return one.sent.count() == (executions_ + 1) * one.chunks;
    };
    const auto has_given = [](const Freed& one) { return one.given == one.slots; };
    const auto has_come = [this](const Incoming& one) {
      return one.arrived.count() ==
             (executions_ + 1) * num_chunks(slice_of(*work_.plan, op(one.layout->op)));
    };
    return std::all_of(outgoing_.begin(), outgoing_.end(), has_left) &&
           std::all_of(freed_.begin(), freed_.end(), has_given) &&
           std::all_of(incoming_.begin(), incoming_.end(), has_come);
  }

  void arrived(int send_op, std::uint64_t number) override {
    for (Incoming& incoming : incoming_) {
      if (incoming.layout->op != send_op) continue;
      incoming.arrived.add(number);
      store(work_.memory + incoming.layout->arrived, incoming.arrived.count());
    }
  }
  void given_back(int send_op, std::uint64_t number) override {
    Outgoing* const outgoing = outgoing_of(send_op);
    if (outgoing == nullptr || outgoing->slots_back == 0) return;
    outgoing->given_back.add(number);
    // From slots to the chunks that the kernel counts: an execution gives back fewer.
    const std::uint64_t slots = outgoing->given_back.count();
    store(work_.memory + outgoing->layout->given_back,
          slots / outgoing->slots_back * outgoing->chunks + slots % outgoing->slots_back);
  }
  void sent(int send_op, std::uint64_t number) override {
    Outgoing* const outgoing = outgoing_of(send_op);
    if (outgoing == nullptr) return;
    outgoing->sent.add(number);
    store(work_.memory + outgoing->layout->sent, outgoing->sent.count());
  }

 private:
  struct Outgoing {
    const NetworkLayout::Outgoing* layout = nullptr;
    std::uint64_t chunks = 0;
    std::uint64_t slots_back = 0;
    std::uint64_t posted = 0;  // in this execution
    ArrivalCounter sent = {};
    ArrivalCounter given_back = {};
  };
  struct Incoming {
    const NetworkLayout::Incoming* layout = nullptr;
    ArrivalCounter arrived = {};
  };
  struct Freed {
    const std::byte* finished = nullptr;
    int send = 0;
    std::uint64_t chunks = 0;
    std::uint64_t slots = 0;  // to be given back
    std::uint64_t given = 0;  // in this execution
  };

  [[nodiscard]] const NodeOp& op(int id) const { return work_.plan->ops[id]; }
  [[nodiscard]] std::uint64_t chunks_of(int id) const {
    return num_chunks(slice_of(*work_.plan, op(id)));
  }
  [[nodiscard]] Outgoing* outgoing_of(int send_op) {
    for (Outgoing& outgoing : outgoing_) {
      if (outgoing.layout->op == send_op) return &outgoing;
    }
    return nullptr;
  }
  // Chunks of this execution that a word of the kernel counts.
  [[nodiscard]] std::uint64_t counted(const std::byte* word, std::uint64_t chunks) const {
    const std::uint64_t before = executions_ * chunks;
    return std::max(load(word), before) - before;
  }

  bool send(NetworkPort& port, Outgoing& outgoing) {
    const NetworkLayout::Outgoing& layout = *outgoing.layout;
    const std::uint64_t staged = counted(work_.memory + layout.staged, outgoing.chunks);
    bool moved = false;
    while (outgoing.posted < staged) {
      const NodeOp& send = op(layout.op);
      const Location& ring = send.destinations[0];
      if (!port.has_entered(ring.rank)) break;
      const Slice& slice = slice_of(*work_.plan, send);
      const std::size_t size = work_.plan->element_size;
      const std::byte* const slot =
          work_.memory + layout.slots + outgoing.posted % kStagingSlots * (slice.chunk * size);
      if (!port.send(layout.op, executions_ * outgoing.chunks + outgoing.posted,
                     {slot, chunk_elements(slice, outgoing.posted) * size},
                     chunk_offset(slice, ring, outgoing.posted) * size)) {
        break;
      }
      ++outgoing.posted;
      moved = true;
    }
    return moved;
  }

  bool give_back(NetworkPort& port, Freed& freed) {
    const std::uint64_t finished = std::min(counted(freed.finished, freed.chunks), freed.slots);
    bool moved = false;
    while (freed.given < finished &&
           port.give_back(freed.send, executions_ * freed.slots + freed.given)) {
      ++freed.given;
      moved = true;
    }
    return moved;
  }

  const Work work_;
  std::vector<Outgoing> outgoing_;
  std::vector<Incoming> incoming_;
  std::vector<Freed> freed_;
  std::uint64_t begun_ = 0;
  std::uint64_t executions_ = 0;  // before this one
};

NetworkProxy::NetworkProxy(NetworkPort& port, device::Control& control)
    : port_(port), control_(control), thread_([this](const std::stop_token& stop) { run(stop); }) {}

NetworkProxy::~NetworkProxy() = default;

void NetworkProxy::add(std::uint64_t number, const Work& work) {
  const auto lock = pause();
  executions_[number] = std::make_unique<Execution>(work);
}

bool NetworkProxy::is_settled() {
  const auto lock = pause();
  return failure_ || (current_ == nullptr && port_.idle());
}

void NetworkProxy::settle() {
  const Deadline moment(kLongestSettling);
  while (!is_settled() && !moment.passed()) std::this_thread::sleep_for(kNap);
}

void NetworkProxy::forget_all() {
  const auto lock = pause();
  current_ = nullptr;
  executions_.clear();
}

void NetworkProxy::give_up() {
  const auto lock = pause();
  if (!failure_) failure_ = CommError(CommError::Kind::Remote, "the rank has given up");
}

std::unique_lock<std::mutex> NetworkProxy::pause() { return std::unique_lock(mutex_); }

std::optional<CommError> NetworkProxy::failure() {
  const auto lock = pause();
  return failure_;
}

void NetworkProxy::run(const std::stop_token& stop) {
  for (int idle = 0; !stop.stop_requested();) {
    bool moved = false;
    {
      const auto lock = pause();
      if (failure_) return;
      try {
        moved = turn();
      } catch (const CommError& error) {
        failure_ = error;
      } catch (const MachineError& error) {
        failure_ = CommError(CommError::Kind::Remote, error.what());
      }
      if (!failure_ && port_.loss()) {
        failure_ = CommError(CommError::Kind::Remote, "rank " + std::to_string(port_.loss()->rank) +
                                                          ": " + port_.loss()->message);
      }
      if (failure_) {
        failed_.store(true, std::memory_order_release);
        std::atomic_ref(control_.abort).store(1, std::memory_order_relaxed);
        return;
      }
    }
    idle = moved ? 0 : idle + 1;
    if (idle < kTurnsAwake) {
      ::sched_yield();
    } else {
      std::this_thread::sleep_for(kNap);
    }
  }
}

bool NetworkProxy::turn() {
  bool moved = false;
  if (current_ == nullptr) {
    const std::uint64_t begun = std::atomic_ref(control_.begun).load(std::memory_order_acquire);
    const auto next = begun > begun_ ? executions_.find(control_.begun_plan) : executions_.end();
    if (next != executions_.end()) {
      begun_ = begun;
      current_ = next->second.get();
      current_->begin(port_);
      moved = true;
    }
  }
  moved = port_.poll(current_) || moved;
  if (current_ == nullptr) return moved;
  moved = current_->advance(port_) || moved;
  if (current_->is_done()) current_ = nullptr;
  return moved;
}

}  // namespace pleach
