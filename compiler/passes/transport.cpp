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

// How many moves it takes to make room in each bin.
void Transport::measure() {
  layer_.assign(room.size(), kNoWay);
  item_seen_.assign(supply.size(), false);
  queue_.clear();
  for (std::size_t bin = 0; bin < room.size(); ++bin) {
    if (room[bin] == 0) continue;
    layer_[bin] = 0;
    queue_.push_back(static_cast<int>(bin));
  }
  for (std::size_t i = 0; i < queue_.size(); ++i) {
    const int bin = queue_[i];
    for (int c = first_content_[bin]; c < first_content_[bin + 1]; ++c) {
      const int item = item_of_[content_[c]];
      if (item_seen_[item]) continue;
      item_seen_[item] = true;
      for (int o = first_option[item]; o < first_option[item + 1]; ++o) {
        if (amount[o] == 0 || layer_[option[o]] != kNoWay) continue;
        layer_[option[o]] = layer_[bin] + 1;
        queue_.push_back(option[o]);
      }
    }
  }
  next_content_.assign(first_content_.begin(), first_content_.end() - 1);
}

// The item's option in that layer, or for kNoWay the one in the lowest; kNoWay when it has none.
int Transport::entrance(int item, int layer) const {
  int best = kNoWay;
  for (int o = first_option[item]; o < first_option[item + 1]; ++o) {
    const int at = layer_[option[o]];
    if (at == kNoWay || (layer != kNoWay && at != layer)) continue;
    if (best == kNoWay || at < layer_[option[best]]) best = o;
  }
  return best;
}

// A way from the item to a bin with room, layer by layer, in `way_`.
bool Transport::find_way(int item) {
  way_.clear();
  for (;;) {
    if (way_.empty()) {
      const int first = entrance(item, kNoWay);
      if (first == kNoWay) return false;
      way_.push_back({kNoWay, first});
    }
    const int bin = option[way_.back().entering];
    if (layer_[bin] == 0 && room[bin] > 0) return true;
    int entering = kNoWay;
    int& c = next_content_[bin];
    for (; layer_[bin] > 0 && c < first_content_[bin + 1]; ++c) {
      if (amount[content_[c]] == 0) continue;
      entering = entrance(item_of_[content_[c]], layer_[bin] - 1);
      if (entering != kNoWay) break;
    }
    if (entering != kNoWay) {
      way_.push_back({content_[c], entering});
    } else {
      layer_[bin] = kNoWay;
      way_.pop_back();
    }
  }
}

// Moves as much as possible of what is left of the item.
void Transport::move_along(int item) {
  std::int64_t& free = room[option[way_.back().entering]];
  std::int64_t part = std::min(supply[item], free);
  for (std::size_t i = 1; i < way_.size(); ++i) part = std::min(part, amount[way_[i].leaving]);
  supply[item] -= part;
  free -= part;
  for (const Step& step : way_) {
    if (step.leaving != kNoWay) amount[step.leaving] -= part;
    amount[step.entering] += part;
  }
}

bool Transport::solve() {
  order_by_options(first_option, order_);
  std::vector<int>& left = order_;  // from here on: the items that are not all placed
  const auto drop_placed = [&] {
    left.erase(
        std::remove_if(left.begin(), left.end(), [&](int item) { return supply[item] == 0; }),
        left.end());
  };
  for (const int item : order_) place(item);
  drop_placed();
  if (left.empty()) return true;
  list_contents();
  for (bool moved = true; moved && !left.empty();) {
    moved = false;
    measure();
    for (const int item : left) {
      while (supply[item] > 0 && find_way(item)) {
        move_along(item);
        moved = true;
      }
    }
    drop_placed();
  }
  return left.empty();
}

}  // namespace pleach
