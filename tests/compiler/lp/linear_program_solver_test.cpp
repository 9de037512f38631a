#include "compiler/lp/linear_program_solver.hpp"

#include <random>

#include <doctest/doctest.h>

#include "compiler/lp/confirm_basis.hpp"
#include "compiler/lp/exact_simplex.hpp"

namespace pleach {
namespace {

LinearProgram random_program(std::mt19937_64& random, const Integer& scale) {
  const auto below = [&](int limit) { return static_cast<std::int64_t>(random() % limit); };
  LinearProgram program;
  const std::int64_t columns = 1 + below(8);
  for (std::int64_t i = 0; i < columns; ++i) {
    program.columns.push_back(
        {0, Rational(scale * below(20), 1 + below(5)), Rational(below(15) - 5, 1 + below(3))});
  }
  const std::int64_t rows = 1 + below(8);
  for (std::int64_t i = 0; i < rows; ++i) {
    LpRow row{{}, below(4) == 0};
    for (int column = 0; column < columns; ++column) {
      const std::int64_t coefficient = below(9) - 4;
      if (coefficient != 0 && below(2) == 0) row.terms.emplace_back(column, coefficient);
    }
    program.rows.push_back(row);
  }
  return program;
}

TEST_CASE("CLP's basis made exact gives the exact simplex' optimum, whatever the size of numbers") {
  std::mt19937_64 random(21);
  int confirmed = 0;
  for (int round = 0; round < 2000; ++round) {
    const Integer scale =
        round % 2 == 0 ? Integer(1) : *Integer::parse("1000000000000000000000003");
    const LinearProgram program = random_program(random, scale);
    CAPTURE(round);
    LinearProgramSolver solver(program.columns);
    for (const LpRow& row : program.rows) solver.add_row(row);
    const LpSolution expected = exact_simplex(program);
    CHECK(is_optimal(program, expected));
    const LpSolution found = solver.solve();
    CHECK(is_optimal(program, found));
    CHECK(found.objective == expected.objective);
    confirmed += solver.confirmed().has_value() ? 1 : 0;
  }
  CHECK(confirmed > 1990);
}

TEST_CASE("rows that join and columns that change are seen") {
  LinearProgramSolver solver({{0, 10, 1}, {0, 3, 0}});
  CHECK(solver.solve().objective == Rational(10));
  solver.add_row({{{0, -1}, {1, 2}}, false});
  CHECK(solver.solve().objective == Rational(6));
  solver.set_column(1, {0, 4, 0});
  CHECK(solver.solve().objective == Rational(8));
  solver.set_column(0, {5, 5, 0});
  solver.set_column(1, {0, 4, -1});
  REQUIRE(solver.confirmed());
  CHECK(solver.confirmed()->value == std::vector<Rational>{5, Rational(5, 2)});
}

TEST_CASE("where floating point sees no difference, fractions still decide") {
  // The two columns differ by one part in 10^30.
  const Rational large(*Integer::parse("1000000000000000000000000000001"));
  const Rational less = large - 1;
  LinearProgramSolver solver({{0, large, 1}, {0, less, 1}, {0, 1, 0}});
  solver.add_row({{{0, -1}, {1, 1}, {2, 1}}, false});
  const LpSolution solution = solver.solve();
  CHECK(solution.objective == large + less);
  CHECK(solution.value[0] == large);
}

TEST_CASE("what is no optimum is not confirmed") {
  const LinearProgram program{{{0, 2, 1}, {0, 2, 1}}, {{{{0, 1}, {1, -1}}, true}}};
  using enum LpBasis::Column;
  CHECK(confirm_basis(program, {{Basic, AtUpper}, {false}}));
  CHECK_FALSE(confirm_basis(program, {{Basic, AtLower}, {false}}));   // not the best
  CHECK_FALSE(confirm_basis(program, {{AtUpper, AtLower}, {true}}));  // 2 = 0
  CHECK_FALSE(confirm_basis(program, {{Basic, Basic}, {false}}));     // not square
  LpSolution solution = exact_simplex(program);
  CHECK(is_optimal(program, solution));
  solution.value[0] = 3;
  CHECK_FALSE(is_optimal(program, solution));
}

}  // namespace
}  // namespace pleach
