#include "runtime/reference.hpp"

#include <algorithm>
#include <cstring>
#include <type_traits>
#include <vector>

#include "compiler/core/check.hpp"

namespace pleach {
namespace {

constexpr std::uint64_t kBlock = 4096;  // elements; expected values are made a block at a time

bool adds_or_compares(Collective collective) {
  return collective != Collective::AllGather && collective != Collective::Broadcast;
}
bool is_sharded(Collective collective) {
  return collective == Collective::AllGather || collective == Collective::ReduceScatter;
}

// Mixed bits for (rank, element). The factors are the fractions of the golden ratio and of the
// roots of 2 and 3: odd, without pattern.
std::uint64_t mixed(int rank, std::uint64_t element) {
  std::uint64_t bits = element * 0x9e3779b97f4a7c15U + static_cast<std::uint64_t>(rank);
  bits = (bits ^ (bits >> 32)) * 0x6a09e667f3bcc909U;
  bits = (bits ^ (bits >> 29)) * 0xbb67ae8584caa73bU;
  return bits ^ (bits >> 32);
}

// A whole number from -limit to limit.
template <class T>
T whole(std::uint64_t bits, std::int64_t limit) {
  const auto span = static_cast<std::uint64_t>(2 * limit + 1);
  return static_cast<T>(static_cast<std::int64_t>(bits % span) - limit);
}

// Element `element` of the input of `rank`.
template <class T>
T input_value(const CollectiveCall& call, int rank, std::uint64_t element) {
  const std::uint64_t bits = mixed(rank, element);
  const bool averages = adds_or_compares(call.collective) && call.op == ReduceOp::Avg;
  if constexpr (std::is_integral_v<T>) {
    return averages ? whole<T>(bits, 1000) : static_cast<T>(bits);
  } else {
    constexpr bool is_float = sizeof(T) == 4;
    if (!adds_or_compares(call.collective)) {
      return whole<T>(bits, std::int64_t{1} << (is_float ? 24 : 53));
    }
    if (call.op == ReduceOp::Prod) {
      // At most 2^60 and at least 2^-60, however many ranks are multiplied in whatever order.
      constexpr T factors[] = {T(1), T(-1), T(2), T(0.5)};
      return factors[rank < 60 ? bits % 4 : bits % 2];
    }
    // 2^24 and 2^53 bound the exact whole numbers: enough for 2^14 and 2^13 ranks.
    return whole<T>(bits, is_float ? 1000 : std::int64_t{1} << 40);
  }
}

template <class T>
T reduce_two(ReduceOp op, T a, T b) {
  // Unsigned for integers: wrapping around is meant.
  using W = typename std::conditional_t<std::is_integral_v<T>, std::make_unsigned<T>,
                                        std::type_identity<T>>::type;
  switch (op) {
    case ReduceOp::Sum:
    case ReduceOp::Avg: return static_cast<T>(static_cast<W>(a) + static_cast<W>(b));
    case ReduceOp::Prod: return static_cast<T>(static_cast<W>(a) * static_cast<W>(b));
    case ReduceOp::Min: return a < b ? a : b;
    case ReduceOp::Max: return a > b ? a : b;
  }
  ENSURE(false, "an operator that does not exist");
  return a;
}

// Element `element` of the whole result.
template <class T>
T expected_value(const CollectiveCall& call, std::uint64_t element) {
  if (call.collective == Collective::AllGather) {
    const int rank = static_cast<int>(element / call.count);
    return input_value<T>(call, rank, element % call.count);
  }
  if (call.collective == Collective::Broadcast) return input_value<T>(call, call.root, element);
  T result = input_value<T>(call, 0, element);
  for (int rank = 1; rank < call.ranks; ++rank) {
    result = reduce_two(call.op, result, input_value<T>(call, rank, element));
  }
  return call.op == ReduceOp::Avg ? static_cast<T>(result / static_cast<T>(call.ranks)) : result;
}

template <class T>
void fill(const CollectiveCall& call, int rank, std::byte* input) {
  const std::uint64_t shards =
      call.collective == Collective::ReduceScatter ? static_cast<std::uint64_t>(call.ranks) : 1;
  T* values = reinterpret_cast<T*>(input);
  for (std::uint64_t i = 0; i < call.count * shards; ++i) {
    values[i] = input_value<T>(call, rank, i);
  }
}

std::uint64_t differing(const std::byte* a,
                        const std::byte* b,
                        std::uint64_t count,
                        std::size_t size) {
  if (std::memcmp(a, b, count * size) == 0) return 0;
  std::uint64_t wrong = 0;
  for (std::uint64_t i = 0; i < count; ++i) {
    if (std::memcmp(a + i * size, b + i * size, size) != 0) ++wrong;
  }
  return wrong;
}

template <class T>
std::uint64_t count_wrong_of(const CollectiveCall& call,
                             std::span<const std::byte* const> outputs) {
  const std::uint64_t shards = is_sharded(call.collective) ? call.ranks : 1;
  std::vector<T> expected(kBlock);
  const auto* bytes = reinterpret_cast<const std::byte*>(expected.data());
  std::uint64_t wrong = 0;
  for (std::uint64_t shard = 0; shard < shards; ++shard) {
    for (std::uint64_t first = 0; first < call.count; first += kBlock) {
      const std::uint64_t block = std::min(kBlock, call.count - first);
      const std::uint64_t whole_first = shard * call.count + first;
      for (std::uint64_t i = 0; i < block; ++i) {
        expected[i] = expected_value<T>(call, whole_first + i);
      }
      for (int rank = 0; rank < call.ranks; ++rank) {
        if (call.collective == Collective::Reduce && rank != call.root) continue;
        const bool scattered = call.collective == Collective::ReduceScatter;
        if (scattered && shard != static_cast<std::uint64_t>(rank)) continue;
        const std::byte* output = outputs[rank] + (scattered ? first : whole_first) * sizeof(T);
        wrong += differing(output, bytes, block, sizeof(T));
      }
    }
  }
  return wrong;
}

// Calls `function.operator()<T>()` with the C++ type of `dtype`.
template <class Function>
auto with_type(DataType dtype, Function function) {
  switch (dtype) {
    case DataType::Float32: return function.template operator()<float>();
    case DataType::Float64: return function.template operator()<double>();
    case DataType::Int32: return function.template operator()<std::int32_t>();
    case DataType::Int64: break;
  }
  return function.template operator()<std::int64_t>();
}

}  // namespace

void fill_input(const CollectiveCall& call, int rank, std::byte* input) {
  with_type(call.dtype, [&]<class T>() { fill<T>(call, rank, input); });
}

std::uint64_t count_wrong(const CollectiveCall& call, std::span<const std::byte* const> outputs) {
  return with_type(call.dtype, [&]<class T>() { return count_wrong_of<T>(call, outputs); });
}

}  // namespace pleach
