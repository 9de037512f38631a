#include "runtime/net/fabric_rail.hpp"

#include <algorithm>
#include <array>
#include <cstdlib>
#include <cstring>
#include <functional>
#include <utility>

#include <rdma/fi_cm.h>
#include <rdma/fi_errno.h>
#include <rdma/fi_rma.h>

#include "compiler/core/check.hpp"
#include "compiler/core/machine_error.hpp"

namespace pleach {
namespace {

constexpr std::size_t kPage = 4096;
constexpr std::size_t kNothingBytes = 8;                         // what goes where nothing has to
constexpr std::size_t kSourceOfNothing = kPage - kNothingBytes;  // in the landing page
constexpr std::size_t kMostInFlight = 4096;
constexpr std::size_t kStagingLimit = std::size_t{64} << 20;
constexpr std::size_t kReadAtOnce = 64;
constexpr int kReadsPerPoll = 16;

}  // namespace

void FabricRail::FreeLanding::operator()(std::byte* memory) const { std::free(memory); }

FabricRail::FabricRail(std::shared_ptr<const FabricLibrary> library,
                       FabricInfo info,
                       bool register_sources)
    : library_(std::move(library)),
      info_(std::move(info)),
      name_(rail_text(*info_)),
      register_sources_(register_sources || (info_->domain_attr->mr_mode & FI_MR_LOCAL) != 0),
      staging_([this](std::span<std::byte> memory) { return register_memory(memory, FI_WRITE); },
               kStagingLimit) {
  open_endpoint();

  // A page of its own: what is registered is not shared with anything.
  landing_.reset(static_cast<std::byte*>(std::aligned_alloc(kPage, kPage)));
  if (landing_ == nullptr) throw std::bad_alloc();
  std::memset(landing_.get(), 0, kPage);
  landing_region_ = register_memory({landing_.get(), kPage}, FI_REMOTE_WRITE | FI_WRITE);

  operations_.resize(std::clamp<std::size_t>(info_->tx_attr->size, 1, kMostInFlight));
  for (Operation& operation : operations_) free_.push_back(&operation);
}

void FabricRail::open_endpoint() {
  fid_fabric* fabric = nullptr;
  check(library_->fabric(info_->fabric_attr, &fabric, nullptr), "fi_fabric");
  fabric_.reset(fabric);
  fid_domain* domain = nullptr;
  check(fi_domain(fabric, info_.get(), &domain, nullptr), "fi_domain");
  domain_.reset(domain);

  // Our own writes never overrun it: at most tx_attr->size are in flight. Arrivals do not because
  // resource management is on (FI_RM_ENABLED): the provider holds them back.
  fi_cq_attr queue_attributes{};
  queue_attributes.size = info_->tx_attr->size + info_->rx_attr->size;
  queue_attributes.format = FI_CQ_FORMAT_DATA;
  queue_attributes.wait_obj = FI_WAIT_NONE;
  fid_cq* queue = nullptr;
  check(fi_cq_open(domain, &queue_attributes, &queue, nullptr), "fi_cq_open");
  queue_.reset(queue);
  fi_av_attr peer_attributes{};
  peer_attributes.type = FI_AV_TABLE;
  fid_av* peers = nullptr;
  check(fi_av_open(domain, &peer_attributes, &peers, nullptr), "fi_av_open");
  peers_.reset(peers);

  fid_ep* endpoint = nullptr;
  check(fi_endpoint(domain, info_.get(), &endpoint, nullptr), "fi_endpoint");
  endpoint_.reset(endpoint);
  check(fi_ep_bind(endpoint, &peers->fid, 0), "fi_ep_bind");
  check(fi_ep_bind(endpoint, &queue->fid, FI_TRANSMIT | FI_RECV), "fi_ep_bind");
  check(fi_enable(endpoint), "fi_enable");

  std::size_t size = 0;
  (void)fi_getname(&endpoint->fid, nullptr, &size);  // says how long it is
  address_.resize(size);
  check(fi_getname(&endpoint->fid, address_.data(), &size), "fi_getname");
  address_.resize(size);
}

// Regions that belong to the endpoint (FI_MR_ENDPOINT) are closed before it; all others after it,
// when no write can read from them any more.
FabricRail::~FabricRail() {
  const bool of_endpoint = (info_->domain_attr->mr_mode & FI_MR_ENDPOINT) != 0;
  if (!of_endpoint) endpoint_.reset();
  window_region_.reset();
  landing_region_.reset();
  staging_.close_regions();
  endpoint_.reset();
}

void FabricRail::check(long status, const char* call) const {
  if (status == 0) return;
  throw MachineError("rail " + name_ + ": " + call + " failed: " + library_->error_text(status));
}

FabricRegion FabricRail::register_memory(std::span<std::byte> memory, std::uint64_t access) {
  fid_mr* region = nullptr;
  const int status = fi_mr_reg(domain_.get(), memory.data(), memory.size(), access, 0, next_key_++,
                               0, &region, nullptr);
  if (status != 0) {
    throw MachineError("rail " + name_ + ": " + std::to_string(memory.size()) +
                       " bytes can not be registered: " + library_->error_text(status) +
                       "; is the limit of locked memory too low (ulimit -l)?");
  }
  FabricRegion owned(region);
  if ((info_->domain_attr->mr_mode & FI_MR_ENDPOINT) != 0) {
    check(fi_mr_bind(region, &endpoint_->fid, 0), "fi_mr_bind");
    check(fi_mr_enable(region), "fi_mr_enable");
  }
  if (fi_mr_key(region) == FI_KEY_NOTAVAIL) {
    throw MachineError("rail " + name_ +
                       " has keys of more than 8 bytes (FI_MR_RAW), which pleach does not handle; "
                       "choose another provider");
  }
  return owned;
}

RemoteMemory FabricRail::remote(const fid_mr& region, const std::byte* memory) const {
  const bool by_address = (info_->domain_attr->mr_mode & FI_MR_VIRT_ADDR) != 0;
  return {.address = by_address ? reinterpret_cast<std::uintptr_t>(memory) : 0, .key = region.key};
}

RemoteMemory FabricRail::expose(std::span<std::byte> window) {
  window_region_.reset();
  window_ = {};
  if (window.empty()) return {};
  window_region_ = register_memory(window, FI_REMOTE_WRITE | FI_WRITE);
  window_ = window;
  return remote(*window_region_, window.data());
}

std::string FabricRail::text_of(std::span<const std::byte> address) const {
  std::string text = address_text(info_->addr_format, address.data(), address.size());
  if (!text.empty()) return text;
  std::array<char, 256> buffer{};
  std::size_t size = buffer.size();
  // Padded: an address from elsewhere may be shorter than what the provider reads.
  std::vector<std::byte> padded(address.begin(), address.end());
  padded.resize(std::max(padded.size(), address_.size()) + kPage);
  (void)fi_av_straddr(peers_.get(), padded.data(), buffer.data(), &size);
  buffer.back() = '\0';
  return buffer.data();
}

fi_addr_t FabricRail::insert(const std::vector<std::byte>& address) {
  std::vector<std::byte> padded = address;
  padded.resize(address.size() + kPage);
  fi_addr_t result = FI_ADDR_NOTAVAIL;
  const int inserted = fi_av_insert(peers_.get(), padded.data(), 1, &result, 0, nullptr);
  if (inserted != 1 || result == FI_ADDR_NOTAVAIL) {
    throw MachineError("rail " + name_ + ": the address " + text_of(address) +
                       " can not be resolved" +
                       (inserted < 0 ? ": " + library_->error_text(inserted) : ""));
  }
  return result;
}

long FabricRail::write(fi_addr_t to,
                       RemoteMemory where,
                       std::span<const std::byte> data,
                       std::uint32_t immediate,
                       const Owner& owner) {
  if (free_.empty()) return kNoRoom;
  FabricStaging::Buffer* staging = nullptr;
  fid_mr* region = nullptr;
  if (data.empty()) {
    data = {landing_.get() + kSourceOfNothing, kNothingBytes};
    region = landing_region_.get();
  } else if (register_sources_) {
    const std::less_equal<const std::byte*> not_after;
    const bool inside = !window_.empty() && not_after(window_.data(), data.data()) &&
                        not_after(data.data() + data.size(), window_.data() + window_.size());
    if (inside) {
      region = window_region_.get();
    } else {
      staging = staging_.copy(data);
      if (staging == nullptr) return kNoRoom;
      data = {staging->memory.get(), data.size()};
      region = staging->region.get();
    }
  }
  Operation& operation = *free_.back();
  free_.pop_back();
  operation.owner = owner;
  operation.staging = staging;
  const long status =
      fi_writedata(endpoint_.get(), data.data(), data.size(),
                   register_sources_ && region != nullptr ? fi_mr_desc(region) : nullptr, immediate,
                   to, where.address, where.key, &operation.context);
  if (status != 0) release(operation);
  return status;
}

void FabricRail::release(Operation& operation) {
  if (operation.staging != nullptr) staging_.give_back(std::exchange(operation.staging, nullptr));
  free_.push_back(&operation);
}

// Null for what is none of ours: some providers report errors without a context.
FabricRail::Operation* FabricRail::operation_of(void* context) {
  const auto address = reinterpret_cast<std::uintptr_t>(context);
  const auto first = reinterpret_cast<std::uintptr_t>(operations_.data());
  const std::size_t index = (address - first) / sizeof(Operation);
  return address >= first && index < operations_.size() ? &operations_[index] : nullptr;
}

void FabricRail::poll(std::vector<TransportEvent>& events, std::vector<int>& ended) {
  std::array<fi_cq_data_entry, kReadAtOnce> entries;
  for (int round = 0; round < kReadsPerPoll; ++round) {
    const long count = fi_cq_read(queue_.get(), entries.data(), entries.size());
    if (count == -FI_EAGAIN || count == 0) return;
    if (count == -FI_EAVAIL) {
      read_error(events, ended);
      continue;
    }
    if (count < 0) check(count, "fi_cq_read");
    for (const fi_cq_data_entry& entry :
         std::span(entries).first(static_cast<std::size_t>(count))) {
      // Providers may set FI_REMOTE_CQ_DATA on the writer's side, too.
      const bool arrived =
          (entry.flags & FI_REMOTE_WRITE) != 0 ||
          ((entry.flags & FI_REMOTE_CQ_DATA) != 0 && (entry.flags & FI_WRITE) == 0);
      if (arrived) {
        events.push_back({.kind = TransportEvent::Kind::Arrived,
                          .value = static_cast<std::uint32_t>(entry.data)});
        continue;
      }
      Operation* const operation = operation_of(entry.op_context);
      if (operation == nullptr) continue;
      ended.push_back(operation->owner.peer);
      if (operation->owner.reports) {
        events.push_back({.kind = TransportEvent::Kind::Sent, .value = operation->owner.tag});
      }
      release(*operation);
    }
    if (static_cast<std::size_t>(count) < entries.size()) return;
  }
}

void FabricRail::read_error(std::vector<TransportEvent>& events, std::vector<int>& ended) {
  fi_cq_err_entry error{};
  const long status = fi_cq_readerr(queue_.get(), &error, 0);
  if (status == -FI_EAGAIN || status == 0) return;
  if (status < 0) check(status, "fi_cq_readerr");
  std::array<char, 256> buffer{};
  const char* const detail =
      fi_cq_strerror(queue_.get(), error.prov_errno, error.err_data, buffer.data(), buffer.size());
  std::string message = "rail " + name_ + ": " + library_->error_text(-error.err);
  if (detail != nullptr && *detail != '\0') message += std::string(" (") + detail + ")";
  Operation* const operation = operation_of(error.op_context);
  events.push_back({.kind = TransportEvent::Kind::Failed,
                    .peer = operation != nullptr ? operation->owner.peer : -1,
                    .message = std::move(message)});
  if (operation == nullptr) return;
  ended.push_back(operation->owner.peer);
  release(*operation);
}

}  // namespace pleach
