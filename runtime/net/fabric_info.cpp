#include "runtime/net/fabric_info.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <functional>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <rdma/fi_domain.h>
#include <rdma/fi_errno.h>
#include <sys/socket.h>
#include <unistd.h>

#include "compiler/core/check.hpp"
#include "compiler/core/machine_error.hpp"

namespace pleach {
namespace {

using Library = std::shared_ptr<const FabricLibrary>;

// An address as address_text() writes it ("fd00::2" for "fd00::0002"); "" for what is none.
std::string canonical_address(const std::string& name) {
  sockaddr_in four{};
  four.sin_family = AF_INET;
  if (::inet_pton(AF_INET, name.c_str(), &four.sin_addr) == 1) {
    return address_text(FI_SOCKADDR_IN, &four, sizeof four);
  }
  sockaddr_in6 six{};
  six.sin6_family = AF_INET6;
  if (::inet_pton(AF_INET6, name.c_str(), &six.sin6_addr) == 1) {
    return address_text(FI_SOCKADDR_IN6, &six, sizeof six);
  }
  return "";
}

// Whether this machine answers to `address`. Providers take any, and say "Cannot assign requested
// address" of an endpoint later on.
bool is_of_this_machine(const fi_info& offer) {
  const auto* const address = static_cast<const sockaddr*>(offer.src_addr);
  const int socket = ::socket(address->sa_family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  if (socket < 0) return true;  // let the provider judge
  const int status = ::bind(socket, address, static_cast<socklen_t>(offer.src_addrlen));
  const bool foreign = status != 0 && errno == EADDRNOTAVAIL;
  ::close(socket);
  return !foreign;
}

// What every provider must be able to do, and what it may ask of us.
FabricInfo make_hints(const Library& library, const std::string& provider) {
  FabricInfo hints(library->dupinfo(nullptr), {library});
  if (hints == nullptr) throw std::bad_alloc();
  hints->caps = FI_MSG | FI_RMA | FI_WRITE | FI_REMOTE_WRITE;
  hints->mode = FI_CONTEXT | FI_CONTEXT2;
  hints->ep_attr->type = FI_EP_RDM;
  hints->domain_attr->mr_mode =
      FI_MR_LOCAL | FI_MR_VIRT_ADDR | FI_MR_ALLOCATED | FI_MR_PROV_KEY | FI_MR_ENDPOINT;
  hints->domain_attr->cq_data_size = sizeof(std::uint32_t);
  hints->domain_attr->threading = FI_THREAD_DOMAIN;
  hints->domain_attr->control_progress = FI_PROGRESS_MANUAL;
  hints->domain_attr->data_progress = FI_PROGRESS_MANUAL;
  hints->domain_attr->resource_mgmt = FI_RM_ENABLED;
  hints->domain_attr->av_type = FI_AV_TABLE;
  // Freed by freeinfo.
  if (!provider.empty()) hints->fabric_attr->prov_name = ::strdup(provider.c_str());
  return hints;
}

// Everything offered; null where there is nothing. `address` may be empty.
FabricInfo offers(const Library& library, const fi_info& hints, const std::string& address) {
  fi_info* found = nullptr;
  const int status =
      address.empty() ? library->getinfo(FabricLibrary::kApi, nullptr, nullptr, 0, &hints, &found)
                      : library->getinfo(FabricLibrary::kApi, address.c_str(), nullptr,
                                         FI_SOURCE | FI_NUMERICHOST, &hints, &found);
  if (status != 0 && status != -FI_ENODATA) {
    // EADDRNOTAVAIL and the like: providers differ in what they say to a wrong address.
    if (!address.empty()) return {nullptr, {library}};
    throw MachineError("libfabric does not tell what it has: " + library->error_text(status));
  }
  return {found, {library}};
}

std::string list_of(const fi_info* offer, const std::function<std::string(const fi_info&)>& text) {
  std::vector<std::string> seen;
  std::string list;
  for (; offer != nullptr; offer = offer->next) {
    std::string name = text(*offer);
    if (name.empty() || std::find(seen.begin(), seen.end(), name) != seen.end()) continue;
    list += (list.empty() ? "" : ", ") + name;
    seen.push_back(std::move(name));
  }
  return list;
}

bool is_link_local(const fi_info& offer) {
  return offer.addr_format == FI_SOCKADDR_IN6 && offer.src_addr != nullptr &&
         IN6_IS_ADDR_LINKLOCAL(&static_cast<const sockaddr_in6*>(offer.src_addr)->sin6_addr);
}

std::string domain_and_address(const fi_info& offer) {
  const std::string address = address_text(offer.addr_format, offer.src_addr, offer.src_addrlen);
  return std::string(offer.domain_attr->name) + (address.empty() ? "" : " (" + address + ")");
}

std::string provider_of(const fi_info& offer) { return offer.fabric_attr->prov_name; }

// Why a provider that was asked for has nothing for us.
[[noreturn]] void no_provider(const Library& library, const std::string& provider) {
  const std::string name = "libfabric's provider " + (provider.empty() ? "list" : provider);
  // It may want a receive posted for each notification, which is not done here.
  FabricInfo relaxed = make_hints(library, provider);
  relaxed->mode |= FI_RX_CQ_DATA;
  if (offers(library, *relaxed, "") != nullptr) {
    throw MachineError(name + " offers writes with an immediate only to who posts receives for " +
                       "them (FI_RX_CQ_DATA), which pleach does not; choose another one");
  }
  FabricInfo anything(library->dupinfo(nullptr), {library});
  if (anything == nullptr) throw std::bad_alloc();
  anything->mode = ~std::uint64_t{0};
  anything->domain_attr->mr_mode = ~(FI_MR_BASIC | FI_MR_SCALABLE);
  if (!provider.empty()) anything->fabric_attr->prov_name = ::strdup(provider.c_str());
  const bool exists = offers(library, *anything, "") != nullptr;
  const FabricInfo all = offers(library, *make_hints(library, ""), "");
  throw MachineError((exists ? name + " can not do what is needed here (reliable datagrams, RMA " +
                                   "writes with 4 bytes of CQ data)"
                             : "libfabric has no provider " + provider + " on this machine") +
                     "; there are: " + (all ? list_of(all.get(), provider_of) : "none"));
}

FabricInfo copy_of(const Library& library, const fi_info& offer) {
  FabricInfo copy(library->dupinfo(&offer), {library});  // of this one alone
  if (copy == nullptr) throw std::bad_alloc();
  return copy;
}

FabricInfo choose(const Library& library, const std::string& provider, const RailRequest& rail) {
  const FabricInfo all = offers(library, *make_hints(library, provider), "");
  if (all == nullptr) no_provider(library, provider);
  const std::string address = canonical_address(rail.name);
  const bool by_address = !address.empty();
  const FabricInfo bound =
      by_address ? offers(library, *make_hints(library, provider), address) : nullptr;
  const fi_info* best = nullptr;
  for (const fi_info* offer = by_address ? bound.get() : all.get(); offer; offer = offer->next) {
    // Within one machine only: never what someone means who names no provider.
    if (provider.empty() && provider_of(*offer) == "shm") continue;
    if (!by_address && !rail.name.empty() && rail.name != offer->domain_attr->name) continue;
    // A provider that knows no addresses takes any.
    if (by_address &&
        (address_text(offer->addr_format, offer->src_addr, offer->src_addrlen) != address ||
         !is_of_this_machine(*offer))) {
      continue;
    }
    if (best == nullptr || (is_link_local(*best) && !is_link_local(*offer))) best = offer;
  }
  if (best == nullptr) {
    throw MachineError("no rail \"" + rail.name + "\" with libfabric's provider " +
                       (provider.empty() ? list_of(all.get(), provider_of) : provider) +
                       "; there are: " + list_of(all.get(), domain_and_address));
  }
  return copy_of(library, *best);
}

}  // namespace

std::string address_text(std::uint32_t format, const void* address, std::size_t size) {
  std::array<char, INET6_ADDRSTRLEN> text{};
  // FI_SOCKADDR leaves the family to the address.
  const bool socket =
      format == FI_SOCKADDR || format == FI_SOCKADDR_IN || format == FI_SOCKADDR_IN6;
  if (!socket || address == nullptr || size < sizeof(sockaddr_in)) return "";
  sockaddr_in6 any{};
  std::memcpy(&any, address, std::min(size, sizeof any));
  if (any.sin6_family == AF_INET) {
    sockaddr_in four{};
    std::memcpy(&four, &any, sizeof four);
    ::inet_ntop(AF_INET, &four.sin_addr, text.data(), text.size());
  } else if (any.sin6_family == AF_INET6 && size >= sizeof any) {
    ::inet_ntop(AF_INET6, &any.sin6_addr, text.data(), text.size());
  }
  return text.data();
}

std::string rail_text(const fi_info& info) {
  const std::string address = address_text(info.addr_format, info.src_addr, info.src_addrlen);
  return provider_of(info) + " " + info.domain_attr->name + (address.empty() ? "" : " " + address);
}

std::vector<FabricInfo> choose_rails(const std::shared_ptr<const FabricLibrary>& library,
                                     const FabricOptions& options) {
  ENSURE(!options.rails.empty(), "a transport has at least one rail");
  std::vector<FabricInfo> rails;
  std::string provider = options.provider;
  for (const RailRequest& rail : options.rails) {
    rails.push_back(choose(library, provider, rail));
    // "tcp" stands for "tcp;ofi_rxm" as well: from here on the very same for all.
    provider = provider_of(*rails.front());
  }
  return rails;
}

}  // namespace pleach
