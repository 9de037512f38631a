#include "runtime/reference.hpp"

#include <algorithm>
#include <cstdint>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "tests/runtime/element_types.hpp"

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

enum class Order { Forth, Back, Tree };

// What every rank must have, straight from the inputs and in the given order; each partial result
// is stored. `left_out` is a rank that does not take part.
template <class Element>
std::vector<typename Element::Stored> reduced_as(const CollectiveCall& call,
                                                 std::uint64_t elements,
                                                 Order order,
                                                 int left_out = -1) {
  using Stored = typename Element::Stored;
  std::vector<std::vector<Stored>> parts;
  for (int rank = 0; rank < call.ranks; ++rank) {
    if (rank != left_out) parts.push_back(input_of<Stored>(call, rank, elements));
  }
  if (order == Order::Back) std::reverse(parts.begin(), parts.end());
  while (parts.size() > 1) {
    // The first takes in the last, or each of the first half one of the other.
    const std::size_t kept = order == Order::Tree ? (parts.size() + 1) / 2 : parts.size() - 1;
    for (std::size_t part = kept; part < parts.size(); ++part) {
      std::vector<Stored>& into = parts[order == Order::Tree ? part - kept : 0];
      for (std::uint64_t e = 0; e < elements; ++e) {
        into[e] = Element::encode(testing::combine_two(call.op, Element::decode(into[e]),
                                                       Element::decode(parts[part][e])));
      }
    }
    parts.resize(kept);
  }
  if (call.op == ReduceOp::Avg) {
    for (Stored& value : parts[0]) {
      value = Element::encode(testing::divide_value(Element::decode(value), call.ranks));
    }
  }
  return parts[0];
}

std::vector<float> reduced(const CollectiveCall& call, std::uint64_t elements) {
  return reduced_as<testing::Native<DataType::Float32, float>>(call, elements, Order::Forth);
}

TEST_CASE_TEMPLATE("every order of reduction gives the same bits", Element, PLEACH_ELEMENT_TYPES) {
  for (const int ranks : {1, 2, 7, 64, 128, 300}) {
    for (const ReduceOp op : kReduceOps) {
      CAPTURE(ranks);
      CAPTURE(std::string(name_of(op)));
      const CollectiveCall call{.collective = Collective::AllReduce,
                                .ranks = ranks,
                                .count = 500,
                                .dtype = Element::kType,
                                .op = op};
      const auto forth = reduced_as<Element>(call, 500, Order::Forth);
      CHECK(forth == reduced_as<Element>(call, 500, Order::Back));
      CHECK(forth == reduced_as<Element>(call, 500, Order::Tree));
      CHECK(wrong_of(call, std::vector(ranks, forth)) == 0);
    }
  }
}

TEST_CASE_TEMPLATE("a rank that is left out of a sum or product shows in every type",
                   Element,
                   PLEACH_ELEMENT_TYPES) {
  for (const int ranks : {2, 7, 64, 128, 300}) {
    for (const ReduceOp op : {ReduceOp::Sum, ReduceOp::Prod}) {
      CAPTURE(ranks);
      CAPTURE(std::string(name_of(op)));
      const CollectiveCall call{.collective = Collective::AllReduce,
                                .ranks = ranks,
                                .count = 500,
                                .dtype = Element::kType,
                                .op = op};
      for (const int left_out : {0, ranks / 2, ranks - 1}) {
        const auto result = reduced_as<Element>(call, 500, Order::Forth, left_out);
        // more than a third of the elements
        CHECK(wrong_of(call, std::vector(ranks, result)) / ranks > 500 / 3);
      }
    }
  }
}

TEST_CASE_TEMPLATE("averages are no trivial numbers", Element, PLEACH_ELEMENT_TYPES) {
  for (const int ranks : {2, 7, 16}) {
    const CollectiveCall call{.collective = Collective::AllReduce,
                              .ranks = ranks,
                              .count = 500,
                              .dtype = Element::kType,
                              .op = ReduceOp::Avg};
    auto result = reduced_as<Element>(call, 500, Order::Forth);
    std::sort(result.begin(), result.end());
    result.erase(std::unique(result.begin(), result.end()), result.end());
    CHECK(result.size() >= 15);
  }
}

TEST_CASE("each wrong element of each rank is counted") {
  const CollectiveCall call{
      .collective = Collective::AllReduce, .ranks = 3, .count = 10000, .dtype = DataType::Float32};
  std::vector outputs(3, reduced(call, 10000));
  REQUIRE(wrong_of(call, outputs) == 0);
  outputs[0][0] += 1;
  outputs[2][9999] += 1;
  outputs[2][5000] = -outputs[2][5000] - 1;
  CHECK(wrong_of(call, outputs) == 3);
}

TEST_CASE("gathered and scattered shards stand in rank order") {
  CollectiveCall call{.collective = Collective::AllGather, .ranks = 3, .count = 4100};
  std::vector<float> gathered;
  for (int rank = 0; rank < 3; ++rank) {
    const auto input = input_of<float>(call, rank, 4100);
    gathered.insert(gathered.end(), input.begin(), input.end());
  }
  std::vector outputs(3, gathered);
  CHECK(wrong_of(call, outputs) == 0);
  std::rotate(outputs[1].begin(), outputs[1].begin() + 4100, outputs[1].end());
  CHECK(wrong_of(call, outputs) > 3 * 4000);  // nearly all; a few may be equal by chance

  call.collective = Collective::ReduceScatter;
  const auto sum = reduced(call, 3 * 4100);
  for (int rank = 0; rank < 3; ++rank) {
    outputs[rank].assign(sum.begin() + rank * 4100, sum.begin() + (rank + 1) * 4100);
  }
  CHECK(wrong_of(call, outputs) == 0);
  std::swap(outputs[0], outputs[2]);
  CHECK(wrong_of(call, outputs) > 2 * 4000);
}

TEST_CASE("broadcast has the root's input, reduce only the root's output") {
  CollectiveCall call{.collective = Collective::Broadcast, .ranks = 3, .root = 1, .count = 100};
  std::vector outputs(3, input_of<float>(call, 1, 100));
  CHECK(wrong_of(call, outputs) == 0);
  outputs[1][7] += 1;
  CHECK(wrong_of(call, outputs) == 1);

  call.collective = Collective::Reduce;
  outputs = {{}, reduced(call, 100), {}};
  CHECK(wrong_of(call, outputs) == 0);
}

TEST_CASE("ranks without an output here are not looked at") {
  CollectiveCall call{.collective = Collective::AllReduce, .ranks = 3, .count = 5000};
  std::vector<float> result = reduced(call, 5000);
  result[4999] += 1;
  const auto* const bytes = reinterpret_cast<const std::byte*>(result.data());
  CHECK(count_wrong(call, std::vector<const std::byte*>{nullptr, bytes, nullptr}) == 1);
  CHECK(count_wrong(call, std::vector<const std::byte*>{bytes, bytes, nullptr}) == 2);

  call.collective = Collective::ReduceScatter;
  call.count = 4;
  std::vector<float> parts = reduced(call, 12);
  const auto* const second = reinterpret_cast<const std::byte*>(parts.data() + 4);
  CHECK(count_wrong(call, std::vector<const std::byte*>{nullptr, second, nullptr}) == 0);
  CHECK(count_wrong(call, std::vector<const std::byte*>{nullptr, nullptr, second}) == 4);

  call.collective = Collective::Reduce;
  call.root = 1;
  CHECK(count_wrong(call, std::vector<const std::byte*>{bytes, nullptr, bytes}) == 0);
}

TEST_CASE("inputs and outputs need no alignment") {
  const CollectiveCall call{
      .collective = Collective::Broadcast, .ranks = 2, .count = 33, .dtype = DataType::Int64};
  std::vector<std::byte> memory(1 + 33 * 8, std::byte{7});
  fill_input(call, 0, memory.data() + 1);
  const auto aligned = input_of<std::int64_t>(call, 0, 33);
  CHECK(std::equal(memory.begin() + 1, memory.end(), testing::bytes_of(aligned)));
  CHECK(memory[0] == std::byte{7});
  const std::vector<const std::byte*> outputs(2, memory.data() + 1);
  CHECK(count_wrong(call, outputs) == 0);
}

}  // namespace
}  // namespace pleach
