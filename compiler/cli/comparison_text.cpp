#include "compiler/cli/comparison_text.hpp"

#include <algorithm>
#include <array>

#include "compiler/cli/text.hpp"

namespace pleach::cli {
namespace {

// Characters, not bytes: names and notes are ASCII.
std::string padded(const std::string& text, std::size_t width, bool right) {
  const std::string space(width - std::min(width, text.size()), ' ');
  return right ? space + text : text + space;
}

using Row = std::array<std::string, 7>;

std::string table(const std::vector<Row>& rows) {
  std::array<std::size_t, std::tuple_size_v<Row>> widths{};
  for (const Row& row : rows) {
    for (std::size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], row[i].size());
  }
  std::string text;
  for (const Row& row : rows) {
    std::string line = "  ";
    for (std::size_t i = 0; i < row.size(); ++i) {
      const bool is_name_or_note = i == 0 || i + 1 == row.size();
      line += padded(row[i], widths[i], !is_name_or_note) + "  ";
    }
    line.erase(line.find_last_not_of(' ') + 1);
    text += line + "\n";
  }
  return text;
}

std::string number_or_dash(std::size_t number) {
  return number == 0 ? "-" : std::to_string(number);
}

}  // namespace

std::string comparison_text(const std::vector<baselines::Comparison>& comparisons,
                            const Bound& bound) {
  std::vector<Row> rows{{"METHOD", "GB/S", "OF BEST", "WAITING", "HEIGHT", "TREES", "NOTE"},
                        {"pleach compile", two_decimals(bound.best()), "100 %", "-", "", "", ""}};
  std::string refusals;
  for (const baselines::Comparison& row : comparisons) {
    if (!row.applies()) {
      refusals += "  " + row.name + ": " + row.note + "\n";
      continue;
    }
    rows.push_back({row.name, two_decimals(row.algbw), percent_text(row.algbw, bound.best()),
                    row.waiting_algbw ? two_decimals(*row.waiting_algbw) : "-",
                    number_or_dash(static_cast<std::size_t>(row.max_height)),
                    number_or_dash(row.trees), row.note});
  }
  std::string text = "\nMethods in use, on shortest routes\n" + table(rows);
  if (!refusals.empty()) text += "Not here\n" + refusals;
  if (baselines::ring_is_optimal(comparisons, bound)) {
    text += "A ring is already optimal on this machine; what is left to gain is its height.\n";
  }
  return text;
}

nlohmann::ordered_json comparison_json(const std::vector<baselines::Comparison>& comparisons,
                                       const Bound& bound) {
  auto json = nlohmann::ordered_json::array();
  for (const baselines::Comparison& row : comparisons) {
    nlohmann::ordered_json entry = {{"name", row.name}};
    if (row.applies()) {
      entry["algbw"] = row.algbw.to_string();
      entry["algbw_GBps"] = to_hundredths(row.algbw);
      entry["percent_of_bound"] = to_hundredths(row.algbw / bound.best() * 100);
      if (row.waiting_algbw) {
        entry["waiting_algbw"] = row.waiting_algbw->to_string();
        entry["waiting_algbw_GBps"] = to_hundredths(*row.waiting_algbw);
      }
      if (row.trees > 0) {
        entry["max_height"] = row.max_height;
        entry["trees"] = row.trees;
      }
    }
    entry["note"] = row.note;
    json.push_back(std::move(entry));
  }
  return json;
}

}  // namespace pleach::cli
