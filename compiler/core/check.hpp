// ENSURE and ENSURE_SLOW: conditions that only a defect of ours can break.
//
// A user's mistake is a Diagnostic (core/result.hpp), a failing machine is an exception of the
// runtime; neither ever reaches one. A broken one throws InternalError; the tool prints it
// with the place and exits with 70. (Not named CHECK: doctest owns that name in tests.)
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
[[noreturn]] void check_failed(const char* file,
                               int line,
                               const char* condition,
                               std::string_view why);
}  // namespace core

}  // namespace pleach

// `why` may be any expression that converts to std::string_view; evaluated only on failure.
#define ENSURE(condition, why)                                           \
  do {                                                                   \
    if (!(condition)) {                                                  \
      ::pleach::core::check_failed(__FILE__, __LINE__, #condition, why); \
    }                                                                    \
  } while (false)

// For checks that cost as much as the work they guard: on in the dev and ci presets.
#ifdef PLEACH_SLOW_CHECKS
#define ENSURE_SLOW(condition, why) ENSURE(condition, why)
#else
#define ENSURE_SLOW(condition, why) \
  do {                              \
  } while (false)
#endif
