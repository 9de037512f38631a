// The loops of runtime/combine.hpp over vectors of kLaneBytes, for the source that includes this:
// a vector unit each, which defines before
//
//   PLEACH_LANES      attributes of all code here: the target, unless it is that of the build
//   PLEACH_F16C       if the target has F16C (and AVX2); vectors have 32 bytes then, else 16
//
// All is in an unnamed namespace and inlines nothing of the standard library, so that no code for
// one unit can stand in for another's when the program is linked. Attributes instead of
// target_clones: ThreadSanitizer can not start programs with ifuncs.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <type_traits>
#ifdef PLEACH_F16C
#include <immintrin.h>
#endif

#include "compiler/core/check.hpp"
#include "runtime/combine_table.hpp"

#ifndef PLEACH_LANES
#define PLEACH_LANES
#endif

namespace pleach {
namespace {

#ifdef PLEACH_F16C
constexpr std::size_t kLaneBytes = 32;
#else
constexpr std::size_t kLaneBytes = 16;
#endif

// typedef, because an alias template takes no attribute that depends on its parameters.
template <class T, std::size_t lanes>
struct VectorOf {
  typedef T Type __attribute__((vector_size(lanes * sizeof(T))));
  // The same at any address, in memory of any type.
  typedef T InMemory __attribute__((vector_size(lanes * sizeof(T)), aligned(1), may_alias));
};
constexpr std::size_t kWords = kLaneBytes / 4;
using Floats = VectorOf<float, kWords>::Type;
using Words = VectorOf<std::int32_t, kWords>::Type;
using UnsignedWords = VectorOf<std::uint32_t, kWords>::Type;
using Halves = VectorOf<std::uint16_t, kWords>::Type;
using HalvesInMemory = VectorOf<std::uint16_t, kWords>::InMemory;

template <class To, class From>
[[gnu::always_inline]] PLEACH_LANES inline To same_bits(const From& from) {
  static_assert(sizeof(To) == sizeof(From));
  To to;
  std::memcpy(&to, &from, sizeof(to));
  return to;
}

// A format says how elements stand in memory and as what they are combined.
template <class T>
struct Native {
  using Vector = typename VectorOf<T, kLaneBytes / sizeof(T)>::Type;
  using InMemory = typename VectorOf<T, kLaneBytes / sizeof(T)>::InMemory;
  static constexpr std::size_t kBytes = kLaneBytes;  // of one vector in memory
  static constexpr std::size_t kSize = sizeof(T);    // of one element there
  // That a block holds in registers: 128 bytes, in half of the 16 registers of plain x86-64.
  static constexpr std::size_t kVectors = 128 / kLaneBytes;

  [[gnu::always_inline]] PLEACH_LANES static inline void load(Vector& to, const std::byte* from) {
    to = *reinterpret_cast<const InMemory*>(from);
  }
  [[gnu::always_inline]] PLEACH_LANES static inline void store(std::byte* to, const Vector& from) {
    *reinterpret_cast<InMemory*>(to) = from;
  }
};

// Two bytes in memory, combined as float32; Code turns the lower halves of words into floats and
// back.
template <class Code>
struct Half {
  using Vector = Floats;
  static constexpr std::size_t kBytes = kLaneBytes / 2;
  static constexpr std::size_t kSize = 2;
  // The conversions need registers too, without F16C most of the 16.
  static constexpr std::size_t kVectors = kLaneBytes / 8;

  [[gnu::always_inline]] PLEACH_LANES static inline void load(Vector& to, const std::byte* from) {
    const Halves halves = *reinterpret_cast<const HalvesInMemory*>(from);
    Code::widen(to, halves);
  }
  [[gnu::always_inline]] PLEACH_LANES static inline void store(std::byte* to, const Vector& from) {
    Halves halves;
    Code::round(halves, from);
    *reinterpret_cast<HalvesInMemory*>(to) = halves;
  }
};

// Words with nothing in their upper halves from their lower ones, and back.
[[gnu::always_inline]] PLEACH_LANES inline void widen(Words& words, const Halves& halves) {
#ifdef PLEACH_F16C
  words = same_bits<Words>(_mm256_cvtepu16_epi32(same_bits<__m128i>(halves)));
#else
  words = __builtin_convertvector(halves, Words);
#endif
}
[[gnu::always_inline]] PLEACH_LANES inline void narrow(Halves& halves, const Words& words) {
#ifdef PLEACH_F16C
  const auto both = same_bits<__m256i>(words);
  halves = same_bits<Halves>(
      _mm_packus_epi32(_mm256_castsi256_si128(both), _mm256_extracti128_si256(both, 1)));
#else
  halves = __builtin_convertvector(words, Halves);
#endif
}

struct Bfloat16Code {
  [[gnu::always_inline]] PLEACH_LANES static inline void widen(Floats& floats,
                                                               const Halves& halves) {
    Words words;
    pleach::widen(words, halves);
    floats = same_bits<Floats>(words << 16);
  }
  [[gnu::always_inline]] PLEACH_LANES static inline void round(Halves& halves,
                                                               const Floats& floats) {
    const auto bits = same_bits<UnsignedWords>(floats);
    // Half of the last place, less 1 unless that place is odd. It carries into the exponent, as it
    // should.
    const UnsignedWords rounded = (bits + 0x7fff + ((bits >> 16) & 1)) >> 16;
    // A NaN whose payload is all in the lower half must not become an infinity.
    const UnsignedWords nan = (bits >> 16) | 0x40;
    const Words is_nan = floats != floats;
    narrow(halves, same_bits<Words>(is_nan ? nan : rounded));
  }
};

// binary16: 1 sign bit, 5 bits of exponent with bias 15, 10 of mantissa. float32: 1, 8 with
// 127, 23.
struct Float16Code {
#ifdef PLEACH_F16C
  [[gnu::always_inline]] PLEACH_LANES static inline void widen(Floats& floats,
                                                               const Halves& halves) {
    floats = same_bits<Floats>(_mm256_cvtph_ps(same_bits<__m128i>(halves)));
  }
  [[gnu::always_inline]] PLEACH_LANES static inline void round(Halves& halves,
                                                               const Floats& floats) {
    halves =
        same_bits<Halves>(_mm256_cvtps_ph(same_bits<__m256>(floats), _MM_FROUND_TO_NEAREST_INT));
  }
#else
  [[gnu::always_inline]] PLEACH_LANES static inline void widen(Floats& floats,
                                                               const Halves& halves) {
    Words all;
    pleach::widen(all, halves);
    const Words shifted = (all & 0x7fff) << 13;        // exponent and mantissa in their places
    const Words infinite = shifted >= (0x7c00 << 13);  // or NaN: exponent 31 becomes 255
    const Words normal = shifted + (112 << 23) + (infinite & (112 << 23));
    // Subnormal, m · 2^-24: put behind the implicit 1 of 2^-14, which is taken off again, exactly.
    const Words least = Words{} + (113 << 23);  // 2^-14
    const Floats tiny = same_bits<Floats>(shifted + (113 << 23)) - same_bits<Floats>(least);
    const Words positive = shifted < (1 << 23) ? same_bits<Words>(tiny) : normal;
    floats = same_bits<Floats>(positive | ((all & 0x8000) << 16));
  }
  [[gnu::always_inline]] PLEACH_LANES static inline void round(Halves& halves,
                                                               const Floats& floats) {
    const Words bits = same_bits<Words>(floats);
    const Words positive = bits & 0x7fffffff;
    // Half of the last place, less 1 unless the place before is odd; it carries where it should.
    const Words normal = (positive - (112 << 23) + 0xfff + ((positive >> 13) & 1)) >> 13;
    // Below 2^-14: the last place of 0.5 is that of the subnormals, so adding 0.5 rounds.
    const Words half = Words{} + (126 << 23);
    const Words tiny =
        same_bits<Words>(same_bits<Floats>(positive) + same_bits<Floats>(half)) - (126 << 23);
    const Words nan = ((positive >> 13) & 0x3ff) | 0x7e00;
    const Words infinity = Words{} + 0x7c00;
    Words result = positive < (113 << 23) ? tiny : normal;
    result = positive >= (143 << 23) ? infinity : result;  // 2^16; less rounds to it by itself
    result = positive > (255 << 23) ? nan : result;
    narrow(halves, result | ((bits >> 16) & 0x8000));
  }
#endif
};

template <ReduceOp op, class Vector>
[[gnu::always_inline]] PLEACH_LANES inline void apply(Vector& left, const Vector& right) {
  // A comparison of integers with themselves is never true and costs nothing.
  if constexpr (op == ReduceOp::Min) {
    left = (right < left) | (right != right) ? right : left;
  } else if constexpr (op == ReduceOp::Max) {
    left = (right > left) | (right != right) ? right : left;
  } else if constexpr (op == ReduceOp::Prod) {
    left = left * right;
  } else {
    left = left + right;
  }
}

// `vectors` of elements from byte `at` of every source on. All are loaded before any is stored, so
// `into` may be a source.
template <class Format, ReduceOp op, std::size_t vectors>
[[gnu::always_inline]] PLEACH_LANES inline void combine_block(std::byte* into,
                                                              const std::byte* const* sources,
                                                              std::size_t num_sources,
                                                              std::size_t at,
                                                              int divisor) {
  using Vector = typename Format::Vector;
  Vector result[vectors];  // NOLINT: std::array's functions would be of another target
#pragma GCC unroll 8
  for (std::size_t v = 0; v < vectors; ++v) {
    Format::load(result[v], sources[0] + at + v * Format::kBytes);
  }
  for (std::size_t s = 1; s < num_sources; ++s) {
#pragma GCC unroll 8
    for (std::size_t v = 0; v < vectors; ++v) {
      Vector next;
      Format::load(next, sources[s] + at + v * Format::kBytes);
      apply<op>(result[v], next);
    }
  }
  using Lane = std::remove_cvref_t<decltype(result[0][0])>;
  if constexpr (std::is_floating_point_v<Lane>) {
    if (divisor > 1) {
#pragma GCC unroll 8
      for (std::size_t v = 0; v < vectors; ++v) result[v] = result[v] / static_cast<Lane>(divisor);
    }
  }
#pragma GCC unroll 8
  for (std::size_t v = 0; v < vectors; ++v) {
    Format::store(into + at + v * Format::kBytes, result[v]);
  }
}

// Integers are not divided here.
template <class Format, ReduceOp op>
[[gnu::noinline]] PLEACH_LANES void combine_lanes(std::byte* into,
                                                  const std::byte* const* sources,
                                                  std::size_t num_sources,
                                                  std::size_t count,
                                                  int divisor) {
  constexpr std::size_t block = Format::kVectors * Format::kBytes;
  const std::size_t bytes = count * Format::kSize;
  std::size_t at = 0;
  for (; at + block <= bytes; at += block) {
    combine_block<Format, op, Format::kVectors>(into, sources, num_sources, at, divisor);
  }
  // The rest, in blocks of one vector with room behind the elements.
  for (; at < bytes; at += Format::kBytes) {
    const std::size_t size = bytes - at < Format::kBytes ? bytes - at : Format::kBytes;
    std::byte rests[kMaxSources][Format::kBytes] = {};  // NOLINT: as above
    const std::byte* pointers[kMaxSources] = {};        // NOLINT
    for (std::size_t s = 0; s < num_sources; ++s) {
      std::memcpy(rests[s], sources[s] + at, size);
      pointers[s] = rests[s];
    }
    combine_block<Format, op, 1>(rests[0], pointers, num_sources, 0, divisor);
    std::memcpy(into + at, rests[0], size);
  }
}

// Integers, towards zero. The quotients of narrow ones are rounded to the nearest float (double),
// which is never the next whole number: that is further off than half a last place. It is several
// times as fast as to divide integers.
template <class T>
[[gnu::noinline]] PLEACH_LANES void divide(std::byte* values, std::size_t count, int divisor) {
  using Quotient = std::conditional_t<
      sizeof(T) <= 2, float,
      std::conditional_t<sizeof(T) == 4, double,
                         std::conditional_t<std::is_signed_v<T>, std::int64_t, std::uint64_t>>>;
  const auto by = static_cast<Quotient>(divisor);
  for (std::size_t i = 0; i < count; ++i) {
    T value;
    std::memcpy(&value, values + i * sizeof(T), sizeof(T));
    value = static_cast<T>(static_cast<Quotient>(value) / by);
    std::memcpy(values + i * sizeof(T), &value, sizeof(T));
  }
}

// The format that combines elements of T. Sums and products of integers are the same for both
// signs, and defined where they wrap around for unsigned ones.
template <class T, ReduceOp op, bool = std::is_integral_v<T>>
struct FormatOf {
  using Type = Native<T>;
};
template <class T, ReduceOp op>
struct FormatOf<T, op, true> {
  static constexpr bool kCompares = op == ReduceOp::Min || op == ReduceOp::Max;
  using Type = Native<std::conditional_t<kCompares, T, std::make_unsigned_t<T>>>;
};
template <class Code, ReduceOp op>
struct FormatOf<Half<Code>, op, false> {
  using Type = Half<Code>;
};

template <class T, ReduceOp op>
void combine(std::byte* into,
             std::span<const std::byte* const> sources,
             std::size_t count,
             int divisor) {
  using Format = typename FormatOf<T, op>::Type;
  ENSURE(!sources.empty() && sources.size() <= kMaxSources, "a call combines 1 to 8 sources");
  const bool whole = std::is_integral_v<T>;
  if (sources.size() == 1 && (whole || divisor <= 1)) {
    if (into != sources[0]) std::memcpy(into, sources[0], count * Format::kSize);
  } else {
    combine_lanes<Format, op>(into, sources.data(), sources.size(), count, divisor);
  }
  if constexpr (whole) {
    if (divisor > 1) divide<T>(into, count, divisor);
  }
}

template <class T>
CombineFunction function_of(ReduceOp op) {
  switch (op) {
    case ReduceOp::Sum:
    case ReduceOp::Avg: return combine<T, ReduceOp::Sum>;
    case ReduceOp::Min: return combine<T, ReduceOp::Min>;
    case ReduceOp::Max: return combine<T, ReduceOp::Max>;
    case ReduceOp::Prod: return combine<T, ReduceOp::Prod>;
  }
  ENSURE(false, "an operator that does not exist");
  return nullptr;
}

[[maybe_unused]] CombineFunction function_of(DataType dtype, ReduceOp op) {
  switch (dtype) {
    case DataType::Int8: return function_of<std::int8_t>(op);
    case DataType::Uint8: return function_of<std::uint8_t>(op);
    case DataType::Int16: return function_of<std::int16_t>(op);
    case DataType::Int32: return function_of<std::int32_t>(op);
    case DataType::Uint32: return function_of<std::uint32_t>(op);
    case DataType::Int64: return function_of<std::int64_t>(op);
    case DataType::Uint64: return function_of<std::uint64_t>(op);
    case DataType::Float16: return function_of<Half<Float16Code>>(op);
    case DataType::Bfloat16: return function_of<Half<Bfloat16Code>>(op);
    case DataType::Float32: return function_of<float>(op);
    case DataType::Float64: return function_of<double>(op);
  }
  ENSURE(false, "an element type that does not exist");
  return nullptr;
}

}  // namespace
}  // namespace pleach
