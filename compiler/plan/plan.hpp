// The lowered schedule: for each rank, blocks that walk lists of one instruction, the node op.
//
//   node op:  wait -> combine up to 8 sources -> store to up to 8 destinations -> signal
//
// A node op runs chunk by chunk. It is what one rank does in one tree: an inner node of a reduce
// tree adds its children's partial results to its own input; an inner node of a broadcast tree
// copies what it received to its children. Data is pulled on the way up and pushed on the way down,
// so every rank reads and writes other ranks' buffers in place and an all-reduce needs no scratch.
//
//   slice    a range of elements that one (reduce tree, broadcast tree) pair carries on one
//            channel. Slices tile the whole buffer; ops of different slices share no data.
//   channel  an equal part of every tree, so that channels have equal loads by construction
//   block    ops of one (rank, channel, phase), in key order: for each chunk, for each op. Those of
//            one slice are in one block, but for an op that sends, which has its own
//   counter  each op has one: how many chunks it has finished. It only ever grows.
//
// Between processes of one host, an op reads scratch of other ranks but not their buffers, so a
// stage op copies there first; where a buffer is shared memory, an executor may leave out the copy
// and let the readers read what it would have copied. Between hosts a send op writes into a ring at
// the receiver.
//
// The key of an op at a chunk is (chunk, phase, depth) with up before down. Every wait is for an op
// with a smaller key and every block goes through its ops by key, so the smallest unfinished one
// can always run: no deadlock (check_plan.hpp checks this, and more).
//
// There is no "your buffer may be written" handshake: an execution starts when the buffers of every
// rank are there.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "compiler/core/collective.hpp"
#include "compiler/plan/bounded_list.hpp"
#include "compiler/plan/placement.hpp"

namespace pleach {

inline constexpr std::size_t kMaxFan = 8;  // sources, destinations and waits of one op, each

enum class Buffer : std::uint8_t { Input, Output, Scratch };

// Where an op reads or writes. All offsets are in elements.
struct Location {
  int rank = 0;
  Buffer buffer = Buffer::Input;
  // 0: chunk c is at offset + c * chunk. Else a ring: it is at offset + (c % ring_slots) * chunk.
  std::uint32_t ring_slots = 0;
  std::uint64_t offset = 0;
};

// Chunk c may start when op `op` has finished chunk c - lag; at once when c < lag. A lag above 0 is
// a credit: the slot of a ring is free again when its reader is done with the chunk `lag` before.
struct Wait {
  int op = 0;
  std::uint32_t lag = 0;
};

enum class Phase : std::uint8_t { Up, Down };

struct NodeOp {
  enum class Kind : std::uint8_t {
    Compute,  // reads and stores what the rank reaches
    Stage,    // copies a chunk of the rank's input or output to a ring in its scratch, for readers
              // in other processes of the host
    Send,  // copies a chunk of the rank's own memory to a ring in the scratch of a rank on another
           // host; it has finished it for the receiver when it is there, for the sender when its
           // memory may change
  };

  int slice = 0;
  int rank = 0;
  Phase phase = Phase::Up;
  Kind kind = Kind::Compute;
  int depth = 0;  // counted in flow direction, from 0 in each phase
  // The result of this op is the result of the collective: an average is divided here, once.
  bool finishes = false;
  // Combined from left to right; this fixes the order of reduction, and with it every bit.
  BoundedList<Location, kMaxFan> sources = {};
  // A destination may be a source (in place, the turn at a root reads and fills its children's
  // buffers). The first one takes partial results, so that may be the first source only.
  BoundedList<Location, kMaxFan> destinations = {};
  BoundedList<Wait, kMaxFan> waits = {};
};

struct Slice {
  int root = 0;
  int reduce_tree = -1;     // position in Schedule::reduce_trees, -1 where there is no way up
  int broadcast_tree = -1;  // position in Schedule::broadcast_trees, -1 where there is no way down
  int channel = 0;
  std::uint64_t begin = 0;  // elements, in the whole buffer; never empty
  std::uint64_t count = 0;
  std::uint64_t chunk = 1;  // elements that move at once
};

struct BlockProgram {
  int rank = 0;
  int channel = 0;
  Phase phase = Phase::Up;
  std::vector<int> ops;      // positions in Plan::ops, by depth
  std::uint64_t chunks = 0;  // of its longest op
};

struct Plan {
  Collective collective = Collective::AllGather;
  int ranks = 0;
  int root = -1;  // broadcast and reduce; -1 otherwise
  std::uint64_t count =
      0;  // elements, as the call takes them: per rank for allgather, reduce_scatter
  std::size_t element_size = 0;
  // As in NCCL: the input is the output; for allgather the rank's own part of the output, for
  // reduce_scatter the output is the rank's own part of the input. The ops are the same: a copy of
  // a chunk onto itself is left out when they run.
  bool in_place = false;
  int channels = 1;
  Placement placement;
  std::vector<std::uint64_t> scratch;  // elements, for each rank
  std::vector<Slice> slices;
  std::vector<NodeOp> ops;
  std::vector<BlockProgram> blocks;
};

// Whether two ops of one slice are in one block, and so run one after the other.
[[nodiscard]] constexpr bool in_one_block(const NodeOp& a, const NodeOp& b) {
  return a.rank == b.rank && a.phase == b.phase && a.kind != NodeOp::Kind::Send &&
         b.kind != NodeOp::Kind::Send;
}

// True for the collectives in which every rank has a shard of `count` elements of the whole buffer.
[[nodiscard]] constexpr bool is_sharded(Collective collective) {
  return collective == Collective::AllGather || collective == Collective::ReduceScatter;
}
[[nodiscard]] constexpr bool reduces(Collective collective) {
  return collective != Collective::AllGather && collective != Collective::Broadcast;
}

// Elements of the whole buffer, as nccl-tests counts it.
[[nodiscard]] inline std::uint64_t whole_elements(const Plan& plan) {
  return is_sharded(plan.collective) ? plan.count * static_cast<std::uint64_t>(plan.ranks)
                                     : plan.count;
}
// Elements of a rank's input and output; 0 for a buffer that the collective does not look at.
[[nodiscard]] inline std::uint64_t input_elements(const Plan& plan, int rank) {
  if (plan.collective == Collective::Broadcast && rank != plan.root) return 0;
  return plan.collective == Collective::AllGather ? plan.count : whole_elements(plan);
}
[[nodiscard]] inline std::uint64_t output_elements(const Plan& plan, int rank) {
  if (plan.collective == Collective::Reduce && rank != plan.root) return 0;
  return plan.collective == Collective::ReduceScatter ? plan.count : whole_elements(plan);
}

[[nodiscard]] inline const Slice& slice_of(const Plan& plan, const NodeOp& op) {
  return plan.slices[static_cast<std::size_t>(op.slice)];
}

[[nodiscard]] constexpr std::uint64_t num_chunks(const Slice& slice) {
  return (slice.count + slice.chunk - 1) / slice.chunk;
}

// The elements that chunk `chunk` of an op of `slice` covers. Needs: chunk < num_chunks.
[[nodiscard]] constexpr std::uint64_t chunk_elements(const Slice& slice, std::uint64_t chunk) {
  return std::min(slice.chunk, slice.count - chunk * slice.chunk);
}

// Where chunk `chunk` of `location`, which an op of `slice` names, starts, in elements.
[[nodiscard]] constexpr std::uint64_t chunk_offset(const Slice& slice,
                                                   const Location& location,
                                                   std::uint64_t chunk) {
  const std::uint64_t slot = location.ring_slots == 0 ? chunk : chunk % location.ring_slots;
  return location.offset + slot * slice.chunk;
}

// Elements that `location` covers, all chunks or all slots.
[[nodiscard]] constexpr std::uint64_t room_of(const Slice& slice, const Location& location) {
  return location.ring_slots == 0 ? slice.count
                                  : std::min(slice.count, location.ring_slots * slice.chunk);
}

// The position of each op among those of its rank.
[[nodiscard]] std::vector<int> positions_within_ranks(const Plan& plan);

// Whether `op` reads or writes memory of `rank`.
[[nodiscard]] bool touches(const NodeOp& op, int rank);

// Slots that the receiver of a send op gives back in one execution: nobody waits for the last ones.
[[nodiscard]] std::uint64_t slots_given_back(const Plan& plan, const NodeOp& send);

// The same plan with nothing staged: readers of a staged ring read what it is a copy of. (The
// copies are made, and not read.)
[[nodiscard]] Plan without_staging(Plan plan);

// "/reduce_trees/3": the tree of the schedule file whose data an op of `slice` and `phase` moves.
[[nodiscard]] std::string tree_name(const Slice& slice, Phase phase);

}  // namespace pleach
