// CHECK and CHECK_SLOW: conditions that only a defect of ours can break.
//
// A user's mistake is a Diagnostic (core/result.hpp), a failing machine is an exception of the
// runtime; neither ever reaches a CHECK. A broken CHECK throws InternalError; the tool prints it
// with the place and exits with 70.
#pragma once

#include <stdexcept>
#include <string>
#include <string_view>

namespace pleach {

class InternalError : public std::logic_error {
 public:
  using std::logic_error::logic_error;
};

namespace core {
[[noreturn]] void check_failed(const char* file, int line, const char* condition,
                               std::string_view why);
}  // namespace core

}  // namespace pleach

// `why` may be any expression that converts to std::string_view; evaluated only on failure.
#define CHECK(condition, why)                                             \
  do {                                                                    \
    if (!(condition)) {                                                   \
      ::pleach::core::check_failed(__FILE__, __LINE__, #condition, why);  \
    }                                                                     \
  } while (false)

// For checks that cost as much as the work they guard: on in the dev and ci presets.
#ifdef PLEACH_SLOW_CHECKS
#define CHECK_SLOW(condition, why) CHECK(condition, why)
#else
#define CHECK_SLOW(condition, why) \
  do {                             \
  } while (false)
#endif
