#include "runtime/nccl/log.hpp"

#include <doctest/doctest.h>

namespace pleach::nccl {
namespace {

TEST_CASE("log: one line, as long as NCCL keeps") {
  CHECK(one_line("") == "");
  CHECK(one_line("a\nb\r\tc\x7F\x01") == "a b  c  ");
  CHECK(one_line("räder") == "räder");
  CHECK(one_line(std::string(kLongestLine, 'x')) == std::string(kLongestLine, 'x'));
  CHECK(one_line(std::string(kLongestLine + 1, 'x')) == std::string(kLongestLine - 3, 'x') + "...");
  // No half of a letter is left: ä has two bytes.
  std::string letters = "x";
  while (letters.size() <= kLongestLine + 2) letters += "ä";
  const std::string line = one_line(letters);
  CHECK(line.size() <= kLongestLine);
  CHECK(line.ends_with("ä..."));
  CHECK(one_line(letters.substr(1)).ends_with("ä..."));
}

TEST_CASE("log: a summary names the first mistake and counts the others") {
  const Diagnostic first{.file = "t.json",
                         .line = 3,
                         .pointer = "/rows/0",
                         .message = "wrong",
                         .expected = "right",
                         .fix = "mend it"};
  const Diagnostic bare{
      .file = "t", .line = 0, .pointer = "", .message = "bad", .expected = "", .fix = ""};
  CHECK(summary_of({first}) == "t.json:3: wrong (/rows/0); expected: right; fix: mend it");
  CHECK(summary_of({bare, first, first}) == "t: bad; and 2 more mistakes");
}

int levels[2];
unsigned long flags_seen = 0;

void note(int level, unsigned long flags, const char*, int, const char*, ...) {
  ++levels[level - abi::kWarn];
  flags_seen = flags;
}

TEST_CASE("log: loudness becomes NCCL's levels and subsystems") {
  const LogSink log = sink_of(note, {.detail = 4, .inform = 8});
  log(Loudness::Detail, "x");
  CHECK(flags_seen == 4);
  log(Loudness::Inform, "100 %s");  // no format
  CHECK(flags_seen == 8);
  log(Loudness::Warn, "x");
  CHECK(levels[0] == 1);
  CHECK(levels[1] == 2);
}

}  // namespace
}  // namespace pleach::nccl
