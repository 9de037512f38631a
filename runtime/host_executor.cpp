#include "runtime/host_executor.hpp"

#include <algorithm>
#include <cstring>
#include <numeric>
#include <utility>

#include "compiler/core/check.hpp"

namespace pleach {

class HostExecutor::Room final : public Neighbours {
 public:
  Room(const Plan& plan, std::vector<RankMemory> memory, std::vector<RankExecutor>& ranks)
      : plan_(plan), memory_(std::move(memory)), ranks_(ranks) {}

  void enter(std::span<const RankBuffers> buffers) { buffers_ = buffers; }
  [[nodiscard]] const std::vector<RankMemory>& memory() const { return memory_; }

  const RankBuffers* buffers_of(int rank) override { return &buffers_[rank]; }
  bool may_send_to(int /*rank*/) override { return true; }
  bool send(int op,
            std::uint64_t number,
            std::span<const std::byte> data,
            std::uint64_t offset) override {
    const NodeOp& send = plan_.ops[op];
    const int receiver = send.destinations[0].rank;
    std::memcpy(memory_[receiver].scratch + offset, data.data(), data.size());
    ranks_[receiver].arrived(op, number);
    ranks_[send.rank].sent(op, number);
    return true;
  }
  bool give_back(int op, std::uint64_t number) override {
    ranks_[plan_.ops[op].rank].given_back(op, number);
    return true;
  }

 private:
  const Plan& plan_;
  const std::vector<RankMemory> memory_;
  std::vector<RankExecutor>& ranks_;
  std::span<const RankBuffers> buffers_;
};

HostExecutor::HostExecutor(Plan plan, DataType dtype, ReduceOp op)
    : plan_(std::move(plan)),
      combine_(combine_function(dtype, op)),
      divisor_(op == ReduceOp::Avg && reduces(plan_.collective) ? plan_.ranks : 0),
      scratch_(std::accumulate(plan_.scratch.begin(), plan_.scratch.end(), std::uint64_t{0}) *
               plan_.element_size),
      counters_(plan_.ops.size()) {
  ENSURE(plan_.element_size == size_of(dtype), "a plan is lowered for elements of one size");
  std::vector<RankMemory> memory(plan_.ranks);
  std::vector<std::size_t> ops(plan_.ranks, 0);
  for (const NodeOp& node : plan_.ops) ++ops[node.rank];
  std::byte* scratch = scratch_.data();
  OpCounter* counters = counters_.data();
  for (int rank = 0; rank < plan_.ranks; ++rank) {
    memory[rank] = {.scratch = scratch, .counters = counters};
    scratch += plan_.scratch[rank] * plan_.element_size;
    counters += ops[rank];
  }
  room_ = std::make_unique<Room>(plan_, std::move(memory), ranks_);
  prepare();
}

HostExecutor::~HostExecutor() = default;

// Nobody has executed anything yet.
void HostExecutor::prepare() {
  for (OpCounter& counter : counters_) counter.store(0, std::memory_order_relaxed);
  execution_ = 0;
  ranks_.clear();
  for (int rank = 0; rank < plan_.ranks; ++rank) ranks_.emplace_back(plan_, rank, room_->memory());
}

std::optional<Stall> HostExecutor::execute(std::span<const RankBuffers> buffers) {
  ENSURE(buffers.size() == ranks_.size(), "every rank has buffers");
  room_->enter(buffers);
  for (std::size_t rank = 0; rank < ranks_.size(); ++rank) {
    ranks_[rank].start({.buffers = buffers[rank], .combine = combine_, .divisor = divisor_},
                       execution_, *room_);
  }
  ++execution_;
  for (std::size_t done = 0; done < ranks_.size();) {
    bool ran = false;
    done = 0;
    for (RankExecutor& rank : ranks_) {
      const RankExecutor::Turn turn = rank.turn();
      ran = ran || turn == RankExecutor::Turn::Ran;
      if (turn == RankExecutor::Turn::Done) ++done;
    }
    if (ran || done == ranks_.size()) continue;
    const Stall stall = find_stall();
    prepare();
    return stall;
  }
  return std::nullopt;
}

Stall HostExecutor::find_stall() const {
  std::optional<Stall> first;
  for (const RankExecutor& rank : ranks_) {
    auto stall = rank.find_stall();
    if (stall && (!first || comes_before(*stall, *first))) first = std::move(stall);
  }
  ENSURE(first, "an execution that stalled has work left");
  return *std::move(first);
}

}  // namespace pleach
