// Puts items into bins of limited room.
#pragma once

#include <cstdint>
#include <vector>

namespace pleach {

// A transportation problem in whole numbers: item i brings supply[i], bin b has room[b], and item i
// may go into its options, the bins option[first_option[i]] … option[first_option[i + 1] - 1], in
// any parts. It keeps its memory between problems.
//
// Method: greedily, items with the fewest options first, each into the bin with most room; what is
//         left then pulls others over, along shortest augmenting paths, all of one length at a time
//         (Hopcroft & Karp 1973). Items come in the order of their numbers, so problems that are
//         nearly alike have nearly the same items in parts.
class Transport {
 public:
  std::vector<std::int64_t> supply;
  std::vector<std::int64_t> room;  // what is left of it after solve()
  std::vector<int> first_option;
  std::vector<int> option;
  // By option: how much of its item is in that bin. What it holds before solve() stays where it can
  // (needs: already taken off room and supply).
  std::vector<std::int64_t> amount;

  // Gives: as much as fits in `amount`, what does not in `supply`. Says whether everything fitted.
  // Cost:  O(options) for each length of a path, and as much again for each path.
  bool solve();

 private:
  static constexpr int kNoWay = -1;

  // The item in option `leaving` goes over to option `entering`; the first step of a way has
  // nothing to leave.
  struct Step {
    int leaving = 0;
    int entering = 0;
  };

  void place(int item);
  void list_contents();
  void measure();
  [[nodiscard]] int entrance(int item, int layer) const;
  bool find_way(int item);
  void move_along(int item);

  std::vector<int> order_;
  std::vector<int> first_content_;  // by bin: the options that lead into it
  std::vector<int> content_;        // option
  std::vector<int> item_of_;        // by option
  std::vector<int> layer_;          // by bin: moves from there to room, or kNoWay
  std::vector<int> next_content_;   // by bin: those before it lead nowhere
  std::vector<char> item_seen_;
  std::vector<int> queue_;
  std::vector<Step> way_;
};

}  // namespace pleach
