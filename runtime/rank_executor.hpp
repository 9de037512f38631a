// Executes one rank's part of a plan; the other ranks execute theirs in the same thread, in other
// threads, other processes of this host or on other hosts.
//
// A progress engine that never blocks: every block of the rank is a cursor (chunk, op). A turn
// gives each cursor one op-chunk to run if its waits are met, and goes on to the next one; whoever
// calls it decides how to wait when nothing ran, and for how long.
//
// Counters only ever grow: in execution e of a plan, counted from 0, an op's counter goes from e *
// n to (e + 1) * n for n chunks. So no rank has to know when another has seen one.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "compiler/plan/plan.hpp"
#include "runtime/arrival_counter.hpp"
#include "runtime/combine.hpp"

namespace pleach {

using OpCounter = std::atomic<std::uint64_t>;

// A rank's memory for one call, of any alignment: input_elements and output_elements (plan.hpp) of
// it. For an in-place plan they overlap as Plan::in_place says, otherwise not at all.
struct RankBuffers {
  const std::byte* input = nullptr;
  std::byte* output = nullptr;
};

// What one executor reaches of a rank's memory for all executions of a plan; null over the network.
struct RankMemory {
  std::byte* scratch = nullptr;
  OpCounter* counters = nullptr;  // one for each op of the rank, in the order of Plan::ops
};

// What an executor knows of the other ranks during an execution.
class Neighbours {
 public:
  Neighbours() = default;
  Neighbours(const Neighbours&) = delete;
  Neighbours& operator=(const Neighbours&) = delete;
  virtual ~Neighbours() = default;

  // The buffers of `rank`, of this process or host, once it has entered this execution; else null.
  // The buffers are null where they are not shared with this process.
  [[nodiscard]] virtual const RankBuffers* buffers_of(int rank) = 0;
  // Whether `rank`, on another host, has entered this execution.
  [[nodiscard]] virtual bool may_send_to(int rank) = 0;

  // Starts to write `data`, the chunk of send op `op` with this number, to `offset` bytes into the
  // receiver's scratch. False when there is no room now. Numbers go on from execution to execution.
  [[nodiscard]] virtual bool send(int op,
                                  std::uint64_t number,
                                  std::span<const std::byte> data,
                                  std::uint64_t offset) = 0;
  // Tells the sender of `op` that one more slot is free again. False when there is no room now.
  // These have numbers of their own, because the last slots of an execution are not given back.
  [[nodiscard]] virtual bool give_back(int op, std::uint64_t number) = 0;
};

// A wait that is not met.
struct Stall {
  int rank = 0;      // that waits
  int peer = 0;      // for this one
  std::string tree;  // "/reduce_trees/3"
  int channel = 0;
  std::uint64_t chunk = 0;
  std::uint64_t expected = 0;  // chunks the peer's op should have finished
  std::uint64_t seen = 0;      // chunks it has
  bool entered = true;         // false: the peer has not entered this execution, as far as is known
  bool called_off = false;     // the wait had time left when the execution was called off
  // The key of the op that waits, at this chunk; ops come before the end of an execution.
  bool at_the_end = false;
  Phase phase = Phase::Up;
  int depth = 0;
};

// Of two stalls of different ranks, the one that comes earlier in any order of execution. One for a
// rank that has not entered comes before all others, which may wait for what that rank would do.
[[nodiscard]] bool comes_before(const Stall& a, const Stall& b);

// "rank 2 waits for rank 0 (/reduce_trees/3, channel 0, chunk 5): expected counter 6, seen 4".
[[nodiscard]] std::string to_string(const Stall& stall);

// Who is told what the network reports, with the numbers that Neighbours was given, modulo 256.
// Calls about what is no send op of or to this rank are ignored.
class NetworkListener {
 public:
  NetworkListener() = default;
  NetworkListener(const NetworkListener&) = default;
  NetworkListener& operator=(const NetworkListener&) = default;
  NetworkListener(NetworkListener&&) = default;
  NetworkListener& operator=(NetworkListener&&) = default;
  virtual ~NetworkListener() = default;

  virtual void arrived(int send_op, std::uint64_t number) = 0;     // at the receiver
  virtual void given_back(int send_op, std::uint64_t number) = 0;  // at the sender
  virtual void sent(int send_op, std::uint64_t number) = 0;  // at the sender: the data may change
};

class RankExecutor final : public NetworkListener {
 public:
  // Needs: violations(plan) empty, a plan that outlives this, and one RankMemory for each rank:
  //        scratch and counters of this rank, of its process and its host.
  RankExecutor(const Plan& plan, int rank, std::vector<RankMemory> memory);

  // The scratch of all ranks is elsewhere from now on, as in RankMemory. Between executions.
  void move_scratch(std::span<std::byte* const> scratch);

  struct Call {
    RankBuffers buffers;
    // Whether readers in other processes see the buffers, so that nothing needs to be staged.
    bool input_is_shared = false;
    bool output_is_shared = false;
    CombineFunction combine = nullptr;  // plan reduces: of elements of the plan's size
    int divisor = 0;                    // of the finished result; 0 or 1: none
    bool streams = false;               // results are too large for the caches
  };
  // Begins execution `execution`, one more than the one before, which is done on this rank.
  void start(const Call& call, std::uint64_t execution, Neighbours& neighbours);

  enum class Turn {
    Ran,      // something
    Blocked,  // nothing could run
    Done,     // the rank's result is there, and nobody needs its memory any more
  };
  Turn turn();

  // What the blocked op with the smallest key waits for; then sends that have not gone out and
  // readers of this rank's memory. Nothing when all is done.
  [[nodiscard]] std::optional<Stall> find_stall() const;

  void arrived(int send_op, std::uint64_t number) override;
  void given_back(int send_op, std::uint64_t number) override;
  void sent(int send_op, std::uint64_t number) override;

 private:
  // A wait, or a reader's end at the end of an execution.
  struct Need {
    int op = 0;
    std::uint32_t lag = 0;
    const OpCounter* counter = nullptr;  // in memory; null where the network reports
    int report = -1;                     // then this one of reports_
    std::uint64_t counted = 0;           // what one execution adds
  };
  struct Step {  // an op of this rank
    int id = 0;
    const NodeOp* op = nullptr;
    const Slice* slice = nullptr;
    std::uint64_t chunks = 0;
    OpCounter* counter = nullptr;
    int sends_to = -1;  // a rank; send ops only
    std::vector<Need> needs = {};
    std::vector<int> touched = {};  // other ranks of the host whose memory it touches
    std::vector<std::optional<Location>> unstaged =
        {};                           // for each source: what it is a staged copy of
    unsigned final_destinations = 0;  // bit d: no op reads destination d
    std::vector<int> frees = {};      // send ops whose slot is free when this has run
    ArrivalCounter sent = {};         // send ops only
  };
  struct Cursor {
    const BlockProgram* block = nullptr;
    std::vector<int> steps = {};  // by position in block->ops
    std::uint64_t chunk = 0;
    std::size_t next = 0;  // position in steps
  };
  struct FreedSlot {
    int op = 0;
    std::uint64_t number = 0;
  };

  void add_step(int id);
  void add_needs(Step& step);
  void add_reader(int id);
  void find_final_destinations();
  [[nodiscard]] Need need_of(const Wait& wait, int waiter) const;

  Turn take_turn(Cursor& cursor);
  [[nodiscard]] bool skip_finished(Cursor& cursor) const;
  [[nodiscard]] std::optional<int> missing_rank(const Step& step) const;
  [[nodiscard]] std::uint64_t seen(const Need& need) const;
  [[nodiscard]] const Need* unmet(const Step& step, std::uint64_t chunk) const;
  [[nodiscard]] bool run(Step& step, std::uint64_t chunk);
  void compute(const Step& step, std::uint64_t chunk) const;
  [[nodiscard]] bool is_shared(const Step& stage) const;
  [[nodiscard]] const std::byte* source_address(const Step& step,
                                                std::size_t source,
                                                std::uint64_t chunk) const;
  [[nodiscard]] std::byte* address(const Slice& slice,
                                   const Location& location,
                                   std::uint64_t chunk) const;
  void give_slots_back();
  [[nodiscard]] bool all_sent() const;
  [[nodiscard]] bool readers_done();
  [[nodiscard]] const Cursor* stalled_cursor() const;
  [[nodiscard]] Stall stall_of(const Step& step, std::uint64_t chunk) const;

  const Plan& plan_;
  const int rank_;
  std::vector<RankMemory> memory_;
  std::vector<int> position_;  // of each op among those of its rank
  std::vector<int> step_of_;   // of each op; -1 for those of other ranks
  std::vector<Step> steps_;
  std::vector<Cursor> cursors_;
  std::vector<Need> readers_;            // ops of others that touch this rank's memory
  std::vector<int> report_of_;           // of each send op from or to this rank; -1 for all others
  std::vector<ArrivalCounter> reports_;  // arrivals at a receiver, slots given back at a sender

  Call call_;
  std::uint64_t execution_ = 0;
  Neighbours* neighbours_ = nullptr;
  std::vector<FreedSlot> freed_;  // to be given back when there is room
  std::size_t done_readers_ = 0;  // of readers_, the first so many have ended
};

}  // namespace pleach
