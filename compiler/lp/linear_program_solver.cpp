#include "compiler/lp/linear_program_solver.hpp"

#include <utility>

#include "compiler/lp/confirm_basis.hpp"
#include "compiler/lp/exact_simplex.hpp"

namespace pleach {

LinearProgramSolver::LinearProgramSolver(std::vector<LpColumn> columns)
    : program_{std::move(columns), {}}, clp_(program_.columns) {}

void LinearProgramSolver::add_row(const LpRow& row) {
  program_.rows.push_back(row);
  clp_.add_row(row);
}

void LinearProgramSolver::set_column(int column, const LpColumn& new_column) {
  program_.columns[column] = new_column;
  clp_.set_column(column, new_column);
}

std::optional<std::vector<double>> LinearProgramSolver::approximate() {
  if (!clp_.solve()) return std::nullopt;
  return clp_.values();
}

std::optional<LpSolution> LinearProgramSolver::confirmed() {
  if (!clp_.solve()) return std::nullopt;
  return confirm_basis(program_, clp_.basis());
}

LpSolution LinearProgramSolver::solve() {
  if (auto solution = confirmed()) return std::move(*solution);
  return exact_simplex(program_);
}

}  // namespace pleach
