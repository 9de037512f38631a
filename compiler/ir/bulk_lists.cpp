#include "compiler/ir/bulk_lists.hpp"

#include <cstdint>
#include <limits>
#include <utility>

namespace pleach {
namespace {

// Reads JSON from left to right. Every function but the last says whether it found what it wants
// and then stands behind it; where one did not, the place is of no use any more.
class Scanner {
 public:
  explicit Scanner(std::string_view text)
      : begin_(text.data()), at_(begin_), end_(begin_ + text.size()) {}

  // Past blanks.
  bool take(char wanted) {
    skip_blanks();
    if (at_ == end_ || *at_ != wanted) return false;
    ++at_;
    return true;
  }

  // A string without escapes.
  bool take_string(std::string_view& content) {
    if (!take('"')) return false;
    const char* const start = at_;
    while (at_ != end_ && *at_ != '"') {
      if (*at_ == '\\') return false;
      ++at_;
    }
    if (at_ == end_) return false;
    content = {start, static_cast<std::size_t>(at_ - start)};
    ++at_;
    return true;
  }

  // Digits, with no leading zero and no more than an int holds.
  bool take_number(int& number) {
    skip_blanks();
    const char* const start = at_;
    std::int64_t value = 0;
    for (; at_ != end_ && *at_ >= '0' && *at_ <= '9'; ++at_) {
      value = value * 10 + (*at_ - '0');
      if (value > std::numeric_limits<int>::max()) return false;
    }
    if (at_ == start || (*start == '0' && at_ - start > 1)) return false;
    number = static_cast<int>(value);
    return true;
  }

  // A whole array; `take_item` takes one item.
  template <class TakeItem>
  bool take_list(const TakeItem& take_item) {
    if (!take('[')) return false;
    if (take(']')) return true;
    do {
      if (!take_item()) return false;
    } while (take(','));
    return take(']');
  }

  template <class Number>
  bool take_numbers(std::vector<Number>& numbers) {
    numbers.clear();
    return take_list([&] {
      int number = 0;
      if (!take_number(number)) return false;
      numbers.push_back(static_cast<Number>(number));
      return true;
    });
  }

  // Any value; only its strings and brackets are looked at. False at a comment.
  bool skip_value() {
    int depth = 0;
    for (; at_ != end_; ++at_) {
      switch (*at_) {
        case '"':
          for (++at_; at_ != end_ && *at_ != '"'; ++at_) {
            if (*at_ == '\\' && ++at_ == end_) return false;
          }
          if (at_ == end_) return false;
          break;
        case '[':
        case '{': ++depth; break;
        case ',':
          if (depth == 0) return true;
          break;
        case ']':
        case '}':
          if (depth == 0) return true;
          --depth;
          break;
        case '/': return false;
        default: break;
      }
    }
    return false;
  }

  [[nodiscard]] std::size_t offset() const { return static_cast<std::size_t>(at_ - begin_); }
  [[nodiscard]] bool at_end() {
    skip_blanks();
    return at_ == end_;
  }

 private:
  void skip_blanks() {
    while (at_ != end_ && (*at_ == ' ' || *at_ == '\n' || *at_ == '\r' || *at_ == '\t')) ++at_;
  }

  const char* begin_;
  const char* at_;
  const char* end_;
};

class BulkReader {
 public:
  explicit BulkReader(std::string_view text) : text_(text), in_(text) {}

  std::optional<BulkLists> read() {
    if (!in_.take('{')) return std::nullopt;
    do {
      std::string_view key;
      if (!in_.take_string(key) || !in_.take(':')) return std::nullopt;
      if (!take_value(key)) return std::nullopt;
    } while (in_.take(','));
    if (!in_.take('}') || !in_.at_end()) return std::nullopt;
    lists_.rest += text_.substr(copied_);
    return std::move(lists_);
  }

 private:
  bool take_value(std::string_view key) {
    const std::size_t start = in_.offset();
    if (key == "routes") {
      if (!take_routes()) return false;
    } else if (key == "broadcast_trees") {
      if (!take_trees(lists_.broadcast_trees)) return false;
    } else if (key == "reduce_trees") {
      if (!take_trees(lists_.reduce_trees)) return false;
    } else {
      return in_.skip_value();
    }
    lists_.rest += text_.substr(copied_, start - copied_);
    lists_.rest += "[]";
    copied_ = in_.offset();
    return true;
  }

  bool take_routes() {
    std::vector<NodeId> route;
    return in_.take_list([&] {
      if (!in_.take_numbers(route)) return false;
      lists_.routes.emplace_back(route.begin(), route.end());  // no room to spare
      return true;
    });
  }

  bool take_trees(std::vector<ScheduleTree>& trees) {
    return in_.take_list([&] { return take_tree(trees.emplace_back()); });
  }

  bool take_tree(ScheduleTree& tree) {
    bool has_root = false;
    bool has_share = false;
    bool has_routes = false;
    if (!in_.take('{')) return false;
    do {
      std::string_view key;
      if (!in_.take_string(key) || !in_.take(':')) return false;
      if (key == "root") {
        if (std::exchange(has_root, true) || !in_.take_number(tree.root)) return false;
      } else if (key == "share") {
        if (std::exchange(has_share, true) || !take_share(tree.share)) return false;
      } else if (key == "routes") {
        if (std::exchange(has_routes, true) || !in_.take_numbers(numbers_)) return false;
        tree.routes.assign(numbers_.begin(), numbers_.end());
      } else {
        return false;
      }
    } while (in_.take(','));
    return in_.take('}') && has_root && has_share && has_routes;
  }

  // Most trees of a file have the share of the one before.
  bool take_share(Rational& share) {
    constexpr std::size_t kLongestShare = 1'000;
    std::string_view text;
    if (!in_.take_string(text) || text.size() > kLongestShare) return false;
    if (text != last_share_text_) {
      const auto parsed = Rational::parse(text);
      if (!parsed || parsed->sign() <= 0) return false;
      last_share_text_ = text;
      last_share_ = *parsed;
    }
    share = last_share_;
    return true;
  }

  std::string_view text_;
  Scanner in_;
  BulkLists lists_;
  std::size_t copied_ = 0;  // how much of the text is in lists_.rest, or needs not be
  std::vector<int> numbers_;
  std::string_view last_share_text_;
  Rational last_share_;
};

}  // namespace

std::optional<BulkLists> take_bulk_lists(std::string_view text) { return BulkReader(text).read(); }

}  // namespace pleach
