// Copies to memory that nobody reads soon.
//
// An ordinary store first reads the line that it writes to, and puts another one out of the cache.
// Large results are better written past the caches: a third less traffic, and what is needed next
// stays.
#pragma once

#include <cstddef>

namespace pleach {

// As std::memcpy, by stores that bypass the caches where the processor has them. Other cores see
// the data after end_stream_copies() of this thread and a release store.
void stream_copy(std::byte* into, const std::byte* from, std::size_t bytes);
void end_stream_copies();

}  // namespace pleach
