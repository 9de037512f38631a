#include "runtime/device/program_tables.hpp"

#include <algorithm>
#include <cstring>
#include <map>
#include <optional>
#include <tuple>
#include <utility>

#include "compiler/core/check.hpp"
#include "compiler/core/machine_error.hpp"

namespace pleach {
namespace {

static_assert(kMaxFan == device::kMostFan);

// Ops of one block, in the order of their keys.
using BlockOps = std::vector<int>;

std::vector<BlockOps> blocks_of(const Plan& plan, int rank, std::uint32_t most) {
  std::vector<BlockOps> blocks;
  for (const BlockProgram& block : plan.blocks) {
    if (block.rank == rank) blocks.push_back(block.ops);
  }
  if (blocks.size() > most) {
    // Whatever ops a block has, the execution ends as long as it takes them by their keys.
    std::vector<BlockOps> joined(most);
    for (std::size_t i = 0; i < blocks.size(); ++i) {
      BlockOps& into = joined[i % most];
      into.insert(into.end(), blocks[i].begin(), blocks[i].end());
    }
    for (BlockOps& block : joined) {
      std::stable_sort(block.begin(), block.end(), [&](int a, int b) {
        return std::tie(plan.ops[a].phase, plan.ops[a].depth) <
               std::tie(plan.ops[b].phase, plan.ops[b].depth);
      });
    }
    blocks = std::move(joined);
  }
  if (blocks.empty()) blocks.emplace_back();
  return blocks;
}

class TableMaker {
 public:
  explicit TableMaker(const ProgramInput& input)
      : input_(input),
        plan_(input.plan),
        unstaged_(without_staging(input.plan)),
        positions_(positions_within_ranks(input.plan)) {
    if (input.network == nullptr) return;
    for (const auto& outgoing : input.network->outgoing) outgoing_[outgoing.op] = &outgoing;
    for (const auto& incoming : input.network->incoming) {
      incoming_[incoming.op] = &incoming;
      const Location& ring = plan_.ops[incoming.op].destinations[0];
      host_rings_[ring.offset] = true;
    }
    for (const auto& consumer : input.network->consumers) consumers_[consumer.op] = &consumer;
  }

  ProgramTables make() {
    for (const BlockOps& ops : blocks_of(plan_, input_.rank, input_.most_blocks)) add_block(ops);
    share_out_ends();
    tables_.program = {.state = input_.peers[input_.rank].state,
                       .control = input_.control,
                       .plan = input_.number,
                       .rank = static_cast<std::uint32_t>(input_.rank),
                       .num_blocks = static_cast<std::uint32_t>(tables_.blocks.size()),
                       .has_network = input_.network != nullptr ? 1U : 0U};
    return std::move(tables_);
  }

 private:
  // What a base stands for; two ops of a block that touch the same share it.
  struct BaseKey {
    int rank = 0;
    device::Base::Kind kind = device::Base::Kind::Fixed;
    std::byte* address = nullptr;
    auto operator<=>(const BaseKey&) const = default;
  };

  void add_block(const BlockOps& ops) {
    device::Block block{.first_op = static_cast<std::uint32_t>(tables_.ops.size()),
                        .num_ops = static_cast<std::uint32_t>(ops.size()),
                        .first_base = static_cast<std::uint32_t>(tables_.bases.size())};
    bases_.clear();
    for (const int id : ops) {
      tables_.ops.push_back(op_of(id));
      block.chunks = std::max(block.chunks, tables_.ops.back().chunks);
    }
    block.num_bases = static_cast<std::uint32_t>(bases_.size());
    if (block.num_bases > device::kMostBases) {
      throw MachineError("a block touches " + std::to_string(block.num_bases) + " buffers; " +
                         std::to_string(device::kMostBases) +
                         " are the most: use fewer ranks on one host");
    }
    tables_.blocks.push_back(block);
  }

  device::Op op_of(int id) {
    const NodeOp& op = plan_.ops[id];
    const Slice& slice = slice_of(plan_, op);
    const std::uint64_t chunks = num_chunks(slice);
    device::Op made = {};
    made.chunks = chunks;
    made.chunk_bytes = slice.chunk * plan_.element_size;
    made.last_bytes = chunk_elements(slice, chunks - 1) * plan_.element_size;
    made.counter = input_.peers[op.rank].counters + positions_[id];
    made.id = static_cast<std::uint32_t>(id);
    made.direct = device::kNone;
    made.omit = device::kNone;
    made.sources = static_cast<std::uint8_t>(op.sources.size());
    made.destinations = static_cast<std::uint8_t>(op.destinations.size());
    made.finishes = op.finishes ? 1 : 0;
    for (std::size_t i = 0; i < op.sources.size(); ++i) made.source[i] = place_of(op.sources[i]);
    add_direct(id, made);
    if (op.kind == NodeOp::Kind::Send) {
      send(id, made);
    } else {
      for (std::size_t i = 0; i < op.destinations.size(); ++i) {
        made.destination[i] = place_of(op.destinations[i]);
      }
    }
    if (op.kind == NodeOp::Kind::Stage) {
      made.omit = base_of({.rank = op.rank,
                           .kind = op.sources[0].buffer == Buffer::Input
                                       ? device::Base::Kind::InputRegion
                                       : device::Base::Kind::OutputRegion});
    }
    for (const pleach::Wait& wait : op.waits) add_wait(wait, id, made);
    if (op.kind == NodeOp::Kind::Send) {
      // Behind the plan's waits, whose positions a failure tells.
      push_wait({.counter = word_at(outgoing_.at(id)->sent), .lag = kStagingSlots}, made);
    }
    if (const auto consumer = consumers_.find(id); consumer != consumers_.end()) {
      made.host_counter = word_at(consumer->second->finished);
    }
    return made;
  }

  // Through host memory; the network thread does the rest.
  void send(int id, device::Op& made) {
    const NetworkLayout::Outgoing& outgoing = *outgoing_.at(id);
    made.destination[0] = {
        .offset = 0,
        .base = base_of({.rank = input_.rank, .address = input_.network_memory + outgoing.slots}),
        .ring_slots = kStagingSlots};
    made.host_counter = word_at(outgoing.staged);
  }

  void add_direct(int id, device::Op& made) {
    const auto& staged = plan_.ops[id].sources;
    const auto& direct = unstaged_.ops[id].sources;
    std::vector<device::Place> places;
    bool any = false;
    for (std::size_t i = 0; i < staged.size(); ++i) {
      const bool differs = direct[i].buffer != staged[i].buffer;
      places.push_back(differs
                           ? place_of(direct[i])
                           : device::Place{.offset = 0, .base = device::kNone, .ring_slots = 0});
      any = any || differs;
    }
    if (!any) return;
    made.direct = static_cast<std::uint32_t>(tables_.direct.size());
    tables_.direct.insert(tables_.direct.end(), places.begin(), places.end());
  }

  void add_wait(const pleach::Wait& wait, int id, device::Op& made) {
    const NodeOp& awaited = plan_.ops[wait.op];
    const std::uint64_t* counter = nullptr;
    if (plan_.placement.between(input_.rank, awaited.rank) != Reach::Network) {
      counter = input_.peers[awaited.rank].counters + positions_[wait.op];
    } else if (awaited.kind == NodeOp::Kind::Send) {
      counter = word_at(incoming_.at(wait.op)->arrived);
    } else {
      counter = word_at(outgoing_.at(id)->given_back);
    }
    push_wait({.counter = counter, .lag = wait.lag}, made);
  }

  static void push_wait(const device::Wait& wait, device::Op& made) {
    ENSURE(made.waits < device::kMostFan, "an op has at most 8 waits");
    made.wait[made.waits++] = wait;
  }

  device::Place place_of(const Location& location) {
    BaseKey key{.rank = location.rank};
    switch (location.buffer) {
      case Buffer::Input: key.kind = device::Base::Kind::Input; break;
      case Buffer::Output: key.kind = device::Base::Kind::Output; break;
      case Buffer::Scratch: key.address = scratch_of(location); break;
    }
    return {.offset = location.offset * plan_.element_size,
            .base = base_of(key),
            .ring_slots = location.ring_slots};
  }

  [[nodiscard]] std::byte* scratch_of(const Location& location) const {
    const bool from_network = location.rank == input_.rank && host_rings_.contains(location.offset);
    return from_network ? input_.rings : input_.peers[location.rank].scratch;
  }

  std::uint32_t base_of(const BaseKey& key) {
    const auto [at, is_new] = bases_.emplace(key, static_cast<std::uint32_t>(bases_.size()));
    if (is_new) {
      const DevicePeer& peer = input_.peers[key.rank];
      tables_.bases.push_back({.kind = key.kind,
                               .rank = static_cast<std::uint32_t>(key.rank),
                               .address = key.address,
                               .entry = key.rank == input_.rank ? nullptr : peer.state,
                               .regions = peer.regions});
    }
    return at->second;
  }

  [[nodiscard]] std::uint64_t* word_at(std::uint64_t offset) const {
    return reinterpret_cast<std::uint64_t*>(input_.network_memory + offset);
  }

  // Each block waits for as many.
  void share_out_ends() {
    std::vector<device::End> all;
    for (std::size_t id = 0; id < plan_.ops.size(); ++id) {
      const NodeOp& op = plan_.ops[id];
      if (op.rank == input_.rank || op.kind == NodeOp::Kind::Send) continue;
      if (!touches(op, input_.rank)) continue;
      all.push_back({.counter = input_.peers[op.rank].counters + positions_[id],
                     .chunks = num_chunks(slice_of(plan_, op)),
                     .rank = static_cast<std::uint32_t>(op.rank),
                     .op = static_cast<std::uint32_t>(id)});
    }
    // The next execution begins with all staging slots free.
    for (const auto& [id, outgoing] : outgoing_) {
      const NodeOp& send = plan_.ops[id];
      all.push_back({.counter = word_at(outgoing->sent),
                     .chunks = num_chunks(slice_of(plan_, send)),
                     .rank = static_cast<std::uint32_t>(send.destinations[0].rank),
                     .op = static_cast<std::uint32_t>(id)});
    }
    const std::size_t blocks = tables_.blocks.size();
    for (std::size_t i = 0; i < blocks; ++i) {
      device::Block& block = tables_.blocks[i];
      block.first_end = static_cast<std::uint32_t>(all.size() * i / blocks);
      block.num_ends = static_cast<std::uint32_t>(all.size() * (i + 1) / blocks) - block.first_end;
    }
    tables_.ends = std::move(all);
  }

  const ProgramInput& input_;
  const Plan& plan_;
  const Plan unstaged_;
  const std::vector<int> positions_;
  std::map<int, const NetworkLayout::Outgoing*> outgoing_;
  std::map<int, const NetworkLayout::Incoming*> incoming_;
  std::map<int, const NetworkLayout::Consumer*> consumers_;
  std::map<std::uint64_t, bool> host_rings_;  // by offset in this rank's scratch
  std::map<BaseKey, std::uint32_t> bases_;    // of the block
  ProgramTables tables_;
};

constexpr std::size_t kAlignment = 64;

std::size_t aligned(std::size_t bytes) {
  return (bytes + kAlignment - 1) / kAlignment * kAlignment;
}

template <class T>
std::size_t bytes_of(const std::vector<T>& values) {
  return values.size() * sizeof(T);
}

}  // namespace

ProgramTables make_tables(const ProgramInput& input) {
  ENSURE(input.most_blocks >= 1, "a rank has at least one block");
  return TableMaker(input).make();
}

std::uint32_t most_blocks_of_a_rank(const Plan& plan) {
  std::vector<std::uint32_t> blocks(plan.ranks, 0);
  for (const BlockProgram& block : plan.blocks) ++blocks[block.rank];
  return blocks.empty() ? 0 : *std::max_element(blocks.begin(), blocks.end());
}

DeviceProgram::DeviceProgram(Device& device, const ProgramTables& tables)
    : num_blocks_(static_cast<std::uint32_t>(tables.blocks.size())) {
  std::vector<std::byte> image(aligned(sizeof(device::Program)));
  const auto append = [&image](const auto& values) {
    const std::size_t at = image.size();
    image.resize(at + aligned(bytes_of(values)));
    if (!values.empty()) std::memcpy(image.data() + at, values.data(), bytes_of(values));
    return at;
  };
  const std::size_t ops = append(tables.ops);
  const std::size_t direct = append(tables.direct);
  const std::size_t bases = append(tables.bases);
  const std::size_t blocks = append(tables.blocks);
  const std::size_t ends = append(tables.ends);
  memory_ = DeviceMemory(device, image.size());
  std::byte* const base = memory_.get();
  device::Program program = tables.program;
  program.ops = reinterpret_cast<const device::Op*>(base + ops);
  program.direct = reinterpret_cast<const device::Place*>(base + direct);
  program.bases = reinterpret_cast<const device::Base*>(base + bases);
  program.blocks = reinterpret_cast<const device::Block*>(base + blocks);
  program.ends = reinterpret_cast<const device::End*>(base + ends);
  std::memcpy(image.data(), &program, sizeof program);
  device.write(base, image);
}

}  // namespace pleach
