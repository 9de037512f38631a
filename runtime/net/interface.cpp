#include "runtime/net/interface.hpp"

#include <algorithm>
#include <cstring>
#include <memory>
#include <string_view>

#include <ifaddrs.h>
#include <net/if.h>
#include <netinet/in.h>

#include "compiler/core/machine_error.hpp"

namespace pleach {
namespace {

// The grammar of NCCL_SOCKET_IFNAME.
struct Filter {
  explicit Filter(std::string_view text) {
    if (text.starts_with('^')) {
      exclude = true;
      text.remove_prefix(1);
    }
    if (text.starts_with('=')) {
      exact = true;
      text.remove_prefix(1);
    }
    while (!text.empty()) {
      const std::size_t comma = std::min(text.find(','), text.size());
      if (comma > 0) names.push_back(text.substr(0, comma));
      text.remove_prefix(std::min(comma + 1, text.size()));
    }
  }

  [[nodiscard]] bool accepts(const Interface& interface) const {
    const std::string_view name = interface.name;
    const bool named = std::any_of(names.begin(), names.end(), [&](std::string_view wanted) {
      return exact ? name == wanted : name.starts_with(wanted);
    });
    return named != exclude;
  }

  bool exclude = false;
  bool exact = false;
  std::vector<std::string_view> names;
};

template <class Predicate>
const Interface* first_that(std::span<const Interface> interfaces, Predicate predicate) {
  const auto found = std::find_if(interfaces.begin(), interfaces.end(), predicate);
  return found == interfaces.end() ? nullptr : &*found;
}

std::string list_of(std::span<const Interface> interfaces) {
  std::string text;
  for (const Interface& interface : interfaces) {
    text +=
        (text.empty() ? "" : ", ") + interface.name + " (" + place_of(interface.address).host + ")";
  }
  return text.empty() ? "none" : text;
}

bool is_of_one_link(const Address& address) {
  if (address.family() != AF_INET6) return false;
  return IN6_IS_ADDR_LINKLOCAL(&reinterpret_cast<const sockaddr_in6*>(&address.storage)->sin6_addr);
}

}  // namespace

std::vector<Interface> local_interfaces() {
  ifaddrs* list = nullptr;
  if (::getifaddrs(&list) != 0) return {};
  const std::unique_ptr<ifaddrs, decltype(&::freeifaddrs)> owner(list, ::freeifaddrs);
  std::vector<Interface> interfaces;
  for (const int family : {AF_INET, AF_INET6}) {
    for (const ifaddrs* entry = list; entry != nullptr; entry = entry->ifa_next) {
      if (entry->ifa_addr == nullptr || entry->ifa_addr->sa_family != family) continue;
      if ((entry->ifa_flags & IFF_UP) == 0 || (entry->ifa_flags & IFF_RUNNING) == 0) continue;
      Address address = any_address(family, 0);
      std::memcpy(&address.storage, entry->ifa_addr, address.size);
      if (is_of_one_link(address)) continue;
      interfaces.push_back({.name = entry->ifa_name,
                            .address = address,
                            .loopback = (entry->ifa_flags & IFF_LOOPBACK) != 0});
    }
  }
  return interfaces;
}

const Interface& choose_interface(std::span<const Interface> interfaces,
                                  const std::optional<std::string>& wanted) {
  const Interface* chosen = nullptr;
  if (wanted && !wanted->empty()) {
    const Filter filter(*wanted);
    const auto accepted = [&](const Interface& each) { return filter.accepts(each); };
    // "^docker" is no wish for the loopback.
    chosen = first_that(interfaces, [&](const Interface& each) {
      return accepted(each) && !(filter.exclude && each.loopback);
    });
    if (chosen == nullptr) chosen = first_that(interfaces, accepted);
    if (chosen == nullptr) {
      throw MachineError("no network interface fits PLEACH_SOCKET_IFNAME=" + *wanted +
                         "; there are: " + list_of(interfaces));
    }
    return *chosen;
  }
  chosen = first_that(interfaces, [](const Interface& each) {
    return !each.loopback && !each.name.starts_with("docker");
  });
  if (chosen == nullptr) {
    chosen = first_that(interfaces, [](const Interface& each) { return !each.loopback; });
  }
  if (chosen == nullptr && !interfaces.empty()) chosen = &interfaces.front();
  if (chosen == nullptr) {
    throw MachineError(
        "this machine has no network interface that is up, not even a loopback; "
        "set one up (ip link set lo up)");
  }
  return *chosen;
}

}  // namespace pleach
