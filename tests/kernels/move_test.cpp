#include "kernels/move.hpp"

#include <array>
#include <cstdint>
#include <cstring>
#include <optional>
#include <random>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "runtime/combine.hpp"
#include "tests/kernels/block.hpp"
#include "tests/kernels/formats.hpp"

namespace pleach {
namespace {

using device::Thread;
using device::Work;
using testing::Area;
using testing::FormatOf;
using testing::run_block_of;

// One call of move.hpp, with memory for everything and what is to come of it.
struct Case {
  std::vector<Area> sources = {};
  std::vector<Area> destinations = {};
  std::optional<std::size_t> in_place = {};  // the source that the first destination is
  std::uint32_t divisor = 0;
  std::size_t bytes = 0;
  std::vector<std::vector<std::byte>> before = {};  // of the sources
  std::vector<std::byte> expected = {};

  // Once all areas are there.
  void keep_sources() {
    for (const Area& source : sources) before.push_back(source.content());
  }
  [[nodiscard]] Work work() {
    Work work = {};
    work.bytes = bytes;
    work.divisor = divisor;
    for (Area& source : sources) work.source[work.sources++] = source.data();
    for (Area& to : destinations) work.destination[work.destinations++] = to.data();
    if (in_place) work.destination[0] = sources[*in_place].data();
    return work;
  }
  [[nodiscard]] bool is_right() const {
    bool right = true;
    for (std::size_t s = 0; s < sources.size(); ++s) {
      right = right && sources[s].is_guarded() &&
              sources[s].content() == (in_place == s ? expected : before[s]);
    }
    for (std::size_t d = in_place ? 1 : 0; d < destinations.size(); ++d) {
      right = right && destinations[d].is_guarded() && destinations[d].content() == expected;
    }
    return right;
  }
};

// All of them on one block, one after the other; how many went wrong.
template <class Arithmetic>
int count_wrong(std::vector<Case>& cases, std::uint32_t threads) {
  std::vector<Work> works;
  for (Case& one : cases) works.push_back(one.work());
  run_block_of(threads, [&](const Thread& thread) {
    for (const Work& work : works) {
      Arithmetic::run(thread, work);
      thread.sync();
    }
  });
  int wrong = 0;
  for (const Case& one : cases) wrong += one.is_right() ? 0 : 1;
  return wrong;
}

Case copy_case(std::size_t source_shift,
               const std::vector<std::size_t>& shifts,
               std::size_t bytes,
               std::optional<std::size_t> in_place,
               std::mt19937_64& random) {
  Case made{.in_place = in_place, .bytes = bytes};
  made.sources.emplace_back(source_shift, bytes, random);
  for (const std::size_t shift : shifts) made.destinations.emplace_back(shift, bytes, random);
  made.keep_sources();
  made.expected = made.before[0];
  return made;
}

// Around vectors of 16 bytes, and around the strides of 1, 3 and 4 threads with all unrolling.
constexpr std::array<std::size_t, 29> kLengths = {1,   2,   3,   7,   8,   15,  16,  17,  31,  32,
                                                  33,  47,  48,  49,  63,  64,  65,  79,  127, 191,
                                                  192, 193, 209, 255, 256, 257, 273, 530, 531};
constexpr std::array<std::uint32_t, 3> kThreads = {1, 3, 4};

TEST_CASE("copies between all alignments") {
  std::mt19937_64 random(1);
  for (const std::uint32_t threads : kThreads) {
    for (const std::size_t bytes : kLengths) {
      std::vector<Case> cases;
      for (std::size_t from = 0; from <= 16; ++from) {
        for (std::size_t to = 0; to <= 16; ++to) {
          cases.push_back(copy_case(from, {to}, bytes, {}, random));
        }
      }
      CAPTURE(threads);
      CAPTURE(bytes);
      CHECK(count_wrong<device::Copying>(cases, threads) == 0);
    }
  }
}

TEST_CASE("copies to many places, one of which may be the source") {
  std::mt19937_64 random(2);
  for (const std::uint32_t threads : kThreads) {
    std::vector<Case> cases;
    for (std::size_t fan = 1; fan <= device::kMostFan; ++fan) {
      for (const std::size_t bytes : kLengths) {
        for (const std::size_t unit : {1U, 2U, 4U, 8U, 16U}) {
          // Alike modulo `unit`.
          const std::size_t shift = random() % 16;
          std::vector<std::size_t> shifts;
          for (std::size_t d = 0; d < fan; ++d) {
            shifts.push_back((shift + unit * (random() % 16)) % 16);
          }
          for (const bool in_place : {false, true}) {
            cases.push_back(copy_case(shift, shifts, bytes,
                                      in_place ? std::optional<std::size_t>(0) : std::nullopt,
                                      random));
          }
        }
      }
    }
    CAPTURE(threads);
    CHECK(count_wrong<device::Copying>(cases, threads) == 0);
  }
}

TEST_CASE("large copies through the engine, of any alignment") {
  std::mt19937_64 random(3);
  std::vector<Case> cases;
  for (const std::size_t shift : {0U, 1U, 15U}) {
    for (const std::size_t other : {0U, 8U}) {
      for (const std::size_t bytes :
           {2 * device::kBulkPiece - 1, 2 * device::kBulkPiece, 5 * device::kBulkPiece + 77}) {
        const std::vector<std::size_t> shifts = {shift, (shift + other) % 16, shift};
        cases.push_back(copy_case(shift, shifts, bytes, {}, random));
        cases.push_back(copy_case(shift, shifts, bytes, 0, random));
      }
    }
  }
  for (const std::uint32_t threads : kThreads) {
    std::vector<Case> again = cases;
    std::vector<Work> works;
    for (Case& one : again) works.push_back(one.work());
    for (Work& work : works) work.bulk = 1;
    run_block_of(threads, [&](const Thread& thread) {
      for (const Work& work : works) {
        device::Copying::run(thread, work);
        thread.sync();
      }
    });
    int wrong = 0;
    for (const Case& one : again) wrong += one.is_right() ? 0 : 1;
    CAPTURE(threads);
    CHECK(wrong == 0);
  }
}

// Numbers whose sums round, so that the order of sources shows; no NaN, of which one may be as good
// as the other.
template <class Element>
void fill(Area& area, std::size_t elements, std::mt19937_64& random) {
  using Value = typename Element::Value;
  if constexpr (std::is_floating_point_v<Value>) {
    for (std::size_t i = 0; i < elements; ++i) {
      const double value = (static_cast<double>(random() % 2000001) - 1e6) / 7777;
      const auto stored = Element::encode(static_cast<Value>(value));
      std::memcpy(area.data() + i * sizeof stored, &stored, sizeof stored);
    }
  }
}

template <class Element>
Case combine_case(ReduceOp op,
                  const std::vector<std::size_t>& source_shifts,
                  const std::vector<std::size_t>& destination_shifts,
                  std::size_t elements,
                  std::uint32_t divisor,
                  bool in_place,
                  std::mt19937_64& random) {
  const std::size_t bytes = elements * sizeof(typename Element::Stored);
  Case made{.divisor = divisor, .bytes = bytes};
  if (in_place) made.in_place = 0;
  for (const std::size_t shift : source_shifts) {
    made.sources.emplace_back(shift, bytes, random);
    fill<Element>(made.sources.back(), elements, random);
  }
  for (const std::size_t shift : destination_shifts) {
    made.destinations.emplace_back(shift, bytes, random);
  }
  made.keep_sources();
  std::vector<const std::byte*> sources;
  for (const Area& source : made.sources) sources.push_back(source.data());
  made.expected.resize(bytes);
  combine_function(Element::kType, op)(made.expected.data(), sources, elements,
                                       static_cast<int>(divisor));
  return made;
}

TEST_CASE_TEMPLATE("combines between all alignments", Element, PLEACH_ELEMENT_TYPES) {
  using Sum = device::Combining<typename FormatOf<Element>::Type, ReduceOp::Sum>;
  std::mt19937_64 random(4);
  // Aligned or not; each length with some vectors and what is before and behind them.
  for (const std::uint32_t threads : kThreads) {
    std::vector<Case> cases;
    for (std::size_t from = 0; from <= 16; ++from) {
      for (std::size_t to = 0; to <= 16; ++to) {
        for (const std::size_t bytes : {8U, 16U, 24U, 40U, 64U, 104U, 208U, 336U}) {
          const std::size_t elements = bytes / sizeof(typename Element::Stored);
          cases.push_back(combine_case<Element>(ReduceOp::Sum, {from, (from + to) % 17}, {to},
                                                elements, 0, false, random));
        }
      }
    }
    CAPTURE(threads);
    CHECK(count_wrong<Sum>(cases, threads) == 0);
  }
}

template <class Element, ReduceOp op>
void check_fans(std::uint32_t threads, std::mt19937_64& random) {
  constexpr std::size_t kSize = sizeof(typename Element::Stored);
  std::vector<Case> cases;
  for (std::size_t fan = 1; fan <= device::kMostFan; ++fan) {
    for (const std::size_t bytes : kLengths) {
      const std::size_t elements = (bytes + kSize - 1) / kSize;
      // All at one place modulo 16; all divisible by the element's size; any.
      const std::size_t way = random() % 3;
      const auto shift = [&, first = random() % 16 / kSize * kSize] {
        if (way == 0) return first;
        return way == 1 ? random() % 16 / kSize * kSize : random() % 17;
      };
      std::vector<std::size_t> sources(fan);
      std::vector<std::size_t> destinations(1 + random() % device::kMostFan);
      for (std::size_t& each : sources) each = shift();
      for (std::size_t& each : destinations) each = shift();
      const std::uint32_t divisor = std::array{0U, 1U, 3U, 200U}[random() % 4];
      cases.push_back(combine_case<Element>(op, sources, destinations, elements, divisor,
                                            random() % 2 == 0, random));
    }
  }
  CAPTURE(std::string(name_of(op)));
  CAPTURE(threads);
  using Arithmetic = device::Combining<typename FormatOf<Element>::Type, op>;
  CHECK(count_wrong<Arithmetic>(cases, threads) == 0);
}

TEST_CASE_TEMPLATE("combines any number of sources from left to right, in place too",
                   Element,
                   PLEACH_ELEMENT_TYPES) {
  std::mt19937_64 random(5);
  for (const std::uint32_t threads : kThreads) {
    check_fans<Element, ReduceOp::Sum>(threads, random);
    check_fans<Element, ReduceOp::Prod>(threads, random);
    check_fans<Element, ReduceOp::Min>(threads, random);
    check_fans<Element, ReduceOp::Max>(threads, random);
  }
}

}  // namespace
}  // namespace pleach
