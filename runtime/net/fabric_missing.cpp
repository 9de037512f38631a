// Stands for fabric_transport.cpp where libfabric's headers are missing.
#include "compiler/core/machine_error.hpp"
#include "runtime/net/fabric_transport.hpp"

namespace pleach {

std::unique_ptr<Transport> open_fabric(const FabricOptions& /*options*/) {
  throw MachineError(
      "this build has no libfabric: <rdma/fabric.h> was not found; install libfabric-dev and "
      "configure again");
}

}  // namespace pleach
