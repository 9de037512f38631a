// The collectives pleach compiles.
#pragma once

#include <array>
#include <optional>
#include <string_view>

namespace pleach {

enum class Collective { AllGather, ReduceScatter, AllReduce, Broadcast, Reduce };

inline constexpr std::array kCollectives = {Collective::AllGather, Collective::ReduceScatter,
                                            Collective::AllReduce, Collective::Broadcast,
                                            Collective::Reduce};

// The names of the command line and of schedule files: "allgather", "reduce_scatter", …
[[nodiscard]] constexpr std::string_view name_of(Collective collective) {
  switch (collective) {
    case Collective::AllGather: return "allgather";
    case Collective::ReduceScatter: return "reduce_scatter";
    case Collective::AllReduce: return "allreduce";
    case Collective::Broadcast: return "broadcast";
    case Collective::Reduce: return "reduce";
  }
  return "";
}

[[nodiscard]] constexpr std::optional<Collective> collective_named(std::string_view name) {
  for (const Collective collective : kCollectives) {
    if (name_of(collective) == name) return collective;
  }
  return std::nullopt;
}

// Broadcast and reduce have one root; the others treat all ranks alike.
[[nodiscard]] constexpr bool has_root(Collective collective) {
  return collective == Collective::Broadcast || collective == Collective::Reduce;
}

}  // namespace pleach
