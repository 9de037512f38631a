#include "compiler/cli/progress_line.hpp"

#include <array>
#include <cstdio>
#include <utility>

#include <unistd.h>

namespace pleach::cli {
namespace {

constexpr double kFirst = 1;
constexpr double kPause = 0.1;
// To the first column, and everything from there on wiped (ECMA-48, EL).
constexpr std::string_view kFreshLine = "\r\033[K";

}  // namespace

ProgressLine::ProgressLine(Clock clock, Write write)
    : clock_(std::move(clock)),
      write_(std::move(write)),
      start_(clock_()),
      next_(start_ + kFirst) {}

void ProgressLine::show(const Stage& stage) {
  const double now = clock_();
  if (now < next_) return;
  next_ = now + kPause;
  std::array<char, 96> text{};
  std::snprintf(text.data(), text.size(), "  %.*s, %lld of %lld, %.1f s",
                static_cast<int>(stage.name.size()), stage.name.data(),
                static_cast<long long>(stage.done), static_cast<long long>(stage.total),
                now - start_);
  write_(std::string(kFreshLine) + text.data());
  shown_ = true;
}

void ProgressLine::wipe() {
  if (std::exchange(shown_, false)) write_(kFreshLine);
}

bool on_terminal() { return ::isatty(STDERR_FILENO) == 1; }

void write_to_terminal(std::string_view text) {
  [[maybe_unused]] const auto put = ::write(STDERR_FILENO, text.data(), text.size());
}

}  // namespace pleach::cli
