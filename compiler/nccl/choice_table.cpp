#include "compiler/nccl/choice_table.hpp"

#include <algorithm>
#include <numeric>
#include <tuple>

#include "compiler/topology/digest.hpp"

namespace pleach::nccl {
namespace {

bool both(const std::optional<bool>& a, const std::optional<bool>& b) {
  return !a || !b || *a == *b;
}

auto key_of(const ChoiceRow& row) {
  return std::tuple(row.collective, row.nodes, row.ranks_per_node);
}

}  // namespace

const ChoiceRow* find_row(const ChoiceTable& table, const Call& call) {
  const auto found = std::ranges::find_if(table.rows, [&](const ChoiceRow& row) {
    return row.collective == call.collective && row.nodes == call.nodes &&
           row.ranks_per_node == call.ranks_per_node && row.min_bytes <= call.bytes &&
           call.bytes <= row.max_bytes && both(row.registered, call.registered);
  });
  return found == table.rows.end() ? nullptr : &*found;
}

std::optional<std::pair<std::size_t, std::size_t>> overlapping_rows(
    const std::vector<ChoiceRow>& rows) {
  std::vector<std::size_t> order(rows.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::ranges::sort(
      order, {}, [&](std::size_t i) { return std::tuple(key_of(rows[i]), rows[i].min_bytes, i); });
  // For unregistered (0) and registered buffers (1) each: the row that reaches farthest so far. As
  // the rows of a key come by their start, one that begins within any row begins within that one.
  std::optional<std::size_t> farthest[2];
  for (const std::size_t i : order) {
    for (const bool registered : {false, true}) {
      if (!both(rows[i].registered, registered)) continue;
      auto& last = farthest[registered ? 1 : 0];
      if (last && key_of(rows[*last]) == key_of(rows[i])) {
        if (rows[i].min_bytes <= rows[*last].max_bytes) return std::minmax(*last, i);
      }
      last = i;
    }
  }
  return std::nullopt;
}

std::string choice_digest(const std::vector<ChoiceRow>& rows) {
  std::string text = "pleach-nccl-table/1\n";
  for (const ChoiceRow& row : rows) {
    text += std::string(name_of(row.collective)) + ' ' + std::to_string(row.min_bytes) + ' ' +
            std::to_string(row.max_bytes) + ' ' + std::to_string(row.nodes) + ' ' +
            std::to_string(row.ranks_per_node) + ' ';
    text += !row.registered ? "- " : *row.registered ? "yes " : "no ";
    if (const auto& choice = row.choice) {
      text += std::string(name_of(choice->algorithm)) + ' ' +
              std::string(name_of(choice->protocol)) + ' ' + std::to_string(choice->channels);
    } else {
      text += '-';
    }
    text += '\n';
  }
  return sha256_of(text);
}

}  // namespace pleach::nccl
