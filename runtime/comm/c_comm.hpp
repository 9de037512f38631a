// What stands behind a pleachComm_t, and how failures become the codes and words of the C
// interface.
#pragma once

#include <memory>
#include <string>

#include "runtime/comm/communicator.hpp"
#include "runtime/include/pleach.h"

struct pleachComm {
  std::unique_ptr<pleach::Communicator> rank;  // null while the group that makes it has not ended
  std::string last_error;
};

namespace pleach {

[[nodiscard]] pleachResult_t code_of(CommError::Kind kind);

// Keeps the words of a failure, of `comm` or (null) of this thread, and returns its code.
pleachResult_t tell(pleachComm_t comm, pleachResult_t code, const std::string& message);
// The same for the exception that is being handled.
pleachResult_t tell_exception(pleachComm_t comm);
// The words that were kept last, of `comm` or (null) of this thread; "" if there are none.
[[nodiscard]] const char* last_error_of(pleachComm_t comm);

// Runs `action`; whatever it throws becomes a code, and the words are kept.
template <class Action>
pleachResult_t guarded(pleachComm_t comm, const Action& action) {
  try {
    action();
    return pleachSuccess;
  } catch (...) {
    return tell_exception(comm);
  }
}

// Throws CommError: the argument is wrong.
[[noreturn]] void refuse(const std::string& message);
// Throws CommError for one that is null, or not made yet.
Communicator& rank_of(pleachComm_t comm);

}  // namespace pleach
