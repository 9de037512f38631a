#include <cstring>

#include "runtime/small_float.hpp"
#include "tests/gpu/baselines.hpp"

namespace pleach::gpu_check {
namespace {

template <class T, class Widen, class Narrow>
void sum(const StarCall& call, Widen widen, Narrow narrow) {
  for (std::uint64_t at = 0; at < call.bytes; at += sizeof(T)) {
    float total = 0;
    for (int rank = 0; rank < call.ranks; ++rank) {
      T stored;
      std::memcpy(&stored, call.input[rank] + at, sizeof stored);
      total += widen(stored);
    }
    const T result = narrow(total);
    for (int rank = 0; rank < call.ranks; ++rank) {
      std::memcpy(call.output[rank] + at, &result, sizeof result);
    }
  }
}

class HostBaselines final : public Baselines {
 public:
  std::string describe() const override { return "threads of this process; times mean nothing"; }
  void copy(std::byte* to, const std::byte* from, std::size_t bytes, void* /*stream*/) override {
    std::memcpy(to, from, bytes);
  }
  void set(std::byte* to, std::size_t bytes, void* /*stream*/) override {
    std::memset(to, 0, bytes);
  }
  void all_reduce(const StarCall& call, void* /*stream*/) override {
    if (call.dtype == DataType::Float32) {
      sum<float>(
          call, [](float value) { return value; }, [](float value) { return value; });
    } else {
      sum<std::uint16_t>(
          call, [](std::uint16_t bits) { return from_bits(kBfloat16, bits); },
          [](float value) { return to_bits(kBfloat16, value); });
    }
  }
};

}  // namespace

std::unique_ptr<Baselines> host_baselines() { return std::make_unique<HostBaselines>(); }

}  // namespace pleach::gpu_check
