#include "runtime/net/fabric_staging.hpp"

#include <algorithm>
#include <bit>
#include <cstring>
#include <utility>

namespace pleach {
namespace {

// Writes of chunks have few sizes; powers of two make them fewer.
constexpr std::size_t kLeast = std::size_t{64} << 10;

}  // namespace

FabricStaging::Buffer* FabricStaging::copy(std::span<const std::byte> data) {
  const auto fits = std::find_if(free_.begin(), free_.end(),
                                 [&](const Buffer* buffer) { return buffer->size >= data.size(); });
  Buffer* buffer = nullptr;
  if (fits != free_.end()) {
    buffer = *fits;
    free_.erase(fits);
  } else {
    const std::size_t size = std::bit_ceil(std::max(data.size(), kLeast));
    if (used_ + size > limit_) {
      // Those that lie about are too small: make room.
      for (const Buffer* const small : std::exchange(free_, {})) {
        used_ -= small->size;
        std::erase_if(buffers_, [&](const auto& owned) { return owned.get() == small; });
      }
      if (used_ > 0 && used_ + size > limit_) return nullptr;
    }
    auto fresh = std::make_unique<Buffer>();
    fresh->memory = std::make_unique<std::byte[]>(size);
    fresh->size = size;
    fresh->region = make_region_({fresh->memory.get(), size});
    buffer = fresh.get();
    buffers_.push_back(std::move(fresh));
    used_ += size;
  }
  std::memcpy(buffer->memory.get(), data.data(), data.size());
  return buffer;
}

void FabricStaging::close_regions() {
  for (const auto& buffer : buffers_) buffer->region.reset();
}

}  // namespace pleach
