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
//         left then pulls others over, along shortest augmenting paths. Items come in the order of
//         their numbers, so problems that are nearly alike have nearly the same items in parts.
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
  // Cost:  O(options) and as much again for each augmenting path.
  bool solve();
  // After solve() did not fit everything: whether the bin is one that what is left may use, or that
  // something would have to leave for it. All such bins are full.
  [[nodiscard]] bool is_short(int bin) const { return bin_seen_[bin] == kDead; }

 private:
  static constexpr int kDead = -1;  // seen by a search that found no room; none leads on from it

  void place(int item);
  bool augment(int item);
  int find_room(int item);
  int reach_options(int item, int from);
  void list_contents();

  std::vector<int> order_;
  std::vector<int> first_content_;  // by bin: the options that lead into it
  std::vector<int> content_;        // option
  std::vector<int> item_of_;        // by option
  // The search: a bin is reached when an item that would leave bin `from` could enter by `option`.
  int search_ = 0;             // its number
  std::vector<int> bin_seen_;  // the last search that saw the bin, or kDead
  std::vector<int> item_seen_;
  std::vector<int> reached_by_;    // by bin: option
  std::vector<int> reached_from_;  // by bin: the option that the item leaves; -1 at the start
  std::vector<int> queue_;
};

}  // namespace pleach
