// What every rank tells the others when a communicator is made.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "compiler/plan/placement.hpp"
#include "runtime/comm/rank_placement.hpp"
#include "runtime/net/transport.hpp"

namespace pleach {

struct Member {
  std::string host;              // equal for ranks that may share memory
  std::string process;           // equal for ranks of one process
  std::string backend = "host";  // where its buffers are; all have the same
  RankIdentity place = {};
  std::string exchange;  // where peers of the host leave descriptors (exchange_descriptors.hpp)
  std::uint64_t heap_bytes = 0;
  std::uint64_t control = 0;   // offset of its RankControl in its heap
  std::uint64_t counters = 0;  // offset of its counters
  bool operator==(const Member&) const = default;
};

// Throws CommError for bytes that are none: ranks of different versions.
[[nodiscard]] Blob encode(const Member& member);
[[nodiscard]] Member decode_member(int rank, std::span<const std::byte> bytes);

// What a rank can be sent to at, once its network is open.
struct NetworkMember {
  std::vector<std::string> rails;
  Blob address;
  bool operator==(const NetworkMember&) const = default;
};
[[nodiscard]] Blob encode(const NetworkMember& member);
[[nodiscard]] NetworkMember decode_network_member(int rank, std::span<const std::byte> bytes);

// Memory of a device, as its rank tells the others: an address for its own process, a name for the
// others.
struct SharedMemory {
  std::uint64_t address = 0;
  Blob name = {};  // empty where there is no other process, or it can not be shared
  bool operator==(const SharedMemory&) const = default;
};

// A rank on a device; nothing of it on the host backend.
struct DeviceMember {
  std::string identity;  // of the device
  int number = 0;        // by which the rank's process opens it
  std::uint32_t resident_blocks = 0;
  std::uint32_t channels = 0;  // as in DeviceOptions, like the next
  std::uint64_t small_bytes = 0;
  SharedMemory counters = {};
  SharedMemory slots = {};
  bool operator==(const DeviceMember&) const = default;
};
[[nodiscard]] Blob encode(const DeviceMember& member);
[[nodiscard]] DeviceMember decode_device_member(int rank, std::span<const std::byte> bytes);
[[nodiscard]] Blob encode(const SharedMemory& memory);
[[nodiscard]] SharedMemory decode_shared_memory(int rank, std::span<const std::byte> bytes);

// Where a rank's scratch is: in its heap, as a window for the network, and on its device.
struct ScratchMember {
  std::uint64_t offset = 0;
  Blob window;
  SharedMemory device = {};
  bool operator==(const ScratchMember&) const = default;
};
[[nodiscard]] Blob encode(const ScratchMember& member);
[[nodiscard]] ScratchMember decode_scratch_member(int rank, std::span<const std::byte> bytes);

// Processes and hosts numbered by their first rank.
[[nodiscard]] Placement placement_of(std::span<const Member> members);

}  // namespace pleach
