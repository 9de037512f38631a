// All ranks of a plan in one thread, over a network that does everything it may: it delivers in any
// order, late, tells the sender before or after the receiver, and has no room at random. Data is
// read from its source only when it is delivered. Ranks take turns at random, and enter an
// execution while others are still in the one before.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <functional>
#include <memory>
#include <optional>
#include <random>
#include <span>
#include <string>
#include <vector>

#include "compiler/plan/plan.hpp"
#include "runtime/rank_executor.hpp"

namespace pleach::testing {

class ScrambledNetwork {
 public:
  // `memory`: the buffers of all ranks in execution e. Which buffers other processes of a host see
  // is drawn for each rank.
  ScrambledNetwork(const Plan& plan, std::uint64_t seed) : plan_(plan), random_(seed) {
    std::vector<std::uint64_t> ops(plan.ranks, 0);
    for (const NodeOp& op : plan.ops) ++ops[op.rank];
    for (int rank = 0; rank < plan.ranks; ++rank) {
      scratch_.emplace_back(plan.scratch[rank] * plan.element_size);
      counters_.emplace_back(ops[rank]);
    }
    patience_ = 1 + random_() % 8;
    refusals_ = random_() % 4;
    for (int rank = 0; rank < plan.ranks; ++rank) {
      ranks_.push_back(std::make_unique<Rank>(*this, rank));
    }
  }

  struct Execution {
    std::vector<RankBuffers> buffers;  // of each rank
    CombineFunction combine = nullptr;
    int divisor = 0;
  };
  // Runs all of them, in order on each rank. Gives the first wait that is not met when nothing more
  // can happen, or nothing when all have ended.
  [[nodiscard]] std::optional<Stall> run(const std::vector<Execution>& executions) {
    executions_ = &executions;
    // A turn does something, delivers something, or is one of at most so many that do not.
    for (std::uint64_t idle = 0; idle < 20000;) {
      bool over = true;
      for (const auto& rank : ranks_) over = over && rank->done() == executions.size();
      if (over) return std::nullopt;
      const bool moved = ranks_[random_() % ranks_.size()]->step();
      const bool delivered = random_() % patience_ == 0 && deliver();
      idle = moved || delivered ? 0 : idle + 1;
    }
    std::optional<Stall> first;
    for (const auto& rank : ranks_) {
      const auto stall = rank->stall();
      if (stall && (!first || comes_before(*stall, *first))) first = stall;
    }
    return first ? first : Stall{};
  }

 private:
  class Rank final : public Neighbours {
   public:
    Rank(ScrambledNetwork& network, int rank)
        : network_(network), rank_(rank), entries_(network.plan_.ranks, 0) {
      std::vector<RankMemory> memory(network.plan_.ranks);
      for (int other = 0; other < network.plan_.ranks; ++other) {
        if (network.plan_.placement.between(rank, other) == Reach::Network) continue;
        memory[other] = {.scratch = network.scratch_[other].data(),
                         .counters = network.counters_[other].data()};
      }
      executor_.emplace(network.plan_, rank, std::move(memory));
      shows_input_ = network.random_() % 2 == 0;
      shows_output_ = network.random_() % 2 == 0;
    }

    // One turn; says whether something moved.
    bool step() {
      const auto& executions = *network_.executions_;
      if (!running_) {
        if (entered_ == executions.size()) return false;
        enter(executions[entered_]);
        return true;
      }
      switch (executor_->turn()) {
        case RankExecutor::Turn::Ran: return true;
        case RankExecutor::Turn::Blocked: return false;
        case RankExecutor::Turn::Done: break;
      }
      running_ = false;
      return true;
    }

    [[nodiscard]] std::uint64_t done() const { return running_ ? entered_ - 1 : entered_; }
    [[nodiscard]] std::optional<Stall> stall() const {
      return running_ ? executor_->find_stall() : std::nullopt;
    }
    RankExecutor& executor() { return *executor_; }
    void told_of_entry(int rank) { ++entries_[rank]; }

    const RankBuffers* buffers_of(int rank) override {
      const Rank& other = *network_.ranks_[rank];
      if (other.entered_ < entered_) return nullptr;
      seen_ = (*network_.executions_)[entered_ - 1].buffers[rank];
      if (network_.plan_.placement.between(rank_, rank) == Reach::Host) {
        if (!other.shows_input_) seen_.input = nullptr;
        if (!other.shows_output_) seen_.output = nullptr;
      }
      return &seen_;
    }
    bool may_send_to(int rank) override { return entries_[rank] >= entered_; }
    bool send(int op,
              std::uint64_t number,
              std::span<const std::byte> data,
              std::uint64_t offset) override {
      if (network_.refuses()) return false;
      const int to = network_.plan_.ops[op].destinations[0].rank;
      network_.later([this, op, number, data, offset, to] {
        std::memcpy(network_.scratch_[to].data() + offset, data.data(), data.size());
        network_.later(
            [this, op, number, to] { network_.ranks_[to]->executor().arrived(op, number & 0xff); });
        network_.later([this, op, number] { executor_->sent(op, number & 0xff); });
      });
      return true;
    }
    bool give_back(int op, std::uint64_t number) override {
      if (network_.refuses()) return false;
      const int to = network_.plan_.ops[op].rank;
      network_.later([this, op, number, to] {
        network_.ranks_[to]->executor().given_back(op, number & 0xff);
      });
      return true;
    }

   private:
    void enter(const Execution& execution) {
      running_ = true;
      executor_->start({.buffers = execution.buffers[rank_],
                        .input_is_shared = shows_input_,
                        .output_is_shared = shows_output_,
                        .combine = execution.combine,
                        .divisor = execution.divisor},
                       entered_++, *this);
      for (int other = 0; other < network_.plan_.ranks; ++other) {
        if (network_.plan_.placement.between(rank_, other) != Reach::Network) continue;
        network_.later([this, other] { network_.ranks_[other]->told_of_entry(rank_); });
      }
    }

    ScrambledNetwork& network_;
    const int rank_;
    std::optional<RankExecutor> executor_;
    bool shows_input_ = false;
    bool shows_output_ = false;
    bool running_ = false;
    std::uint64_t entered_ = 0;           // executions
    std::vector<std::uint64_t> entries_;  // of each other rank, as far as this one was told
    RankBuffers seen_;
  };

  bool refuses() { return random_() % 4 < refusals_; }
  void later(std::function<void()> action) { pending_.push_back(std::move(action)); }
  bool deliver() {
    if (pending_.empty()) return false;
    std::swap(pending_[random_() % pending_.size()], pending_.back());
    const auto action = std::move(pending_.back());
    pending_.pop_back();
    action();
    return true;
  }

  const Plan& plan_;
  std::mt19937_64 random_;
  std::uint64_t patience_ = 1;  // one turn in so many delivers
  std::uint64_t refusals_ = 0;  // of four requests so many find no room
  std::vector<std::vector<std::byte>> scratch_;
  std::vector<std::vector<OpCounter>> counters_;
  std::vector<std::unique_ptr<Rank>> ranks_;
  std::vector<std::function<void()>> pending_;
  const std::vector<Execution>* executions_ = nullptr;
};

}  // namespace pleach::testing
