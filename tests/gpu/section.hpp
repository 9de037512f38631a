// Counts checks of one kind and prints the first that fail.
#pragma once

#include <cstdio>
#include <optional>
#include <string>
#include <utility>

namespace pleach::gpu_check {

class Section {
 public:
  // `all`: whether everything before it has passed; end() keeps it so.
  Section(std::string name, bool& all) : name_(std::move(name)), all_(all) {}

  // Whether to go on: a section with many failures says nothing new.
  [[nodiscard]] bool wants_more() const { return failed_ < kMostFailures; }

  // `wrong`: what was found, or nothing.
  void count(const std::string& what, const std::optional<std::string>& wrong) {
    ++cases_;
    if (!wrong) return;
    ++failed_;
    std::printf("  FAILED  %s: %s: %s\n", name_.c_str(), what.c_str(), wrong->c_str());
  }

  // A section without a case has not passed.
  void end() {
    if (failed_ > 0 || cases_ == 0) all_ = false;
    std::printf("  %-44s %6d cases, %d failed%s\n", name_.c_str(), cases_, failed_,
                wants_more() ? "" : "; the rest was left out");
    std::fflush(stdout);
  }

 private:
  static constexpr int kMostFailures = 10;
  std::string name_;
  bool& all_;
  int cases_ = 0;
  int failed_ = 0;
};

}  // namespace pleach::gpu_check
