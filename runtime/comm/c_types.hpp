// Types, operators and collectives of the C interface (pleach.h), and those of the runtime: one
// table for both directions.
#pragma once

#include <optional>

#include "compiler/core/collective.hpp"
#include "compiler/core/data_type.hpp"
#include "runtime/include/pleach.h"

namespace pleach {

// Nothing for a value that is none of the enumeration's: a C program may pass any number.
[[nodiscard]] std::optional<DataType> data_type_of(pleachDataType_t type);
[[nodiscard]] std::optional<ReduceOp> reduce_op_of(pleachRedOp_t op);
[[nodiscard]] std::optional<Collective> collective_of(pleachCollective_t collective);

[[nodiscard]] pleachDataType_t c_type_of(DataType type);
[[nodiscard]] pleachRedOp_t c_op_of(ReduceOp op);

}  // namespace pleach
