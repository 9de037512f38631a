#include "runtime/comm/c_comm.hpp"

#include <exception>
#include <new>

#include "compiler/core/machine_error.hpp"

namespace pleach {
namespace {

// What the last call of this thread failed with.
thread_local std::string last_error;

}  // namespace

pleachResult_t code_of(CommError::Kind kind) {
  switch (kind) {
    case CommError::Kind::InvalidArgument: return pleachInvalidArgument;
    case CommError::Kind::InvalidUsage:
    case CommError::Kind::Aborted: return pleachInvalidUsage;
    case CommError::Kind::System: return pleachSystemError;
    case CommError::Kind::Remote: return pleachRemoteError;
    case CommError::Kind::Device: return pleachUnhandledCudaError;
  }
  return pleachInternalError;
}

pleachResult_t tell(pleachComm_t comm, pleachResult_t code, const std::string& message) {
  if (comm != nullptr) comm->last_error = message;
  last_error = message;
  return code;
}

pleachResult_t tell_exception(pleachComm_t comm) {
  try {
    throw;
  } catch (const CommError& error) {
    return tell(comm, code_of(error.kind()), error.what());
  } catch (const MachineError& error) {
    return tell(comm, pleachSystemError, error.what());
  } catch (const std::bad_alloc&) {
    return tell(comm, pleachSystemError, "memory ran out");
  } catch (const std::exception& error) {
    return tell(comm, pleachInternalError, error.what());
  }
}

const char* last_error_of(pleachComm_t comm) {
  return (comm != nullptr ? comm->last_error : last_error).c_str();
}

void refuse(const std::string& message) {
  throw CommError(CommError::Kind::InvalidArgument, message);
}

Communicator& rank_of(pleachComm_t comm) {
  if (comm == nullptr) refuse("the communicator is NULL");
  if (comm->rank == nullptr) {
    throw CommError(CommError::Kind::InvalidUsage,
                    "the communicator is made in a group that has not ended");
  }
  return *comm->rank;
}

}  // namespace pleach
