// What one rank of a communicator sees of the others: their memory on this host, the network
// beyond.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "compiler/plan/placement.hpp"
#include "runtime/comm/call.hpp"
#include "runtime/comm/member.hpp"
#include "runtime/comm/network_port.hpp"
#include "runtime/comm/rank_control.hpp"
#include "runtime/comm/shared_heap.hpp"
#include "runtime/rank_executor.hpp"

namespace pleach {

class Neighbourhood final : public Neighbours {
 public:
  // `heaps`: those of the ranks of this host in other processes.
  Neighbourhood(int rank,
                std::vector<Member> members,
                Placement placement,
                SharedHeap& own_heap,
                std::map<int, MappedHeap> heaps,
                std::unique_ptr<NetworkPort> port);

  [[nodiscard]] int rank() const { return rank_; }
  [[nodiscard]] int ranks() const { return static_cast<int>(members_.size()); }
  [[nodiscard]] const Placement& placement() const { return placement_; }
  [[nodiscard]] NetworkPort* port() { return port_.get(); }

  // Memory of `rank`'s heap; null over the network.
  [[nodiscard]] std::byte* at(int rank, std::uint64_t offset) const;
  [[nodiscard]] const std::vector<Member>& members() const { return members_; }

  // Shows the shape of this rank's next call to the others, before it is entered.
  void show(const CallShape& shape);
  // Shows this rank's next call to the others. `use` is the plan's, and outlives the call.
  void enter(const Call& call, const Plan& plan, const NetworkUse& use);
  // Shows a call that a device makes on its own, and that all of them are over.
  void pass(const CallShape& shape);
  void leave_passed();
  // The call is over for this rank. Throws CommError when a rank whose buffers it read has failed
  // in this call: its program may have changed them.
  void leave();
  // For a rank that has given up: whether another one of its process may be reading its buffers.
  [[nodiscard]] bool is_read() const;
  // Calls entered so far.
  [[nodiscard]] std::uint64_t calls() const { return calls_; }
  [[nodiscard]] const CallShape& shape() const { return shape_; }
  [[nodiscard]] bool shows_input() const { return shows_input_; }
  [[nodiscard]] bool shows_output() const { return shows_output_; }

  const RankBuffers* buffers_of(int rank) override;
  bool may_send_to(int rank) override;
  bool send(int op,
            std::uint64_t number,
            std::span<const std::byte> data,
            std::uint64_t offset) override;
  bool give_back(int op, std::uint64_t number) override;

  // Lets the others know that this rank enters no more calls.
  void give_up();
  // Whether no rank of this host reads this one's memory any more: all have left the last call, or
  // have failed, or are among the `lost`.
  [[nodiscard]] bool others_are_through(std::span<const int> lost) const;
  // A rank that is known to have failed, and what is known of it.
  [[nodiscard]] std::optional<NetworkPort::Loss> find_loss() const;
  // The call that this rank showed last; number 0 before the first.
  [[nodiscard]] NumberedShape shown() const { return {.number = shown_, .shape = shape_}; }
  // A rank of this host that is in the call that this one showed last, with another shape. The text
  // names both.
  [[nodiscard]] std::optional<std::string> find_mismatch() const;
  // The same for a rank of any host, which has told what it is in.
  [[nodiscard]] std::optional<std::string> mismatch_with(int rank,
                                                         const NumberedShape& theirs) const;

 private:
  [[nodiscard]] RankControl* control_of(int rank) const;
  // Whether it has left this rank's last call, or has failed: it reads nobody's memory for it.
  [[nodiscard]] bool is_through(const RankControl& control) const;
  [[nodiscard]] std::string mismatch(int rank, const CallShape& theirs) const;

  const int rank_;
  const std::vector<Member> members_;
  const Placement placement_;
  SharedHeap& own_heap_;
  const std::map<int, MappedHeap> heaps_;
  const std::unique_ptr<NetworkPort> port_;
  std::vector<RankControl*> controls_;  // by rank; null over the network

  std::uint64_t calls_ = 0;
  std::uint64_t shown_ = 0;  // the call that shape_ is of: the last or the next
  CallShape shape_;
  bool shows_input_ = false;
  bool shows_output_ = false;
  struct Seen {
    std::uint64_t call = 0;
    RankBuffers buffers;
  };
  std::vector<Seen> seen_;  // of each rank, in the call that it says
};

}  // namespace pleach
