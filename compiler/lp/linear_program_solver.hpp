// Exact optima of linear programs: floating point proposes, fractions decide.
#pragma once

#include <optional>
#include <vector>

#include "compiler/lp/clp_model.hpp"
#include "compiler/lp/linear_program.hpp"

namespace pleach {

// One program that is solved again and again while rows join it and columns change.
class LinearProgramSolver {
 public:
  explicit LinearProgramSolver(std::vector<LpColumn> columns);

  void add_row(const LpRow& row);
  void set_column(int column, const LpColumn& new_column);

  // The columns' values at CLP's optimum; nothing where CLP finds none.
  [[nodiscard]] std::optional<std::vector<double>> approximate();
  // The exact optimum at CLP's basis; nothing where that basis does not hold exactly.
  [[nodiscard]] std::optional<LpSolution> confirmed();
  // The exact optimum, by exact_simplex where CLP's basis does not hold.
  // Needs: every lower bound is 0.
  [[nodiscard]] LpSolution solve();

 private:
  LinearProgram program_;
  ClpModel clp_;
};

}  // namespace pleach
