// What a block does with one chunk of a node op: combine its sources from left to right, store the
// result to its destinations. The whole block calls these, and a barrier stands before and after.
//
// Data moves 16 bytes at a time wherever the addresses of an op lie alike modulo 16, which they do
// unless a program's counts or addresses are odd; what is before the first such address and behind
// the last moves by elements. Addresses may have any alignment.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>

#include "kernels/bulk_copy.hpp"
#include "kernels/elements.hpp"
#include "kernels/program.hpp"
#include "kernels/shim.hpp"

namespace pleach::device {
inline namespace PLEACH_SHIM {

// A destination may be the first source, and a copy's any of them; else none overlaps another.
struct Work {
  const std::byte* source[kMostFan];
  std::byte* destination[kMostFan];
  std::uint64_t bytes;
  std::uint32_t sources;
  std::uint32_t destinations;
  std::uint32_t divisor;  // above 1: of the combined value
  std::uint32_t bulk;     // not 0: a copy may go through the bulk copy engine
};

// Bits in which some address differs from the first source's.
PLEACH_DEVICE std::uint64_t difference_of(const Work& work) {
  const auto first = reinterpret_cast<std::uint64_t>(work.source[0]);
  std::uint64_t difference = 0;
  for (std::uint32_t s = 1; s < work.sources; ++s) {
    difference |= first ^ reinterpret_cast<std::uint64_t>(work.source[s]);
  }
  for (std::uint32_t d = 0; d < work.destinations; ++d) {
    difference |= first ^ reinterpret_cast<std::uint64_t>(work.destination[d]);
  }
  return difference;
}

// Bytes before the first address that `unit`, a power of two, divides.
PLEACH_DEVICE std::uint64_t head_of(const Work& work, std::uint64_t unit) {
  const std::uint64_t head = -reinterpret_cast<std::uint64_t>(work.source[0]) & (unit - 1);
  return head < work.bytes ? head : work.bytes;
}

template <class T>
PLEACH_DEVICE T load(const std::byte* from) {
  if constexpr (sizeof(T) == 16) {
    return load16(from);
  } else {
    return *reinterpret_cast<const T*>(from);
  }
}
template <class T>
PLEACH_DEVICE void store(std::byte* to, const T& value) {
  if constexpr (sizeof(T) == 16) {
    store16(to, value);
  } else {
    *reinterpret_cast<T*>(to) = value;
  }
}

// `units` of T from `begin` bytes on.
template <class T>
PLEACH_DEVICE void copy_units(const Thread& thread,
                              const Work& work,
                              std::uint64_t begin,
                              std::uint64_t units) {
  constexpr int kUnroll = 4;
  const std::byte* const source = work.source[0] + begin;
  const std::uint64_t stride = thread.count();
  std::uint64_t unit = thread.index();
  for (; unit + (kUnroll - 1) * stride < units; unit += kUnroll * stride) {
    T values[kUnroll];
    PLEACH_UNROLL(16)
    for (int k = 0; k < kUnroll; ++k) values[k] = load<T>(source + (unit + k * stride) * sizeof(T));
    for (std::uint32_t d = 0; d < work.destinations; ++d) {
      std::byte* const to = work.destination[d] + begin;
      if (to == source) continue;
      PLEACH_UNROLL(16)
      for (int k = 0; k < kUnroll; ++k) store(to + (unit + k * stride) * sizeof(T), values[k]);
    }
  }
  for (; unit < units; unit += stride) {
    const T value = load<T>(source + unit * sizeof(T));
    for (std::uint32_t d = 0; d < work.destinations; ++d) {
      std::byte* const to = work.destination[d] + begin;
      if (to != source) store(to + unit * sizeof(T), value);
    }
  }
}

template <class T>
PLEACH_DEVICE void copy_by(const Thread& thread, const Work& work) {
  const std::uint64_t head = head_of(work, sizeof(T));
  const std::uint64_t units = (work.bytes - head) / sizeof(T);
  const std::uint64_t body_end = head + units * sizeof(T);
  if (head > 0) copy_units<std::uint8_t>(thread, work, 0, head);
  copy_units<T>(thread, work, head, units);
  if (body_end < work.bytes) {
    copy_units<std::uint8_t>(thread, work, body_end, work.bytes - body_end);
  }
}

// Vectors by the bulk copy engine, which one thread commands; what is before and behind them by
// all.
PLEACH_DEVICE void copy_by_engine(const Thread& thread, const Work& work) {
  const std::uint64_t head = head_of(work, 16);
  const std::uint64_t vectors = (work.bytes - head) / 16 * 16;
  const std::uint64_t body_end = head + vectors;
  if (head > 0) copy_units<std::uint8_t>(thread, work, 0, head);
  if (body_end < work.bytes) {
    copy_units<std::uint8_t>(thread, work, body_end, work.bytes - body_end);
  }
  if (thread.index() == 0) {
    bulk_copy(work.source[0], work.destination, work.destinations, head, vectors);
  }
}

// Of one source, by the largest unit that all addresses allow.
PLEACH_DEVICE void copy(const Thread& thread, const Work& work) {
  const std::uint64_t difference = difference_of(work);
  if constexpr (kBulkEngine) {
    // With less the engine has nothing to do at the same time.
    if (work.bulk != 0 && difference % 16 == 0 && work.bytes >= 2 * kBulkPiece) {
      copy_by_engine(thread, work);
      return;
    }
  }
  if (difference % 16 == 0) {
    copy_by<Vector16>(thread, work);
  } else if (difference % 8 == 0) {
    copy_by<std::uint64_t>(thread, work);
  } else if (difference % 4 == 0) {
    copy_by<std::uint32_t>(thread, work);
  } else if (difference % 2 == 0) {
    copy_by<std::uint16_t>(thread, work);
  } else {
    copy_by<std::uint8_t>(thread, work);
  }
}

// As many elements as T holds, in registers.
template <class Format, class T>
struct Pack {
  static constexpr int kLanes = sizeof(T) / sizeof(typename Format::Stored);
  struct Stored {
    typename Format::Stored lane[kLanes];
  };
  typename Format::Value lane[kLanes];

  PLEACH_DEVICE void widen(const T& bits) {
    const auto stored = same_bits<Stored>(bits);
    PLEACH_UNROLL(16)
    for (int i = 0; i < kLanes; ++i) lane[i] = Format::widen(stored.lane[i]);
  }
  template <ReduceOp op>
  PLEACH_DEVICE void combine(const T& bits) {
    const auto stored = same_bits<Stored>(bits);
    PLEACH_UNROLL(16)
    for (int i = 0; i < kLanes; ++i) {
      lane[i] = combined<op>(lane[i], Format::widen(stored.lane[i]));
    }
  }
  PLEACH_DEVICE void divide(std::uint32_t divisor) {
    PLEACH_UNROLL(16)
    for (int i = 0; i < kLanes; ++i) lane[i] = divided(lane[i], divisor);
  }
  PLEACH_DEVICE T narrow() const {
    Stored stored;
    PLEACH_UNROLL(16)
    for (int i = 0; i < kLanes; ++i) stored.lane[i] = Format::narrow(lane[i]);
    return same_bits<T>(stored);
  }
};

// Elements at `count` places, `stride` bytes apart from `at` on. All are loaded before any is
// stored, so the first destination may be a source.
template <class Format, ReduceOp op, class T, int count>
PLEACH_DEVICE void combine_packs(const Work& work, std::uint64_t at, std::uint64_t stride) {
  Pack<Format, T> packs[count];
  PLEACH_UNROLL(16)
  for (int k = 0; k < count; ++k) packs[k].widen(load<T>(work.source[0] + at + k * stride));
  PLEACH_UNROLL(2)
  for (std::uint32_t s = 1; s < work.sources; ++s) {
    const std::byte* const source = work.source[s] + at;
    T values[count];
    PLEACH_UNROLL(16)
    for (int k = 0; k < count; ++k) values[k] = load<T>(source + k * stride);
    PLEACH_UNROLL(16)
    for (int k = 0; k < count; ++k) packs[k].template combine<op>(values[k]);
  }
  if (work.divisor > 1) {
    PLEACH_UNROLL(16)
    for (int k = 0; k < count; ++k) packs[k].divide(work.divisor);
  }
  T results[count];
  PLEACH_UNROLL(16)
  for (int k = 0; k < count; ++k) results[k] = packs[k].narrow();
  for (std::uint32_t d = 0; d < work.destinations; ++d) {
    std::byte* const to = work.destination[d] + at;
    PLEACH_UNROLL(16)
    for (int k = 0; k < count; ++k) store(to + k * stride, results[k]);
  }
}

// `units` of T from `begin` bytes on.
template <class Format, ReduceOp op, class T, int unroll>
PLEACH_DEVICE void combine_units(const Thread& thread,
                                 const Work& work,
                                 std::uint64_t begin,
                                 std::uint64_t units) {
  const std::uint64_t stride = thread.count();
  std::uint64_t unit = thread.index();
  for (; unit + (unroll - 1) * stride < units; unit += unroll * stride) {
    combine_packs<Format, op, T, unroll>(work, begin + unit * sizeof(T), stride * sizeof(T));
  }
  for (; unit < units; unit += stride) {
    combine_packs<Format, op, T, 1>(work, begin + unit * sizeof(T), 0);
  }
}

// Elements at addresses that their size does not divide.
template <class Stored>
struct Unaligned {
  std::uint8_t byte[sizeof(Stored)];
};

template <class Format, ReduceOp op>
PLEACH_DEVICE void combine(const Thread& thread, const Work& work) {
  using Stored = typename Format::Stored;
  constexpr std::uint64_t size = sizeof(Stored);
  // In registers: 16 of Value for each thread, as far as that goes.
  constexpr int kUnroll = size >= 4 ? 4 : size == 2 ? 2 : 1;
  const std::uint64_t difference = difference_of(work);
  const auto first = reinterpret_cast<std::uint64_t>(work.source[0]);
  if ((difference | first) % size != 0) {
    combine_units<Format, op, Unaligned<Stored>, 1>(thread, work, 0, work.bytes / size);
    return;
  }
  if (difference % 16 != 0) {
    combine_units<Format, op, Stored, 1>(thread, work, 0, work.bytes / size);
    return;
  }
  const std::uint64_t head = head_of(work, 16);
  const std::uint64_t vectors = (work.bytes - head) / 16;
  const std::uint64_t body_end = head + vectors * 16;
  if (head > 0) combine_units<Format, op, Stored, 1>(thread, work, 0, head / size);
  combine_units<Format, op, Vector16, kUnroll>(thread, work, head, vectors);
  if (body_end < work.bytes) {
    combine_units<Format, op, Stored, 1>(thread, work, body_end, (work.bytes - body_end) / size);
  }
}

// What a kernel is made for: to combine elements of a format, or only to copy. Calls of their own,
// so that what the interpreter keeps in registers takes none from the loops.
template <class Format, ReduceOp op>
struct Combining {
  PLEACH_DEVICE_CALL static void run(const Thread& thread, const Work& work) {
    if (work.sources == 1 && work.divisor <= 1) {
      copy(thread, work);
    } else {
      combine<Format, op>(thread, work);
    }
  }
};
struct Copying {
  PLEACH_DEVICE_CALL static void run(const Thread& thread, const Work& work) { copy(thread, work); }
};

}  // namespace PLEACH_SHIM
}  // namespace pleach::device
