// One line on the terminal that says how far a long command has come.
#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "compiler/core/progress.hpp"

namespace pleach::cli {

// Says nothing in the first second; then "packing trees, 312 of 1024, 4.2 s", at most ten times a
// second, each in place of the one before. Wiped at the end of its life, before anything else is
// said.
class ProgressLine {
 public:
  using Clock = std::function<double()>;  // monotonic seconds
  using Write = std::function<void(std::string_view)>;

  ProgressLine(Clock clock, Write write);
  ProgressLine(const ProgressLine&) = delete;
  ProgressLine& operator=(const ProgressLine&) = delete;
  ~ProgressLine() { wipe(); }

  void show(const Stage& stage);
  void wipe();

 private:
  Clock clock_;
  Write write_;
  double start_;
  double next_;  // nothing is shown before
  bool shown_ = false;
};

// Whether people are watching: standard error is a terminal.
[[nodiscard]] bool on_terminal();
// Standard error, without a complaint when it is gone.
void write_to_terminal(std::string_view text);

}  // namespace pleach::cli
