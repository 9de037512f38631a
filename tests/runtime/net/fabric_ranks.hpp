// Transports of several ranks in one process, for tests.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "runtime/net/fabric_transport.hpp"

namespace pleach::testing {

// Of the libfabric that PLEACH_LIBFABRIC names, if it is set.
[[nodiscard]] std::unique_ptr<Transport> open_test_fabric(FabricOptions options);

struct FabricRank {
  std::unique_ptr<Transport> transport;
  std::vector<std::byte> window;
  std::vector<TransportEvent> events;  // of all polls so far
};

// Connected, each with a window of `window_bytes`, filled with kUntouched. Throws MachineError.
inline constexpr std::byte kUntouched{0xA5};
[[nodiscard]] std::vector<FabricRank> make_ranks(int ranks,
                                                 const FabricOptions& options,
                                                 std::size_t window_bytes);
// Exposes every rank's window and tells all others.
void exchange_windows(std::vector<FabricRank>& ranks);
// Polls all until `done` or the time is over; says whether it was done. A Failed event ends it,
// too.
[[nodiscard]] bool poll_until(std::vector<FabricRank>& ranks,
                              const std::function<bool()>& done,
                              std::chrono::seconds limit = std::chrono::seconds(60));
[[nodiscard]] std::vector<std::uint64_t> values_of(const FabricRank& rank,
                                                   TransportEvent::Kind kind);

// "" where libfabric can be loaded, else why not.
[[nodiscard]] std::string why_no_fabric();
// Whether this libfabric has the provider (with one rail).
[[nodiscard]] bool has_provider(const std::string& provider);

// Byte `i` of what belongs to `seed`.
[[nodiscard]] inline std::byte content(std::uint64_t seed, std::size_t i) {
  return static_cast<std::byte>((seed * 0x9E3779B97F4A7C15U + i * 0x2545F4914F6CDD1DU) >> 56);
}

}  // namespace pleach::testing
