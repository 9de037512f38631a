// The JSON Schemas that pleach ships, applied by valijson, and documents to try them on.
#pragma once

#include <functional>
#include <memory>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include <nlohmann/json.hpp>

#include "compiler/core/result.hpp"

namespace pleach {

class Schema {
 public:
  // `path`, below the source folder, holds a JSON Schema (draft-07). Throws when it does not.
  explicit Schema(const std::string& path);
  ~Schema();

  [[nodiscard]] bool accepts(const nlohmann::json& document) const;

 private:
  struct Parsed;
  std::unique_ptr<Parsed> parsed_;
};

// The file `path` below the source folder. Throws when there is none.
[[nodiscard]] std::string source_text(const std::string& path);
// Comments dropped. Throws what nlohmann throws.
[[nodiscard]] nlohmann::json json_of(std::string_view text);
// Every *.json in `folder` below the source folder, as paths below it, sorted.
[[nodiscard]] std::vector<std::string> json_files(const std::string& folder);
// The inputs of the command-line cases (tests/cli/*.txt) whose text holds `mark` and is JSON.
[[nodiscard]] std::vector<nlohmann::json> cli_inputs(std::string_view mark);

// `document` with one thing changed at a random place: a member or item dropped, added, renamed or
// doubled, or a value replaced by another.
[[nodiscard]] nlohmann::json mutated(nlohmann::json document, std::mt19937_64& random);

// What is wrong when a schema and a reader judge a document differently, or "". `mistakes` is what
// the reader found; a document that only it rejects is fine when `beyond_schema`, which gets the
// message, holds for all of them.
[[nodiscard]] std::string disagreement(
    const Schema& schema,
    const nlohmann::json& document,
    const Diagnostics& mistakes,
    const std::function<bool(const std::string&)>& beyond_schema);

// Whether `message` matches one of the regular expressions.
[[nodiscard]] bool matches_any(const std::string& message,
                               const std::vector<std::string>& patterns);

}  // namespace pleach
