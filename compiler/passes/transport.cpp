#include "compiler/passes/transport.hpp"

#include <algorithm>
#include <numeric>

namespace pleach {
namespace {

// Item numbers by the number of their options, then by themselves.
void order_by_options(const std::vector<int>& first_option, std::vector<int>& order) {
  const int num_items = static_cast<int>(first_option.size()) - 1;
  std::vector<int> first;
  for (int item = 0; item < num_items; ++item) {
    const std::size_t options = first_option[item + 1] - first_option[item];
    if (first.size() < options + 2) first.resize(options + 2);
    ++first[options + 1];
  }
  std::partial_sum(first.begin(), first.end(), first.begin());
  order.resize(num_items);
  for (int item = 0; item < num_items; ++item) {
    order[first[first_option[item + 1] - first_option[item]]++] = item;
  }
}

}  // namespace

void Transport::place(int item) {
  while (supply[item] > 0) {
    int best = -1;
    for (int o = first_option[item]; o < first_option[item + 1]; ++o) {
      if (room[option[o]] > 0 && (best < 0 || room[option[o]] > room[option[best]])) best = o;
    }
    if (best < 0) return;
    const std::int64_t part = std::min(supply[item], room[option[best]]);
    amount[best] += part;
    supply[item] -= part;
    room[option[best]] -= part;
  }
}

void Transport::list_contents() {
  const int num_bins = static_cast<int>(room.size());
  item_of_.resize(option.size());
  first_content_.assign(num_bins + 1, 0);
  for (const int bin : option) ++first_content_[bin + 1];
  std::partial_sum(first_content_.begin(), first_content_.end(), first_content_.begin());
  content_.resize(option.size());
  std::vector<int> next(first_content_.begin(), first_content_.end() - 1);
  for (std::size_t item = 0; item + 1 < first_option.size(); ++item) {
    for (int o = first_option[item]; o < first_option[item + 1]; ++o) {
      item_of_[o] = static_cast<int>(item);
      content_[next[option[o]]++] = o;
    }
  }
}

// The options of an item that would leave its part in `from`; -1 for what has no place yet. Gives a
// bin with room if there is one among them.
int Transport::reach_options(int item, int from) {
  if (item_seen_[item] == search_) return -1;
  item_seen_[item] = search_;
  for (int o = first_option[item]; o < first_option[item + 1]; ++o) {
    const int bin = option[o];
    if (bin_seen_[bin] == search_ || bin_seen_[bin] == kDead) continue;
    bin_seen_[bin] = search_;
    reached_by_[bin] = o;
    reached_from_[bin] = from;
    if (room[bin] > 0) return bin;
    queue_.push_back(bin);
  }
  return -1;
}

// The nearest bin with room that others can make way to.
int Transport::find_room(int item) {
  ++search_;
  queue_.clear();
  int found = reach_options(item, -1);
  for (std::size_t i = 0; found < 0 && i < queue_.size(); ++i) {
    const int bin = queue_[i];
    for (int c = first_content_[bin]; found < 0 && c < first_content_[bin + 1]; ++c) {
      if (amount[content_[c]] > 0) found = reach_options(item_of_[content_[c]], content_[c]);
    }
  }
  return found;
}

// Moves as much as possible of what is left of the item along a way to a bin with room.
bool Transport::augment(int item) {
  const int bin = find_room(item);
  if (bin < 0) {
    for (const int seen : queue_) bin_seen_[seen] = kDead;
    return false;
  }
  std::int64_t part = std::min(supply[item], room[bin]);
  for (int at = bin; reached_from_[at] >= 0; at = option[reached_from_[at]]) {
    part = std::min(part, amount[reached_from_[at]]);
  }
  supply[item] -= part;
  room[bin] -= part;
  for (int at = bin;; at = option[reached_from_[at]]) {
    amount[reached_by_[at]] += part;
    if (reached_from_[at] < 0) break;
    amount[reached_from_[at]] -= part;
  }
  return true;
}

bool Transport::solve() {
  order_by_options(first_option, order_);
  bool is_all = true;
  for (const int item : order_) {
    place(item);
    is_all = is_all && supply[item] == 0;
  }
  search_ = 0;
  bin_seen_.assign(room.size(), 0);
  if (is_all) return true;
  list_contents();
  item_seen_.assign(supply.size(), 0);
  reached_by_.resize(room.size());
  reached_from_.resize(room.size());
  is_all = true;
  for (const int item : order_) {
    while (supply[item] > 0 && augment(item)) {
    }
    is_all = is_all && supply[item] == 0;
  }
  return is_all;
}

}  // namespace pleach
