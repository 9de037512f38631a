// The user's mistakes: a Result holds a value, or every Diagnostic that was found. A value may come
// with notes: what is no mistake, but should be known.
//
// Libraries return Results and never print; compiler/cli prints them and exits with 1.
#pragma once

#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "compiler/core/check.hpp"

namespace pleach {

struct Diagnostic {
  std::string file;      // as the user named it; "-" for standard input, "" where there is none
  int line = 0;          // counted from 1; 0 where there is none
  std::string pointer;   // JSON pointer (RFC 6901) of the value, "" for the whole document
  std::string message;   // what was found, with its value
  std::string expected;  // what would do, with an example; may be empty
  std::string fix;       // what the user can do; may be empty
  bool operator==(const Diagnostic&) const = default;
};

using Diagnostics = std::vector<Diagnostic>;

// "file:line: error: message (pointer)", then indented "expected:" and "fix:" lines; ends with \n.
[[nodiscard]] std::string to_string(const Diagnostic& diagnostic);
// The same with "note:" for "error:".
[[nodiscard]] std::string note_text(const Diagnostic& diagnostic);

template <class T>
class [[nodiscard]] Result {
 public:
  Result(T value) : content_(std::move(value)) {}  // implicit: `return value;`
  Result(T value, Diagnostics notes) : content_(std::move(value)), notes_(std::move(notes)) {}
  Result(Diagnostics mistakes) : content_(std::move(mistakes)) {
    ENSURE(!std::get<Diagnostics>(content_).empty(), "a failed Result names at least one mistake");
  }
  Result(Diagnostic mistake) : Result(Diagnostics{std::move(mistake)}) {}

  [[nodiscard]] bool ok() const { return std::holds_alternative<T>(content_); }
  // Needs: ok().
  [[nodiscard]] const T& value() const& {
    ENSURE(ok(), "the value of a failed Result was read");
    return std::get<T>(content_);
  }
  [[nodiscard]] T&& value() && {
    ENSURE(ok(), "the value of a failed Result was read");
    return std::get<T>(std::move(content_));
  }
  // Needs: !ok().
  [[nodiscard]] const Diagnostics& mistakes() const {
    ENSURE(!ok(), "the mistakes of a good Result were read");
    return std::get<Diagnostics>(content_);
  }
  // Empty where !ok().
  [[nodiscard]] const Diagnostics& notes() const { return notes_; }

 private:
  std::variant<T, Diagnostics> content_;
  Diagnostics notes_;
};

}  // namespace pleach
