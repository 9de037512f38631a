#include "runtime/stream_copy.hpp"

#include <algorithm>
#include <cstdint>
#include <cstring>

#if defined(__x86_64__)
#include <emmintrin.h>
#endif

namespace pleach {

#if defined(__x86_64__)

namespace {

constexpr std::size_t kVector = sizeof(__m128i);
constexpr std::size_t kLine = 64;

}  // namespace

void stream_copy(std::byte* into, const std::byte* from, std::size_t bytes) {
  // Whole lines go out as one write; the ends are ordinary stores.
  const std::size_t misaligned = reinterpret_cast<std::uintptr_t>(into) % kLine;
  const std::size_t head = std::min(bytes, misaligned == 0 ? 0 : kLine - misaligned);
  std::memcpy(into, from, head);
  std::size_t at = head;
  for (; at + kLine <= bytes; at += kLine) {
    for (std::size_t part = 0; part < kLine; part += kVector) {
      const __m128i value = _mm_loadu_si128(reinterpret_cast<const __m128i*>(from + at + part));
      _mm_stream_si128(reinterpret_cast<__m128i*>(into + at + part), value);
    }
  }
  std::memcpy(into + at, from + at, bytes - at);
}

void end_stream_copies() { _mm_sfence(); }

#else

void stream_copy(std::byte* into, const std::byte* from, std::size_t bytes) {
  std::memcpy(into, from, bytes);
}

void end_stream_copies() {}

#endif

}  // namespace pleach
