// What is refused, and how it is said.
#pragma once

#include <string>

#include <doctest/doctest.h>

#include "runtime/comm/comm_error.hpp"

namespace pleach::testing {

// What `action` throws, which has to be of this kind; "" when it throws nothing.
template <class Action>
std::string refusal_of(CommError::Kind kind, Action action) {
  try {
    action();
  } catch (const CommError& error) {
    CHECK(error.kind() == kind);
    return error.what();
  }
  return "";
}

}  // namespace pleach::testing
