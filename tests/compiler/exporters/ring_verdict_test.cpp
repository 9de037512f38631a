#include "compiler/exporters/ring_verdict.hpp"

#include <doctest/doctest.h>

#include "compiler/core/check.hpp"

namespace pleach::exporters {
namespace {

NcclGraph graph(const Rational& rate, const Rational& limit) {
  return {.limit = {.rate = limit, .cut = {}}, .plan = {.rings = {{0, 1, 2, 3, 4}}, .rate = rate}};
}

TEST_CASE("rings that meet the optimum") {
  const RingVerdict verdict = judge_rings(graph(80, 80), Collective::AllGather, 100);
  CHECK(verdict.algbw == Rational(100));
  CHECK(verdict.share == Rational(1));
  CHECK(verdict.best_rings());
  CHECK_FALSE(verdict.short_of_optimum());
}

TEST_CASE("rings that can not, and rings that might do better") {
  const RingVerdict proved = judge_rings(graph(80, 80), Collective::AllReduce, 60);
  CHECK(proved.algbw == Rational(50));
  CHECK(proved.share == Rational(5, 6));
  CHECK(proved.best_rings());
  CHECK(proved.short_of_optimum());
  const RingVerdict open = judge_rings(graph(40, 80), Collective::AllGather, 100);
  CHECK(open.share == Rational(1, 2));
  CHECK_FALSE(open.best_rings());
  CHECK_FALSE(open.short_of_optimum());
}

TEST_CASE("prices tell what no cut does") {
  NcclGraph priced = graph(40, 80);
  priced.prices = RingPrices{.rate = 40, .price = {}};
  const RingVerdict verdict = judge_rings(priced, Collective::AllGather, 100);
  CHECK(verdict.limit == Rational(50));
  CHECK(verdict.best_rings());
  CHECK(verdict.short_of_optimum());
}

TEST_CASE("an optimum below every cut limits rings as well") {
  const RingVerdict verdict = judge_rings(graph(72, 80), Collective::AllGather, 90);
  CHECK(verdict.limit == Rational(90));
  CHECK(verdict.best_rings());
  CHECK_THROWS_AS((void)judge_rings(graph(80, 80), Collective::AllGather, 90), InternalError);
}

}  // namespace
}  // namespace pleach::exporters
