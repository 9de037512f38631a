#include "compiler/passes/spread_demands.hpp"

#include <algorithm>
#include <limits>
#include <utility>

namespace pleach {
namespace {

class Spreader {
 public:
  Spreader(const SpreadProblem& problem, std::span<std::int64_t> room)
      : problem_(problem), room_(room), taken_(problem.choices.size()) {}

  std::optional<std::vector<std::int64_t>> spread() {
    std::vector<std::int64_t> left = problem_.amount;
    for (std::size_t d = 0; d < left.size(); ++d) left[d] -= take_whole_parts(d);
    // Units that displace others move one at a time. Rates that make units small against what is
    // left over would make them many.
    std::size_t most_displaced = kMostDisplaced + 4 * taken_.size();
    for (std::size_t d = 0; d < left.size(); ++d) {
      while (left[d] > 0) {
        const std::int64_t part = take_best(d, left[d]);
        if (part == 0 && most_displaced-- == 0) return std::nullopt;
        if (part == 0 && !take_by_alternation(d) && !take_by_search(d)) return std::nullopt;
        left[d] -= std::max<std::int64_t>(part, 1);
      }
    }
    return std::move(taken_);
  }

 private:
  static constexpr std::size_t kMostDisplaced = 1000;

  struct Move {  // a unit of a demand goes from one of its choices to another
    int demand = 0;
    int from = 0;
    int to = 0;
    int before = -1;  // the move that makes this one necessary
    int freed = -1;   // the slot it leaves that no earlier move wants
    int full = -1;    // the slot it comes to that has no room; -1 when all is well
  };

  [[nodiscard]] std::int64_t room(int slot) const {
    return slot < 0 ? std::numeric_limits<std::int64_t>::max() : room_[slot];
  }
  [[nodiscard]] std::int64_t room(const SpreadChoice& choice) const {
    return std::min(room(choice.leave), room(choice.arrive));
  }

  void take(int choice, std::int64_t amount) {
    const auto [leave, arrive] = problem_.choices[choice];
    taken_[choice] += amount;
    if (leave >= 0) room_[leave] -= amount;
    if (arrive >= 0) room_[arrive] -= amount;
  }

  std::int64_t take_whole_parts(std::size_t demand) {
    const int first = problem_.first_choice[demand];
    const int last = problem_.first_choice[demand + 1];
    if (first == last) return 0;
    const std::int64_t part = problem_.amount[demand] / (last - first);
    std::int64_t sum = 0;
    for (int choice = first; part > 0 && choice < last; ++choice) {
      const std::int64_t fits = std::clamp<std::int64_t>(room(problem_.choices[choice]), 0, part);
      take(choice, fits);
      sum += fits;
    }
    return sum;
  }

  // To the choice with most room, turning the order from demand to demand so that equals take
  // turns. Gives how much; 0 when no choice has room.
  std::int64_t take_best(std::size_t demand, std::int64_t left) {
    const int first = problem_.first_choice[demand];
    const int count = problem_.first_choice[demand + 1] - first;
    int best = -1;
    for (int i = 0; i < count; ++i) {
      const int choice = first + static_cast<int>((demand + i) % count);
      const std::int64_t here = room(problem_.choices[choice]);
      if (here > 0 && (best < 0 || here > room(problem_.choices[best]))) best = choice;
    }
    if (best < 0) return 0;
    const std::int64_t part = std::min(room(problem_.choices[best]), (left + count - 1) / count);
    take(best, part);
    return part;
  }

  // Which choices use a slot, and of which demand each choice is.
  void index_slots() {
    if (!users_.empty()) return;
    users_.resize(room_.size());
    demand_of_.resize(problem_.choices.size());
    moved_here_.resize(problem_.choices.size());
    for (std::size_t d = 0; d + 1 < problem_.first_choice.size(); ++d) {
      for (int choice = problem_.first_choice[d]; choice < problem_.first_choice[d + 1]; ++choice) {
        demand_of_[choice] = static_cast<int>(d);
        const auto [leave, arrive] = problem_.choices[choice];
        if (leave >= 0) users_[leave].push_back(choice);
        if (arrive >= 0) users_[arrive].push_back(choice);
      }
    }
  }

  // The one slot that is full where a move leads, -1 when none is, -2 when both are. What it and
  // the move before it free has room.
  [[nodiscard]] int full_slot(const Move& move, int freed_before) const {
    const auto is_full = [&](int slot) {
      return slot != move.freed && slot != freed_before && room(slot) <= 0;
    };
    const auto [leave, arrive] = problem_.choices[move.to];
    if (is_full(leave)) return is_full(arrive) ? -2 : leave;
    return is_full(arrive) ? arrive : -1;
  }

  // Koenig's chain between two ways: one has room where the demand leaves, the other where it
  // arrives. The unit takes the first; whoever is in its way there changes to the second, and
  // whoever is in that one's way back to the first. A unit that moved stays, so the chain ends.
  bool take_by_alternation(std::size_t demand) {
    index_slots();
    const int begin = problem_.first_choice[demand];
    const int end = problem_.first_choice[demand + 1];
    for (int first = begin; first < end; ++first) {
      if (room(problem_.choices[first].leave) <= 0) continue;
      for (int second = begin; second < end; ++second) {
        if (room(problem_.choices[second].arrive) > 0 && alternate(first, second)) return true;
      }
    }
    return false;
  }

  bool alternate(int first, int second) {
    std::vector<std::pair<int, int>> moves;  // from, to
    take(first, 1);
    int full = problem_.choices[first].arrive;
    int open = problem_.choices[second].arrive;
    // Where the ends of ways differ in room a chain can come round; then it is given up.
    while (room(full) < 0 && moves.size() < taken_.size()) {
      const auto [from, to] = unit_between(full, open);
      if (from < 0) break;
      moves.emplace_back(from, to);
      take(from, -1);
      take(to, 1);
      ++moved_here_[to];
      const int next_full = other_slot(to, open);
      open = other_slot(from, full);
      full = next_full;
    }
    const bool is_placed = room(full) >= 0;
    for (const auto& [from, to] : moves) {
      moved_here_[to] = 0;
      if (is_placed) continue;
      take(to, -1);
      take(from, 1);
    }
    if (!is_placed) take(first, -1);
    return is_placed;
  }

  // Places one unit of the demand, moving others out of its way over any ways: for slots of
  // different room, where the two of a chain need not do.
  bool take_by_search(std::size_t demand) {
    index_slots();
    std::vector<bool> seen(room_.size());
    std::vector<Move> moves;
    // A move waits in `moves` until its full slot is looked at; true when it has none.
    const auto consider = [&](Move move) {
      move.full = full_slot(move, move.before < 0 ? -1 : moves[move.before].freed);
      if (move.full == -2 || (move.full >= 0 && seen[move.full])) return false;
      if (move.full >= 0) seen[move.full] = true;
      moves.push_back(move);
      return move.full < 0;
    };
    for (int to = problem_.first_choice[demand]; to < problem_.first_choice[demand + 1]; ++to) {
      if (consider({.demand = static_cast<int>(demand), .from = -1, .to = to})) {
        return apply(moves);
      }
    }
    for (int next = 0; next < static_cast<int>(moves.size()); ++next) {
      const int full = moves[next].full;
      for (const int from : users_[full]) {
        if (taken_[from] == 0) continue;
        const auto [leave, arrive] = problem_.choices[from];
        const int freed = leave == full ? arrive : leave;
        const int other = demand_of_[from];
        for (int to = problem_.first_choice[other]; to < problem_.first_choice[other + 1]; ++to) {
          if (!uses(to, full) && consider({other, from, to, next, freed})) return apply(moves);
        }
      }
    }
    return false;
  }

  [[nodiscard]] int other_slot(int choice, int slot) const {
    const auto [leave, arrive] = problem_.choices[choice];
    return leave == slot ? arrive : leave;
  }

  // A choice with a unit at one slot that has not moved yet, and one of the same demand at the
  // other slot; -1 when there is none.
  [[nodiscard]] std::pair<int, int> unit_between(int full, int open) const {
    for (const int from : users_[full]) {
      if (taken_[from] <= moved_here_[from]) continue;
      const int demand = demand_of_[from];
      for (int to = problem_.first_choice[demand]; to < problem_.first_choice[demand + 1]; ++to) {
        if (open >= 0 && to != from && uses(to, open)) return {from, to};
      }
    }
    return {-1, -1};
  }

  [[nodiscard]] bool uses(int choice, int slot) const {
    const auto [leave, arrive] = problem_.choices[choice];
    return leave == slot || arrive == slot;
  }

  // Makes the last move and all that lead to it; false when a long chain used some room twice.
  bool apply(const std::vector<Move>& moves) {
    for (int i = static_cast<int>(moves.size()) - 1; i >= 0; i = moves[i].before) {
      if (moves[i].from >= 0) {
        if (taken_[moves[i].from] == 0) return false;
        take(moves[i].from, -1);
      }
      take(moves[i].to, 1);
    }
    return std::all_of(room_.begin(), room_.end(), [](std::int64_t room) { return room >= 0; });
  }

  const SpreadProblem& problem_;
  std::span<std::int64_t> room_;
  std::vector<std::int64_t> taken_;       // by choice
  std::vector<std::vector<int>> users_;   // by slot: choices
  std::vector<int> demand_of_;            // by choice
  std::vector<std::int64_t> moved_here_;  // by choice: units that came along the current chain
};

}  // namespace

std::optional<std::vector<std::int64_t>> spread_demands(const SpreadProblem& problem,
                                                        std::span<std::int64_t> room) {
  return Spreader(problem, room).spread();
}

}  // namespace pleach
