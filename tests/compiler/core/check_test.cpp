#include "compiler/core/check.hpp"

#include <string>

#include <doctest/doctest.h>

namespace pleach {
namespace {

TEST_CASE("a condition that holds costs nothing and says nothing") {
  bool evaluated = false;
  const auto why = [&] {
    evaluated = true;
    return "never";
  };
  CHECK_NOTHROW(ENSURE(true, why()));
  CHECK_FALSE(evaluated);
}

TEST_CASE("a broken condition names its place, its text and the reason") {
  std::string message;
  try {
    ENSURE(1 + 1 == 3, "arithmetic");
  } catch (const InternalError& error) {
    message = error.what();
  }
  CHECK(message.find("check_test.cpp:") != std::string::npos);
  CHECK(message.find("1 + 1 == 3") != std::string::npos);
  CHECK(message.find("arithmetic") != std::string::npos);
}

TEST_CASE("slow checks run only where they are asked for") {
  bool evaluated = false;
  const auto look = [&] {
    evaluated = true;
    return true;
  };
  ENSURE_SLOW(look(), "");
  (void)look;
#ifdef PLEACH_SLOW_CHECKS
  CHECK(evaluated);
#else
  CHECK_FALSE(evaluated);
#endif
}

}  // namespace
}  // namespace pleach
