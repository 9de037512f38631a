// Ids with placeholders: "rack{k}/gpu{2*n+1}".
//
// Between braces stands a whole-number expression over the variables of a `for`: decimal numbers,
// + - * / %, parentheses, unary minus. `/` rounds down and `%` takes the sign of its right side, as
// in {i/4} and {(i-1)%8}.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "compiler/core/result.hpp"

namespace pleach {

// An expression in postfix order: Number and Variable push, Negate takes one, the others two.
struct ExpressionStep {
  enum class Kind { Number, Variable, Add, Subtract, Multiply, Divide, Remainder, Negate };
  Kind kind = Kind::Number;
  std::int64_t value = 0;  // the number, or the variable's position
};
using Expression = std::vector<ExpressionStep>;

struct IdPattern {
  struct Piece {
    std::string literal;    // goes first
    Expression expression;  // its value follows; empty for the last piece of a pattern
  };
  std::string text;  // as written
  std::vector<Piece> pieces;
};

// Errors are Diagnostics without a place: braces that do not match, an expression that is none, a
// variable that is not in `variables` (with "did you mean").
[[nodiscard]] Result<IdPattern> parse_id_pattern(std::string_view text,
                                                 std::span<const std::string> variables);

// Appends the id for these values of the variables to `id`. Returns what went wrong, or null:
// a division by zero, a number beyond 64 bits.
[[nodiscard]] const char* append_id(const IdPattern& pattern,
                                    std::span<const std::int64_t> values,
                                    std::string& id);

}  // namespace pleach
