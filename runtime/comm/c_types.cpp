#include "runtime/comm/c_types.hpp"

#include <algorithm>
#include <cstddef>
#include <iterator>

#include "compiler/core/check.hpp"

namespace pleach {
namespace {

template <class InC, class InCpp>
struct Pair {
  InC in_c;
  InCpp in_cpp;
};

constexpr Pair<pleachDataType_t, DataType> kTypePairs[] = {
    {pleachInt8, DataType::Int8},         {pleachUint8, DataType::Uint8},
    {pleachInt16, DataType::Int16},       {pleachInt32, DataType::Int32},
    {pleachUint32, DataType::Uint32},     {pleachInt64, DataType::Int64},
    {pleachUint64, DataType::Uint64},     {pleachFloat16, DataType::Float16},
    {pleachBfloat16, DataType::Bfloat16}, {pleachFloat32, DataType::Float32},
    {pleachFloat64, DataType::Float64}};

constexpr Pair<pleachRedOp_t, ReduceOp> kOpPairs[] = {{pleachSum, ReduceOp::Sum},
                                                      {pleachProd, ReduceOp::Prod},
                                                      {pleachMax, ReduceOp::Max},
                                                      {pleachMin, ReduceOp::Min},
                                                      {pleachAvg, ReduceOp::Avg}};

constexpr Pair<pleachCollective_t, Collective> kCollectivePairs[] = {
    {pleachCollAllGather, Collective::AllGather},
    {pleachCollReduceScatter, Collective::ReduceScatter},
    {pleachCollAllReduce, Collective::AllReduce},
    {pleachCollBroadcast, Collective::Broadcast},
    {pleachCollReduce, Collective::Reduce}};

template <class InC, class InCpp, std::size_t Size>
std::optional<InCpp> to_cpp(const Pair<InC, InCpp> (&table)[Size], InC value) {
  const auto* const found = std::find_if(std::begin(table), std::end(table),
                                         [&](const auto& pair) { return pair.in_c == value; });
  if (found == std::end(table)) return std::nullopt;
  return found->in_cpp;
}

template <class InC, class InCpp, std::size_t Size>
InC to_c(const Pair<InC, InCpp> (&table)[Size], InCpp value) {
  const auto* const found = std::find_if(std::begin(table), std::end(table),
                                         [&](const auto& pair) { return pair.in_cpp == value; });
  ENSURE(found != std::end(table), "the C interface has every type and operator");
  return found->in_c;
}

}  // namespace

std::optional<DataType> data_type_of(pleachDataType_t type) { return to_cpp(kTypePairs, type); }
std::optional<ReduceOp> reduce_op_of(pleachRedOp_t op) { return to_cpp(kOpPairs, op); }
std::optional<Collective> collective_of(pleachCollective_t collective) {
  return to_cpp(kCollectivePairs, collective);
}

pleachDataType_t c_type_of(DataType type) { return to_c(kTypePairs, type); }
pleachRedOp_t c_op_of(ReduceOp op) { return to_c(kOpPairs, op); }

}  // namespace pleach
