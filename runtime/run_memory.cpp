#include "runtime/run_memory.hpp"

#include <algorithm>
#include <cstring>

namespace pleach {
namespace {

constexpr int kPoison = 0xa5;  // in outputs before a checked run

}  // namespace

RunMemory::RunMemory(const Plan& plan) : plan_(plan) {
  for (int rank = 0; rank < plan.ranks; ++rank) {
    const std::size_t in = input_elements(plan, rank) * plan.element_size;
    const std::size_t out = output_elements(plan, rank) * plan.element_size;
    if (plan.in_place) {
      add_in_place(rank, std::max(in, out));
    } else {
      inputs_.emplace_back(in);
      outputs_.emplace_back(out);
      ranks_.push_back({.input = inputs_.back().data(), .output = outputs_.back().data()});
    }
  }
}

double RunMemory::bytes_needed(const Plan& plan) {
  double elements = 0;
  for (int rank = 0; rank < plan.ranks; ++rank) {
    const auto in = static_cast<double>(input_elements(plan, rank));
    const auto out = static_cast<double>(output_elements(plan, rank));
    elements += plan.in_place ? std::max(in, out) : in + out;
    elements += static_cast<double>(plan.scratch[rank]);
  }
  return elements * static_cast<double>(plan.element_size);
}

void RunMemory::fill(const CollectiveCall& call) const {
  for (const HostBuffer& output : outputs_) {
    if (output.size() > 0) std::memset(output.data(), kPoison, output.size());
  }
  for (int rank = 0; rank < plan_.ranks; ++rank) {
    if (input_elements(plan_, rank) == 0) continue;
    fill_input(call, rank, const_cast<std::byte*>(ranks_[rank].input));
  }
}

std::uint64_t RunMemory::count_wrong_elements(const CollectiveCall& call) const {
  std::vector<const std::byte*> outputs;
  for (const RankBuffers& rank : ranks_) outputs.push_back(rank.output);
  return count_wrong(call, outputs);
}

std::vector<std::span<std::byte>> RunMemory::pieces() const {
  std::vector<std::span<std::byte>> pieces;
  for (const auto* const buffers : {&inputs_, &outputs_}) {
    for (const HostBuffer& buffer : *buffers) {
      if (buffer.size() > 0) pieces.emplace_back(buffer.data(), buffer.size());
    }
  }
  return pieces;
}

void RunMemory::add_in_place(int rank, std::size_t bytes) {
  outputs_.emplace_back(bytes);
  std::byte* const whole = outputs_.back().data();
  std::byte* const shard =
      is_sharded(plan_.collective) ? whole + plan_.count * rank * plan_.element_size : whole;
  ranks_.push_back({.input = plan_.collective == Collective::AllGather ? shard : whole,
                    .output = plan_.collective == Collective::ReduceScatter ? shard : whole});
}

}  // namespace pleach
