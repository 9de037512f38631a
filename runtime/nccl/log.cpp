#include "runtime/nccl/log.hpp"

#include <cstdio>

namespace pleach::nccl {

LogSink sink_of(abi::Logger logger, LogFlags flags) {
  return [=](Loudness loudness, const std::string& line) {
    const std::string text = one_line(line);
    if (logger == nullptr) {
      if (loudness == Loudness::Warn) std::fprintf(stderr, "%s\n", text.c_str());
      return;
    }
    const bool warn = loudness == Loudness::Warn;
    const unsigned long subsystem = loudness == Loudness::Detail ? flags.detail : flags.inform;
    logger(warn ? abi::kWarn : abi::kInfo, subsystem, "pleach", 0, "%s", text.c_str());
  };
}

std::string one_line(std::string_view text) {
  constexpr std::string_view kCut = "...";
  std::string line(text);
  if (line.size() > kLongestLine) {
    std::size_t end = kLongestLine - kCut.size();
    while (end > 0 && (static_cast<unsigned char>(line[end]) & 0xC0U) == 0x80U) --end;  // in UTF-8
    line.resize(end);
    line += kCut;
  }
  for (char& c : line) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte < 0x20 || byte == 0x7F) c = ' ';
  }
  return line;
}

std::string summary_of(const Diagnostics& mistakes) {
  const Diagnostic& first = mistakes.front();
  std::string text = first.file;
  if (first.line > 0) text += ":" + std::to_string(first.line);
  text += ": " + first.message;
  if (!first.pointer.empty()) text += " (" + first.pointer + ")";
  if (!first.expected.empty()) text += "; expected: " + first.expected;
  if (!first.fix.empty()) text += "; fix: " + first.fix;
  if (mistakes.size() > 1)
    text += "; and " + std::to_string(mistakes.size() - 1) + " more mistakes";
  return text;
}

}  // namespace pleach::nccl
