// What a kernel needs of the machine below it, twice: as CUDA, and as host C++ with one thread of
// the operating system for each CUDA thread, so that the same kernel source runs, and is checked by
// ThreadSanitizer, where there is no GPU.
//
//   Thread        the calling thread within its block: index(), count(), sync(), sync_and()
//   load_acquire, store_release    of counters: scope is the system, since the other side may be
//                 another GPU, another process or the host. Who sees a counter sees what was stored
//                 before it by its whole block, because a barrier stands between (PTX memory model,
//                 causality order is transitive through bar.sync).
//   Vector16      16 bytes that move at once; load16 and store16 need addresses divisible by 16
//   load_relaxed, store_relaxed    one word, whole, and no order with anything else
//
// PTX of the CUDA side: ISA 8.0 (sm_80) or later.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>

// Before a loop: unrolled so many times, or wholly where it is shorter.
#define PLEACH_PRAGMA(text) _Pragma(#text)

#ifdef __CUDACC__
#define PLEACH_DEVICE __device__ __forceinline__
#define PLEACH_DEVICE_CALL __device__ __noinline__
#define PLEACH_SHIM cuda
#define PLEACH_UNROLL(times) PLEACH_PRAGMA(unroll times)
#else
#define PLEACH_DEVICE inline
#define PLEACH_DEVICE_CALL inline
#define PLEACH_SHIM host
#define PLEACH_UNROLL(times) PLEACH_PRAGMA(GCC unroll times)
#include <atomic>
#include <chrono>

#include <sched.h>

#include "kernels/block_barrier.hpp"
#endif

namespace pleach::device {
// The two sides have the same names, and are never one type.
inline namespace PLEACH_SHIM {

struct alignas(16) Vector16 {
  std::uint32_t word[4];
};

#ifdef __CUDACC__

class Thread {
 public:
  PLEACH_DEVICE std::uint32_t index() const { return threadIdx.x; }
  PLEACH_DEVICE std::uint32_t count() const { return blockDim.x; }
  PLEACH_DEVICE void sync() const { __syncthreads(); }
  // Whether `value` is true in all threads of the block.
  PLEACH_DEVICE bool sync_and(bool value) const { return __syncthreads_and(value) != 0; }
};

PLEACH_DEVICE std::uint64_t load_acquire(const std::uint64_t* from) {
  std::uint64_t value;
  asm volatile("ld.acquire.sys.global.u64 %0, [%1];" : "=l"(value) : "l"(from) : "memory");
  return value;
}
PLEACH_DEVICE void store_release(std::uint64_t* to, std::uint64_t value) {
  asm volatile("st.release.sys.global.u64 [%0], %1;" ::"l"(to), "l"(value) : "memory");
}
PLEACH_DEVICE void store_release(std::uint32_t* to, std::uint32_t value) {
  asm volatile("st.release.sys.global.u32 [%0], %1;" ::"l"(to), "r"(value) : "memory");
}
PLEACH_DEVICE std::uint32_t load_relaxed(const std::uint32_t* from) {
  std::uint32_t value;
  asm volatile("ld.relaxed.sys.global.u32 %0, [%1];" : "=r"(value) : "l"(from) : "memory");
  return value;
}
PLEACH_DEVICE void store_relaxed(std::uint32_t* to, std::uint32_t value) {
  asm volatile("st.relaxed.sys.global.u32 [%0], %1;" ::"l"(to), "r"(value) : "memory");
}
PLEACH_DEVICE std::uint64_t load_relaxed(const std::uint64_t* from) {
  std::uint64_t value;
  asm volatile("ld.relaxed.sys.global.u64 %0, [%1];" : "=l"(value) : "l"(from) : "memory");
  return value;
}
PLEACH_DEVICE void store_relaxed(std::uint64_t* to, std::uint64_t value) {
  asm volatile("st.relaxed.sys.global.u64 [%0], %1;" ::"l"(to), "l"(value) : "memory");
}
// The value before; among blocks of this device.
PLEACH_DEVICE std::uint32_t add_acquire_release(std::uint32_t* to, std::uint32_t value) {
  std::uint32_t before;
  asm volatile("atom.acq_rel.gpu.global.add.u32 %0, [%1], %2;"
               : "=r"(before)
               : "l"(to), "r"(value)
               : "memory");
  return before;
}

// Nanoseconds of a clock that only goes forwards.
PLEACH_DEVICE std::uint64_t clock_ns() {
  std::uint64_t now;
  asm volatile("mov.u64 %0, %globaltimer;" : "=l"(now));
  return now;
}
// Between two looks at a counter.
PLEACH_DEVICE void pause() {}
// Looks at a counter between two at the clock and the abort word.
inline constexpr std::uint32_t kSpins = 1024;

// Past the first-level cache: nobody reads a byte twice.
PLEACH_DEVICE Vector16 load16(const std::byte* from) {
  Vector16 v;
  asm volatile("ld.global.cg.v4.u32 {%0, %1, %2, %3}, [%4];"
               : "=r"(v.word[0]), "=r"(v.word[1]), "=r"(v.word[2]), "=r"(v.word[3])
               : "l"(from)
               : "memory");
  return v;
}
PLEACH_DEVICE void store16(std::byte* to, const Vector16& v) {
  asm volatile("st.global.v4.u32 [%0], {%1, %2, %3, %4};" ::"l"(to), "r"(v.word[0]), "r"(v.word[1]),
               "r"(v.word[2]), "r"(v.word[3])
               : "memory");
}

#else

class Thread {
 public:
  Thread(std::uint32_t index, BlockBarrier& barrier) : index_(index), barrier_(barrier) {}
  std::uint32_t index() const { return index_; }
  std::uint32_t count() const { return barrier_.threads(); }
  void sync() const { (void)barrier_.arrive(true); }
  bool sync_and(bool value) const { return barrier_.arrive(value); }

 private:
  const std::uint32_t index_;
  BlockBarrier& barrier_;
};

template <class T>
std::atomic_ref<T> atomic(T* at) {
  return std::atomic_ref<T>(*at);
}
template <class T>
std::atomic_ref<T> atomic(const T* at) {
  return std::atomic_ref<T>(*const_cast<T*>(at));
}
inline std::uint64_t load_acquire(const std::uint64_t* from) {
  return atomic(from).load(std::memory_order_acquire);
}
inline void store_release(std::uint64_t* to, std::uint64_t value) {
  atomic(to).store(value, std::memory_order_release);
}
inline void store_release(std::uint32_t* to, std::uint32_t value) {
  atomic(to).store(value, std::memory_order_release);
}
inline std::uint32_t load_relaxed(const std::uint32_t* from) {
  return atomic(from).load(std::memory_order_relaxed);
}
inline void store_relaxed(std::uint32_t* to, std::uint32_t value) {
  atomic(to).store(value, std::memory_order_relaxed);
}
inline std::uint64_t load_relaxed(const std::uint64_t* from) {
  return atomic(from).load(std::memory_order_relaxed);
}
inline void store_relaxed(std::uint64_t* to, std::uint64_t value) {
  atomic(to).store(value, std::memory_order_relaxed);
}
inline std::uint32_t add_acquire_release(std::uint32_t* to, std::uint32_t value) {
  return atomic(to).fetch_add(value, std::memory_order_acq_rel);
}

inline std::uint64_t clock_ns() {
  const auto now = std::chrono::steady_clock::now().time_since_epoch();
  return static_cast<std::uint64_t>(
      std::chrono::duration_cast<std::chrono::nanoseconds>(now).count());
}
// There are more threads than cores.
inline void pause() { ::sched_yield(); }
inline constexpr std::uint32_t kSpins = 16;

inline Vector16 load16(const std::byte* from) {
  Vector16 vector;
  std::memcpy(&vector, __builtin_assume_aligned(from, 16), sizeof vector);
  return vector;
}
inline void store16(std::byte* to, const Vector16& vector) {
  std::memcpy(__builtin_assume_aligned(to, 16), &vector, sizeof vector);
}

#endif

}  // namespace PLEACH_SHIM
}  // namespace pleach::device
