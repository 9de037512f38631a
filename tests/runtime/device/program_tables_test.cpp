#include "runtime/device/program_tables.hpp"

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <optional>
#include <random>
#include <string>
#include <tuple>
#include <vector>

#include <doctest/doctest.h>

#include "compiler/core/check.hpp"
#include "compiler/plan/lower_plan.hpp"
#include "runtime/device/emulated_device.hpp"
#include "tests/support/sample_schedules.hpp"

namespace pleach {
namespace {

using device::Base;
using device::kNone;

Plan lowered(const Schedule& schedule, const PlanOptions& options) {
  const auto plan = lower_plan(schedule, options);
  REQUIRE(plan.ok());
  return plan.value();
}

// Addresses for tables to name; nothing is read or written there.
struct Memory {
  std::vector<device::State> states;
  std::vector<std::vector<std::uint64_t>> counters;
  std::vector<std::vector<std::byte>> scratch;
  std::vector<std::byte*> regions;
  std::vector<DevicePeer> peers;
  device::Control control = {};
  std::optional<NetworkLayout> layout;
  std::vector<std::byte> network;
  std::vector<std::byte> rings;

  Memory(const Plan& plan, int rank) : states(plan.ranks), regions(plan.ranks), rings(1) {
    for (int peer = 0; peer < plan.ranks; ++peer) {
      counters.emplace_back(plan.ops.size() + 1);
      scratch.emplace_back(plan.scratch[peer] * plan.element_size + 1);
    }
    for (int peer = 0; peer < plan.ranks; ++peer) {
      const Reach reach = plan.placement.between(rank, peer);
      DevicePeer& made = peers.emplace_back();
      if (reach == Reach::Network) continue;
      made = {.state = &states[peer],
              .counters = counters[peer].data(),
              .scratch = scratch[peer].data(),
              .regions = reach == Reach::Process ? nullptr : &regions[peer]};
    }
    NetworkLayout found = network_layout(plan, rank);
    if (found.empty()) return;
    network.resize(found.bytes);
    layout = std::move(found);
  }
  Memory(const Memory&) = delete;
  Memory& operator=(const Memory&) = delete;

  [[nodiscard]] ProgramInput input(const Plan& plan, int rank, std::uint32_t most_blocks) {
    return {.plan = plan,
            .rank = rank,
            .peers = peers,
            .control = &control,
            .number = 31,
            .most_blocks = most_blocks,
            .network = layout ? &*layout : nullptr,
            .network_memory = network.data(),
            .rings = rings.data()};
  }
  [[nodiscard]] std::uint64_t* word(std::uint64_t offset) {
    return reinterpret_cast<std::uint64_t*>(network.data() + offset);
  }
};

// How often a test has met what it is for.
struct Met {
  int staged = 0;
  int direct = 0;
  int sends = 0;
  int received = 0;
  int joined = 0;
};

// Holds the tables of one rank against its plan.
class Checker {
 public:
  Checker(const Plan& plan, int rank, std::uint32_t most, Met& met)
      : plan_(plan),
        unstaged_(without_staging(plan)),
        positions_(positions_within_ranks(plan)),
        rank_(rank),
        memory_(plan, rank),
        tables_(make_tables(memory_.input(plan, rank, most))),
        met_(met) {
    check_program(most);
    for (const device::Block& block : tables_.blocks) {
      for (std::uint32_t i = 0; i < block.num_ops; ++i) check_op(block, block.first_op + i);
    }
    check_ends();
  }

 private:
  void check_program(std::uint32_t most) {
    std::size_t blocks = 0;
    std::vector<std::uint32_t> expected;
    for (const BlockProgram& block : plan_.blocks) blocks += block.rank == rank_ ? 1 : 0;
    for (std::size_t id = 0; id < plan_.ops.size(); ++id) {
      if (plan_.ops[id].rank == rank_) expected.push_back(static_cast<std::uint32_t>(id));
    }
    if (blocks > most) ++met_.joined;
    CHECK(tables_.blocks.size() == std::max<std::size_t>(1, std::min<std::size_t>(blocks, most)));
    std::vector<std::uint32_t> found;
    for (const device::Block& block : tables_.blocks) {
      CHECK(block.first_op == found.size());
      std::uint64_t chunks = 0;
      for (std::uint32_t i = 0; i < block.num_ops; ++i) {
        const device::Op& op = tables_.ops[block.first_op + i];
        if (i > 0) CHECK(key(tables_.ops[block.first_op + i - 1].id) <= key(op.id));
        chunks = std::max(chunks, op.chunks);
        found.push_back(op.id);
      }
      CHECK(block.chunks == chunks);
    }
    CHECK(found.size() == tables_.ops.size());
    std::sort(found.begin(), found.end());
    CHECK(found == expected);
    CHECK(tables_.program.state == &memory_.states[rank_]);
    CHECK(tables_.program.control == &memory_.control);
    CHECK(tables_.program.plan == 31);
    CHECK(tables_.program.rank == static_cast<std::uint32_t>(rank_));
    CHECK(tables_.program.num_blocks == tables_.blocks.size());
    CHECK(tables_.program.has_network == (memory_.layout ? 1 : 0));
  }
  [[nodiscard]] std::tuple<Phase, int> key(std::uint32_t id) const {
    return {plan_.ops[id].phase, plan_.ops[id].depth};
  }

  const Base& base(const device::Block& block, std::uint32_t number) {
    REQUIRE(number < block.num_bases);
    return tables_.bases[block.first_base + number];
  }
  void check_place(const device::Block& block,
                   const device::Place& place,
                   const Location& location) {
    const Base& at = base(block, place.base);
    CHECK(place.offset == location.offset * plan_.element_size);
    CHECK(place.ring_slots == location.ring_slots);
    CHECK(at.rank == static_cast<std::uint32_t>(location.rank));
    CHECK(at.entry == (location.rank == rank_ ? nullptr : &memory_.states[location.rank]));
    CHECK(at.regions == memory_.peers[location.rank].regions);
    switch (location.buffer) {
      case Buffer::Input: CHECK(at.kind == Base::Kind::Input); break;
      case Buffer::Output: CHECK(at.kind == Base::Kind::Output); break;
      case Buffer::Scratch:
        CHECK(at.kind == Base::Kind::Fixed);
        CHECK(at.address == (is_received(location) ? memory_.rings.data()
                                                   : memory_.scratch[location.rank].data()));
        break;
    }
  }
  // Where data of another host comes to.
  bool is_received(const Location& location) {
    for (const NodeOp& op : plan_.ops) {
      if (op.kind != NodeOp::Kind::Send || location.rank != rank_) continue;
      const Location& ring = op.destinations[0];
      if (ring.rank != rank_ || ring.offset != location.offset) continue;
      ++met_.received;
      return true;
    }
    return false;
  }

  void check_op(const device::Block& block, std::uint32_t number) {
    const device::Op& made = tables_.ops[number];
    const NodeOp& op = plan_.ops[made.id];
    const Slice& slice = slice_of(plan_, op);
    const std::uint64_t size = plan_.element_size;
    CHECK(made.chunks == num_chunks(slice));
    CHECK(made.chunk_bytes == slice.chunk * size);
    CHECK((made.chunks - 1) * made.chunk_bytes + made.last_bytes == slice.count * size);
    CHECK(made.counter == &memory_.counters[rank_][positions_[made.id]]);
    CHECK(made.finishes == (op.finishes ? 1 : 0));
    REQUIRE(made.sources == op.sources.size());
    REQUIRE(made.destinations == op.destinations.size());
    for (std::size_t i = 0; i < op.sources.size(); ++i) {
      check_place(block, made.source[i], op.sources[i]);
    }
    check_direct(block, made, op);
    check_staging(block, made, op);
    check_waits(made, op);
    if (op.kind == NodeOp::Kind::Send) {
      check_send(block, made);
      return;
    }
    for (std::size_t i = 0; i < op.destinations.size(); ++i) {
      check_place(block, made.destination[i], op.destinations[i]);
    }
    std::uint64_t* told = nullptr;
    if (memory_.layout) {
      for (const auto& consumer : memory_.layout->consumers) {
        if (consumer.op == static_cast<int>(made.id)) told = memory_.word(consumer.finished);
      }
    }
    CHECK(made.host_counter == told);
  }

  void check_direct(const device::Block& block, const device::Op& made, const NodeOp& op) {
    const NodeOp& direct = unstaged_.ops[made.id];
    bool any = false;
    for (std::size_t i = 0; i < op.sources.size(); ++i) {
      any = any || direct.sources[i].buffer != op.sources[i].buffer;
    }
    REQUIRE((made.direct != kNone) == any);
    if (!any) return;
    ++met_.direct;
    for (std::size_t i = 0; i < op.sources.size(); ++i) {
      const device::Place& place = tables_.direct.at(made.direct + i);
      if (direct.sources[i].buffer == op.sources[i].buffer) {
        CHECK(place.base == kNone);
      } else {
        check_place(block, place, direct.sources[i]);
      }
    }
  }

  void check_staging(const device::Block& block, const device::Op& made, const NodeOp& op) {
    REQUIRE((made.omit != kNone) == (op.kind == NodeOp::Kind::Stage));
    if (made.omit == kNone) return;
    ++met_.staged;
    const Base& region = base(block, made.omit);
    const bool input = op.sources[0].buffer == Buffer::Input;
    CHECK(region.kind == (input ? Base::Kind::InputRegion : Base::Kind::OutputRegion));
    CHECK(region.rank == static_cast<std::uint32_t>(rank_));
    CHECK(region.entry == nullptr);
  }

  void check_waits(const device::Op& made, const NodeOp& op) {
    const bool sends = op.kind == NodeOp::Kind::Send;
    REQUIRE(made.waits == op.waits.size() + (sends ? 1 : 0));
    for (std::size_t i = 0; i < op.waits.size(); ++i) {
      const NodeOp& awaited = plan_.ops[op.waits[i].op];
      CHECK(made.wait[i].lag == op.waits[i].lag);
      const std::uint64_t* counter = nullptr;
      if (plan_.placement.between(rank_, awaited.rank) != Reach::Network) {
        counter = &memory_.counters[awaited.rank][positions_[op.waits[i].op]];
      } else if (sends) {  // the receiver gives slots back
        counter = memory_.word(outgoing(made.id).given_back);
      } else {
        for (const auto& incoming : memory_.layout->incoming) {
          if (incoming.op == op.waits[i].op) counter = memory_.word(incoming.arrived);
        }
      }
      CHECK(counter != nullptr);
      CHECK(made.wait[i].counter == counter);
    }
  }

  const NetworkLayout::Outgoing& outgoing(std::uint32_t id) {
    REQUIRE(memory_.layout);
    const auto& all = memory_.layout->outgoing;
    const auto at = std::find_if(all.begin(), all.end(),
                                 [id](const auto& one) { return one.op == static_cast<int>(id); });
    REQUIRE(at != all.end());
    return *at;
  }
  void check_send(const device::Block& block, const device::Op& made) {
    ++met_.sends;
    const NetworkLayout::Outgoing& staging = outgoing(made.id);
    CHECK(made.destinations == 1);
    const Base& slots = base(block, made.destination[0].base);
    CHECK(slots.kind == Base::Kind::Fixed);
    CHECK(slots.rank == static_cast<std::uint32_t>(rank_));
    CHECK(slots.address == memory_.network.data() + staging.slots);
    CHECK(made.destination[0].offset == 0);
    CHECK(made.destination[0].ring_slots == kStagingSlots);
    CHECK(made.host_counter == memory_.word(staging.staged));
    CHECK(made.wait[made.waits - 1].counter == memory_.word(staging.sent));
    CHECK(made.wait[made.waits - 1].lag == kStagingSlots);
  }

  void check_ends() {
    std::vector<std::uint32_t> expected;
    for (std::size_t id = 0; id < plan_.ops.size(); ++id) {
      const NodeOp& op = plan_.ops[id];
      const bool sends = op.kind == NodeOp::Kind::Send;
      const bool own_send = sends && op.rank == rank_;
      const bool foreign = !sends && op.rank != rank_ && touches(op, rank_);
      if (own_send || foreign) expected.push_back(static_cast<std::uint32_t>(id));
    }
    std::vector<std::uint32_t> found;
    for (const device::End& end : tables_.ends) {
      found.push_back(end.op);
      const NodeOp& op = plan_.ops[end.op];
      const bool sends = op.kind == NodeOp::Kind::Send;
      CHECK(end.chunks == num_chunks(slice_of(plan_, op)));
      CHECK(end.rank == static_cast<std::uint32_t>(sends ? op.destinations[0].rank : op.rank));
      CHECK(end.counter == (sends ? memory_.word(outgoing(end.op).sent)
                                  : &memory_.counters[op.rank][positions_[end.op]]));
    }
    std::sort(found.begin(), found.end());
    CHECK(found == expected);
    // Blocks share them out without a gap.
    std::uint32_t next = 0;
    for (const device::Block& block : tables_.blocks) {
      CHECK(block.first_end == next);
      CHECK(block.num_ends <= tables_.ends.size() / tables_.blocks.size() + 1);
      next += block.num_ends;
    }
    CHECK(next == tables_.ends.size());
  }

  const Plan& plan_;
  const Plan unstaged_;
  const std::vector<int> positions_;
  const int rank_;
  Memory memory_;
  const ProgramTables tables_;
  Met& met_;
};

TEST_CASE("tables say what the plan says: between ranks, processes and hosts") {
  std::mt19937_64 random(2);
  Met met;
  for (const Collective collective : kCollectives) {
    for (int round = 0; round < 25; ++round) {
      const int ranks = 2 + static_cast<int>(random() % 5);
      const Plan plan = lowered(
          testing::random_schedule(collective, ranks, random),
          {.count = random() % 300,
           .element_size = std::size_t{1} << random() % 4,
           .in_place = random() % 2 == 0,
           .channels = 1 + static_cast<int>(random() % 3),
           .chunk_bytes = 8 + random() % 100,
           .placement = round % 3 == 0 ? Placement() : testing::random_placement(ranks, random)});
      const std::uint32_t most = round % 2 == 0 ? 1000 : 1 + static_cast<std::uint32_t>(round) % 5;
      for (int rank = 0; rank < ranks; ++rank) Checker(plan, rank, most, met);
    }
  }
  CHECK(met.staged > 20);
  CHECK(met.direct > 20);
  CHECK(met.sends > 20);
  CHECK(met.received > 20);
  CHECK(met.joined > 20);
}

// Data goes 0 -> 1 -> 2. Two channels of 7 elements each, in chunks of 4.
TEST_CASE("a broadcast along a chain, number by number") {
  const Plan plan = lowered(
      testing::make_schedule(Collective::Broadcast, 3, {}, {testing::chain(3, 0, Rational(1))}),
      {.count = 14, .element_size = 4, .channels = 2, .chunk_bytes = 16});
  CHECK(most_blocks_of_a_rank(plan) == 2);
  Memory memory(plan, 1);
  const ProgramTables tables = make_tables(memory.input(plan, 1, 8));
  REQUIRE(tables.blocks.size() == 2);
  REQUIRE(tables.ops.size() == 2);  // rank 1 passes on what rank 0 stored to it
  for (std::size_t channel = 0; channel < 2; ++channel) {
    const device::Op& op = tables.ops[channel];
    CHECK(tables.blocks[channel].num_ops == 1);
    CHECK(tables.blocks[channel].chunks == 2);
    CHECK(op.chunks == 2);
    CHECK(op.chunk_bytes == 16);
    CHECK(op.last_bytes == 12);
    CHECK(op.sources == 1);
    CHECK(op.destinations == 1);
    CHECK(op.source[0].offset == 28 * channel);
    CHECK(op.destination[0].offset == 28 * channel);
    const Base* const bases = &tables.bases[tables.blocks[channel].first_base];
    CHECK(tables.blocks[channel].num_bases == 2);
    CHECK(bases[op.source[0].base].rank == 1);
    CHECK(bases[op.destination[0].base].rank == 2);
    REQUIRE(op.waits == 1);
    CHECK(op.wait[0].lag == 0);
    CHECK(op.wait[0].counter == &memory.counters[0][channel]);
    CHECK(tables.blocks[channel].num_ends == 1);  // rank 0's op of a channel stores to rank 1
  }
  CHECK(tables.ends.size() == 2);
  CHECK(tables.direct.empty());
}

TEST_CASE("a rank with nothing to do has one block, and no rank has less") {
  const Plan plan =
      lowered(testing::uniform_schedule(Collective::Broadcast, 2, testing::star), {.count = 10});
  Memory memory(plan, 1);
  const ProgramTables tables = make_tables(memory.input(plan, 1, 4));
  CHECK(tables.ops.empty());
  REQUIRE(tables.blocks.size() == 1);
  CHECK(tables.blocks[0].num_ops == 0);
  CHECK(tables.blocks[0].chunks == 0);
  CHECK(tables.blocks[0].num_ends == tables.ends.size());
  CHECK_THROWS_AS((void)make_tables(memory.input(plan, 1, 0)), InternalError);
  CHECK(most_blocks_of_a_rank(Plan{}) == 0);
}

TEST_CASE("the tables in memory of a device are those that were made") {
  const Plan plan = lowered(testing::uniform_schedule(Collective::AllReduce, 4, testing::binary),
                            {.count = 100, .chunk_bytes = 32});
  Memory memory(plan, 2);
  const ProgramTables tables = make_tables(memory.input(plan, 2, 64));
  const auto device = open_emulated_device(9);
  const DeviceProgram made(*device, tables);
  const device::Program& program = *made.address();
  CHECK(made.num_blocks() == tables.blocks.size());
  CHECK(program.rank == 2);
  CHECK(program.plan == 31);
  CHECK(program.state == &memory.states[2]);
  const auto same = [](const auto& values, const auto* there) {
    CHECK(reinterpret_cast<std::uintptr_t>(there) % 16 == 0);
    return std::memcmp(values.data(), there, values.size() * sizeof(values[0])) == 0;
  };
  CHECK(same(tables.ops, program.ops));
  CHECK(same(tables.bases, program.bases));
  CHECK(same(tables.blocks, program.blocks));
  CHECK(same(tables.ends, program.ends));
}

}  // namespace
}  // namespace pleach
