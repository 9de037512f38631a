#include "tests/gpu/bench_data.hpp"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstring>
#include <random>
#include <span>

namespace pleach::gpu_check {
namespace {

constexpr std::size_t kPattern = std::size_t{1} << 22;  // words
constexpr int kSamples = 64;

// Of `elements`, the first, the last and some between; the same ones every time.
std::vector<std::uint64_t> samples(std::uint64_t elements) {
  std::vector<std::uint64_t> places = {0, elements - 1};
  std::mt19937_64 random(elements);
  for (int i = 0; i < kSamples; ++i) places.push_back(random() % elements);
  return places;
}

std::size_t start_of(int rank) { return 1009 * static_cast<std::size_t>(rank); }

}  // namespace

BenchData::BenchData(const Setup& setup, int ranks, std::size_t bytes)
    : setup_(setup), pattern_(2 * kPattern) {
  std::mt19937_64 random(5);
  for (std::size_t i = 0; i < kPattern; ++i) {
    pattern_[i] = static_cast<std::uint16_t>(0x3f80U | (random() & 0x7fU));
    pattern_[i + kPattern] = pattern_[i];
  }
  for (int rank = 0; rank < ranks; ++rank) {
    for (int i = 0; i < 2; ++i) {
      memory_.push_back(std::make_unique<DeviceMemory>(setup.device, bytes));
    }
    std::byte* const input = memory_[2 * rank]->get();
    const auto words = std::as_bytes(std::span(pattern_).subspan(start_of(rank), kPattern));
    for (std::size_t at = 0; at < bytes; at += words.size()) {
      setup.device->write(input + at, words.first(std::min(words.size(), bytes - at)));
    }
    ranks_.push_back({.input = input, .output = memory_[2 * rank + 1]->get()});
  }
}

double BenchData::input_value(int rank, std::uint64_t element, DataType dtype) const {
  const auto word = [&](std::uint64_t at) {
    return std::uint32_t{pattern_[start_of(rank) + at % kPattern]};
  };
  const std::uint32_t bits = dtype == DataType::Float32
                                 ? word(2 * element) | word(2 * element + 1) << 16
                                 : word(element) << 16;
  return std::bit_cast<float>(bits);
}

// Element `element` of the whole result.
double BenchData::expected(const Plan& plan, std::uint64_t element, DataType dtype) const {
  if (plan.collective == Collective::AllGather) {
    return input_value(static_cast<int>(element / plan.count), element % plan.count, dtype);
  }
  double sum = 0;
  for (int rank = 0; rank < plan.ranks; ++rank) sum += input_value(rank, element, dtype);
  return sum;
}

std::optional<std::string> BenchData::check(const Plan& plan, DataType dtype) const {
  const bool adds = plan.collective != Collective::AllGather;
  // All inputs are at least 1, so each rounding is relative to the sum.
  const double slack = adds ? plan.ranks * (dtype == DataType::Float32 ? 0x1p-23 : 0x1p-7) : 0;
  for (int rank = 0; rank < plan.ranks; ++rank) {
    const bool scattered = plan.collective == Collective::ReduceScatter;
    for (const std::uint64_t i : samples(output_elements(plan, rank))) {
      std::uint32_t bits = 0;
      std::byte raw[4] = {};
      setup_.device->read(std::span(raw, plan.element_size),
                          ranks_[rank].output + i * plan.element_size);
      std::memcpy(&bits, raw, sizeof bits);
      if (dtype != DataType::Float32) bits <<= 16;
      const double found = std::bit_cast<float>(bits);
      const double right = expected(plan, i + (scattered ? plan.count * rank : 0), dtype);
      if (std::abs(found - right) <= slack * right) continue;
      return "element " + std::to_string(i) + " of rank " + std::to_string(rank) + " is " +
             std::to_string(found) + ", not " + std::to_string(right);
    }
  }
  return std::nullopt;
}

void BenchData::forget(const Plan& plan) const {
  const std::byte zeros[4] = {};
  for (int rank = 0; rank < plan.ranks; ++rank) {
    for (const std::uint64_t i : samples(output_elements(plan, rank))) {
      setup_.device->write(ranks_[rank].output + i * plan.element_size,
                           std::span(zeros).first(plan.element_size));
    }
  }
}

}  // namespace pleach::gpu_check
