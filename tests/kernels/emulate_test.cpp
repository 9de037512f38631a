#include "kernels/emulate.hpp"

#include <cstddef>
#include <cstdint>
#include <numeric>
#include <vector>

#include <doctest/doctest.h>

namespace pleach {
namespace {

using device::Base;
using device::Failure;
using device::kNone;

constexpr std::uint64_t kMillisecond = 1'000'000;

// The smallest program: one block of one op that copies the input to the output in three chunks of
// 16, 16 and 8 bytes. Tests change it before they run it.
struct Copier {
  std::uint64_t counter = 0;
  std::uint64_t host_counter = 0;
  device::State state = {};
  device::Control control = {};
  device::Op op = {};
  std::vector<device::Place> direct;
  std::vector<Base> bases;
  device::Block block = {.num_ops = 1, .num_bases = 2, .chunks = 3};
  std::vector<device::End> ends;
  device::Program program = {};
  std::vector<std::int32_t> input;
  std::vector<std::int32_t> output;

  explicit Copier(std::uint32_t rank = 0) : bases(2), input(10), output(10, -1) {
    std::iota(input.begin(), input.end(), 100 * static_cast<std::int32_t>(rank));
    control.timeout_ns = 2 * kMillisecond;
    bases[0] = {.kind = Base::Kind::Input, .rank = rank};
    bases[1] = {.kind = Base::Kind::Output, .rank = rank};
    op.chunks = 3;
    op.chunk_bytes = 16;
    op.last_bytes = 8;
    op.counter = &counter;
    op.direct = kNone;
    op.omit = kNone;
    op.sources = 1;
    op.destinations = 1;
    op.source[0] = {.offset = 0, .base = 0, .ring_slots = 0};
    op.destination[0] = {.offset = 0, .base = 1, .ring_slots = 0};
    program.plan = 77;
    program.rank = rank;
    program.num_blocks = 1;
  }
  Copier(const Copier&) = delete;
  Copier& operator=(const Copier&) = delete;

  device::LaunchRank argument(std::uint32_t first_block = 0) {
    block.num_bases = static_cast<std::uint32_t>(bases.size());
    block.num_ends = static_cast<std::uint32_t>(ends.size());
    program.ops = &op;
    program.direct = direct.data();
    program.bases = bases.data();
    program.blocks = &block;
    program.ends = ends.data();
    program.state = &state;
    program.control = &control;
    return {.program = &program,
            .input = bytes(input),
            .output = bytes(output),
            .rank = program.rank,
            .first_block = first_block};
  }
  static std::byte* bytes(std::vector<std::int32_t>& values) {
    return reinterpret_cast<std::byte*>(values.data());
  }
};

void run(Copier& copier, const device::KernelKey& key = {}, std::uint32_t divisor = 0) {
  device::Launch launch{.num_ranks = 1, .num_blocks = 1, .divisor = divisor};
  launch.ranks[0] = copier.argument();
  device::emulate(key, launch, 3);
}

TEST_CASE("one op, chunk by chunk, in every execution") {
  for (const std::uint32_t threads : {1U, 2U, 4U, 32U}) {
    CAPTURE(threads);
    Copier copier;
    copier.op.host_counter = &copier.host_counter;
    device::Launch launch{.num_ranks = 1, .num_blocks = 1};
    launch.ranks[0] = copier.argument();
    launch.ranks[0].input_region = 5;
    launch.ranks[0].output_region = 6;
    for (std::uint64_t execution = 1; execution <= 3; ++execution) {
      copier.output.assign(10, -1);
      device::emulate({}, launch, threads);
      CHECK(copier.output == copier.input);
      CHECK(copier.counter == 3 * execution);
      CHECK(copier.host_counter == 3 * execution);
      CHECK(copier.state.entered == execution);
      CHECK(copier.state.executions == execution);
      CHECK(copier.state.ended_blocks == 0);
      CHECK(copier.state.input == reinterpret_cast<std::uint64_t>(copier.input.data()));
      CHECK(copier.state.output == reinterpret_cast<std::uint64_t>(copier.output.data()));
      CHECK(copier.state.input_region == 5);
      CHECK(copier.state.output_region == 6);
      CHECK(copier.control.begun == 0);  // it has no network
      CHECK(copier.control.failure.there == 0);
    }
  }
}

TEST_CASE("a rank with a network says which plan it has begun") {
  Copier copier;
  copier.program.has_network = 1;
  run(copier);
  run(copier);
  CHECK(copier.control.begun == 2);
  CHECK(copier.control.begun_plan == 77);
}

TEST_CASE("a ring is gone round") {
  Copier copier;
  copier.op.destination[0].ring_slots = 2;
  copier.op.destination[0].offset = 4;
  run(copier);
  // Chunk 2, two elements, is where chunk 0 was.
  CHECK(copier.output == std::vector<std::int32_t>{-1, 8, 9, 2, 3, 4, 5, 6, 7, -1});
}

TEST_CASE("an op adds its sources and divides where it finishes") {
  for (const bool finishes : {false, true}) {
    Copier copier;
    std::vector<std::int32_t> other(10, 5);
    copier.bases.push_back({.kind = Base::Kind::Fixed, .address = Copier::bytes(other)});
    copier.op.sources = 2;
    copier.op.source[1] = {.offset = 0, .base = 2, .ring_slots = 0};
    copier.op.finishes = finishes ? 1 : 0;
    run(copier, {.combines = true, .dtype = DataType::Int32, .op = ReduceOp::Avg}, 3);
    for (std::int32_t i = 0; i < 10; ++i) {
      CHECK(copier.output[static_cast<std::size_t>(i)] == (finishes ? (i + 5) / 3 : i + 5));
    }
  }
}

TEST_CASE("a wait for another op: with its lag, and of this execution") {
  Copier copier;
  std::uint64_t other = 2;  // chunks 0 and 1; chunk 2 waits for 2 more, less the lag
  copier.op.waits = 1;
  copier.op.wait[0] = {.counter = &other, .lag = 1};
  run(copier);
  CHECK(copier.output == copier.input);
  CHECK(copier.control.failure.there == 0);

  // The next execution: chunk 0 starts at once, chunk 1 when there are 4.
  copier.output.assign(10, -1);
  run(copier);
  const Failure& failure = copier.control.failure;
  CHECK(failure.there == 1);
  CHECK(failure.wait == Failure::Wait::Op);
  CHECK(failure.plan == 77);
  CHECK(failure.rank == 0);
  CHECK(failure.op == 0);
  CHECK(failure.awaited == 0);
  CHECK(failure.chunk == 1);
  CHECK(failure.expected == 4);
  CHECK(failure.seen == 2);
  CHECK(copier.output == std::vector<std::int32_t>{0, 1, 2, 3, -1, -1, -1, -1, -1, -1});
  CHECK(copier.counter == 4);
}

TEST_CASE("memory of a rank outside the launch is touched once it has entered") {
  Copier copier;
  device::State peer = {};
  std::vector<std::int32_t> theirs(10, 9);
  copier.bases[0] = {.kind = Base::Kind::Input, .rank = 4, .entry = &peer};
  SUBCASE("in this process") {
    peer.entered = 1;
    peer.input = reinterpret_cast<std::uint64_t>(theirs.data());
    run(copier);
    CHECK(copier.output == theirs);
  }
  SUBCASE("in another, by the region it has registered") {
    std::byte* const regions[] = {nullptr, Copier::bytes(theirs) - 32};
    copier.bases[0].regions = regions;
    peer.entered = 1;
    peer.input_region = device::region_of(1, 32);
    run(copier);
    CHECK(copier.output == theirs);
  }
  SUBCASE("not before") {
    run(copier);
    const Failure& failure = copier.control.failure;
    CHECK(failure.there == 1);
    CHECK(failure.wait == Failure::Wait::Entry);
    CHECK(failure.peer == 4);
    CHECK(failure.expected == 1);
    CHECK(failure.seen == 0);
    CHECK(copier.output == std::vector<std::int32_t>(10, -1));
    CHECK(copier.counter == 0);
    CHECK(copier.state.executions == 1);
  }
}

TEST_CASE("a source that is a staged copy: the original is read where it is reached") {
  for (const bool reached : {false, true}) {
    Copier copier;
    std::vector<std::int32_t> original(10, 8);
    // Of this launch's rank, which shows its output to others or does not.
    copier.bases.push_back(
        {.kind = Base::Kind::Fixed, .address = reached ? Copier::bytes(original) : nullptr});
    copier.direct = {{.offset = 0, .base = 2, .ring_slots = 0}};
    copier.op.direct = 0;
    run(copier);
    CHECK(copier.output == (reached ? original : copier.input));
  }
}

TEST_CASE("a copy that nobody needs is left out, and counted") {
  for (const std::uint64_t region : {0U, 3U}) {
    Copier copier;
    copier.bases.push_back({.kind = Base::Kind::InputRegion});
    copier.op.omit = 2;
    device::Launch launch{.num_ranks = 1, .num_blocks = 1};
    launch.ranks[0] = copier.argument();
    launch.ranks[0].input_region = region;
    device::emulate({}, launch, 2);
    CHECK(copier.output == (region != 0 ? std::vector<std::int32_t>(10, -1) : copier.input));
    CHECK(copier.counter == 3);
  }
}

TEST_CASE("an execution ends when those of other launches are through") {
  Copier copier;
  std::uint64_t theirs = 5;
  copier.ends = {{.counter = &theirs, .chunks = 5, .rank = 3, .op = 21}};
  run(copier);
  CHECK(copier.control.failure.there == 0);
  run(copier);
  const Failure& failure = copier.control.failure;
  CHECK(failure.there == 1);
  CHECK(failure.wait == Failure::Wait::End);
  CHECK(failure.op == 21);
  CHECK(failure.expected == 10);
  CHECK(failure.seen == 5);
  CHECK(copier.output == copier.input);
}

TEST_CASE("ranks of one launch reach each other, and their blocks are told apart") {
  Copier first(0);
  Copier second(1);
  first.bases[0].rank = 1;  // no entry: it is in the launch
  second.op.waits = 1;      // after the other one's op, chunk by chunk
  second.op.wait[0] = {.counter = &first.counter, .lag = 0};
  second.ends = {{.counter = &first.host_counter, .chunks = 1, .rank = 0, .op = 0}};
  first.control.timeout_ns = second.control.timeout_ns = 60'000 * kMillisecond;
  device::Launch launch{.num_ranks = 2, .num_blocks = 2};
  launch.ranks[0] = first.argument(0);
  launch.ranks[1] = second.argument(1);
  device::emulate({}, launch, 2);
  CHECK(first.output == second.input);
  CHECK(second.output == second.input);
  for (const Copier* copier : {&first, &second}) {
    CHECK(copier->control.failure.there == 0);  // ends of ranks in the launch need no wait
    CHECK(copier->counter == 3);
    CHECK(copier->state.executions == 1);
  }
}

}  // namespace
}  // namespace pleach
