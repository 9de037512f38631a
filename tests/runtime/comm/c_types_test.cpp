#include "runtime/comm/c_types.hpp"

#include <doctest/doctest.h>

namespace pleach {
namespace {

TEST_CASE("each type of the C interface is the one with its name") {
  CHECK(data_type_of(pleachInt8) == DataType::Int8);
  CHECK(data_type_of(pleachUint8) == DataType::Uint8);
  CHECK(data_type_of(pleachInt16) == DataType::Int16);
  CHECK(data_type_of(pleachInt32) == DataType::Int32);
  CHECK(data_type_of(pleachUint32) == DataType::Uint32);
  CHECK(data_type_of(pleachInt64) == DataType::Int64);
  CHECK(data_type_of(pleachUint64) == DataType::Uint64);
  CHECK(data_type_of(pleachFloat16) == DataType::Float16);
  CHECK(data_type_of(pleachBfloat16) == DataType::Bfloat16);
  CHECK(data_type_of(pleachFloat32) == DataType::Float32);
  CHECK(data_type_of(pleachFloat64) == DataType::Float64);
  CHECK(reduce_op_of(pleachSum) == ReduceOp::Sum);
  CHECK(reduce_op_of(pleachProd) == ReduceOp::Prod);
  CHECK(reduce_op_of(pleachMax) == ReduceOp::Max);
  CHECK(reduce_op_of(pleachMin) == ReduceOp::Min);
  CHECK(reduce_op_of(pleachAvg) == ReduceOp::Avg);
  CHECK(collective_of(pleachCollAllGather) == Collective::AllGather);
  CHECK(collective_of(pleachCollReduceScatter) == Collective::ReduceScatter);
  CHECK(collective_of(pleachCollAllReduce) == Collective::AllReduce);
  CHECK(collective_of(pleachCollBroadcast) == Collective::Broadcast);
  CHECK(collective_of(pleachCollReduce) == Collective::Reduce);
}

TEST_CASE("the way back leads to where it came from, for every type and operator") {
  for (const DataType type : kDataTypes) CHECK(data_type_of(c_type_of(type)) == type);
  for (const ReduceOp op : kReduceOps) CHECK(reduce_op_of(c_op_of(op)) == op);
}

TEST_CASE("numbers that stand for nothing") {
  // 10 and 11 are NCCL's types of eight bits.
  for (const int number : {10, 11, 63, 65}) {
    CHECK(data_type_of(static_cast<pleachDataType_t>(number)) == std::nullopt);
  }
  for (const int number : {5, 7}) {
    CHECK(reduce_op_of(static_cast<pleachRedOp_t>(number)) == std::nullopt);
    CHECK(collective_of(static_cast<pleachCollective_t>(number)) == std::nullopt);
  }
}

}  // namespace
}  // namespace pleach
