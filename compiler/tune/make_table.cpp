#include "compiler/tune/make_table.hpp"

#include <algorithm>
#include <cmath>
#include <map>
#include <set>
#include <string>
#include <tuple>

namespace pleach::tune {
namespace {

using nccl::Choice;
using nccl::ChoiceRow;

constexpr std::int64_t kMostRanks = 1 << 24;  // as tables have them

struct Key {
  int nodes = 1;
  int ranks_per_node = 1;
  Collective collective = Collective::AllReduce;
  auto operator<=>(const Key&) const = default;
};

// From `from` on, up to the next one's.
struct Stretch {
  std::uint64_t from = 0;
  std::optional<Choice> choice;
  std::string source;
};

bool says_the_same(const Stretch& a, const Stretch& b) {
  return a.choice == b.choice && (!a.choice || a.source == b.source);
}

// The stretches of one key, the first from 0 on.
using Line = std::vector<Stretch>;

Line model_line(const Cluster& cluster, Collective collective) {
  Line line;
  for (const std::uint64_t bytes : table_sizes()) {
    Stretch stretch{.from = line.empty() ? 0 : bytes, .choice = {}, .source = "model"};
    const auto stock = stock_choice(cluster, collective, bytes);
    const auto best = best_choice(cluster, collective, bytes, false);
    if (stock && best && best->time_us < (1 - kWorthwhile) * stock->time_us) {
      stretch.choice = best->choice;
    }
    line.push_back(std::move(stretch));
  }
  return line;
}

// What was measured at one size: the least time of each way.
using Ways = std::map<std::tuple<int, int, int>, double>;  // algorithm, protocol, channels; or kOwn
const std::tuple<int, int, int> kOwn = {-1, -1, 0};

std::tuple<int, int, int> way_of(const std::optional<Choice>& choice, int nodes) {
  if (!choice) return kOwn;
  return {static_cast<int>(choice->algorithm), static_cast<int>(choice->protocol),
          nccl::checks_channels(choice->algorithm, nodes) ? choice->channels : 0};
}

// Nothing where NCCL's own choice is as good.
std::optional<Choice> fastest(const Ways& ways) {
  const auto best = std::ranges::min_element(
      ways, [](const auto& a, const auto& b) { return a.second < b.second; });
  const auto own = ways.find(kOwn);
  if (own != ways.end() && best->second >= (1 - kWorthwhile) * own->second) return std::nullopt;
  const auto& [algorithm, protocol, channels] = best->first;
  return Choice{.algorithm = static_cast<nccl::Algorithm>(algorithm),
                .protocol = static_cast<nccl::Protocol>(protocol),
                .channels = channels};
}

// Measured sizes speak for all between them, each up to the middle of the way to its neighbour by
// ratio; nothing is said of sizes below the first and above the last.
void lay_over(Line& line, const std::map<std::uint64_t, Ways>& sizes) {
  std::vector<std::pair<std::uint64_t, std::optional<Choice>>> points;
  for (const auto& [bytes, ways] : sizes) {
    if (ways.size() >= 2) points.emplace_back(bytes, fastest(ways));
  }
  if (points.empty()) return;
  const std::uint64_t first = points.front().first;
  const std::uint64_t end = points.back().first + 1;
  // What the line says from `end` on.
  Stretch after = *std::ranges::find_if(
      line.rbegin(), line.rend(), [&](const Stretch& stretch) { return stretch.from <= end; });
  after.from = end;
  Line result;
  for (const Stretch& stretch : line) {
    if (stretch.from < first) result.push_back(stretch);
  }
  for (std::size_t i = 0; i < points.size(); ++i) {
    std::uint64_t from = points[i].first;
    if (i > 0) {
      const double middle = std::sqrt(static_cast<double>(points[i - 1].first) *
                                      static_cast<double>(points[i].first));
      from = std::clamp(static_cast<std::uint64_t>(middle), points[i - 1].first + 1, from);
    }
    result.push_back({.from = from, .choice = points[i].second, .source = "measured"});
  }
  result.push_back(after);
  for (const Stretch& stretch : line) {
    if (stretch.from > end) result.push_back(stretch);
  }
  line = std::move(result);
}

// Whether something is chosen at a size where NCCL's own choice was not measured.
bool lacks_own(const std::map<std::uint64_t, Ways>& sizes) {
  return std::ranges::any_of(sizes, [](const auto& size) {
    return size.second.size() >= 2 && !size.second.contains(kOwn);
  });
}

Diagnostic note(std::string message, std::string expected) {
  return {.file = "",
          .pointer = "",
          .message = std::move(message),
          .expected = std::move(expected),
          .fix = ""};
}

void merge_equal(Line& line) {
  const auto last = std::unique(line.begin(), line.end(), says_the_same);
  line.erase(last, line.end());
}

bool same_lines(const Line& a, const Line& b) {
  return std::ranges::equal(a, b, [](const Stretch& x, const Stretch& y) {
    return x.from == y.from && says_the_same(x, y);
  });
}

void add_rows(const Key& key,
              const Line& line,
              std::optional<bool> registered,
              std::vector<ChoiceRow>& rows) {
  // A line that never has an opinion needs no rows.
  const bool speaks =
      std::ranges::any_of(line, [](const Stretch& stretch) { return stretch.choice.has_value(); });
  if (!speaks) return;
  for (std::size_t i = 0; i < line.size(); ++i) {
    rows.push_back({.collective = key.collective,
                    .min_bytes = line[i].from,
                    .max_bytes = i + 1 < line.size() ? line[i + 1].from - 1 : nccl::kNoEnd,
                    .nodes = key.nodes,
                    .ranks_per_node = key.ranks_per_node,
                    .registered = registered,
                    .choice = line[i].choice,
                    .source = line[i].source});
  }
}

}  // namespace

std::vector<std::uint64_t> table_sizes() {
  std::vector<std::uint64_t> sizes;
  for (std::uint64_t bytes = 8; bytes <= std::uint64_t{1} << 34U; bytes *= 2) {
    sizes.push_back(bytes);
  }
  return sizes;
}

std::optional<Prediction> best_choice(const Cluster& cluster,
                                      Collective collective,
                                      std::uint64_t bytes,
                                      bool believed) {
  Cluster seen = cluster;
  if (believed) seen.fabric = {};
  std::optional<Prediction> best;
  for (const nccl::Algorithm algorithm : nccl::kAlgorithms) {
    for (const nccl::Protocol protocol : nccl::kProtocols) {
      const auto time = predict_us(seen, collective, algorithm, protocol, bytes);
      if (!time || (best && *time >= best->time_us)) continue;
      best = {.choice = {.algorithm = algorithm, .protocol = protocol},
              .time_us = *time,
              .latency_us = *predict_latency_us(seen, collective, algorithm, protocol)};
    }
  }
  return best;
}

std::optional<Prediction> stock_choice(const Cluster& cluster,
                                       Collective collective,
                                       std::uint64_t bytes) {
  auto stock = best_choice(cluster, collective, bytes, true);
  if (!stock) return stock;
  stock->time_us =
      *predict_us(cluster, collective, stock->choice.algorithm, stock->choice.protocol, bytes);
  return stock;
}

Result<std::vector<ChoiceRow>> make_rows(const std::vector<Cluster>& clusters,
                                         const std::vector<Measurement>& measurements) {
  std::map<Key, Line> model;
  for (const Cluster& cluster : clusters) {
    for (const Collective collective : kCollectives) {
      model[{cluster.hosts, cluster.host.gpus, collective}] = model_line(cluster, collective);
    }
  }
  // By key, for buffers that are not registered and those that are, by size.
  std::map<Key, std::array<std::map<std::uint64_t, Ways>, 2>> measured;
  Diagnostics notes;
  for (const Measurement& one : measurements) {
    const int nodes = one.nodes > 0 ? one.nodes : clusters.back().hosts;
    const std::int64_t ranks =
        one.ranks > 0 ? one.ranks : std::int64_t{nodes} * clusters.back().host.gpus;
    if (ranks % nodes != 0 || ranks > kMostRanks) {
      notes.push_back(note("measurements of " + std::to_string(ranks) + " ranks on " +
                               std::to_string(nodes) + " nodes are left out",
                           "as many ranks on each node: a tuner is told no more"));
      continue;
    }
    const int ranks_per_node = static_cast<int>(ranks / nodes);
    auto& sizes = measured[{nodes, ranks_per_node, one.collective}];
    for (const bool registered : {false, true}) {
      if (one.registered && *one.registered != registered) continue;
      const auto [way, is_new] =
          sizes[registered ? 1 : 0][one.bytes].try_emplace(way_of(one.choice, nodes), one.time_us);
      if (!is_new) way->second = std::min(way->second, one.time_us);
    }
  }
  for (const auto& [key, sizes] : measured) {
    if (lacks_own(sizes[0]) || lacks_own(sizes[1])) {
      notes.push_back(note(std::string(name_of(key.collective)) + " on " +
                               std::to_string(key.nodes) + " nodes of " +
                               std::to_string(key.ranks_per_node) +
                               ": NCCL's own choice was not measured at every size, and may be "
                               "faster than what the table takes there",
                           "lines with the algorithm \"default\""));
    }
  }
  std::set<Key> keys;
  for (const auto& [key, line] : model) keys.insert(key);
  for (const auto& [key, sizes] : measured) keys.insert(key);

  std::vector<ChoiceRow> rows;
  for (const Key& key : keys) {
    std::array<Line, 2> lines;
    for (std::size_t registered = 0; registered < 2; ++registered) {
      Line& line = lines[registered];
      line = model.contains(key) ? model[key] : Line{{.from = 0, .choice = {}, .source = "model"}};
      if (measured.contains(key)) lay_over(line, measured[key][registered]);
      merge_equal(line);
    }
    if (same_lines(lines[0], lines[1])) {
      add_rows(key, lines[0], std::nullopt, rows);
    } else {
      add_rows(key, lines[0], false, rows);
      add_rows(key, lines[1], true, rows);
    }
  }
  std::ranges::sort(notes, {}, &Diagnostic::message);
  const auto repeated = std::ranges::unique(notes);
  notes.erase(repeated.begin(), repeated.end());
  return {std::move(rows), std::move(notes)};
}

}  // namespace pleach::tune
