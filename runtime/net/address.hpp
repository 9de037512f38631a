// Where a socket is: addresses of IPv4 and IPv6, and the "host:port" that people write.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <sys/socket.h>

namespace pleach {

// "node7:4242", "10.0.0.1:4242", "[fe80::1%eth0]:4242".
struct HostAndPort {
  std::string host;  // without brackets; never empty
  std::uint16_t port = 0;
  bool operator==(const HostAndPort&) const = default;
};
[[nodiscard]] std::string to_string(const HostAndPort& place);
// Nothing when `text` is something else. An IPv6 address needs its brackets: "::1:80" is ambiguous.
[[nodiscard]] std::optional<HostAndPort> parse_host_and_port(std::string_view text);

// A resolved address as the system calls take it. A plain value.
struct Address {
  sockaddr_storage storage{};
  socklen_t size = 0;

  [[nodiscard]] int family() const { return storage.ss_family; }
  [[nodiscard]] const sockaddr* get() const { return reinterpret_cast<const sockaddr*>(&storage); }
  [[nodiscard]] sockaddr* get() { return reinterpret_cast<sockaddr*>(&storage); }
  [[nodiscard]] std::uint16_t port() const;
  void set_port(std::uint16_t port);
};
// As in HostAndPort; the host is in numbers.
[[nodiscard]] HostAndPort place_of(const Address& address);
// Same family, host and port.
[[nodiscard]] bool same_place(const Address& a, const Address& b);

// "0.0.0.0" or "::", every interface of this machine.
[[nodiscard]] Address any_address(int family, std::uint16_t port);

// Nothing when the host is a name. Does not wait.
[[nodiscard]] std::optional<Address> numeric_address(const HostAndPort& place);

struct Resolved {
  std::vector<Address> addresses;
  std::string error;  // what the resolver said, where there are none
};
// Every address of a host, in the order the system prefers. A name may wait as long as the system's
// resolver does (resolv.conf: a few seconds for each server); numbers never wait.
[[nodiscard]] Resolved resolve(const HostAndPort& place);

}  // namespace pleach
