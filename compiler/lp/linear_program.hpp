// Linear programs over fractions.
#pragma once

#include <utility>
#include <vector>

#include "compiler/core/rational.hpp"

namespace pleach {

// Maximise the sum of objective * value over the columns, where every value lies in its bounds and
// every row's terms add up to at least 0, or to exactly 0.
struct LpColumn {
  Rational lower;  // <= upper
  Rational upper;
  Rational objective;
  bool operator==(const LpColumn&) const = default;
};

struct LpRow {
  std::vector<std::pair<int, Integer>> terms;  // (column, coefficient); each column at most once
  bool is_equation = false;
  bool operator==(const LpRow&) const = default;
};

struct LinearProgram {
  std::vector<LpColumn> columns;
  std::vector<LpRow> rows;
};

// An optimum and its proof: with the prices p, every column's reduced objective
//   objective_j - sum over rows of p_i * coefficient_ij
// is <= 0 unless the column is at its upper bound, and >= 0 unless it is at its lower one; prices
// of inequalities are <= 0, and 0 where the row is above 0.
struct LpSolution {
  std::vector<Rational> value;  // by column
  std::vector<Rational> price;  // by row
  Rational objective;
};

// Which columns and rows are basic: a vertex of the program, with nothing of its numbers. A row
// that is not basic adds up to 0.
struct LpBasis {
  enum class Column : unsigned char { Basic, AtLower, AtUpper };
  std::vector<Column> columns;
  std::vector<bool> row_is_basic;
};

}  // namespace pleach
