#include "runtime/comm/call.hpp"

#include <limits>
#include <random>
#include <set>

#include <doctest/doctest.h>

namespace pleach {
namespace {

CallShape random_shape(std::mt19937_64& random) {
  CallShape shape;
  shape.collective = kCollectives[random() % kCollectives.size()];
  shape.count = random() >> random() % 64;
  shape.dtype = kDataTypes[random() % kDataTypes.size()];
  shape.op = kReduceOps[random() % kReduceOps.size()];
  shape.root = has_root(shape.collective) ? static_cast<int>(random() % 4096) : -1;
  return shape;
}

TEST_CASE("a shape reads back from its words") {
  std::mt19937_64 random(1);
  for (int round = 0; round < 2000; ++round) {
    const CallShape shape = random_shape(random);
    CHECK(shape_of_words(words_of(shape)) == shape);
  }
  CallShape extreme;
  extreme.count = std::numeric_limits<std::uint64_t>::max();
  extreme.root = std::numeric_limits<int>::max() - 1;
  CHECK(shape_of_words(words_of(extreme)) == extreme);
}

TEST_CASE("a numbered shape reads back from its bytes") {
  std::mt19937_64 random(2);
  for (int round = 0; round < 500; ++round) {
    const NumberedShape call{.number = random(), .shape = random_shape(random)};
    CHECK(decode_shape(encode(call)) == call);
  }
}

TEST_CASE("bytes that are no numbered shape") {
  const std::vector<std::byte> whole = encode({.number = 7, .shape = {.count = 1000}});
  for (std::size_t bytes = 0; bytes < whole.size(); ++bytes) {
    CHECK(decode_shape(std::span(whole).first(bytes)) == std::nullopt);
  }
  std::vector<std::byte> longer = whole;
  longer.push_back(std::byte{0});
  CHECK(decode_shape(longer) == std::nullopt);
  // Collective, type, operator, what is above them, and the upper half of the root.
  for (const std::size_t place : {8, 9, 10, 11, 15, 29}) {
    std::vector<std::byte> wrong = whole;
    wrong[place] = std::byte{0x40};
    CHECK(decode_shape(wrong) == std::nullopt);
  }
}

TEST_CASE("words and hash tell shapes apart by each of their values") {
  const CallShape shape{.collective = Collective::Reduce,
                        .count = 1000,
                        .dtype = DataType::Float32,
                        .op = ReduceOp::Sum,
                        .root = 2};
  std::vector<CallShape> others(5, shape);
  others[0].collective = Collective::AllReduce;
  others[1].count = 1001;
  others[2].dtype = DataType::Int32;
  others[3].op = ReduceOp::Max;
  others[4].root = 3;
  for (const CallShape& other : others) {
    CHECK(words_of(other) != words_of(shape));
    CHECK(hash_of(other) != hash_of(shape));
  }
}

TEST_CASE("sixteen bits differ for most shapes") {
  std::set<std::uint16_t> hashes;
  CallShape shape;
  for (std::uint64_t count = 0; count < 4096; ++count) {
    shape.count = count;
    hashes.insert(hash_of(shape));
  }
  // 4,096 draws of 65,536 values meet about 3,970 different ones.
  CHECK(hashes.size() > 3800);
}

TEST_CASE("a shape in words") {
  CHECK(to_string(CallShape{.collective = Collective::AllReduce,
                            .count = 1024,
                            .dtype = DataType::Float32,
                            .op = ReduceOp::Sum}) == "allreduce of 1024 float32, sum");
  CHECK(to_string(CallShape{
            .collective = Collective::Broadcast, .count = 7, .dtype = DataType::Int8, .root = 2}) ==
        "broadcast of 7 int8 from rank 2");
  CHECK(to_string(CallShape{.collective = Collective::Reduce,
                            .count = 7,
                            .dtype = DataType::Bfloat16,
                            .op = ReduceOp::Avg,
                            .root = 0}) == "reduce of 7 bfloat16, avg to rank 0");
  CHECK(to_string(CallShape{
            .collective = Collective::AllGather, .count = 0, .dtype = DataType::Uint64}) ==
        "allgather of 0 uint64");
}

}  // namespace
}  // namespace pleach
