#include "compiler/topology/id_pattern.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <utility>

#include "compiler/core/suggest.hpp"
#include "compiler/topology/json_text.hpp"

namespace pleach {
namespace {

using Kind = ExpressionStep::Kind;

constexpr std::size_t kLongestExpression = 200;  // also bounds the recursion of the parser

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_name(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || is_digit(c);
}

// Recursive descent: sum = product {(+|-) product}, product = factor {(*|/|%) factor},
// factor = number | variable | -factor | (sum).
class ExpressionParser {
 public:
  ExpressionParser(std::string_view text, std::span<const std::string> variables)
      : text_(text), variables_(variables) {}

  Result<Expression> run() {
    if (text_.size() > kLongestExpression) return mistake("is too long");
    parse_sum();
    if (!mistake_ && next() != '\0') mistake_ = mistake("ends in something unexpected");
    if (mistake_) return *mistake_;
    return steps_;
  }

 private:
  Diagnostic mistake(const std::string& what, std::string fix = "") const {
    return {.file = "",
            .line = 0,
            .pointer = "",
            .message = "the expression " + in_quotes("{" + std::string(text_) + "}") + " " + what,
            .expected =
                "whole numbers, variables of \"for\", + - * / % and parentheses, "
                "e.g. {(i+1)%8}",
            .fix = std::move(fix)};
  }

  // The next character that is no blank, '\0' at the end.
  char next() {
    while (at_ < text_.size() && text_[at_] == ' ') ++at_;
    return at_ < text_.size() ? text_[at_] : '\0';
  }

  void parse_sum() {
    parse_product();
    while (!mistake_ && (next() == '+' || next() == '-')) {
      const Kind kind = text_[at_++] == '+' ? Kind::Add : Kind::Subtract;
      parse_product();
      steps_.push_back({kind, 0});
    }
  }

  void parse_product() {
    parse_factor();
    while (!mistake_ && (next() == '*' || next() == '/' || next() == '%')) {
      const char sign = text_[at_++];
      parse_factor();
      steps_.push_back(
          {sign == '*' ? Kind::Multiply : (sign == '/' ? Kind::Divide : Kind::Remainder), 0});
    }
  }

  void parse_factor() {
    const char first = next();
    if (first == '-') {
      ++at_;
      parse_factor();
      steps_.push_back({Kind::Negate, 0});
    } else if (first == '(') {
      ++at_;
      parse_sum();
      if (!mistake_ && next() != ')') mistake_ = mistake("lacks a )");
      ++at_;
    } else if (is_digit(first)) {
      parse_number();
    } else if (is_name(first)) {
      parse_variable();
    } else if (!mistake_) {
      mistake_ = mistake(first == '\0' ? "ends where a number or variable should stand"
                                       : "has " + in_quotes(std::string(1, first)) +
                                             " where a number or variable should stand");
    }
  }

  void parse_number() {
    std::int64_t number = 0;
    const char* const end = text_.data() + text_.size();
    const auto [rest, error] = std::from_chars(text_.data() + at_, end, number);
    if (error != std::errc()) mistake_ = mistake("holds a number beyond 64 bits");
    at_ = static_cast<std::size_t>(rest - text_.data());
    steps_.push_back({Kind::Number, number});
  }

  void parse_variable() {
    const std::size_t start = at_;
    while (at_ < text_.size() && is_name(text_[at_])) ++at_;
    const std::string_view name = text_.substr(start, at_ - start);
    const auto found = std::ranges::find(variables_, name);
    if (found == variables_.end() && !mistake_) {
      const std::vector<std::string_view> known(variables_.begin(), variables_.end());
      std::string fix = did_you_mean(name, known);
      if (fix.empty()) {
        fix = "give the variable a range, e.g. \"for\": {" + in_quotes(name) + ": \"0-7\"}";
      }
      mistake_ = mistake("uses the unknown variable " + in_quotes(name), std::move(fix));
    }
    steps_.push_back({Kind::Variable, found - variables_.begin()});
  }

  std::string_view text_;
  std::span<const std::string> variables_;
  std::size_t at_ = 0;
  Expression steps_;
  std::optional<Diagnostic> mistake_;
};

constexpr const char* kTooLarge = "gives a number beyond 64 bits";

// Rounds down, unlike C++; needs b != 0 and no overflow.
std::int64_t floor_divide(std::int64_t a, std::int64_t b) {
  return a / b - ((a % b != 0 && (a < 0) != (b < 0)) ? 1 : 0);
}

// a <kind> b; returns what went wrong, or null.
const char* combine(Kind kind, std::int64_t a, std::int64_t b, std::int64_t& result) {
  bool overflow = false;
  switch (kind) {
    case Kind::Add: overflow = __builtin_add_overflow(a, b, &result); break;
    case Kind::Subtract: overflow = __builtin_sub_overflow(a, b, &result); break;
    case Kind::Multiply: overflow = __builtin_mul_overflow(a, b, &result); break;
    case Kind::Divide:
    case Kind::Remainder:
      if (b == 0) return "divides by zero";
      if (b == -1) {  // INT64_MIN / -1 is the one quotient that overflows
        overflow = kind == Kind::Divide && __builtin_sub_overflow(std::int64_t{0}, a, &result);
        if (kind == Kind::Remainder) result = 0;
      } else {
        result = kind == Kind::Divide ? floor_divide(a, b) : a - floor_divide(a, b) * b;
      }
      break;
    default: break;
  }
  return overflow ? kTooLarge : nullptr;
}

const char* evaluate(const Expression& expression,
                     std::span<const std::int64_t> values,
                     std::int64_t& result) {
  std::array<std::int64_t, kLongestExpression> stack{};
  std::size_t size = 0;
  for (const ExpressionStep& step : expression) {
    switch (step.kind) {
      case Kind::Number: stack[size++] = step.value; break;
      case Kind::Variable: stack[size++] = values[static_cast<std::size_t>(step.value)]; break;
      case Kind::Negate:
        if (__builtin_sub_overflow(std::int64_t{0}, stack[size - 1], &stack[size - 1])) {
          return kTooLarge;
        }
        break;
      default: {
        --size;
        const char* const mistake =
            combine(step.kind, stack[size - 1], stack[size], stack[size - 1]);
        if (mistake != nullptr) return mistake;
      }
    }
  }
  result = stack[0];
  return nullptr;
}

Diagnostic brace_mistake(std::string_view text, const char* what) {
  return {.file = "",
          .line = 0,
          .pointer = "",
          .message = "the id " + in_quotes(text) + " " + what,
          .expected = "every { with its }, e.g. \"gpu{g}\"",
          .fix = ""};
}

}  // namespace

Result<IdPattern> parse_id_pattern(std::string_view text, std::span<const std::string> variables) {
  IdPattern pattern{.text = std::string(text), .pieces = {}};
  std::string_view rest = text;
  while (!rest.empty()) {
    const auto open = rest.find_first_of("{}");
    IdPattern::Piece piece{.literal = std::string(rest.substr(0, open)), .expression = {}};
    if (open == std::string_view::npos) {
      pattern.pieces.push_back(std::move(piece));
      break;
    }
    if (rest[open] == '}') return brace_mistake(text, "has a } without its {");
    const auto close = rest.find_first_of("{}", open + 1);
    if (close == std::string_view::npos || rest[close] == '{') {
      return brace_mistake(text, "has a { without its }");
    }
    auto expression = ExpressionParser(rest.substr(open + 1, close - open - 1), variables).run();
    if (!expression.ok()) return expression.mistakes();
    piece.expression = std::move(expression).value();
    pattern.pieces.push_back(std::move(piece));
    rest.remove_prefix(close + 1);
  }
  return pattern;
}

const char* append_id(const IdPattern& pattern,
                      std::span<const std::int64_t> values,
                      std::string& id) {
  for (const IdPattern::Piece& piece : pattern.pieces) {
    id += piece.literal;
    if (piece.expression.empty()) continue;
    std::int64_t number = 0;
    if (const char* const mistake = evaluate(piece.expression, values, number)) return mistake;
    std::array<char, 24> digits{};
    const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), number).ptr;
    id.append(digits.data(), end);
  }
  return nullptr;
}

}  // namespace pleach
