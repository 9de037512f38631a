#include "compiler/lp/exact_simplex.hpp"

#include <doctest/doctest.h>

#include "compiler/lp/confirm_basis.hpp"

namespace pleach {
namespace {

TEST_CASE("a program one can solve by hand") {
  // max 3x + 2y, x <= 4, y <= 6, 2x <= y + z, z <= 1: x = 7/2, y = 6, z = 1.
  const LinearProgram program{{{0, 4, 3}, {0, 6, 2}, {0, 1, 0}},
                              {{{{0, -2}, {1, 1}, {2, 1}}, false}}};
  const LpSolution solution = exact_simplex(program);
  CHECK(solution.value == std::vector<Rational>{Rational(7, 2), 6, 1});
  CHECK(solution.objective == Rational(45, 2));
  CHECK(solution.price == std::vector<Rational>{Rational(-3, 2)});
  CHECK(is_optimal(program, solution));
}

TEST_CASE("an equation binds in both directions") {
  // max x - y with x = 2y: each unit of y costs 1 and brings 2.
  const LinearProgram program{{{0, 5, 1}, {0, 100, -1}}, {{{{0, 1}, {1, -2}}, true}}};
  const LpSolution solution = exact_simplex(program);
  CHECK(solution.value == std::vector<Rational>{5, Rational(5, 2)});
  CHECK(is_optimal(program, solution));
}

TEST_CASE("a degenerate program ends") {
  // Beale's example of 1955, which cycles under the largest-coefficient rule, in rows that add to
  // 0: the last column is fixed at 1 by its objective and bound.
  const LinearProgram program{{{0, 1000, Rational(3, 4)},
                               {0, 1000, -150},
                               {0, 1000, Rational(1, 50)},
                               {0, 1000, -6},
                               {0, 1, 1000}},
                              {{{{0, -25}, {1, 6000}, {2, 4}, {3, -900}}, false},
                               {{{0, -50}, {1, 9000}, {2, 2}, {3, -300}}, false},
                               {{{2, -1}, {4, 1}}, false}}};
  const LpSolution solution = exact_simplex(program);
  CHECK(is_optimal(program, solution));
  CHECK(solution.objective == Rational(20001, 20));  // Beale's optimum is 1/20
}

TEST_CASE("no rows: every column at its better bound") {
  const LpSolution solution = exact_simplex({{{0, 3, 1}, {0, 3, -1}, {0, 0, 1}}, {}});
  CHECK(solution.value == std::vector<Rational>{3, 0, 0});
  CHECK(solution.price.empty());
}

}  // namespace
}  // namespace pleach
