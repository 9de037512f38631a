// What the kernel executes: the lowered plan (compiler/plan/plan.hpp) of one rank as tables in
// device memory, and the arguments of a launch.
//
// Plain structs of pointers, all of them addresses of the device that runs the kernel. Who fills
// them (runtime/device/) keeps what they point at alive. A launch runs one execution of one plan
// for one or several ranks that share the device; blocks of a rank are those of its plan.
//
// Nothing here changes from one execution to the next, and no argument of a launch says which
// execution it is: that is counted in device memory, so a launch that a CUDA graph has recorded may
// be replayed as often as one likes.
#pragma once

#include <cstddef>
#include <cstdint>

namespace pleach::device {

inline constexpr std::uint32_t kMostFan = 8;      // sources, destinations, waits of an op
inline constexpr std::uint32_t kMostBases = 256;  // of one block
inline constexpr std::uint32_t kMostLaunchRanks = 32;
inline constexpr std::uint32_t kNone = ~std::uint32_t{0};

// A rank's side of a plan that other ranks look at, 64 bytes in memory that they reach. All zero
// before the first execution. The rank's own kernel alone writes.
struct State {
  // Executions the rank has entered; the four words behind it are of the last one. Written with
  // release once they are there; read with acquire. They stay until the next execution, which does
  // not begin before every op that touches this rank's memory has ended.
  std::uint64_t entered;
  std::uint64_t input;  // addresses, for ranks of this process
  std::uint64_t output;
  std::uint64_t input_region;  // for ranks of other processes; see region_of
  std::uint64_t output_region;
  std::uint64_t executions;    // that have ended; the rank's own blocks alone look at the rest
  std::uint32_t ended_blocks;  // of the execution under way
  std::uint32_t failed;        // 1: some block has claimed the failure record
  std::uint64_t spare;
};
static_assert(sizeof(State) == 64);
inline constexpr std::uint64_t kStateWords = sizeof(State) / sizeof(std::uint64_t);

// Where in the memory that its rank has registered a buffer lies: the region's number from 1 on,
// and the offset within. 0: nowhere, and other processes can not reach it.
inline constexpr int kRegionShift = 48;
[[nodiscard]] constexpr std::uint64_t region_of(std::uint64_t region, std::uint64_t offset) {
  return (region + 1) << kRegionShift | offset;
}

// Why an execution did not end. In host memory that the device writes.
struct Failure {
  enum class Wait : std::uint32_t { Entry, Op, End, OneShot };
  std::uint32_t there = 0;  // written last, with release: 1 when the rest is
  Wait wait = Wait::Entry;
  std::uint32_t called_off = 0;  // 1: by Control::abort, while the wait had time left
  std::uint32_t spare = 0;
  std::uint64_t plan = 0;  // Program::plan
  std::uint32_t rank = 0;  // that waited
  std::uint32_t peer = 0;  // the rank waited for (Entry); OneShot: see `seen`
  std::uint32_t op =
      0;  // that waited (Op), the block's first (Entry), or that is waited for (End); as in Plan
  std::uint32_t awaited = 0;  // position in its waits (Op)
  std::uint64_t chunk = 0;    // of the op (Op); line (OneShot)
  std::uint64_t expected = 0;
  std::uint64_t seen = 0;  // OneShot: the rank waited for
};
static_assert(sizeof(Failure) == 64);

// What host and kernel tell each other while one runs, for one rank of a communicator. In host
// memory that the device reads and writes.
struct Control {
  std::uint32_t abort;  // not 0: every wait ends soon, and the execution with it
  std::uint32_t spare;
  std::uint64_t timeout_ns;  // of each wait
  // Of a rank with a network: what it executes. Written with release when an execution begins.
  std::uint64_t begun_plan;
  std::uint64_t begun;  // executions of all plans
  Failure failure;
};

// Memory that ops of a block touch.
struct Base {
  // InputRegion and OutputRegion are the launching rank's own buffers, and null unless other
  // processes reach them.
  enum class Kind : std::uint32_t { Fixed, Input, Output, InputRegion, OutputRegion };
  Kind kind = Kind::Fixed;
  std::uint32_t rank = 0;        // whose it is
  std::byte* address = nullptr;  // Fixed
  const State* entry =
      nullptr;  // the rank's, to be entered before its memory is touched; null for one's own
  std::byte* const* regions =
      nullptr;  // null for a rank of this process; else where its regions are mapped
};

// Chunk c of an op's data: base + offset + (c, or c modulo ring_slots) * chunk_bytes.
struct Place {
  std::uint64_t offset;
  std::uint32_t base;  // position among the block's
  std::uint32_t ring_slots;
};

// Chunk c may start when `counter` has reached (executions * chunks) + c + 1 - lag; at once while c
// < lag.
struct Wait {
  const std::uint64_t* counter;
  std::uint64_t lag;
};

// Without initialisers, as it is in a kernel's shared memory.
struct alignas(16) Op {
  std::uint64_t chunks;
  std::uint64_t chunk_bytes;
  std::uint64_t last_bytes;     // of the last chunk
  std::uint64_t* counter;       // finished chunks, of all executions
  std::uint64_t* host_counter;  // the same in host memory, for the network's thread; or null
  std::uint32_t id;             // in the order of Plan::ops
  std::uint32_t direct;         // where its `sources` places in Program::direct begin, or kNone
  std::uint32_t omit;           // a base: where it is there, this op's work is left out; or kNone
  std::uint8_t sources;
  std::uint8_t destinations;
  std::uint8_t waits;
  std::uint8_t finishes;  // 1: an average is divided here
  std::uint64_t spare;
  Place source[kMostFan];
  Place destination[kMostFan];
  Wait wait[kMostFan];
};
static_assert(sizeof(Op) == 64 + 3 * 128 && sizeof(Op) % 16 == 0);

struct Block {
  std::uint32_t first_op = 0;
  std::uint32_t num_ops = 0;
  std::uint32_t first_base = 0;
  std::uint32_t num_bases = 0;
  std::uint32_t first_end = 0;
  std::uint32_t num_ends = 0;
  std::uint64_t chunks = 0;  // of its longest op
};

// The execution ends after it: an op of another rank that touches this one's memory, or what this
// one sends to another across the network.
struct End {
  const std::uint64_t* counter = nullptr;
  std::uint64_t chunks = 0;
  std::uint32_t rank = 0;
  std::uint32_t op = 0;
};

struct Program {
  const Op* ops = nullptr;
  const Place* direct =
      nullptr;  // for each source of some ops, what it is a staged copy of; base kNone: none
  const Base* bases = nullptr;
  const Block* blocks = nullptr;
  const End* ends = nullptr;
  State* state = nullptr;
  Control* control = nullptr;
  std::uint64_t plan = 0;  // its number, for the host
  std::uint32_t rank = 0;
  std::uint32_t num_blocks = 0;
  std::uint32_t has_network = 0;  // 1: the host takes part in executions
  std::uint32_t spare = 0;
};

// Small messages: every rank stores what another needs straight into that one's slots, as lines of
// 8 bytes of data between two flags (kernels/one_shot.hpp).
struct OneShot {
  enum class Kind : std::uint32_t { AllReduce, AllGather, ReduceScatter };
  State* state = nullptr;
  Control* control = nullptr;
  std::byte* const* slots = nullptr;  // of each rank: 2 (parity) x ranks (source) x slot_bytes
  std::uint64_t slot_bytes = 0;       // of one source: 16 for each line
  std::uint32_t rank = 0;
  std::uint32_t ranks = 0;
};

struct LaunchRank {
  const Program* program = nullptr;  // or
  const OneShot* one_shot = nullptr;
  const std::byte* input = nullptr;
  std::byte* output = nullptr;
  std::uint64_t input_region = 0;
  std::uint64_t output_region = 0;
  std::uint32_t rank = 0;
  std::uint32_t first_block = 0;  // of the grid; in the order of the ranks
};

struct Launch {
  LaunchRank ranks[kMostLaunchRanks] = {};
  std::uint32_t num_ranks = 0;
  std::uint32_t num_blocks = 0;
  std::uint32_t divisor = 0;  // of a finished result; 0 or 1: none
  std::uint32_t bulk = 0;  // 1: pure copies go through the bulk copy engine where that is possible
  OneShot::Kind one_shot = OneShot::Kind::AllReduce;  // and its bytes: of the whole buffer, or of
                                                      // one rank's part where each
  std::uint64_t one_shot_bytes = 0;                   // rank has one
};
static_assert(sizeof(Launch) < 4096, "the limit of a kernel's arguments");

}  // namespace pleach::device
