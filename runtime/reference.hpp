// Inputs for a run and what must come out, computed from the definition of the collective alone:
// nothing here knows of plans or trees.
//
// Values are such that every order of reduction gives the same bits, for any number of ranks: whole
// numbers whose sums are exact in the type, powers of two where floats are multiplied, integers
// that wrap around. So results are compared bit by bit. They depend on rank and element: data in a
// wrong place does not match either.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "compiler/core/collective.hpp"
#include "compiler/core/data_type.hpp"

namespace pleach {

// One call of a collective, as its caller sees it.
struct CollectiveCall {
  Collective collective = Collective::AllGather;
  int ranks = 0;
  int root = 0;             // broadcast and reduce
  std::uint64_t count = 0;  // elements: per rank for allgather and reduce_scatter
  DataType dtype = DataType::Float32;
  ReduceOp op = ReduceOp::Sum;
};

// Writes the whole input of `rank`: `count` elements for an allgather, else the whole buffer.
// Memory may have any alignment, here and below.
void fill_input(const CollectiveCall& call, int rank, std::byte* input);

// Elements that differ from the result the call must give, over all ranks that have one.
// Needs: outputs[r] for each rank with an output (for reduce the root alone); null for a rank that
//        is not to be looked at, such as one of another process.
// Cost:  for each element of the result, the inputs of all ranks are made again.
[[nodiscard]] std::uint64_t count_wrong(const CollectiveCall& call,
                                        std::span<const std::byte* const> outputs);

}  // namespace pleach
