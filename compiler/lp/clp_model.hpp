// Linear programs in floating point, by COIN-OR CLP: they propose, exact code decides.
#pragma once

#include <memory>
#include <vector>

#include "compiler/lp/linear_program.hpp"

namespace pleach {

// One program that is solved again and again while rows join it and columns change; each solve
// starts where the last one ended.
class ClpModel {
 public:
  explicit ClpModel(const std::vector<LpColumn>& columns);
  ~ClpModel();
  ClpModel(ClpModel&&) noexcept;
  ClpModel& operator=(ClpModel&&) noexcept;

  void add_row(const LpRow& row);
  void set_column(int column, const LpColumn& new_column);

  // Whether CLP found an optimum; the two below then describe it. Never without rows.
  [[nodiscard]] bool solve();
  [[nodiscard]] std::vector<double> values() const;
  [[nodiscard]] LpBasis basis() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace pleach
