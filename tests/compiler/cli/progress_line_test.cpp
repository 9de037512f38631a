#include "compiler/cli/progress_line.hpp"

#include <string>

#include <doctest/doctest.h>

namespace pleach::cli {
namespace {

// A terminal that keeps what it is sent, and a clock that the test moves.
struct Terminal {
  double now = 100;
  std::string text;
  ProgressLine line{[this] { return now; }, [this](std::string_view more) { text += more; }};

  std::string shown_at(double time, const Stage& stage) {
    text.clear();
    now = time;
    line.show(stage);
    return text;
  }
};

TEST_CASE("nothing in the first second, then ten lines a second at most") {
  Terminal terminal;
  CHECK(terminal.shown_at(100.5, {"bound", 1, 8}).empty());
  CHECK(terminal.shown_at(101.25, {"bound", 2, 8}) == "\r\033[K  bound, 2 of 8, 1.2 s");
  CHECK(terminal.shown_at(101.3, {"bound", 3, 8}).empty());
  CHECK(terminal.shown_at(101.5, {"packing trees", 3, 1024}) ==
        "\r\033[K  packing trees, 3 of 1024, 1.5 s");
}

TEST_CASE("the line is wiped once, and only if it was there") {
  Terminal terminal;
  terminal.line.wipe();
  CHECK(terminal.text.empty());
  terminal.shown_at(102, {"bound", 1, 2});
  terminal.text.clear();
  terminal.line.wipe();
  terminal.line.wipe();
  CHECK(terminal.text == "\r\033[K");
}

TEST_CASE("a reported stage may end the work; without a listener nothing happens") {
  struct Enough {};
  const Progress stop = [](const Stage& stage) {
    if (stage.done == 3) throw Enough{};
  };
  CHECK_NOTHROW(report(stop, {"x", 2, 9}));
  CHECK_THROWS_AS(report(stop, {"x", 3, 9}), Enough);
  CHECK_NOTHROW(report(Progress(), {"x", 3, 9}));
}

}  // namespace
}  // namespace pleach::cli
