// What a checker found, and the list in which checkers gather it.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace pleach {

struct Violation {
  std::string rule;     // a short stable name, listed in verify_schedule.hpp
  std::string where;    // JSON pointer into the schedule file, "" for the whole
  std::string message;  // what was found and what the rule wants
  bool operator==(const Violation&) const = default;
};

namespace verify {

// Gathers violations in the order they are found, at most kMaxPerRule of a rule: one wrong link can
// break every route that crosses it, and nobody reads ten thousand lines that say the same.
class ViolationLog {
 public:
  static constexpr int kMaxPerRule = 20;

  void add(std::string_view rule, std::string where, std::string message);
  [[nodiscard]] bool empty() const { return kept_.empty(); }
  [[nodiscard]] bool has(std::string_view rule) const;
  [[nodiscard]] bool has_other_than(std::string_view rule) const;

  // All that was kept, then for each rule that had more one entry "and 7 more …".
  [[nodiscard]] std::vector<Violation> take() &&;

 private:
  struct Count {
    std::string rule;
    int found = 0;
  };
  std::vector<Violation> kept_;
  std::vector<Count> counts_;  // by first appearance; there are about ten rules
};

// "/routes/12", "/broadcast_trees/3/routes/0": the pointer of an element and of what is inside it.
[[nodiscard]] std::string pointer_to(std::string_view list, std::size_t position);
[[nodiscard]] std::string pointer_to(std::string_view list,
                                     std::size_t position,
                                     std::string_view key);

}  // namespace verify
}  // namespace pleach
