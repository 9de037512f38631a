#include "tests/gpu/buffers.hpp"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <random>

#include "runtime/host_executor.hpp"
#include "runtime/small_float.hpp"

namespace pleach::gpu_check {
namespace {

constexpr std::size_t kGuard = 256;
constexpr std::byte kUntouched{0xa5};

std::size_t input_bytes(const Plan& plan, int rank) {
  return input_elements(plan, rank) * plan.element_size;
}
std::size_t output_bytes(const Plan& plan, int rank) {
  return output_elements(plan, rank) * plan.element_size;
}

double load(DataType dtype, const std::byte* buffer, std::uint64_t element) {
  if (dtype == DataType::Float32) {
    float value;
    std::memcpy(&value, buffer + element * sizeof value, sizeof value);
    return value;
  }
  std::uint16_t bits;
  std::memcpy(&bits, buffer + element * sizeof bits, sizeof bits);
  return from_bits(dtype == DataType::Float16 ? kFloat16 : kBfloat16, bits);
}

void store(DataType dtype, std::byte* buffer, std::uint64_t element, float value) {
  if (dtype == DataType::Float32) {
    std::memcpy(buffer + element * sizeof value, &value, sizeof value);
    return;
  }
  const std::uint16_t bits = to_bits(dtype == DataType::Float16 ? kFloat16 : kBfloat16, value);
  std::memcpy(buffer + element * sizeof bits, &bits, sizeof bits);
}

// Between 1 and the next value of the type.
double epsilon_of(DataType dtype) {
  return dtype == DataType::Float32 ? 0x1p-23 : dtype == DataType::Float16 ? 0x1p-10 : 0x1p-7;
}

// One element of a reduction in float64, and how far off it may be.
struct Near {
  double value = 0;
  double slack = 0;
};

Near near(const CollectiveCall& call,
          const std::vector<RankBuffers>& inputs,
          std::uint64_t element) {
  double sum = 0;
  double product = 1;
  double least = INFINITY;
  double most = -INFINITY;
  double size = 0;
  for (const RankBuffers& rank : inputs) {
    const double value = load(call.dtype, rank.input, element);
    sum += value;
    product *= value;
    least = std::min(least, value);
    most = std::max(most, value);
    size += std::abs(value);
  }
  const double roundings = call.ranks * epsilon_of(call.dtype);
  switch (call.op) {
    case ReduceOp::Sum: return {.value = sum, .slack = size * roundings};
    case ReduceOp::Avg: return {.value = sum / call.ranks, .slack = size / call.ranks * roundings};
    case ReduceOp::Prod: return {.value = product, .slack = std::abs(product) * roundings};
    case ReduceOp::Min: return {.value = least};
    case ReduceOp::Max: return {.value = most};
  }
  return {};
}

std::uint32_t integer_of(std::uint64_t seed, int rank, std::uint64_t element) {
  std::uint64_t bits = (seed * 31 + static_cast<std::uint64_t>(rank)) * 0x9e3779b97f4a7c15U;
  bits = (bits ^ element) * 0xbf58476d1ce4e5b9U;
  return static_cast<std::uint32_t>(bits >> 32);
}

}  // namespace

Buffers::Buffers(const Setup& setup, const Plan& plan, DataType dtype, ReduceOp op, bool misaligned)
    : setup_(setup),
      plan_(plan),
      call_{.collective = plan.collective,
            .ranks = plan.ranks,
            .root = std::max(plan.root, 0),
            .count = plan.count,
            .dtype = dtype,
            .op = op} {
  for (int rank = 0; rank < plan.ranks; ++rank) {
    const std::size_t in = input_bytes(plan, rank);
    const std::size_t out = output_bytes(plan, rank);
    shift_.push_back(kGuard + (misaligned ? 1 + 2 * static_cast<std::size_t>(rank % 8) : 0));
    for (const std::size_t bytes :
         {plan.in_place ? 0 : in, plan.in_place ? std::max(in, out) : out}) {
      before_.emplace_back(shift_[rank] + bytes + kGuard, kUntouched);
      memory_.push_back(std::make_unique<DeviceMemory>(setup.device, before_.back().size()));
    }
  }
  after_ = before_;
  for (const RankBuffers& rank : on_host(before_)) {
    // The same places of the device's memory.
    const int number = static_cast<int>(device_ranks_.size());
    const auto on_device = [&](const std::byte* place) {
      for (const int image : {2 * number, 2 * number + 1}) {
        const std::byte* const begin = before_[image].data();
        if (place >= begin && place < begin + before_[image].size()) {
          return memory_[image]->get() + (place - begin);
        }
      }
      return static_cast<std::byte*>(nullptr);
    };
    device_ranks_.push_back({.input = on_device(rank.input), .output = on_device(rank.output)});
  }
}

std::vector<RankBuffers> Buffers::on_host(std::vector<std::vector<std::byte>>& images) const {
  std::vector<RankBuffers> ranks;
  for (int rank = 0; rank < plan_.ranks; ++rank) {
    std::byte* const whole = images[2 * rank + 1].data() + shift_[rank];
    std::byte* const shard =
        is_sharded(plan_.collective) ? whole + plan_.count * rank * plan_.element_size : whole;
    if (!plan_.in_place) {
      ranks.push_back({.input = images[2 * rank].data() + shift_[rank], .output = whole});
    } else if (plan_.collective == Collective::AllGather) {
      ranks.push_back({.input = shard, .output = whole});
    } else {
      ranks.push_back({.input = whole, .output = shard});
    }
  }
  return ranks;
}

void Buffers::upload() {
  for (std::size_t image = 0; image < memory_.size(); ++image) {
    setup_.device->write(memory_[image]->get(), before_[image]);
  }
}

void Buffers::fill_exact() {
  for (auto& image : before_) std::fill(image.begin(), image.end(), kUntouched);
  const std::vector<RankBuffers> ranks = on_host(before_);
  for (int rank = 0; rank < plan_.ranks; ++rank) {
    if (input_bytes(plan_, rank) == 0) continue;
    fill_input(call_, rank, const_cast<std::byte*>(ranks[rank].input));
  }
  upload();
}

void Buffers::fill_rough(std::uint64_t seed) {
  for (auto& image : before_) std::fill(image.begin(), image.end(), kUntouched);
  const std::vector<RankBuffers> ranks = on_host(before_);
  std::mt19937_64 random(seed);
  for (int rank = 0; rank < plan_.ranks; ++rank) {
    for (std::uint64_t i = 0; i < input_elements(plan_, rank); ++i) {
      const double unit = static_cast<double>(random() >> 11) * 0x1p-53;
      const double sign = random() % 2 == 0 ? 1 : -1;
      const double value =
          call_.op == ReduceOp::Prod ? sign * (0.75 + unit / 2) : (2 * unit - 1) * 1000;
      store(call_.dtype, const_cast<std::byte*>(ranks[rank].input), i, static_cast<float>(value));
    }
  }
  upload();
}

void Buffers::fill_integers(std::uint64_t seed) {
  const std::vector<RankBuffers> ranks = on_host(before_);
  for (int rank = 0; rank < plan_.ranks; ++rank) {
    for (std::uint64_t i = 0; i < input_elements(plan_, rank); ++i) {
      const std::uint32_t value = integer_of(seed, rank, i);
      std::memcpy(const_cast<std::byte*>(ranks[rank].input) + i * 4, &value, 4);
    }
  }
  upload();
}

std::optional<std::string> Buffers::read_back() {
  for (std::size_t image = 0; image < memory_.size(); ++image) {
    setup_.device->read(after_[image], memory_[image]->get());
  }
  for (int rank = 0; rank < plan_.ranks; ++rank) {
    const std::string whose = "of rank " + std::to_string(rank);
    if (!plan_.in_place && after_[2 * rank] != before_[2 * rank]) {
      return "the input " + whose + ", or what is around it, has changed";
    }
    const std::vector<std::byte>& output = after_[2 * rank + 1];
    const auto untouched = [](std::byte byte) { return byte == kUntouched; };
    if (!std::all_of(output.begin(), output.begin() + static_cast<std::ptrdiff_t>(shift_[rank]),
                     untouched)) {
      return "bytes before the output " + whose + " have changed";
    }
    if (!std::all_of(output.end() - kGuard, output.end(), untouched)) {
      return "bytes behind the output " + whose + " have changed";
    }
  }
  return std::nullopt;
}

std::optional<std::string> Buffers::check_exact() {
  if (auto wrong = read_back()) return wrong;
  std::vector<const std::byte*> outputs;
  for (const RankBuffers& rank : on_host(after_)) outputs.push_back(rank.output);
  const std::uint64_t wrong = count_wrong(call_, outputs);
  if (wrong == 0) return std::nullopt;
  return std::to_string(wrong) + " elements are wrong";
}

std::optional<std::string> Buffers::check_near() {
  if (auto wrong = read_back()) return wrong;
  const std::vector<RankBuffers> inputs = on_host(before_);
  const std::vector<RankBuffers> outputs = on_host(after_);
  for (int rank = 0; rank < plan_.ranks; ++rank) {
    const bool scattered = plan_.collective == Collective::ReduceScatter;
    const std::uint64_t first = scattered ? plan_.count * rank : 0;
    for (std::uint64_t i = 0; i < output_elements(plan_, rank); ++i) {
      const double found = load(call_.dtype, outputs[rank].output, i);
      const Near expected = near(call_, inputs, first + i);
      if (std::abs(found - expected.value) <= expected.slack) continue;
      return "element " + std::to_string(i) + " of rank " + std::to_string(rank) + " is " +
             std::to_string(found) + ", in float64 " + std::to_string(expected.value) +
             ", more than " + std::to_string(expected.slack) + " away";
    }
  }
  return std::nullopt;
}

std::optional<std::string> Buffers::check_like_host() {
  if (auto wrong = read_back()) return wrong;
  std::vector<std::vector<std::byte>> images = before_;
  HostExecutor host(plan_, call_.dtype, call_.op);
  if (const auto stall = host.execute(on_host(images))) return "the host: " + to_string(*stall);
  const std::vector<RankBuffers> expected = on_host(images);
  const std::vector<RankBuffers> found = on_host(after_);
  for (int rank = 0; rank < plan_.ranks; ++rank) {
    const std::size_t bytes = output_bytes(plan_, rank);
    const std::byte* const there = found[rank].output;
    const auto at = std::mismatch(there, there + bytes, expected[rank].output);
    if (at.first == there + bytes) continue;
    return "byte " + std::to_string(at.first - there) + " of rank " + std::to_string(rank) +
           " is not that of the host";
  }
  return std::nullopt;
}

std::optional<std::string> Buffers::check_integers(std::uint64_t seed, int times) {
  if (auto wrong = read_back()) return wrong;
  std::uint32_t factor = 1;
  for (int i = 1; i < times; ++i) factor *= static_cast<std::uint32_t>(plan_.ranks);
  const std::vector<RankBuffers> found = on_host(after_);
  for (std::uint64_t i = 0; i < plan_.count; ++i) {
    std::uint32_t sum = 0;
    for (int rank = 0; rank < plan_.ranks; ++rank) sum += integer_of(seed, rank, i);
    sum *= factor;
    for (int rank = 0; rank < plan_.ranks; ++rank) {
      if (std::memcmp(found[rank].output + i * 4, &sum, 4) == 0) continue;
      return "element " + std::to_string(i) + " of rank " + std::to_string(rank) + " is wrong";
    }
  }
  return std::nullopt;
}

}  // namespace pleach::gpu_check
