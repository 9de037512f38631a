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
  std::string host;     // equal for ranks that may share memory
  std::string process;  // equal for ranks of one process
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

// Where a rank's scratch is: in its heap, and as a window for the network.
struct ScratchMember {
  std::uint64_t offset = 0;
  Blob window;
  bool operator==(const ScratchMember&) const = default;
};
[[nodiscard]] Blob encode(const ScratchMember& member);
[[nodiscard]] ScratchMember decode_scratch_member(int rank, std::span<const std::byte> bytes);

// Processes and hosts numbered by their first rank.
[[nodiscard]] Placement placement_of(std::span<const Member> members);

}  // namespace pleach
