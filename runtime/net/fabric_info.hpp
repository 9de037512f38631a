// Which of what libfabric offers a rail uses.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "runtime/net/fabric_library.hpp"
#include "runtime/net/fabric_transport.hpp"

namespace pleach {

struct FreeFabricInfo {
  std::shared_ptr<const FabricLibrary> library;
  void operator()(fi_info* info) const { library->freeinfo(info); }
};
// One offer; its `next` is null.
using FabricInfo = std::unique_ptr<fi_info, FreeFabricInfo>;

// One offer for each rail of the options, all of one provider.
// Throws MachineError as open_fabric() does.
[[nodiscard]] std::vector<FabricInfo> choose_rails(
    const std::shared_ptr<const FabricLibrary>& library, const FabricOptions& options);

// "10.0.0.1" for an address of a socket, else "".
[[nodiscard]] std::string address_text(std::uint32_t format, const void* address, std::size_t size);
// "tcp;ofi_rxm eth0 10.0.0.1"
[[nodiscard]] std::string rail_text(const fi_info& info);

}  // namespace pleach
