#include "kernels/elements.hpp"

#include <array>
#include <bit>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <limits>
#include <random>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "runtime/combine.hpp"
#include "runtime/small_float.hpp"
#include "tests/kernels/formats.hpp"

namespace pleach {
namespace {

using testing::bytes_of;
using testing::FormatOf;

template <class Format>
constexpr SmallFloat kDefinition = kFloat16;
template <>
constexpr SmallFloat kDefinition<device::Bfloat16> = kBfloat16;

std::uint32_t bits_of(float value) { return std::bit_cast<std::uint32_t>(value); }

// What `value` is rounded to: NaN keeps its sign and the upper part of its payload, and is quiet.
template <class Format>
std::uint16_t rounded(float value) {
  const SmallFloat format = kDefinition<Format>;
  if (!std::isnan(value)) return to_bits(format, value);
  const std::uint32_t sign = bits_of(value) >> 31 << 15;
  const std::uint32_t ones = ((1U << format.exponent_bits) - 1) << format.mantissa_bits;
  const std::uint32_t payload = (bits_of(value) & 0x7fffffU) >> (23 - format.mantissa_bits);
  return static_cast<std::uint16_t>(sign | ones | 1U << (format.mantissa_bits - 1) | payload);
}

// Holds narrow() against it; how often they differ, and where last.
template <class Format>
struct Narrowing {
  int wrong = 0;
  std::uint32_t last = 0;
  void check(float value) {
    if (Format::narrow(value) == rounded<Format>(value)) return;
    ++wrong;
    last = bits_of(value);
  }
  void check_near(float value) {
    check(value);
    check(std::nextafter(value, INFINITY));
    check(std::nextafter(value, -INFINITY));
  }
};

TEST_CASE_TEMPLATE("16-bit values are widened exactly", Format, device::Float16, device::Bfloat16) {
  int wrong = 0;
  for (std::uint32_t i = 0; i < 1U << 16; ++i) {
    const auto stored = static_cast<std::uint16_t>(i);
    const float expected = from_bits(kDefinition<Format>, stored);
    const float value = Format::widen(stored);
    if (std::isnan(expected)) {
      // The same NaN, quiet or not.
      const std::uint32_t payload = i << (23 - kDefinition<Format>.mantissa_bits) & 0x7fffffU;
      if (bits_of(value) != (i >> 15 << 31 | 0x7f800000U | payload)) ++wrong;
    } else if (bits_of(value) != bits_of(expected)) {
      ++wrong;
    }
  }
  CHECK(wrong == 0);
}

TEST_CASE_TEMPLATE("16-bit values are narrowed to the nearest, of two to the even one",
                   Format,
                   device::Float16,
                   device::Bfloat16) {
  Narrowing<Format> narrowing;
  for (std::uint32_t i = 0; i < 1U << 16; ++i) {
    const float value = from_bits(kDefinition<Format>, static_cast<std::uint16_t>(i));
    if (std::isnan(value)) {
      // Payloads above, within and below what is kept.
      const std::uint32_t whole = i << 16 | 0x7f800000U;
      for (const std::uint32_t low : {1U, 0x1000U, 0x2000U, 0xffffU}) {
        narrowing.check(std::bit_cast<float>(whole | low));
      }
      continue;
    }
    narrowing.check_near(value);
    const float next = from_bits(kDefinition<Format>, static_cast<std::uint16_t>(i + 1));
    if (std::isfinite(next)) narrowing.check_near(value / 2 + next / 2);
  }
  using Limits = std::numeric_limits<float>;
  // Beyond the greatest float16 and its midpoint to what would be next; the same of bfloat16;
  // floats that are subnormal.
  for (const float edge :
       {65504.0F, 65519.0F, 65520.0F, 65536.0F, 0x1.fep127F, 0x1.ffp127F, Limits::max(),
        Limits::infinity(), Limits::min(), Limits::denorm_min(), 0x1p-14F, 0x1p-24F, 0x1p-25F,
        0x1.8p-25F, 0x1.ffep-15F, 0.0F, Limits::quiet_NaN(), Limits::signaling_NaN()}) {
    narrowing.check_near(edge);
    narrowing.check_near(-edge);
  }
  CAPTURE(narrowing.last);
  CHECK(narrowing.wrong == 0);
}

TEST_CASE_TEMPLATE("any bits of a float are narrowed", Format, device::Float16, device::Bfloat16) {
  std::mt19937_64 random(7);
  Narrowing<Format> narrowing;
  for (int i = 0; i < 300000; ++i) {
    const auto bits = static_cast<std::uint32_t>(random());
    narrowing.check(std::bit_cast<float>(bits));
    // Exponents that float16 has, and some around.
    const std::uint32_t exponent = 95 + bits % 55;
    narrowing.check(std::bit_cast<float>((bits & 0x807fffffU) | exponent << 23));
  }
  CAPTURE(narrowing.last);
  CHECK(narrowing.wrong == 0);
}

// Any bits, and edges: of integers, of floats.
template <class Element>
std::vector<typename Element::Stored> some_values(std::size_t count, std::mt19937_64& random) {
  using Stored = typename Element::Stored;
  using Value = typename Element::Value;
  using Limits = std::numeric_limits<Value>;
  std::vector<Value> edges = {0, 1, 2, 3, Limits::max(), Limits::lowest()};
  if constexpr (std::is_floating_point_v<Value>) {
    for (const Value edge :
         {Value(0), Limits::denorm_min(), Limits::min(), Limits::infinity(), Limits::quiet_NaN(),
          Value(0x1p-24), Value(65504), Value(65520), Limits::epsilon(), Value(1) / 3}) {
      edges.push_back(edge);
      edges.push_back(-edge);
    }
  } else {
    edges.push_back(static_cast<Value>(-1));
    edges.push_back(static_cast<Value>(-2));
  }
  std::vector<Stored> values(count);
  for (Stored& value : values) {
    const std::uint64_t some = random();
    if (some % 4 == 0) {
      value = Element::encode(edges[random() % edges.size()]);
    } else if (std::is_floating_point_v<Value> && some % 4 == 1) {
      value = Element::encode(static_cast<Value>(static_cast<double>(random() % 4001) / 16 - 125));
    } else {
      std::memcpy(&value, &some, sizeof value);
    }
  }
  return values;
}

template <class Element>
bool is_nan(typename Element::Stored stored) {
  const auto value = Element::decode(stored);
  return value != value;
}

// Where the results are not the host's, bit by bit; of two NaNs any may be the result.
template <class Element>
int differences(const std::vector<typename Element::Stored>& results,
                const std::vector<typename Element::Stored>& expected,
                const std::vector<typename Element::Stored>& left,
                const std::vector<typename Element::Stored>& right) {
  int differences = 0;
  for (std::size_t i = 0; i < results.size(); ++i) {
    if (is_nan<Element>(left[i]) && is_nan<Element>(right[i])) {
      if (!is_nan<Element>(results[i])) ++differences;
    } else if (std::memcmp(&results[i], &expected[i], sizeof results[i]) != 0) {
      ++differences;
    }
  }
  return differences;
}

template <class Element, ReduceOp op>
void check_combined() {
  using Format = typename FormatOf<Element>::Type;
  using Stored = typename Element::Stored;
  CAPTURE(std::string(name_of(op)));
  std::mt19937_64 random(static_cast<std::uint64_t>(op) + 3);
  const auto left = some_values<Element>(20000, random);
  const auto right = some_values<Element>(left.size(), random);
  std::vector<Stored> expected(left.size());
  const std::array<const std::byte*, 2> sources = {bytes_of(left), bytes_of(right)};
  combine_function(Element::kType, op)(bytes_of(expected), sources, left.size(), 0);
  std::vector<Stored> results;
  for (std::size_t i = 0; i < left.size(); ++i) {
    results.push_back(
        Format::narrow(device::combined<op>(Format::widen(left[i]), Format::widen(right[i]))));
  }
  CHECK(differences<Element>(results, expected, left, right) == 0);
}

TEST_CASE_TEMPLATE("two elements are combined to the host's bits", Element, PLEACH_ELEMENT_TYPES) {
  check_combined<Element, ReduceOp::Sum>();
  check_combined<Element, ReduceOp::Avg>();
  check_combined<Element, ReduceOp::Prod>();
  check_combined<Element, ReduceOp::Min>();
  check_combined<Element, ReduceOp::Max>();
}

TEST_CASE_TEMPLATE("elements are divided to the host's bits", Element, PLEACH_ELEMENT_TYPES) {
  using Format = typename FormatOf<Element>::Type;
  using Stored = typename Element::Stored;
  std::mt19937_64 random(5);
  const auto values = some_values<Element>(5000, random);
  const std::byte* const source = bytes_of(values);
  for (const int divisor : {2, 3, 7, 127, 128, 200, 255, 256, 65536, 100003, 2147483647}) {
    CAPTURE(divisor);
    std::vector<Stored> expected(values.size());
    combine_function(Element::kType, ReduceOp::Avg)(bytes_of(expected), {&source, 1}, values.size(),
                                                    divisor);
    std::vector<Stored> results;
    for (const Stored value : values) {
      results.push_back(Format::narrow(
          device::divided(Format::widen(value), static_cast<std::uint32_t>(divisor))));
    }
    const std::vector<Stored> one(values.size(), Element::encode(1));
    CHECK(differences<Element>(results, expected, values, one) == 0);
  }
}

}  // namespace
}  // namespace pleach
