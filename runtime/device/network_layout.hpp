// Words and slots in host memory through which a rank's kernel and its network thread work together
// on one plan.
//
// The kernel can not send. A send op copies a chunk into a staging slot in host memory and counts
// it; the network thread sends the slot, and counts what has left, what the receiver has given back
// and what has arrived here. All counts are those of an op's counter: chunks of all executions, so
// that the kernel waits for them as for any other.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "compiler/plan/plan.hpp"

namespace pleach {

inline constexpr std::uint32_t kStagingSlots = 4;  // of a send op

struct NetworkLayout {
  // Offsets in bytes, each of a 64-bit word in a cache line of its own.
  struct Outgoing {
    int op = 0;
    std::uint64_t staged = 0;      // kernel: chunks that are in their slots
    std::uint64_t sent = 0;        // thread: chunks whose slots are free again
    std::uint64_t given_back = 0;  // thread: slots of the receiver's ring
    std::uint64_t slots = 0;       // where they begin
    std::uint64_t slot_bytes = 0;
  };
  struct Incoming {
    int op = 0;
    std::uint64_t arrived = 0;  // thread
  };
  // An op whose chunks free slots of rings here.
  struct Consumer {
    int op = 0;
    std::uint64_t finished = 0;   // kernel
    std::vector<int> frees = {};  // send ops of other ranks
  };
  std::vector<Outgoing> outgoing;
  std::vector<Incoming> incoming;
  std::vector<Consumer> consumers;
  std::uint64_t bytes = 0;  // of it all

  [[nodiscard]] bool empty() const { return outgoing.empty() && incoming.empty(); }
};

// What `rank` needs for `plan`; nothing of a plan without sends from it or to it.
[[nodiscard]] NetworkLayout network_layout(const Plan& plan, int rank);

}  // namespace pleach
