// What ranks tell each other about their rails, as bytes. All ranks have the same byte order, which
// the mark at the start makes sure of.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "runtime/net/fabric_rail.hpp"
#include "runtime/net/transport.hpp"

namespace pleach {

struct FabricAddress {
  struct Rail {
    std::vector<std::byte> address;
    RemoteMemory landing;
  };
  std::string provider;
  std::vector<Rail> rails;
};

struct FabricWindow {
  std::uint64_t size = 0;
  std::vector<RemoteMemory> rails;
};

[[nodiscard]] Blob to_blob(const FabricAddress& address);
[[nodiscard]] Blob to_blob(const FabricWindow& window);
// Nothing for bytes that to_blob() does not make.
[[nodiscard]] std::optional<FabricAddress> address_from(const Blob& blob);
[[nodiscard]] std::optional<FabricWindow> window_from(const Blob& blob);

}  // namespace pleach
