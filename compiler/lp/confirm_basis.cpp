#include "compiler/lp/confirm_basis.hpp"

#include <string>
#include <utility>

#include <flint/fmpq_mat.h>
#include <flint/fmpz_mat.h>

#include "compiler/core/check.hpp"

namespace pleach {
namespace {

constexpr int kNone = -1;

void set(fmpz_t target, const Integer& value) {
  if (value.fits_int64()) {
    fmpz_set_si(target, value.int64());
  } else {
    fmpz_set_str(target, value.to_string().c_str(), 10);
  }
}

Integer integer_of(const fmpz_t value) {
  if (fmpz_fits_si(value)) return fmpz_get_si(value);
  char* const digits = fmpz_get_str(nullptr, 10, value);
  const auto parsed = Integer::parse(digits);
  flint_free(digits);
  ENSURE(parsed.has_value(), "FLINT writes decimal digits");
  return *parsed;
}

class IntegerMatrix {
 public:
  IntegerMatrix(std::size_t rows, std::size_t columns) {
    fmpz_mat_init(matrix_, static_cast<slong>(rows), static_cast<slong>(columns));
  }
  IntegerMatrix(const IntegerMatrix&) = delete;
  IntegerMatrix& operator=(const IntegerMatrix&) = delete;
  ~IntegerMatrix() { fmpz_mat_clear(matrix_); }
  fmpz* at(std::size_t row, std::size_t column) {
    return fmpz_mat_entry(matrix_, static_cast<slong>(row), static_cast<slong>(column));
  }
  fmpz_mat_struct* get() { return matrix_; }

 private:
  fmpz_mat_t matrix_;
};

class RationalMatrix {
 public:
  RationalMatrix(std::size_t rows, std::size_t columns) {
    fmpq_mat_init(matrix_, static_cast<slong>(rows), static_cast<slong>(columns));
  }
  RationalMatrix(const RationalMatrix&) = delete;
  RationalMatrix& operator=(const RationalMatrix&) = delete;
  ~RationalMatrix() { fmpq_mat_clear(matrix_); }
  [[nodiscard]] Rational at(std::size_t row, std::size_t column) const {
    const slong i = static_cast<slong>(row);
    const slong j = static_cast<slong>(column);
    return {integer_of(fmpq_mat_entry_num(matrix_, i, j)),
            integer_of(fmpq_mat_entry_den(matrix_, i, j))};
  }
  fmpq_mat_struct* get() { return matrix_; }

 private:
  fmpq_mat_t matrix_;
};

// x with matrix * x = right, or nothing where the matrix is singular.
std::optional<std::vector<Rational>> solve(IntegerMatrix& matrix,
                                           const std::vector<Rational>& right) {
  if (right.empty()) return std::vector<Rational>{};
  Integer common = 1;
  for (const Rational& value : right) common *= value.den() / gcd(common, value.den());
  IntegerMatrix whole(right.size(), 1);
  for (std::size_t i = 0; i < right.size(); ++i) {
    set(whole.at(i, 0), (right[i] * Rational(common)).num());
  }
  RationalMatrix scaled(right.size(), 1);
  if (fmpq_mat_solve_fmpz_mat_dixon(scaled.get(), matrix.get(), whole.get()) == 0) {
    return std::nullopt;
  }
  std::vector<Rational> solution;
  for (std::size_t i = 0; i < right.size(); ++i) {
    solution.push_back(scaled.at(i, 0) / Rational(common));
  }
  return solution;
}

// The square system of a basis: equation i is tight row rows[i], unknown j basic column columns[j].
struct System {
  std::vector<int> rows;
  std::vector<int> columns;
  std::vector<int> equation_of;  // by row, kNone for basic ones
  std::vector<int> unknown_of;   // by column, kNone for those at a bound
};

System system_of(const LpBasis& basis) {
  System system;
  for (std::size_t row = 0; row < basis.row_is_basic.size(); ++row) {
    const bool tight = !basis.row_is_basic[row];
    system.equation_of.push_back(tight ? static_cast<int>(system.rows.size()) : kNone);
    if (tight) system.rows.push_back(static_cast<int>(row));
  }
  for (std::size_t column = 0; column < basis.columns.size(); ++column) {
    const bool basic = basis.columns[column] == LpBasis::Column::Basic;
    system.unknown_of.push_back(basic ? static_cast<int>(system.columns.size()) : kNone);
    if (basic) system.columns.push_back(static_cast<int>(column));
  }
  return system;
}

std::optional<std::vector<Rational>> values_of(const LinearProgram& program,
                                               const LpBasis& basis,
                                               const System& system) {
  std::vector<Rational> value(program.columns.size());
  for (std::size_t column = 0; column < value.size(); ++column) {
    if (basis.columns[column] == LpBasis::Column::AtLower) {
      value[column] = program.columns[column].lower;
    } else if (basis.columns[column] == LpBasis::Column::AtUpper) {
      value[column] = program.columns[column].upper;
    }
  }
  IntegerMatrix matrix(system.rows.size(), system.rows.size());
  std::vector<Rational> right(system.rows.size());
  for (std::size_t equation = 0; equation < system.rows.size(); ++equation) {
    for (const auto& [column, coefficient] : program.rows[system.rows[equation]].terms) {
      if (const int unknown = system.unknown_of[column]; unknown != kNone) {
        set(matrix.at(equation, unknown), coefficient);
      } else {
        right[equation] -= Rational(coefficient) * value[column];
      }
    }
  }
  const auto solution = solve(matrix, right);
  if (!solution) return std::nullopt;
  for (std::size_t unknown = 0; unknown < system.columns.size(); ++unknown) {
    value[system.columns[unknown]] = (*solution)[unknown];
  }
  return value;
}

std::optional<std::vector<Rational>> prices_of(const LinearProgram& program, const System& system) {
  IntegerMatrix matrix(system.rows.size(), system.rows.size());
  std::vector<Rational> right;
  for (const int column : system.columns) right.push_back(program.columns[column].objective);
  for (std::size_t equation = 0; equation < system.rows.size(); ++equation) {
    for (const auto& [column, coefficient] : program.rows[system.rows[equation]].terms) {
      const int unknown = system.unknown_of[column];
      if (unknown != kNone) set(matrix.at(unknown, equation), coefficient);
    }
  }
  const auto solution = solve(matrix, right);
  if (!solution) return std::nullopt;
  std::vector<Rational> price(program.rows.size());
  for (std::size_t equation = 0; equation < system.rows.size(); ++equation) {
    price[system.rows[equation]] = (*solution)[equation];
  }
  return price;
}

}  // namespace

bool is_optimal(const LinearProgram& program, const LpSolution& solution) {
  const std::vector<Rational>& value = solution.value;
  std::vector<Rational> reduced;
  for (std::size_t column = 0; column < value.size(); ++column) {
    const LpColumn& bounds = program.columns[column];
    if (value[column] < bounds.lower || value[column] > bounds.upper) return false;
    reduced.push_back(bounds.objective);
  }
  for (std::size_t row = 0; row < program.rows.size(); ++row) {
    const Rational& price = solution.price[row];
    Rational sum = 0;
    for (const auto& [column, coefficient] : program.rows[row].terms) {
      sum += Rational(coefficient) * value[column];
      if (price.sign() != 0) reduced[column] -= Rational(coefficient) * price;
    }
    if (sum.sign() < 0) return false;
    if (program.rows[row].is_equation ? sum.sign() != 0
                                      : price.sign() > 0 || (price.sign() != 0 && sum.sign() > 0)) {
      return false;
    }
  }
  for (std::size_t column = 0; column < value.size(); ++column) {
    const LpColumn& bounds = program.columns[column];
    if (reduced[column].sign() > 0 && value[column] != bounds.upper) return false;
    if (reduced[column].sign() < 0 && value[column] != bounds.lower) return false;
  }
  return true;
}

std::optional<LpSolution> confirm_basis(const LinearProgram& program, const LpBasis& basis) {
  ENSURE(basis.columns.size() == program.columns.size() &&
             basis.row_is_basic.size() == program.rows.size(),
         "the basis of another program");
  const System system = system_of(basis);
  if (system.rows.size() != system.columns.size()) return std::nullopt;
  auto value = values_of(program, basis, system);
  if (!value) return std::nullopt;
  auto price = prices_of(program, system);
  if (!price) return std::nullopt;
  LpSolution solution{std::move(*value), std::move(*price), 0};
  if (!is_optimal(program, solution)) return std::nullopt;
  for (std::size_t column = 0; column < program.columns.size(); ++column) {
    solution.objective += program.columns[column].objective * solution.value[column];
  }
  return solution;
}

}  // namespace pleach
