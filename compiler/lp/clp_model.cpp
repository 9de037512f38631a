#include "compiler/lp/clp_model.hpp"

#include <algorithm>

#include <ClpSimplex.hpp>

namespace pleach {

// CLP works to absolute tolerances, so it sees all values in units of the largest bound. Rows add
// up to 0, so they do not notice.
struct ClpModel::State {
  ClpSimplex clp;
  double unit = 1;
};

ClpModel::ClpModel(const std::vector<LpColumn>& columns) : state_(std::make_unique<State>()) {
  state_->clp.setLogLevel(0);
  state_->clp.setOptimizationDirection(-1);
  state_->clp.resize(0, static_cast<int>(columns.size()));
  Rational largest = 0;
  for (const LpColumn& column : columns) largest = std::max(largest, column.upper);
  if (largest.sign() > 0) state_->unit = largest.to_double();
  for (std::size_t i = 0; i < columns.size(); ++i) set_column(static_cast<int>(i), columns[i]);
}

ClpModel::~ClpModel() = default;
ClpModel::ClpModel(ClpModel&&) noexcept = default;
ClpModel& ClpModel::operator=(ClpModel&&) noexcept = default;

void ClpModel::add_row(const LpRow& row) {
  std::vector<int> columns;
  std::vector<double> coefficients;
  for (const auto& [column, coefficient] : row.terms) {
    columns.push_back(column);
    coefficients.push_back(coefficient.to_double());
  }
  state_->clp.addRow(static_cast<int>(columns.size()), columns.data(), coefficients.data(), 0,
                     row.is_equation ? 0 : COIN_DBL_MAX);
}

void ClpModel::set_column(int column, const LpColumn& new_column) {
  state_->clp.setColumnBounds(column, new_column.lower.to_double() / state_->unit,
                              new_column.upper.to_double() / state_->unit);
  state_->clp.setObjectiveCoefficient(column, new_column.objective.to_double());
}

bool ClpModel::solve() {
  if (state_->clp.numberRows() == 0) return false;  // CLP has no basis for these
  // After new rows the last basis is still dual feasible, after new objectives primal feasible: CLP
  // finds out by itself and uses the method that goes on from there.
  state_->clp.initialDualSolve();
  return state_->clp.isProvenOptimal();
}

std::vector<double> ClpModel::values() const {
  const double* const primal = state_->clp.primalColumnSolution();
  std::vector<double> values(primal, primal + state_->clp.numberColumns());
  for (double& value : values) value *= state_->unit;
  return values;
}

LpBasis ClpModel::basis() const {
  const ClpSimplex& clp = state_->clp;
  LpBasis basis;
  for (int column = 0; column < clp.numberColumns(); ++column) {
    switch (clp.getColumnStatus(column)) {
      case ClpSimplex::basic: basis.columns.push_back(LpBasis::Column::Basic); break;
      case ClpSimplex::atUpperBound: basis.columns.push_back(LpBasis::Column::AtUpper); break;
      default: basis.columns.push_back(LpBasis::Column::AtLower);
    }
  }
  for (int row = 0; row < clp.numberRows(); ++row) {
    basis.row_is_basic.push_back(clp.getRowStatus(row) == ClpSimplex::basic);
  }
  return basis;
}

}  // namespace pleach
