// Which rank of a communicator runs on which GPU of the schedule.
//
// The machine's nodes may say by labels where they are (Labels, topology.hpp). A rank then takes
// the node of its host and PCI device, whatever number its launcher gave it, and the schedule's
// trees are told of the new numbers. Without such labels rank r is the schedule's rank r.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>

#include "compiler/ir/schedule.hpp"

namespace pleach {

// What a rank knows of the place where it runs.
struct RankIdentity {
  // Its host's name. "": the rank does not want to be placed; then none of them may.
  std::string host;
  // The PCI bus id of its device; "" where it has none.
  std::string pci;
  bool operator==(const RankIdentity&) const = default;
};

// A PCI bus id as one number; "0000:1b:00.0", "00000000:1B:00.0" and "1b:00.0" are the same device.
// Nothing for what is none.
[[nodiscard]] std::optional<std::uint64_t> parse_pci(const std::string& text);

// The same schedule with the ranks numbered as in the communicator: topology.ranks[r] is the node
// where rank r runs, and the roots of trees are renumbered. The digest stays that of the file.
// Host names are equal when they are without regard to case, or one is the other without a domain.
// Ranks of a host take its GPUs by PCI bus id where both sides have one, the others in order.
// Needs: one identity for each rank of the schedule.
// Throws CommError that names all ranks without a place, with what they are and what the schedule
// has there.
[[nodiscard]] Schedule place_ranks(Schedule schedule, std::span<const RankIdentity> identities);

}  // namespace pleach
