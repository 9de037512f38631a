#include "tests/runtime/nccl/random_table.hpp"

#include <algorithm>
#include <cstring>
#include <limits>

namespace pleach::testing {
namespace {

using nccl::ChoiceRow;

template <class T, std::size_t N>
T any_of(Random& random, const std::array<T, N>& values) {
  return values[number(random, 0, N - 1)];
}

std::optional<nccl::Choice> random_choice(Random& random, int nodes) {
  if (number(random, 0, 5) == 0) return std::nullopt;
  nccl::Choice choice{.algorithm = any_of(random, nccl::kAlgorithms),
                      .protocol = any_of(random, nccl::kProtocols),
                      .channels = 0};
  if (nccl::checks_channels(choice.algorithm, nodes) && number(random, 0, 1) == 0) {
    choice.channels = static_cast<int>(number(random, 1, nccl::kMostChannels));
  }
  return choice;
}

// Ranges that do not touch each other's numbers, some of them with gaps between.
void add_rows(Random& random, nccl::ChoiceTable& table, ChoiceRow row) {
  std::uint64_t next = number(random, 0, 2) * 100;
  const std::uint64_t count = number(random, 0, 5);
  for (std::uint64_t i = 0; i < count; ++i) {
    row.min_bytes = next;
    const bool last = i + 1 == count && number(random, 0, 1) == 0;
    row.max_bytes =
        last ? nccl::kNoEnd
             : next +
                   (number(random, 0, 3) == 0 ? 0 : number(random, 1, 1U << number(random, 1, 24)));
    row.choice = random_choice(random, row.nodes);
    row.source = number(random, 0, 1) == 0 ? "model" : "measured";
    table.rows.push_back(row);
    if (last) break;
    next = row.max_bytes + 1 + (number(random, 0, 1) == 0 ? 0 : number(random, 1, 5000));
  }
}

// NCCL's numbers, spelt out again.
std::optional<Collective> collective_of(int function) {
  switch (function) {
    case 0: return Collective::Broadcast;
    case 1: return Collective::Reduce;
    case 2: return Collective::AllGather;
    case 3: return Collective::ReduceScatter;
    case 4: return Collective::AllReduce;
    default: return std::nullopt;
  }
}

}  // namespace

std::uint64_t number(Random& random, std::uint64_t least, std::uint64_t most) {
  return std::uniform_int_distribution<std::uint64_t>(least, most)(random);
}

nccl::ChoiceTable random_table(Random& random) {
  nccl::ChoiceTable table{.topology_name = "random", .topology_digest = "none", .rows = {}};
  for (const Shape shape : kShapes) {
    if (shape.ranks % shape.nodes != 0 || number(random, 0, 4) == 0) continue;
    for (const Collective collective : kCollectives) {
      if (number(random, 0, 3) == 0) continue;
      ChoiceRow row;
      row.collective = collective;
      row.nodes = static_cast<int>(shape.nodes);
      row.ranks_per_node = static_cast<int>(shape.ranks / shape.nodes);
      if (number(random, 0, 1) == 0) {
        add_rows(random, table, row);
        continue;
      }
      for (const bool registered : {false, true}) {
        row.registered = registered;
        add_rows(random, table, row);
      }
    }
  }
  std::shuffle(table.rows.begin(), table.rows.end(), random);
  return table;
}

std::uint64_t random_bytes(Random& random, const nccl::ChoiceTable& table) {
  if (table.rows.empty() || number(random, 0, 3) == 0) {
    return number(random, 0, std::uint64_t{1} << number(random, 0, 40));
  }
  const ChoiceRow& row = table.rows[number(random, 0, table.rows.size() - 1)];
  switch (number(random, 0, 5)) {
    case 0: return row.min_bytes;
    case 1: return row.min_bytes == 0 ? 0 : row.min_bytes - 1;
    case 2: return row.max_bytes;
    case 3: return row.max_bytes == nccl::kNoEnd ? row.max_bytes : row.max_bytes + 1;
    default: return number(random, row.min_bytes, row.max_bytes);
  }
}

Costs random_costs(Random& random) {
  Costs costs{};
  for (float& cost : costs) {
    switch (number(random, 0, 9)) {
      case 0:
      case 1:
      case 2: cost = -1.0F; break;
      case 3: cost = -0.5F; break;
      case 4: cost = std::numeric_limits<float>::quiet_NaN(); break;
      default: cost = 0.25F + static_cast<float>(number(random, 0, 1000000)) / 8;
    }
  }
  return costs;
}

Expected expected_of(const nccl::ChoiceTable& table,
                     Shape shape,
                     int function,
                     std::uint64_t bytes,
                     bool registered,
                     const Costs& costs,
                     int channels) {
  Expected expected{.costs = costs, .channels = channels, .obeyed = false, .row = -1};
  const auto collective = collective_of(function);
  if (!collective || shape.ranks % shape.nodes != 0) return expected;
  for (std::size_t i = 0; i < table.rows.size(); ++i) {
    const ChoiceRow& row = table.rows[i];
    if (row.collective != *collective || bytes < row.min_bytes || bytes > row.max_bytes) continue;
    if (static_cast<std::size_t>(row.nodes) != shape.nodes) continue;
    if (static_cast<std::size_t>(row.nodes) * static_cast<std::size_t>(row.ranks_per_node) !=
        shape.ranks) {
      continue;
    }
    if (row.registered.has_value() && *row.registered != registered) continue;
    expected.row = static_cast<int>(i);
    if (!row.choice) return expected;
    float& entry = expected.costs[static_cast<std::size_t>(row.choice->algorithm) * 3 +
                                  static_cast<std::size_t>(row.choice->protocol)];
    if (entry >= 0) {
      entry = 0;
      expected.channels = row.choice->channels;
      expected.obeyed = true;
    }
    return expected;
  }
  return expected;
}

bool same_bits(const Costs& a, const Costs& b) {
  return std::memcmp(a.data(), b.data(), sizeof(Costs)) == 0;
}

}  // namespace pleach::testing
