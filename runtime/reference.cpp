#include "runtime/reference.hpp"

#include <algorithm>
#include <cstring>
#include <limits>
#include <type_traits>
#include <vector>

#include "compiler/core/check.hpp"
#include "runtime/small_float.hpp"

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

// What the reference knows of an element type. Value: what it is computed in. Stored: what stands
// in memory.
template <class T>
struct Numbers {
  using Value = T;
  using Stored = T;
  // Whole numbers up to 2^kExactBits, either sign, are exact.
  static constexpr int kExactBits = std::numeric_limits<T>::digits;
  // So are powers of two up to 2^kExponent and down to 2^-kExponent, at least.
  static constexpr int kExponent = 60;
  static Stored store(Value value) { return value; }
};
template <int exact_bits, int exponent>
struct SmallNumbers {
  using Value = float;
  using Stored = std::uint16_t;
  static constexpr int kExactBits = exact_bits;
  static constexpr int kExponent = exponent;
};
struct Float16 {};
template <>
struct Numbers<Float16> : SmallNumbers<11, 14> {
  static Stored store(Value value) { return to_bits(kFloat16, value); }
};
struct Bfloat16 {};
template <>
struct Numbers<Bfloat16> : SmallNumbers<8, 60> {
  static Stored store(Value value) { return to_bits(kBfloat16, value); }
};

template <class T>
using ValueOf = typename Numbers<T>::Value;

// A whole number from -limit, for unsigned types from 0, to limit.
template <class Value>
Value whole(std::uint64_t bits, std::uint64_t limit) {
  if constexpr (std::is_unsigned_v<Value>) {
    return static_cast<Value>(bits % (limit + 1));
  } else {
    return static_cast<Value>(static_cast<std::int64_t>(bits % (2 * limit + 1)) -
                              static_cast<std::int64_t>(limit));
  }
}

template <class T>
T integer_input(const CollectiveCall& call, std::uint64_t bits) {
  if (!adds_or_compares(call.collective)) return static_cast<T>(bits);
  // Sums of averages do not wrap around where the type has room: their quotients would say nothing.
  // In a narrow one they do, since without it there would be hardly a quotient but 0.
  if (call.op == ReduceOp::Avg && sizeof(T) >= 4) {
    const auto most = static_cast<std::uint64_t>(std::numeric_limits<T>::max());
    return whole<T>(bits, std::max<std::uint64_t>(most / (call.ranks + 1), 1));
  }
  // A product of some dozen even numbers would be 0, whoever is left out of it.
  return static_cast<T>(call.op == ReduceOp::Prod ? bits | 1 : bits);
}

template <class T>
ValueOf<T> floating_input(const CollectiveCall& call,
                          int rank,
                          std::uint64_t element,
                          std::uint64_t bits) {
  using Value = ValueOf<T>;
  constexpr std::uint64_t most = std::uint64_t{1} << Numbers<T>::kExactBits;
  const bool compares = call.op == ReduceOp::Min || call.op == ReduceOp::Max;
  if (!adds_or_compares(call.collective) || compares) return whole<Value>(bits, most);
  const auto ranks = static_cast<std::uint64_t>(call.ranks);
  // Who takes part where not all can: others for each element.
  const std::uint64_t turn = (static_cast<std::uint64_t>(rank) + element) % ranks;
  if (call.op == ReduceOp::Prod) {
    constexpr Value factors[] = {Value(1), Value(-1), Value(2), Value(0.5)};
    return factors[turn < Numbers<T>::kExponent ? bits % 4 : bits % 2];
  }
  if (ranks <= most) return whole<Value>(bits, most / ranks);
  return turn < most ? whole<Value>(bits, 1) : Value(0);
}

// Element `element` of the input of `rank`.
template <class T>
ValueOf<T> input_value(const CollectiveCall& call, int rank, std::uint64_t element) {
  const std::uint64_t bits = mixed(rank, element);
  if constexpr (std::is_integral_v<T>) {
    return integer_input<T>(call, bits);
  } else {
    return floating_input<T>(call, rank, element, bits);
  }
}

template <class Value>
Value reduce_two(ReduceOp op, Value a, Value b) {
  // 64 bits without a sign for integers: wrapping around is meant, at the end to the type's own
  // bits.
  using Wide = std::conditional_t<std::is_integral_v<Value>, std::uint64_t, Value>;
  switch (op) {
    case ReduceOp::Sum:
    case ReduceOp::Avg: return static_cast<Value>(static_cast<Wide>(a) + static_cast<Wide>(b));
    case ReduceOp::Prod: return static_cast<Value>(static_cast<Wide>(a) * static_cast<Wide>(b));
    case ReduceOp::Min: return a < b ? a : b;
    case ReduceOp::Max: return a > b ? a : b;
  }
  ENSURE(false, "an operator that does not exist");
  return a;
}

template <class Value>
Value divided(Value sum, int ranks) {
  if constexpr (std::is_unsigned_v<Value>) {
    return static_cast<Value>(sum / static_cast<std::uint64_t>(ranks));
  } else if constexpr (std::is_integral_v<Value>) {
    return static_cast<Value>(sum / std::int64_t{ranks});  // the number of ranks may not fit Value
  } else {
    return sum / static_cast<Value>(ranks);
  }
}

// Element `element` of the whole result.
template <class T>
ValueOf<T> expected_value(const CollectiveCall& call, std::uint64_t element) {
  if (call.collective == Collective::AllGather) {
    const int rank = static_cast<int>(element / call.count);
    return input_value<T>(call, rank, element % call.count);
  }
  if (call.collective == Collective::Broadcast) return input_value<T>(call, call.root, element);
  ValueOf<T> result = input_value<T>(call, 0, element);
  for (int rank = 1; rank < call.ranks; ++rank) {
    result = reduce_two(call.op, result, input_value<T>(call, rank, element));
  }
  return call.op == ReduceOp::Avg ? divided(result, call.ranks) : result;
}

template <class T>
void fill(const CollectiveCall& call, int rank, std::byte* input) {
  const std::uint64_t shards =
      call.collective == Collective::ReduceScatter ? static_cast<std::uint64_t>(call.ranks) : 1;
  for (std::uint64_t i = 0; i < call.count * shards; ++i) {
    const auto stored = Numbers<T>::store(input_value<T>(call, rank, i));
    std::memcpy(input + i * sizeof(stored), &stored, sizeof(stored));
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
  using Stored = typename Numbers<T>::Stored;
  std::vector<Stored> expected(kBlock);
  const auto* bytes = reinterpret_cast<const std::byte*>(expected.data());
  std::uint64_t wrong = 0;
  const bool scattered = call.collective == Collective::ReduceScatter;
  for (std::uint64_t shard = 0; shard < shards; ++shard) {
    if (scattered && outputs[shard] == nullptr) continue;
    for (std::uint64_t first = 0; first < call.count; first += kBlock) {
      const std::uint64_t block = std::min(kBlock, call.count - first);
      const std::uint64_t whole_first = shard * call.count + first;
      for (std::uint64_t i = 0; i < block; ++i) {
        expected[i] = Numbers<T>::store(expected_value<T>(call, whole_first + i));
      }
      for (int rank = 0; rank < call.ranks; ++rank) {
        if (outputs[rank] == nullptr) continue;
        if (call.collective == Collective::Reduce && rank != call.root) continue;
        if (scattered && shard != static_cast<std::uint64_t>(rank)) continue;
        const std::byte* output =
            outputs[rank] + (scattered ? first : whole_first) * sizeof(Stored);
        wrong += differing(output, bytes, block, sizeof(Stored));
      }
    }
  }
  return wrong;
}

// Calls `function.operator()<T>()` with the type that has Numbers for `dtype`.
template <class Function>
auto with_type(DataType dtype, Function function) {
  switch (dtype) {
    case DataType::Int8: return function.template operator()<std::int8_t>();
    case DataType::Uint8: return function.template operator()<std::uint8_t>();
    case DataType::Int16: return function.template operator()<std::int16_t>();
    case DataType::Int32: return function.template operator()<std::int32_t>();
    case DataType::Uint32: return function.template operator()<std::uint32_t>();
    case DataType::Int64: return function.template operator()<std::int64_t>();
    case DataType::Uint64: return function.template operator()<std::uint64_t>();
    case DataType::Float16: return function.template operator()<Float16>();
    case DataType::Bfloat16: return function.template operator()<Bfloat16>();
    case DataType::Float32: return function.template operator()<float>();
    case DataType::Float64: break;
  }
  return function.template operator()<double>();
}

}  // namespace

void fill_input(const CollectiveCall& call, int rank, std::byte* input) {
  with_type(call.dtype, [&]<class T>() { fill<T>(call, rank, input); });
}

std::uint64_t count_wrong(const CollectiveCall& call, std::span<const std::byte* const> outputs) {
  return with_type(call.dtype, [&]<class T>() { return count_wrong_of<T>(call, outputs); });
}

}  // namespace pleach
