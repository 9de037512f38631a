#include "tests/compiler/nccl/random_rows.hpp"

#include <algorithm>

namespace pleach::testing {
namespace {

int pick(std::mt19937_64& random, int least, int most) {
  return std::uniform_int_distribution<int>(least, most)(random);
}

bool answers(const nccl::ChoiceRow& row, std::uint64_t bytes, bool registered) {
  return row.min_bytes <= bytes && bytes <= row.max_bytes &&
         (!row.registered.has_value() || *row.registered == registered);
}

}  // namespace

std::vector<nccl::ChoiceRow> crowded_rows(std::mt19937_64& random, int count) {
  std::vector<nccl::ChoiceRow> rows;
  for (int i = 0; i < count; ++i) {
    nccl::ChoiceRow row;
    row.collective = pick(random, 0, 1) == 0 ? Collective::AllReduce : Collective::Broadcast;
    row.min_bytes = static_cast<std::uint64_t>(pick(random, 0, 20));
    if (pick(random, 0, 5) != 0) {
      row.max_bytes = row.min_bytes + static_cast<std::uint64_t>(pick(random, 0, 6));
    }
    row.nodes = pick(random, 1, 2);
    row.ranks_per_node = pick(random, 1, 2);
    if (const int which = pick(random, 0, 2); which < 2) row.registered = which == 1;
    if (pick(random, 0, 3) != 0) {
      nccl::Choice choice;
      choice.algorithm = nccl::kAlgorithms[static_cast<std::size_t>(pick(random, 0, 6))];
      choice.protocol = nccl::kProtocols[static_cast<std::size_t>(pick(random, 0, 2))];
      if (nccl::checks_channels(choice.algorithm, row.nodes))
        choice.channels = pick(random, 0, nccl::kMostChannels);
      row.choice = choice;
    }
    row.source = pick(random, 0, 1) == 0 ? "model" : "measured \"twice\"";
    rows.push_back(row);
  }
  return rows;
}

std::vector<nccl::ChoiceRow> disjoint_rows(std::mt19937_64& random, int count) {
  std::vector<nccl::ChoiceRow> rows;
  for (const nccl::ChoiceRow& row : crowded_rows(random, count)) {
    if (std::ranges::none_of(rows,
                             [&](const auto& other) { return overlap_by_trial(row, other); })) {
      rows.push_back(row);
    }
  }
  return rows;
}

bool overlap_by_trial(const nccl::ChoiceRow& a, const nccl::ChoiceRow& b) {
  if (a.collective != b.collective || a.nodes != b.nodes || a.ranks_per_node != b.ranks_per_node) {
    return false;
  }
  for (std::uint64_t bytes = 0; bytes <= 40; ++bytes) {
    for (const bool registered : {false, true}) {
      if (answers(a, bytes, registered) && answers(b, bytes, registered)) return true;
    }
  }
  return false;
}

}  // namespace pleach::testing
