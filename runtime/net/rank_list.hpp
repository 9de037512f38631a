// Ranks in a message.
#pragma once

#include <span>
#include <string>

namespace pleach {

// "rank 3", "ranks 0-5, 9", "no rank"; long lists end with how many more there are.
// Needs: ascending ranks.
[[nodiscard]] std::string rank_list(std::span<const int> ranks);

}  // namespace pleach
