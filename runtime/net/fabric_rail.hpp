// One rail: a libfabric endpoint with all that belongs to it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include <rdma/fi_domain.h>
#include <rdma/fi_endpoint.h>

#include "runtime/net/fabric_info.hpp"
#include "runtime/net/fabric_staging.hpp"
#include "runtime/net/transport.hpp"

namespace pleach {

// Memory of another rank as a rail addresses it.
struct RemoteMemory {
  std::uint64_t address = 0;  // of its first byte: virtual, or 0 where providers count from there
  std::uint64_t key = 0;
};

class FabricRail {
 public:
  // Throws MachineError, naming the rail, the call that failed and why.
  FabricRail(std::shared_ptr<const FabricLibrary> library, FabricInfo info, bool register_sources);
  // Gives up what is in flight.
  ~FabricRail();

  [[nodiscard]] const std::string& name() const { return name_; }
  [[nodiscard]] const std::vector<std::byte>& address() const { return address_; }
  [[nodiscard]] RemoteMemory landing() const { return remote(*landing_region_, landing_.get()); }
  [[nodiscard]] std::size_t max_write() const { return info_->ep_attr->max_msg_size; }
  [[nodiscard]] std::size_t in_flight() const { return operations_.size() - free_.size(); }
  [[nodiscard]] std::string error_text(long status) const { return library_->error_text(status); }

  // "10.0.0.1", or what the provider calls it.
  [[nodiscard]] std::string text_of(std::span<const std::byte> address) const;
  // Throws MachineError when the provider can not make anything of it.
  [[nodiscard]] fi_addr_t insert(const std::vector<std::byte>& address);

  // Replaces the window. Empty: none.
  [[nodiscard]] RemoteMemory expose(std::span<std::byte> window);

  struct Owner {  // of a write
    int peer = 0;
    std::uint64_t tag = 0;
    bool reports = false;  // a Sent event at its end
  };
  // No room here: too much is in flight on this rail.
  static constexpr long kNoRoom = 1;
  // 0, kNoRoom, -FI_EAGAIN (no room at the provider, or no connection yet), or why the provider
  // refused. `data` may be empty: then 8 bytes of ours go, for which there is room at a landing.
  [[nodiscard]] long write(fi_addr_t to,
                           RemoteMemory where,
                           std::span<const std::byte> data,
                           std::uint32_t immediate,
                           const Owner& owner);

  // Appends what happened, a bounded number of events; whom each end of a write was for, failed or
  // not, goes to `ended`. Throws MachineError when the queue itself has failed.
  void poll(std::vector<TransportEvent>& events, std::vector<int>& ended);

 private:
  struct Operation {
    fi_context2 context;  // the provider's, while the write is in flight
    Owner owner;
    FabricStaging::Buffer* staging = nullptr;
  };
  struct FreeLanding {
    void operator()(std::byte* memory) const;
  };

  void check(long status, const char* call) const;
  void open_endpoint();
  [[nodiscard]] FabricRegion register_memory(std::span<std::byte> memory, std::uint64_t access);
  [[nodiscard]] RemoteMemory remote(const fid_mr& region, const std::byte* memory) const;
  [[nodiscard]] Operation* operation_of(void* context);
  void release(Operation& operation);
  void read_error(std::vector<TransportEvent>& events, std::vector<int>& ended);

  std::shared_ptr<const FabricLibrary> library_;
  FabricInfo info_;
  std::string name_;
  bool register_sources_ = false;
  std::uint64_t next_key_ = 1;
  std::vector<std::byte> address_;

  // In the order in which they are closed, from the last to the first; the endpoint and the regions
  // depend on each other in a way of their own, see the destructor.
  FabricObject<fid_fabric> fabric_;
  FabricObject<fid_domain> domain_;
  FabricObject<fid_cq> queue_;
  FabricObject<fid_av> peers_;
  FabricObject<fid_ep> endpoint_;

  std::unique_ptr<std::byte, FreeLanding> landing_;  // a page: where notifications go, and from
  FabricRegion landing_region_;
  std::span<std::byte> window_;
  FabricRegion window_region_;
  FabricStaging staging_;
  std::vector<Operation> operations_;  // never moves: the provider points into it
  std::vector<Operation*> free_;
};

}  // namespace pleach
