// Count matrices.
#include "compiler/topology/decoder.hpp"

namespace pleach {
namespace {

constexpr std::string_view kTable = "a row of cable counts for each node";

std::string one_for_each(const char* what, std::size_t nodes) {
  return std::string(what) + " for each of the " + std::to_string(nodes) + " nodes";
}

}  // namespace

std::vector<std::string> Decoder::matrix_ids(const JsonValue& value) {
  constexpr std::string_view kNodes =
      R"(ids with one range at the end, at most 10000, e.g. "gcd{0-7}")";
  constexpr std::int64_t kMostNodes = 10'000;
  std::vector<std::string> ids;
  const std::string pattern = text(value, R"(key "nodes")", kNodes);
  if (pattern.empty()) return ids;
  const auto open = pattern.find('{');
  std::optional<NumberRanges> ranges;
  if (open != std::string::npos && pattern.back() == '}') {
    ranges =
        parse_number_ranges(std::string_view(pattern).substr(open + 1, pattern.size() - open - 2));
  }
  if (!ranges || count_numbers(*ranges) > kMostNodes) {
    reader_.report(value, "key \"nodes\" is " + in_quotes(pattern), std::string(kNodes));
    return ids;
  }
  for (const NumberRange& range : *ranges) {
    for (std::int64_t number = range.first; number <= range.last; ++number) {
      ids.push_back(pattern.substr(0, open) + std::to_string(number));
    }
  }
  return ids;
}

void Decoder::matrix_counts(const JsonValue& table, MatrixDeclaration& matrix) {
  const std::size_t nodes = matrix.ids.size();
  each(&table, R"(key "counts")", kTable, [&](const JsonValue& row) {
    auto& numbers = matrix.counts.emplace_back();
    each(&row, "a row of \"counts\"", kTable, [&](const JsonValue& item) {
      numbers.push_back(
          reader_.whole_number(item, "an entry of \"counts\"", 0, 1'000'000'000).value_or(0));
    });
    if (nodes != 0 && numbers.size() != nodes) {
      reader_.report(row, "a row of \"counts\" has " + count_entries(numbers.size()),
                     one_for_each("one", nodes));
    }
  });
  if (nodes != 0 && matrix.counts.size() != nodes) {
    reader_.report(table, "key \"counts\" has " + count_entries(matrix.counts.size()),
                   one_for_each("one row", nodes));
  }
}

// Needs a table that is as wide and as high as there are nodes.
void Decoder::check_symmetry(const JsonValue& table, const MatrixDeclaration& matrix) {
  const JsonArray& rows = std::get<JsonArray>(table.content);
  for (std::size_t i = 0; i < matrix.ids.size(); ++i) {
    for (std::size_t j = 0; j <= i; ++j) {
      const std::int64_t there = matrix.counts[i][j];
      const std::int64_t back = matrix.counts[j][i];
      const JsonValue& entry = std::get<JsonArray>(rows[i].content)[j];
      if (i == j && there != 0) {
        reader_.report(entry, "\"counts\" joins " + in_quotes(matrix.ids[i]) + " with itself",
                       "0 on the diagonal");
      } else if (there != back) {
        reader_.report(entry,
                       "\"counts\" has " + std::to_string(there) + " cables from " +
                           in_quotes(matrix.ids[i]) + " to " + in_quotes(matrix.ids[j]) + " but " +
                           std::to_string(back) + " back",
                       "a symmetric table");
      }
    }
  }
}

void Decoder::matrix(const JsonValue& object, std::vector<MatrixDeclaration>& matrices) {
  constexpr std::string_view kMatrix = R"({"nodes": …, "class": …, "counts": …})";
  if (reader_.object(object, R"(key "matrix")", kMatrix) == nullptr) return;
  reader_.check_keys(object, R"(key "matrix")", {"nodes", "class", "counts"});
  MatrixDeclaration matrix;
  matrix.origin = origin(object);
  if (reader_.require(object, "class", "a link class") != nullptr) {
    matrix.cable = cable(object, "the matrix");
  }
  const JsonValue* const nodes = reader_.require(
      object, "nodes", R"(ids with one range at the end, at most 10000, e.g. "gcd{0-7}")");
  const JsonValue* const counts = reader_.require(object, "counts", kTable);
  if (nodes == nullptr || counts == nullptr) return;
  const bool has_table = succeeds([&] {
    matrix.ids = matrix_ids(*nodes);
    matrix_counts(*counts, matrix);
  });
  if (has_table && succeeds([&] { check_symmetry(*counts, matrix); })) {
    matrices.push_back(std::move(matrix));
  }
}

}  // namespace pleach
