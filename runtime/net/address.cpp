#include "runtime/net/address.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstring>
#include <memory>

#include <arpa/inet.h>
#include <netdb.h>
#include <netinet/in.h>

namespace pleach {
namespace {

Resolved look_up(const HostAndPort& place, int flags) {
  addrinfo wanted{};
  wanted.ai_family = AF_UNSPEC;
  wanted.ai_socktype = SOCK_STREAM;
  wanted.ai_flags = flags | AI_NUMERICSERV;
  addrinfo* list = nullptr;
  const std::string port = std::to_string(place.port);
  const int code = ::getaddrinfo(place.host.c_str(), port.c_str(), &wanted, &list);
  if (code != 0) return {.addresses = {}, .error = ::gai_strerror(code)};
  const std::unique_ptr<addrinfo, decltype(&::freeaddrinfo)> owner(list, ::freeaddrinfo);
  Resolved resolved;
  for (const addrinfo* entry = list; entry != nullptr; entry = entry->ai_next) {
    if (entry->ai_family != AF_INET && entry->ai_family != AF_INET6) continue;
    Address address;
    std::memcpy(&address.storage, entry->ai_addr, entry->ai_addrlen);
    address.size = entry->ai_addrlen;
    resolved.addresses.push_back(address);
  }
  if (resolved.addresses.empty()) resolved.error = "it has no address of IPv4 or IPv6";
  return resolved;
}

}  // namespace

std::string to_string(const HostAndPort& place) {
  const bool brackets = place.host.find(':') != std::string::npos;
  return (brackets ? "[" + place.host + "]" : place.host) + ":" + std::to_string(place.port);
}

std::optional<HostAndPort> parse_host_and_port(std::string_view text) {
  const std::size_t colon = text.rfind(':');
  if (colon == std::string_view::npos) return std::nullopt;
  std::string_view host = text.substr(0, colon);
  const std::string_view digits = text.substr(colon + 1);
  if (host.size() > 2 && host.front() == '[' && host.back() == ']') {
    host = host.substr(1, host.size() - 2);
    if (host.find(':') == std::string_view::npos) return std::nullopt;
  } else if (host.find(':') != std::string_view::npos) {
    return std::nullopt;
  }
  // Nothing of this is in a host's name, and all of it in a mistyped one.
  if (host.empty() || host.find_first_of(" \t\r\n[],/@") != std::string_view::npos) {
    return std::nullopt;
  }
  HostAndPort place{.host = std::string(host)};
  const char* const end = digits.data() + digits.size();
  const auto [stop, error] = std::from_chars(digits.data(), end, place.port);
  if (error != std::errc() || stop != end || digits.empty()) return std::nullopt;
  return place;
}

std::uint16_t Address::port() const {
  // Both families have the port in the same place.
  return ntohs(reinterpret_cast<const sockaddr_in*>(&storage)->sin_port);
}

void Address::set_port(std::uint16_t port) {
  reinterpret_cast<sockaddr_in*>(&storage)->sin_port = htons(port);
}

HostAndPort place_of(const Address& address) {
  std::array<char, NI_MAXHOST> host{};
  const int code = ::getnameinfo(address.get(), address.size, host.data(), host.size(), nullptr, 0,
                                 NI_NUMERICHOST);
  return {.host = code == 0 ? host.data() : "?", .port = address.port()};
}

bool same_place(const Address& a, const Address& b) {
  return a.family() == b.family() && place_of(a) == place_of(b);
}

Address any_address(int family, std::uint16_t port) {
  Address address;
  address.storage.ss_family = static_cast<sa_family_t>(family);
  address.size = family == AF_INET6 ? sizeof(sockaddr_in6) : sizeof(sockaddr_in);
  address.set_port(port);  // all other bytes are zero: every interface
  return address;
}

std::optional<Address> numeric_address(const HostAndPort& place) {
  const Resolved resolved = look_up(place, AI_NUMERICHOST);
  if (resolved.addresses.empty()) return std::nullopt;
  return resolved.addresses.front();
}

Resolved resolve(const HostAndPort& place) {
  if (const std::optional<Address> address = numeric_address(place)) {
    return {.addresses = {*address}, .error = ""};
  }
  return look_up(place, 0);
}

}  // namespace pleach
