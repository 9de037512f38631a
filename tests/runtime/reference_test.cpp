#include "runtime/reference.hpp"

#include <algorithm>
#include <cstdint>
#include <vector>

#include <doctest/doctest.h>

namespace pleach {
namespace {

template <class T>
std::vector<T> input_of(const CollectiveCall& call, int rank, std::uint64_t elements) {
  std::vector<T> values(elements);
  fill_input(call, rank, reinterpret_cast<std::byte*>(values.data()));
  return values;
}

template <class T>
std::uint64_t wrong_of(const CollectiveCall& call, const std::vector<std::vector<T>>& outputs) {
  std::vector<const std::byte*> pointers;
  for (const auto& output : outputs) {
    pointers.push_back(reinterpret_cast<const std::byte*>(output.data()));
  }
  return count_wrong(call, pointers);
}

// What every rank must have, straight from the inputs, from the first rank to the last or back.
template <class T>
std::vector<T> reduced(const CollectiveCall& call, std::uint64_t elements, bool backwards) {
  std::vector<T> result;
  for (int i = 0; i < call.ranks; ++i) {
    const int rank = backwards ? call.ranks - 1 - i : i;
    const std::vector<T> input = input_of<T>(call, rank, elements);
    if (i == 0) {
      result = input;
      continue;
    }
    for (std::uint64_t e = 0; e < elements; ++e) {
      switch (call.op) {
        case ReduceOp::Min: result[e] = std::min(result[e], input[e]); break;
        case ReduceOp::Max: result[e] = std::max(result[e], input[e]); break;
        case ReduceOp::Prod: result[e] *= input[e]; break;
        default: result[e] += input[e];
      }
    }
  }
  if (call.op == ReduceOp::Avg) {
    for (T& value : result) value /= static_cast<T>(call.ranks);
  }
  return result;
}

TEST_CASE_TEMPLATE("floating point results are exact in every order", T, float, double) {
  const DataType dtype = sizeof(T) == 4 ? DataType::Float32 : DataType::Float64;
  for (const int ranks : {2, 7, 64, 300}) {
    for (const ReduceOp op : kReduceOps) {
      const CollectiveCall call{.collective = Collective::AllReduce,
                                .ranks = ranks,
                                .count = 500,
                                .dtype = dtype,
                                .op = op};
      const auto forth = reduced<T>(call, 500, false);
      const auto back = reduced<T>(call, 500, true);
      CHECK(forth == back);
      CHECK(wrong_of<T>(call, std::vector(ranks, forth)) == 0);
    }
  }
}

TEST_CASE("integers: truncated averages, products that wrap around") {
  CollectiveCall call{.collective = Collective::AllReduce,
                      .ranks = 5,
                      .count = 5000,
                      .dtype = DataType::Int64,
                      .op = ReduceOp::Avg};
  CHECK(wrong_of<std::int64_t>(call, std::vector(5, reduced<std::int64_t>(call, 5000, true))) == 0);
  call.op = ReduceOp::Max;
  CHECK(wrong_of<std::int64_t>(call, std::vector(5, reduced<std::int64_t>(call, 5000, true))) == 0);
  call.op = ReduceOp::Prod;
  call.dtype = DataType::Int32;
  std::vector<std::uint32_t> product(5000, 1);
  for (int rank = 0; rank < 5; ++rank) {
    const auto input = input_of<std::uint32_t>(call, rank, 5000);
    for (int e = 0; e < 5000; ++e) product[e] *= input[e];
  }
  CHECK(wrong_of<std::uint32_t>(call, std::vector(5, product)) == 0);
}

TEST_CASE("each wrong element of each rank is counted") {
  const CollectiveCall call{
      .collective = Collective::AllReduce, .ranks = 3, .count = 10000, .dtype = DataType::Float32};
  std::vector outputs(3, reduced<float>(call, 10000, false));
  REQUIRE(wrong_of<float>(call, outputs) == 0);
  outputs[0][0] += 1;
  outputs[2][9999] += 1;
  outputs[2][5000] = -outputs[2][5000] - 1;
  CHECK(wrong_of<float>(call, outputs) == 3);
}

TEST_CASE("gathered and scattered shards stand in rank order") {
  CollectiveCall call{.collective = Collective::AllGather, .ranks = 3, .count = 4100};
  std::vector<float> gathered;
  for (int rank = 0; rank < 3; ++rank) {
    const auto input = input_of<float>(call, rank, 4100);
    gathered.insert(gathered.end(), input.begin(), input.end());
  }
  std::vector outputs(3, gathered);
  CHECK(wrong_of<float>(call, outputs) == 0);
  std::rotate(outputs[1].begin(), outputs[1].begin() + 4100, outputs[1].end());
  CHECK(wrong_of<float>(call, outputs) > 3 * 4000);  // nearly all; a few may be equal by chance

  call.collective = Collective::ReduceScatter;
  const auto sum = reduced<float>(call, 3 * 4100, false);
  for (int rank = 0; rank < 3; ++rank) {
    outputs[rank].assign(sum.begin() + rank * 4100, sum.begin() + (rank + 1) * 4100);
  }
  CHECK(wrong_of<float>(call, outputs) == 0);
  std::swap(outputs[0], outputs[2]);
  CHECK(wrong_of<float>(call, outputs) > 2 * 4000);
}

TEST_CASE("broadcast has the root's input, reduce only the root's output") {
  CollectiveCall call{.collective = Collective::Broadcast, .ranks = 3, .root = 1, .count = 100};
  std::vector outputs(3, input_of<float>(call, 1, 100));
  CHECK(wrong_of<float>(call, outputs) == 0);
  outputs[1][7] += 1;
  CHECK(wrong_of<float>(call, outputs) == 1);

  call.collective = Collective::Reduce;
  outputs = {{}, reduced<float>(call, 100, false), {}};
  CHECK(wrong_of<float>(call, outputs) == 0);
}

}  // namespace
}  // namespace pleach
