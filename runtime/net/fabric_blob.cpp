#include "runtime/net/fabric_blob.hpp"

#include <cstring>
#include <span>

namespace pleach {
namespace {

constexpr std::uint64_t kAddressMark = 0x706c6561'66610001;  // the last digits: the version
constexpr std::uint64_t kWindowMark = 0x706c6561'66770001;
constexpr std::uint64_t kMostRails = 1024;

// Byte by byte: g++ 12 sees overflows in inserting a range into an empty vector
// (-Wstringop-overflow).
void append(Blob& blob, std::span<const std::byte> bytes) {
  for (const std::byte byte : bytes) blob.push_back(byte);
}

void put(Blob& blob, std::uint64_t value) { append(blob, std::as_bytes(std::span(&value, 1))); }

void put(Blob& blob, std::span<const std::byte> bytes) {
  put(blob, bytes.size());
  append(blob, bytes);
}

void put(Blob& blob, const RemoteMemory& memory) {
  put(blob, memory.address);
  put(blob, memory.key);
}

// Past the end it gives zeros and is not `good` any more.
class Reader {
 public:
  explicit Reader(std::span<const std::byte> rest) : rest_(rest) {}

  std::uint64_t number() {
    std::uint64_t value = 0;
    const std::span<const std::byte> bytes = take(sizeof value);
    if (!bytes.empty()) std::memcpy(&value, bytes.data(), sizeof value);
    return value;
  }
  std::span<const std::byte> bytes() { return take(number()); }
  RemoteMemory memory() {
    RemoteMemory memory;
    memory.address = number();
    memory.key = number();
    return memory;
  }
  // A number of rails; 0 where it is absurd.
  std::uint64_t rails() {
    const std::uint64_t count = number();
    good_ = good_ && count <= kMostRails;
    return good_ ? count : 0;
  }
  [[nodiscard]] bool at_good_end() const { return good_ && rest_.empty(); }

 private:
  std::span<const std::byte> take(std::uint64_t count) {
    good_ = good_ && count <= rest_.size();
    if (!good_) return {};
    const auto taken = rest_.first(count);
    rest_ = rest_.subspan(count);
    return taken;
  }

  std::span<const std::byte> rest_;
  bool good_ = true;
};

}  // namespace

Blob to_blob(const FabricAddress& address) {
  Blob blob;
  put(blob, kAddressMark);
  put(blob, std::as_bytes(std::span(address.provider)));
  put(blob, address.rails.size());
  for (const FabricAddress::Rail& rail : address.rails) {
    put(blob, std::span<const std::byte>(rail.address));
    put(blob, rail.landing);
  }
  return blob;
}

Blob to_blob(const FabricWindow& window) {
  Blob blob;
  put(blob, kWindowMark);
  put(blob, window.size);
  put(blob, window.rails.size());
  for (const RemoteMemory& rail : window.rails) put(blob, rail);
  return blob;
}

std::optional<FabricAddress> address_from(const Blob& blob) {
  Reader reader(blob);
  if (reader.number() != kAddressMark) return std::nullopt;
  FabricAddress address;
  const std::span<const std::byte> provider = reader.bytes();
  address.provider.assign(reinterpret_cast<const char*>(provider.data()), provider.size());
  for (std::uint64_t left = reader.rails(); left > 0; --left) {
    const std::span<const std::byte> bytes = reader.bytes();
    const RemoteMemory landing = reader.memory();
    address.rails.push_back({.address = {bytes.begin(), bytes.end()}, .landing = landing});
  }
  if (!reader.at_good_end()) return std::nullopt;
  return address;
}

std::optional<FabricWindow> window_from(const Blob& blob) {
  Reader reader(blob);
  if (reader.number() != kWindowMark) return std::nullopt;
  FabricWindow window;
  window.size = reader.number();
  for (std::uint64_t left = reader.rails(); left > 0; --left) {
    window.rails.push_back(reader.memory());
  }
  if (!reader.at_good_end()) return std::nullopt;
  return window;
}

}  // namespace pleach
