// The schedules of a communicator, by what they serve. Used by one thread at a time.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "compiler/ir/schedule.hpp"

namespace pleach {

class LoadedSchedules {
 public:
  // For its collective (and root), instead of one before.
  void add(Schedule schedule);

  // The one that was added for this collective (and root), else one that an added one contains
  // (derive_schedule.hpp), else null. Good until the next add().
  [[nodiscard]] const Schedule* find(Collective collective, int root) const;

  // For a message that there is none: ", only one with root 3 (box0/gpu1)", or "".
  [[nodiscard]] std::string other_roots(Collective collective) const;

  // The id of the node where `rank` is, in the machine of the last one; null before. Needs: a rank.
  [[nodiscard]] const std::string* node_of(int rank) const;

 private:
  using Key = std::pair<Collective, int>;  // with the root, or -1
  std::map<Key, Schedule> added_;
  mutable std::map<Key, std::optional<Schedule>> derived_;  // made when first asked for
  std::vector<std::string> nodes_;                          // of each rank
};

}  // namespace pleach
