#include "runtime/combine.hpp"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <limits>
#include <random>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "compiler/core/check.hpp"
#include "tests/runtime/element_types.hpp"

namespace pleach {
namespace {

using testing::bytes_of;
using testing::combine_two;
using testing::divide_value;

// Each that this processor has.
std::vector<VectorUnit> units() {
  std::vector<VectorUnit> result = {VectorUnit::Portable};
  if (best_vector_unit() != VectorUnit::Portable) result.push_back(best_vector_unit());
  return result;
}

template <class T>
using Sources = std::vector<std::vector<T>>;

// What every unit gives, which must be the same.
template <class T>
std::vector<T> combined(DataType dtype, ReduceOp op, const Sources<T>& sources, int divisor = 0) {
  std::vector<const std::byte*> pointers;
  for (const auto& source : sources) pointers.push_back(bytes_of(source));
  std::vector<T> result;
  for (const VectorUnit unit : units()) {
    std::vector<T> into(sources[0].size());
    combine_function(dtype, op, unit)(bytes_of(into), pointers, into.size(), divisor);
    if (unit != VectorUnit::Portable) {
      CHECK(std::memcmp(into.data(), result.data(), into.size() * sizeof(T)) == 0);
    }
    result = into;
  }
  return result;
}

template <class Value>
bool is_nan(Value value) {
  return value != value;
}

// Bits of all kinds: plain numbers, any bits, and the edges of floating point types.
template <class Element>
typename Element::Stored any_value(std::mt19937_64& random) {
  using Stored = typename Element::Stored;
  using Value = typename Element::Value;
  Stored bits;
  const std::uint64_t some = random();
  std::memcpy(&bits, &some, sizeof(bits));
  if constexpr (std::is_floating_point_v<Value>) {
    using Limits = std::numeric_limits<Value>;
    const std::uint64_t kind = random() % 4;
    if (kind == 0) return Element::encode(static_cast<Value>(some % 2001) / 8 - 125);
    if (kind == 1) {
      const Value greatest =
          sizeof(Stored) == 2 && Element::kType == DataType::Float16 ? Value(65504) : Limits::max();
      const Value edges[] = {0,
                             Limits::denorm_min(),
                             Limits::min(),
                             std::nextafter(Limits::min(), Value(0)),
                             Value(0x1p-24),  // float16's least
                             Value(0x1p-14),  // and least normal number
                             1,
                             Value(65519),
                             Value(65520),
                             greatest,
                             Limits::infinity(),
                             Limits::quiet_NaN()};
      return Element::encode(
          std::copysign(edges[some % std::size(edges)], Value(some & 4096 ? -1 : 1)));
    }
  }
  return bits;
}

// Left to right, one element at a time.
template <class Element>
typename Element::Stored expected(ReduceOp op,
                                  const std::vector<typename Element::Stored>& column,
                                  int divisor) {
  if (column.size() == 1 && divisor <= 1) return column[0];
  typename Element::Value value = Element::decode(column[0]);
  for (std::size_t s = 1; s < column.size(); ++s) {
    value = combine_two(op, value, Element::decode(column[s]));
  }
  return Element::encode(divisor > 1 ? divide_value(value, divisor) : value);
}

TEST_CASE_TEMPLATE("any sources, count, alignment and divisor", Element, PLEACH_ELEMENT_TYPES) {
  using Stored = typename Element::Stored;
  std::mt19937_64 random(11);
  constexpr std::byte untouched{0xc3};
  for (int round = 0; round < 1500; ++round) {
    const ReduceOp op = kReduceOps[random() % kReduceOps.size()];
    const std::size_t num_sources = 1 + random() % kMaxSources;
    const std::size_t count = random() % 4 == 0 ? random() % 8 : random() % 400;
    const int divisor = std::array{0, 1, 2, 7, 200, 100003}[random() % 6];
    const bool in_place = random() % 2 == 0;
    const std::size_t target = random() % num_sources;  // of in_place
    CAPTURE(std::string(name_of(op)));
    CAPTURE(num_sources);
    CAPTURE(count);
    CAPTURE(divisor);
    CAPTURE(in_place);

    Sources<Stored> values(num_sources);
    for (auto& source : values) {
      for (std::size_t i = 0; i < count; ++i) source.push_back(any_value<Element>(random));
    }
    std::vector<std::size_t> shifts;
    for (std::size_t s = 0; s <= num_sources; ++s) shifts.push_back(random() % 40);
    std::vector<Stored> first;
    for (const VectorUnit unit : units()) {
      // Exactly as much memory as there should be, for the sanitizers.
      std::vector<std::vector<std::byte>> memory;
      std::vector<const std::byte*> pointers;
      for (std::size_t s = 0; s < num_sources; ++s) {
        memory.emplace_back(shifts[s] + count * sizeof(Stored));
        if (count > 0) std::memcpy(&memory[s][shifts[s]], values[s].data(), count * sizeof(Stored));
      }
      for (std::size_t s = 0; s < num_sources; ++s)
        pointers.push_back(memory[s].data() + shifts[s]);
      const std::size_t shift = shifts.back();
      std::vector<std::byte> own(shift + count * sizeof(Stored) + 9, untouched);
      std::byte* const into =
          in_place ? memory[target].data() + shifts[target] : own.data() + shift;
      combine_function(Element::kType, op, unit)(into, pointers, count, divisor);

      std::vector<Stored> result(count);
      if (count > 0) std::memcpy(result.data(), into, count * sizeof(Stored));
      std::size_t wrong = 0;
      for (std::size_t i = 0; i < count; ++i) {
        std::vector<Stored> column;
        for (const auto& source : values) column.push_back(source[i]);
        const Stored want = expected<Element>(op, column, divisor);
        const bool copied = num_sources == 1 && divisor <= 1;
        const bool both_nan =
            !copied && is_nan(Element::decode(want)) && is_nan(Element::decode(result[i]));
        if (!both_nan && std::memcmp(&want, &result[i], sizeof(want)) != 0) ++wrong;
        if (unit == VectorUnit::Portable || both_nan) continue;
        if (std::memcmp(&first[i], &result[i], sizeof(want)) != 0) ++wrong;
      }
      CHECK(wrong == 0);
      first = result;
      for (std::size_t s = 0; s < num_sources; ++s) {
        if (count == 0 || (in_place && s == target)) continue;
        CHECK(std::memcmp(&memory[s][shifts[s]], values[s].data(), count * sizeof(Stored)) == 0);
      }
      if (!in_place) {
        for (std::size_t i = 0; i < shift; ++i) CHECK(own[i] == untouched);
        for (std::size_t i = own.size() - 9; i < own.size(); ++i) CHECK(own[i] == untouched);
      }
    }
  }
}

TEST_CASE_TEMPLATE("every value of two bytes comes through the conversions",
                   Element,
                   testing::Float16,
                   testing::Bfloat16) {
  std::vector<std::uint16_t> all(1 << 16);
  for (std::size_t i = 0; i < all.size(); ++i) all[i] = static_cast<std::uint16_t>(i);
  const std::vector ones(all.size(), Element::encode(1));
  const auto same = combined(Element::kType, ReduceOp::Prod, Sources<std::uint16_t>{all, ones});
  for (std::size_t i = 0; i < all.size(); ++i) {
    const std::uint16_t quiet = Element::kType == DataType::Float16 ? 0x200 : 0x40;
    const bool nan = is_nan(Element::decode(all[i]));  // keeps sign and payload
    REQUIRE(same[i] == (nan ? all[i] | quiet : all[i]));
  }
}

TEST_CASE_TEMPLATE("results of two bytes are rounded to the nearest, once, ties to even",
                   Element,
                   testing::Float16,
                   testing::Bfloat16) {
  // Every value plus a few, which falls on, above and below ties all over the range.
  std::vector<std::uint16_t> all(1 << 16);
  for (std::size_t i = 0; i < all.size(); ++i) all[i] = static_cast<std::uint16_t>(i);
  for (const float other : {0x1p-24F, 0x1p-13F, 0.001F, 1.0F, 3.0F, 1000.0F, 65504.0F, -0.75F}) {
    const std::vector more(all.size(), Element::encode(other));
    const auto sums = combined(Element::kType, ReduceOp::Sum, Sources<std::uint16_t>{all, more});
    for (std::size_t i = 0; i < all.size(); ++i) {
      const float sum = Element::decode(all[i]) + Element::decode(more[i]);
      if (!is_nan(sum)) REQUIRE(sums[i] == Element::encode(sum));
    }
  }
  // Added one by one in 8 or 11 bits, the small ones would all be lost.
  const float unit = Element::kType == DataType::Float16 ? 0x1p-10F : 0x1p-7F;  // last place of 1
  Sources<std::uint16_t> sources(8, {Element::encode(unit / 4)});
  sources[0] = {Element::encode(1)};
  CHECK(combined(Element::kType, ReduceOp::Sum, sources)[0] == Element::encode(1 + 2 * unit));
  // 1 + 3/2 units is a tie, up to even; divided before the rounding it is not.
  sources = {{Element::encode(1 + unit)}, {Element::encode(unit / 2)}};
  CHECK(combined(Element::kType, ReduceOp::Avg, sources)[0] == Element::encode(1 + 2 * unit));
  REQUIRE(Element::encode((1 + 1.5F * unit) / 5) != Element::encode((1 + 2 * unit) / 5));
  CHECK(combined(Element::kType, ReduceOp::Avg, sources, 5)[0] ==
        Element::encode((1 + 1.5F * unit) / 5));
}

TEST_CASE("integers wrap around") {
  using Ints = Sources<std::int32_t>;
  constexpr std::int32_t most = std::numeric_limits<std::int32_t>::max();
  CHECK(combined(DataType::Int32, ReduceOp::Sum, Ints{{most}, {1}})[0] == -most - 1);
  CHECK(combined(DataType::Int32, ReduceOp::Prod, Ints{{1 << 30}, {6}})[0] == -most - 1);
  CHECK(combined(DataType::Int8, ReduceOp::Sum, Sources<std::int8_t>{{100}, {100}})[0] == -56);
  CHECK(combined(DataType::Uint8, ReduceOp::Sum, Sources<std::uint8_t>{{200}, {100}})[0] == 44);
  CHECK(combined(DataType::Int16, ReduceOp::Prod, Sources<std::int16_t>{{300}, {300}})[0] == 24464);
  CHECK(combined(DataType::Uint64, ReduceOp::Sum, Sources<std::uint64_t>{{UINT64_MAX}, {3}})[0] ==
        2);
}

TEST_CASE("signs decide which integer is less") {
  CHECK(combined(DataType::Int8, ReduceOp::Max, Sources<std::int8_t>{{-1}, {1}})[0] == 1);
  CHECK(combined(DataType::Uint8, ReduceOp::Max, Sources<std::uint8_t>{{255}, {1}})[0] == 255);
  CHECK(combined(DataType::Uint32, ReduceOp::Min, Sources<std::uint32_t>{{1U << 31}, {5}})[0] == 5);
  CHECK(combined(DataType::Uint64, ReduceOp::Max, Sources<std::uint64_t>{{1ULL << 63}, {5}})[0] ==
        1ULL << 63);
}

TEST_CASE("averages divide once, at the end, and truncate integers toward zero") {
  using Ints = Sources<std::int32_t>;
  CHECK(combined(DataType::Int32, ReduceOp::Avg, Ints{{7, -7, 6, 0}}, 3)[1] == -2);
  CHECK(combined(DataType::Int32, ReduceOp::Avg, Ints{{1, -2}, {1, -1}, {1, -2}}, 3) ==
        std::vector<std::int32_t>{1, -1});
  constexpr std::int32_t most = std::numeric_limits<std::int32_t>::max();
  CHECK(combined(DataType::Int32, ReduceOp::Avg, Ints{{most, -most - 1}}, most) ==
        std::vector<std::int32_t>{1, -1});
  // The divisor need not fit the type.
  CHECK(combined(DataType::Int8, ReduceOp::Avg, Sources<std::int8_t>{{127, -128}}, 200) ==
        std::vector<std::int8_t>{0, 0});
  CHECK(combined(DataType::Uint8, ReduceOp::Avg, Sources<std::uint8_t>{{255}}, 256)[0] == 0);
  CHECK(combined(DataType::Uint64, ReduceOp::Avg, Sources<std::uint64_t>{{UINT64_MAX}}, 5)[0] ==
        UINT64_MAX / 5);
  CHECK(combined(DataType::Float32, ReduceOp::Avg, Sources<float>{{1, -3}, {0, 1}}, 4) ==
        std::vector<float>{0.25F, -0.5F});
  CHECK(combined(DataType::Float64, ReduceOp::Avg, Sources<double>{{1}}, 3)[0] == 1.0 / 3.0);
}

TEST_CASE_TEMPLATE("NaN comes through min and max wherever it stands; the first of two zeros stays",
                   Element,
                   testing::Float16,
                   testing::Bfloat16,
                   testing::Native<DataType::Float32, float>,
                   testing::Native<DataType::Float64, double>) {
  using Value = typename Element::Value;
  using Stored = typename Element::Stored;
  for (const ReduceOp op : {ReduceOp::Min, ReduceOp::Max}) {
    for (std::size_t nan = 0; nan < 4; ++nan) {
      Sources<Stored> sources(4, std::vector<Stored>(20));
      for (std::size_t s = 0; s < 4; ++s) {
        const Value value =
            s == nan ? std::numeric_limits<Value>::quiet_NaN() : static_cast<Value>(s) - 2;
        for (Stored& stored : sources[s]) stored = Element::encode(value);
      }
      for (const Stored stored : combined(Element::kType, op, sources)) {
        CHECK(is_nan(Element::decode(stored)));
      }
    }
    for (const Value first : {Value(0), -Value(0)}) {
      const auto zero = combined(
          Element::kType, op, Sources<Stored>{{Element::encode(first)}, {Element::encode(-first)}});
      CHECK(std::signbit(Element::decode(zero[0])) == std::signbit(first));
    }
  }
}

TEST_CASE("a call without sources, or with too many, is refused") {
  std::vector<float> values(4);
  const CombineFunction sum = combine_function(DataType::Float32, ReduceOp::Sum);
  const std::vector<const std::byte*> sources(kMaxSources + 1, bytes_of(values));
  CHECK_THROWS_AS(sum(bytes_of(values), std::span(sources).first(0), 4, 0), InternalError);
  CHECK_THROWS_AS(sum(bytes_of(values), sources, 4, 0), InternalError);
}

}  // namespace
}  // namespace pleach
