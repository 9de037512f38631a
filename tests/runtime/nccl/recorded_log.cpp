#include "tests/runtime/nccl/recorded_log.hpp"

#include <array>
#include <cstdarg>
#include <cstdio>
#include <mutex>
#include <utility>

namespace pleach::testing {
namespace {

struct Recorded {
  std::mutex mutex;
  std::vector<LogLine> lines;
};

Recorded& recorded() {
  static Recorded the_lines;
  return the_lines;
}

}  // namespace

void record(int level, unsigned long flags, const char*, int, const char* format, ...) {
  std::array<char, 4096> text{};
  va_list arguments;
  va_start(arguments, format);
  std::vsnprintf(text.data(), text.size(), format, arguments);
  va_end(arguments);
  const std::lock_guard lock(recorded().mutex);
  recorded().lines.push_back({.level = level, .flags = flags, .text = text.data()});
}

std::vector<LogLine> take_log() {
  const std::lock_guard lock(recorded().mutex);
  return std::exchange(recorded().lines, {});
}

std::vector<std::string> lines_of(const std::vector<LogLine>& lines, int level) {
  std::vector<std::string> texts;
  for (const LogLine& line : lines) {
    if (line.level == level) texts.push_back(line.text);
  }
  return texts;
}

}  // namespace pleach::testing
