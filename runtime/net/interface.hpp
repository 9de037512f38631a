// The network interfaces of this machine, and which of them peers are told.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "runtime/net/address.hpp"

namespace pleach {

struct Interface {
  std::string name;  // "eth0"
  Address address;   // port 0
  bool loopback = false;
};

// One entry for each address of each interface that is up and has a carrier: IPv4 first, in the
// system's order. Without addresses of IPv6 that only mean something on one link.
[[nodiscard]] std::vector<Interface> local_interfaces();

// `wanted` as NCCL_SOCKET_IFNAME: prefixes with commas ("eth,ib"), "=" for exact names
// ("=eth0,eth1"), "^" before either for all but these. Without it: the first that is neither a
// loopback nor docker's bridge, else the first that is no loopback, else the first.
// Throws MachineError when none fits; the message lists those that are there.
[[nodiscard]] const Interface& choose_interface(std::span<const Interface> interfaces,
                                                const std::optional<std::string>& wanted);

}  // namespace pleach
