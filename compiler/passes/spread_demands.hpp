// Spreads demands over parallel ways, evenly and in whole numbers.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

namespace pleach {

// One way a demand may take. It uses room at the slot where it leaves and at the one where it
// arrives; -1 where there is no limit.
struct SpreadChoice {
  int leave = -1;
  int arrive = -1;
};

// Demand d chooses among choices[first_choice[d]] up to choices[first_choice[d + 1]].
struct SpreadProblem {
  std::vector<std::int64_t> amount;  // by demand, >= 0
  std::vector<int> first_choice;     // by demand, and one more
  std::vector<SpreadChoice> choices;
};

// How much of its demand each choice takes, with no slot used beyond its room; nothing when some
// unit finds no place. What is used is taken off `room` (by slot) either way.
//
// Method: the whole parts of an even division first. Each unit left goes where most room is; where
//         no choice has room at both ends, others step aside along an alternating chain, which is
//         how bipartite graphs are edge-coloured (Koenig 1916): demands are the edges, a slot's
//         room is how often its end may use the colour. Where all ways have the same room, as
//         between the levels of a Clos network, that always succeeds; with damaged links it may
//         give up.
// Cost:   choices for the whole parts, and one search for each unit that needs a chain: at most 4
//         a choice and 1,000 more, then it gives up.
[[nodiscard]] std::optional<std::vector<std::int64_t>> spread_demands(const SpreadProblem& problem,
                                                                      std::span<std::int64_t> room);

}  // namespace pleach
