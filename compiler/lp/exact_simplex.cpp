#include "compiler/lp/exact_simplex.hpp"

#include <numeric>
#include <optional>

#include "compiler/core/check.hpp"

namespace pleach {
namespace {

// Variables are numbered: the columns, then one for each row, which is the sum of its terms.
struct Variable {
  Rational value;                 // all start at 0, their lower bound
  std::optional<Rational> upper;  // an inequality's sum has none; an equation's is 0
};

// How far the entering variable can go, and what stops it first.
struct Step {
  std::optional<Rational> length;  // nothing: for ever
  std::optional<int> row;          // the basic variable that leaves; nothing: its own other bound
};

class Tableau {
 public:
  explicit Tableau(const LinearProgram& program)
      : num_columns_(program.columns.size()), nonbasic_(num_columns_), reduced_(num_columns_) {
    std::iota(nonbasic_.begin(), nonbasic_.end(), 0);
    for (std::size_t column = 0; column < num_columns_; ++column) {
      ENSURE(program.columns[column].lower.sign() == 0, "all zeros must be allowed");
      variables_.push_back({0, program.columns[column].upper});
      reduced_[column] = program.columns[column].objective;
    }
    for (const LpRow& row : program.rows) {
      basic_.push_back(static_cast<int>(variables_.size()));
      variables_.push_back({0, row.is_equation ? std::optional<Rational>(0) : std::nullopt});
      rows_.emplace_back(num_columns_);
      for (const auto& [column, coefficient] : row.terms) rows_.back()[column] = coefficient;
    }
  }

  // One step uphill; false at the top.
  bool improve() {
    const std::optional<int> entering = entering_position();
    if (!entering) return false;
    const int direction = reduced_[*entering].sign();
    const Step step = longest_step(*entering, direction);
    ENSURE(step.length.has_value(), "a linear program without bounds");
    const Rational change = Rational(direction) * *step.length;
    variables_[nonbasic_[*entering]].value += change;
    for (std::size_t row = 0; row < rows_.size(); ++row) {
      variables_[basic_[row]].value += rows_[row][*entering] * change;
    }
    if (step.row) pivot(*step.row, *entering);
    return true;
  }

  [[nodiscard]] LpSolution solution(const LinearProgram& program) const {
    LpSolution result{{}, std::vector<Rational>(program.rows.size()), 0};
    for (std::size_t column = 0; column < num_columns_; ++column) {
      result.value.push_back(variables_[column].value);
      result.objective += program.columns[column].objective * result.value.back();
    }
    for (std::size_t position = 0; position < num_columns_; ++position) {
      const std::size_t variable = static_cast<std::size_t>(nonbasic_[position]);
      if (variable >= num_columns_) result.price[variable - num_columns_] = reduced_[position];
    }
    return result;
  }

 private:
  // The nonbasic variable of least number that gains by leaving its bound.
  [[nodiscard]] std::optional<int> entering_position() const {
    std::optional<int> best;
    for (std::size_t position = 0; position < num_columns_; ++position) {
      const Variable& variable = variables_[nonbasic_[position]];
      const int sign = reduced_[position].sign();
      const bool can_move = sign > 0   ? !variable.upper || variable.value < *variable.upper
                            : sign < 0 ? variable.value.sign() > 0
                                       : false;
      if (can_move && (!best || nonbasic_[position] < nonbasic_[*best])) {
        best = static_cast<int>(position);
      }
    }
    return best;
  }

  [[nodiscard]] Step longest_step(int entering, int direction) const {
    const Variable& moved = variables_[nonbasic_[entering]];
    Step step;
    if (direction < 0) step.length = moved.value;
    if (direction > 0 && moved.upper) step.length = *moved.upper - moved.value;
    for (std::size_t row = 0; row < rows_.size(); ++row) {
      const Rational rate = Rational(direction) * rows_[row][entering];
      const Variable& basic = variables_[basic_[row]];
      if (rate.sign() == 0 || (rate.sign() > 0 && !basic.upper)) continue;
      const Rational room =
          rate.sign() > 0 ? *basic.upper - basic.value : Rational(0) - basic.value;
      const Rational length = room / rate;
      const bool first = !step.length || length < *step.length ||
                         (length == *step.length && step.row && basic_[row] < basic_[*step.row]);
      if (first) step = {length, static_cast<int>(row)};
    }
    return step;
  }

  // Swaps a basic variable with a nonbasic one: solves its row for the other, puts that into the
  // rest.
  void pivot(int leaving, int entering) {
    std::vector<Rational>& row = rows_[leaving];
    const Rational pivot = row[entering];
    for (Rational& entry : row) {
      if (entry.sign() != 0) entry /= Rational(0) - pivot;
    }
    row[entering] = Rational(1) / pivot;
    const auto substitute = [&](std::vector<Rational>& other) {
      const Rational factor = other[entering];
      if (factor.sign() == 0) return;
      other[entering] = 0;
      for (std::size_t position = 0; position < num_columns_; ++position) {
        if (row[position].sign() != 0) other[position] += factor * row[position];
      }
    };
    for (std::size_t i = 0; i < rows_.size(); ++i) {
      if (i != static_cast<std::size_t>(leaving)) substitute(rows_[i]);
    }
    substitute(reduced_);
    std::swap(basic_[leaving], nonbasic_[entering]);
  }

  std::size_t num_columns_;
  std::vector<Variable> variables_;
  std::vector<int> basic_;                   // by row
  std::vector<int> nonbasic_;                // by position
  std::vector<std::vector<Rational>> rows_;  // basic variable = sum of entry * nonbasic variable
  std::vector<Rational> reduced_;            // the objective in nonbasic variables
};

}  // namespace

LpSolution exact_simplex(const LinearProgram& program) {
  Tableau tableau(program);
  while (tableau.improve()) {
  }
  return tableau.solution(program);
}

}  // namespace pleach
