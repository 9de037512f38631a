#include "runtime/net/fabric_transport.hpp"

#include <algorithm>
#include <optional>
#include <utility>

#include <rdma/fi_errno.h>

#include "compiler/core/check.hpp"
#include "compiler/core/machine_error.hpp"
#include "runtime/net/deadline.hpp"
#include "runtime/net/fabric_blob.hpp"
#include "runtime/net/fabric_library.hpp"
#include "runtime/net/fabric_rail.hpp"

namespace pleach {
namespace {

using Clock = Deadline::Clock;

class FabricTransport final : public Transport {
 public:
  explicit FabricTransport(const FabricOptions& options)
      : unreachable_after_(options.unreachable_after) {
    const auto library = FabricLibrary::load(options.library);
    for (FabricInfo& info : choose_rails(library, options)) {
      provider_ = info->fabric_attr->prov_name;
      rails_.push_back(
          std::make_unique<FabricRail>(library, std::move(info), options.register_sources));
    }
  }

  [[nodiscard]] std::vector<std::string> rails() const override {
    std::vector<std::string> names;
    for (const auto& rail : rails_) names.push_back(rail->name());
    return names;
  }

  [[nodiscard]] Blob address() const override {
    FabricAddress address{.provider = provider_, .rails = {}};
    for (const auto& rail : rails_) {
      address.rails.push_back({.address = rail->address(), .landing = rail->landing()});
    }
    return to_blob(address);
  }

  void connect(std::span<const Blob> addresses) override {
    ENSURE(peers_.empty(), "a transport is connected once");
    peers_.resize(addresses.size());
    for (std::size_t rank = 0; rank < addresses.size(); ++rank) {
      if (!addresses[rank].empty()) connect_peer(static_cast<int>(rank), addresses[rank]);
    }
  }

  [[nodiscard]] Blob expose(std::span<std::byte> window) override {
    FabricWindow exposed{.size = window.size(), .rails = {}};
    for (const auto& rail : rails_) exposed.rails.push_back(rail->expose(window));
    return to_blob(exposed);
  }

  void set_windows(std::span<const Blob> windows) override {
    ENSURE(windows.size() == peers_.size(), "there is a window, or an empty blob, for each rank");
    for (std::size_t rank = 0; rank < windows.size(); ++rank) {
      Peer& peer = peers_[rank];
      peer.window = {};
      if (windows[rank].empty()) continue;
      std::optional<FabricWindow> window = window_from(windows[rank]);
      if (!window || window->rails.size() != peer.landings.size()) {
        throw MachineError("what rank " + std::to_string(rank) + " sent as its window (" +
                           std::to_string(windows[rank].size()) + " bytes) is none for its " +
                           std::to_string(peer.landings.size()) +
                           " rails; do all ranks run the same build?");
      }
      peer.window = *std::move(window);
    }
  }

  [[nodiscard]] bool write(const Path& path,
                           std::span<const std::byte> data,
                           std::uint64_t offset,
                           std::uint32_t immediate,
                           std::uint64_t tag) override {
    Peer& peer = peer_of(path);
    ENSURE(data.size() <= max_write(), "a write is no larger than max_write()");
    ENSURE(offset <= peer.window.size && data.size() <= peer.window.size - offset,
           "a write is within the peer's window");
    RemoteMemory where;
    if (data.empty()) {
      where = peer.landings[path.peer_rail];
    } else {
      where = peer.window.rails[path.peer_rail];
      where.address += offset;
    }
    return post(path, where, data, immediate, {.peer = path.peer, .tag = tag, .reports = true});
  }

  [[nodiscard]] bool notify(const Path& path, std::uint32_t immediate) override {
    return post(path, peer_of(path).landings[path.peer_rail], {}, immediate, {.peer = path.peer});
  }

  [[nodiscard]] std::size_t max_write() const override {
    std::size_t least = rails_.front()->max_write();
    for (const auto& rail : rails_) least = std::min(least, rail->max_write());
    return least;
  }

  [[nodiscard]] std::size_t in_flight() const override {
    std::size_t sum = 0;
    for (const auto& rail : rails_) sum += rail->in_flight();
    return sum;
  }

  std::size_t poll(std::vector<TransportEvent>& events) override {
    const std::size_t before = events.size();
    std::move(failures_.begin(), failures_.end(), std::back_inserter(events));
    failures_.clear();
    for (std::size_t rail = 0; rail < rails_.size(); ++rail) {
      const std::size_t first = events.size();
      ended_.clear();
      rails_[rail]->poll(events, ended_);
      for (const int peer : ended_) {
        Link& link = peers_[peer].links[rail];
        --link.in_flight;
        link.refused.reset();
      }
      drop_repeated_failures(events, first);
    }
    return events.size() - before;
  }

 private:
  // Time in which the provider took nothing although nothing was in flight, as far as it was tried.
  struct Refused {
    Clock::time_point first;
    Clock::time_point last;
  };
  struct Link {                        // from one of our rails to a peer
    std::vector<fi_addr_t> addresses;  // by the peer's rail, in this rail's address vector
    std::size_t in_flight = 0;
    std::optional<Refused> refused;
  };
  struct Peer {
    std::vector<Link> links;             // by our rail
    std::vector<RemoteMemory> landings;  // by the peer's rail
    FabricWindow window;
    bool failed = false;
  };

  void connect_peer(int rank, const Blob& blob) {
    const std::string name = "rank " + std::to_string(rank);
    const std::optional<FabricAddress> address = address_from(blob);
    if (!address || address->rails.empty()) {
      throw MachineError("what " + name + " sent as its address (" + std::to_string(blob.size()) +
                         " bytes) is none; do all ranks run the same build?");
    }
    if (address->provider != provider_) {
      throw MachineError(name + " uses libfabric's provider " + address->provider +
                         ", this rank uses " + provider_ +
                         "; set PLEACH_FABRIC_PROVIDER to the same everywhere");
    }
    Peer& peer = peers_[rank];
    for (const FabricAddress::Rail& rail : address->rails) peer.landings.push_back(rail.landing);
    for (const auto& local : rails_) {
      std::vector<fi_addr_t>& inserted = peer.links.emplace_back().addresses;
      for (std::size_t i = 0; i < address->rails.size(); ++i) {
        try {
          inserted.push_back(local->insert(address->rails[i].address));
        } catch (const MachineError& error) {
          throw MachineError(name + ", its rail " + std::to_string(i) + ": " + error.what());
        }
      }
    }
  }

  Peer& peer_of(const Path& path) {
    ENSURE(path.peer >= 0 && static_cast<std::size_t>(path.peer) < peers_.size() &&
               !peers_[path.peer].landings.empty(),
           "a path goes to a rank whose address is known");
    Peer& peer = peers_[path.peer];
    ENSURE(path.local_rail >= 0 && static_cast<std::size_t>(path.local_rail) < rails_.size() &&
               path.peer_rail >= 0 &&
               static_cast<std::size_t>(path.peer_rail) < peer.landings.size(),
           "a path goes from one of our rails to one of the peer's");
    return peer;
  }

  bool post(const Path& path,
            RemoteMemory where,
            std::span<const std::byte> data,
            std::uint32_t immediate,
            const FabricRail::Owner& owner) {
    Peer& peer = peers_[path.peer];
    FabricRail& rail = *rails_[path.local_rail];
    if (peer.failed) {
      throw MachineError("rank " + std::to_string(path.peer) +
                         " has failed: nothing can be written to it");
    }
    Link& link = peer.links[path.local_rail];
    const long status = rail.write(link.addresses[path.peer_rail], where, data, immediate, owner);
    if (status == 0) {
      ++link.in_flight;
      link.refused.reset();
      return true;
    }
    if (status == FabricRail::kNoRoom) return false;
    if (status == -FI_EAGAIN) {
      note_refusal(path, link);
      return false;
    }
    throw MachineError("a write to rank " + std::to_string(path.peer) + " by rail " + rail.name() +
                       " is refused: " + rail.error_text(status));
  }

  // Full queues clear when the writes in them end. Where none is in flight it is the connection
  // that does not come about, and that may go on for ever. Pauses of the caller do not count.
  void note_refusal(const Path& path, Link& link) {
    constexpr std::chrono::seconds kPause{1};
    if (link.in_flight > 0) return link.refused.reset();
    const Clock::time_point now = Clock::now();
    if (!link.refused || now - link.refused->last > kPause) {
      link.refused = {.first = now, .last = now};
    }
    link.refused->last = now;
    if (now - link.refused->first < unreachable_after_) return;
    peers_[path.peer].failed = true;
    failures_.push_back({.kind = TransportEvent::Kind::Failed,
                         .peer = path.peer,
                         .message = "rail " + rails_[path.local_rail]->name() +
                                    ": no write got through to rank " + std::to_string(path.peer) +
                                    " for " + std::to_string(unreachable_after_.count()) + " ms"});
  }

  // One Failed for each peer, however many of its writes fail.
  void drop_repeated_failures(std::vector<TransportEvent>& events, std::size_t first) {
    const auto repeated = [&](TransportEvent& event) {
      if (event.kind != TransportEvent::Kind::Failed || event.peer < 0) return false;
      event.message = "rank " + std::to_string(event.peer) + " by " + event.message;
      return std::exchange(peers_[event.peer].failed, true);
    };
    events.erase(
        std::remove_if(events.begin() + static_cast<std::ptrdiff_t>(first), events.end(), repeated),
        events.end());
  }

  std::chrono::milliseconds unreachable_after_;
  std::string provider_;
  std::vector<std::unique_ptr<FabricRail>> rails_;
  std::vector<Peer> peers_;
  std::vector<TransportEvent> failures_;  // found by write() and notify(), told by poll()
  std::vector<int> ended_;                // of one poll
};

}  // namespace

std::unique_ptr<Transport> open_fabric(const FabricOptions& options) {
  return std::make_unique<FabricTransport>(options);
}

}  // namespace pleach
