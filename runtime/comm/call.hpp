// One call of a collective on a communicator, and its shape, which is the same on every rank.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "compiler/core/collective.hpp"
#include "compiler/core/data_type.hpp"

namespace pleach {

struct CallShape {
  Collective collective = Collective::AllReduce;
  std::uint64_t count = 0;  // elements, as NCCL's calls take them: per rank for allgather,
                            // reduce_scatter
  DataType dtype = DataType::Float32;
  ReduceOp op = ReduceOp::Sum;  // reductions only, else Sum
  int root = -1;                // broadcast and reduce only, else -1
  bool operator==(const CallShape&) const = default;
};

struct Call {
  CallShape shape;
  const std::byte* send = nullptr;
  std::byte* receive = nullptr;
  void* stream = nullptr;  // of a device
};

// Three words that hold a shape, for peers to compare and to read back.
using ShapeWords = std::array<std::uint64_t, 3>;
[[nodiscard]] ShapeWords words_of(const CallShape& shape);
[[nodiscard]] CallShape shape_of_words(const ShapeWords& words);
// 16 bits that differ for most different shapes.
[[nodiscard]] std::uint16_t hash_of(const CallShape& shape);

// Which call of its communicator has which shape, as ranks tell each other.
struct NumberedShape {
  std::uint64_t number = 0;
  CallShape shape;
  bool operator==(const NumberedShape&) const = default;
};
[[nodiscard]] std::vector<std::byte> encode(const NumberedShape& call);
// Nothing for bytes that are none.
[[nodiscard]] std::optional<NumberedShape> decode_shape(std::span<const std::byte> bytes);

// "allreduce of 1024 float32, sum" or "broadcast of 7 int8 from rank 2".
[[nodiscard]] std::string to_string(const CallShape& shape);

}  // namespace pleach
