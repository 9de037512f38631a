// The transport over libfabric: TCP, InfiniBand and RoCE (verbs), EFA, Slingshot (cxi), and the
// memory of one machine (shm). shm is here for tests: a process that is killed in its midst can
// leave the others spinning inside libfabric, and it leaves files behind; ranks of one machine have
// memory of their own for that (runtime/comm).
//
// One reliable-datagram endpoint for each rail, each with its own queue and its own registration of
// the window; writes are RMA writes with remote CQ data. Sources outside the window are copied into
// registered memory where the provider wants its sources registered (FI_MR_LOCAL). A notification
// is a write of 8 bytes into memory that each rail keeps for that: writes of nothing, and writes
// that are done on return (inject), are not everywhere.
//
// With tcp a rail listens at the address of its interface and connects from it.
#pragma once

#include <chrono>
#include <memory>
#include <string>
#include <vector>

#include "compiler/core/result.hpp"
#include "runtime/net/launcher.hpp"
#include "runtime/net/transport.hpp"

namespace pleach {

// Which NIC a rail uses: a domain of libfabric ("eth0", "mlx5_0"), an address of this machine
// ("10.0.1.2", "fd00::2"), or "" for the first that the provider has.
struct RailRequest {
  std::string name{};
  bool operator==(const RailRequest&) const = default;
};

struct FabricOptions {
  std::vector<RailRequest> rails = {{}};  // at least one
  std::string provider{};  // "tcp", "verbs;ofi_rxm", "efa", "cxi", "shm", …; "": the first that
                           // reaches other machines, in libfabric's order
  std::string library{};   // path; "": libfabric.so.1, wherever the loader finds it
  // A peer that no write gets through to for so long, while nothing to it is in flight, has Failed:
  // some providers say "try again" for ever when a peer is gone.
  std::chrono::milliseconds unreachable_after = std::chrono::seconds(30);
  // Copies sources outside the window even where the provider does not ask for it. For tests.
  bool register_sources = false;
};

// PLEACH_FABRIC_PROVIDER, PLEACH_FABRIC_RAILS ("eth0,eth1"), PLEACH_LIBFABRIC; what is not set
// keeps its default. Mistake: a list of rails with an empty name in it.
[[nodiscard]] Result<FabricOptions> fabric_options_from(const Environment& environment);

// Throws MachineError: no libfabric (what was tried), an unknown provider or domain (which there
// are), an address that is not of this machine, a provider that lacks what is needed (what).
[[nodiscard]] std::unique_ptr<Transport> open_fabric(const FabricOptions& options);

}  // namespace pleach
