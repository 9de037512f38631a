#include "compiler/tune/measurements.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <map>

#include "compiler/core/suggest.hpp"
#include "compiler/topology/json_text.hpp"

namespace pleach::tune {
namespace {

enum class Column {
  Collective,
  Bytes,
  Algorithm,
  Protocol,
  Time,
  Channels,
  Nodes,
  Ranks,
  Registered
};
constexpr std::size_t kColumns = 9;
constexpr std::int64_t kLargest = std::int64_t{1} << 60;  // bytes; tables count up to 2^63 - 1
constexpr std::size_t kRequired = 5;                      // the first ones

struct ColumnName {
  std::string_view name;
  Column column;
};
constexpr std::array kNames = {ColumnName{"collective", Column::Collective},
                               ColumnName{"size_bytes", Column::Bytes},
                               ColumnName{"bytes", Column::Bytes},
                               ColumnName{"size", Column::Bytes},
                               ColumnName{"algorithm", Column::Algorithm},
                               ColumnName{"algo", Column::Algorithm},
                               ColumnName{"protocol", Column::Protocol},
                               ColumnName{"proto", Column::Protocol},
                               ColumnName{"latency_us", Column::Time},
                               ColumnName{"time_us", Column::Time},
                               ColumnName{"time", Column::Time},
                               ColumnName{"channels", Column::Channels},
                               ColumnName{"nodes", Column::Nodes},
                               ColumnName{"ranks", Column::Ranks},
                               ColumnName{"regbuff", Column::Registered},
                               ColumnName{"registered", Column::Registered}};

std::string lower(std::string_view text) {
  std::string result(text);
  for (char& c : result) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return result;
}

std::string_view trimmed(std::string_view text) {
  constexpr std::string_view kBlank = " \t\r";
  const std::size_t first = text.find_first_not_of(kBlank);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(kBlank) - first + 1);
}

// The values of a line; one between double quotes may hold commas.
std::vector<std::string> values_of(std::string_view line) {
  std::vector<std::string> values(1);
  bool quoted = false;
  for (const char c : line) {
    if (c == '"') {
      quoted = !quoted;
    } else if (c == ',' && !quoted) {
      values.emplace_back();
    } else {
      values.back() += c;
    }
  }
  for (std::string& value : values) value = std::string(trimmed(value));
  return values;
}

template <class Number>
std::optional<Number> number(std::string_view text) {
  Number value{};
  const auto [rest, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || rest != text.data() + text.size()) return std::nullopt;
  return value;
}

// "all_reduce_perf", "AllReduce": allreduce.
std::optional<Collective> collective_of(std::string_view text) {
  std::string name = lower(text);
  if (name.ends_with("_perf")) name.resize(name.size() - 5);
  std::erase(name, '_');
  for (const Collective collective : kCollectives) {
    std::string known(name_of(collective));
    std::erase(known, '_');
    if (known == name) return collective;
  }
  return std::nullopt;
}

class MeasurementReader {
 public:
  explicit MeasurementReader(const std::string& file) : file_(file) {}

  Result<std::vector<Measurement>> read(std::string_view text) {
    if (text.starts_with("\xEF\xBB\xBF")) text.remove_prefix(3);  // as spreadsheets write it
    bool has_header = false;
    while (!text.empty()) {
      const std::size_t end = std::min(text.find('\n'), text.size());
      const std::string_view line = trimmed(text.substr(0, end));
      text.remove_prefix(std::min(end + 1, text.size()));
      ++line_;
      if (line.empty() || line.front() == '#') continue;
      if (has_header) {
        read_row(values_of(line));
        continue;
      }
      has_header = true;
      if (!read_header(values_of(line))) return mistakes_;
    }
    if (!has_header || (mistakes_.empty() && measurements_.empty())) {
      line_ = 0;
      report("there is no measurement", "a line of column names, and one for each measurement");
    }
    if (!mistakes_.empty()) return mistakes_;
    return std::move(measurements_);
  }

 private:
  void report(std::string message, std::string expected = "", std::string fix = "") {
    mistakes_.push_back({.file = file_,
                         .line = line_,
                         .pointer = "",
                         .message = std::move(message),
                         .expected = std::move(expected),
                         .fix = std::move(fix)});
  }

  bool read_header(const std::vector<std::string>& names) {
    columns_ = names.size();
    std::vector<std::string_view> known;
    for (const ColumnName& name : kNames) known.push_back(name.name);
    for (std::size_t i = 0; i < names.size(); ++i) {
      const auto found = std::ranges::find(kNames, lower(names[i]), &ColumnName::name);
      if (found == kNames.end()) continue;
      auto& place = place_[static_cast<std::size_t>(found->column)];
      if (place)
        report("two columns say the same: " + in_quotes(names[*place]) + " and " +
               in_quotes(names[i]));
      place = i;
    }
    constexpr std::array<std::string_view, kRequired> kWanted = {
        "collective", "size_bytes", "algorithm", "protocol", "latency_us"};
    for (std::size_t i = 0; i < kRequired; ++i) {
      if (place_[i]) continue;
      std::vector<std::string_view> found(names.begin(), names.end());
      report("there is no column \"" + std::string(kWanted[i]) + "\"",
             "the columns collective, size_bytes, algorithm, protocol and latency_us",
             did_you_mean(kWanted[i], found));
    }
    return mistakes_.empty();
  }

  // The value of a column; empty where there is no such column.
  [[nodiscard]] std::string_view value(const std::vector<std::string>& values,
                                       Column column) const {
    const auto place = place_[static_cast<std::size_t>(column)];
    return place ? std::string_view(values[*place]) : std::string_view();
  }

  // A whole number in [least, most]; `absent` for "", "-1" and no column.
  int count(std::string_view text, std::string_view what, int absent, int least, int most) {
    if (text.empty() || text == "-1") return absent;
    const auto found = number<int>(text);
    if (found && *found >= least && *found <= most) return *found;
    report(
        std::string(what) + " is " + in_quotes(text),
        "a whole number from " + std::to_string(least) + " to " + std::to_string(most) + ", or -1");
    return absent;
  }

  void read_row(const std::vector<std::string>& values) {
    if (values.size() != columns_) {
      return report("the line has " + std::to_string(values.size()) + " values",
                    std::to_string(columns_) + ", one for each column");
    }
    const std::size_t before = mistakes_.size();
    Measurement row;
    const std::string_view collective = value(values, Column::Collective);
    if (const auto found = collective_of(collective)) {
      row.collective = *found;
    } else {
      report("there is no collective " + in_quotes(collective),
             "allgather, reduce_scatter, allreduce, broadcast or reduce");
    }
    const std::string_view bytes = value(values, Column::Bytes);
    if (const auto found = number<std::int64_t>(bytes); found && *found > 0 && *found <= kLargest) {
      row.bytes = static_cast<std::uint64_t>(*found);
    } else {
      report("the size is " + in_quotes(bytes), "a whole number of bytes from 1 to 2^60");
    }
    const std::string_view time = value(values, Column::Time);
    if (const auto found = number<double>(time); found && std::isfinite(*found) && *found > 0) {
      row.time_us = *found;
    } else {
      report("the time is " + in_quotes(time), "microseconds, above 0");
    }
    read_choice(values, row);
    constexpr int kMostRanks = 1 << 24;
    row.nodes = count(value(values, Column::Nodes), "the number of nodes", 0, 1, kMostRanks);
    row.ranks = count(value(values, Column::Ranks), "the number of ranks", 0, 1, kMostRanks);
    const int registered = count(value(values, Column::Registered), "regbuff", -1, 0, 1);
    if (registered >= 0) row.registered = registered == 1;
    if (mistakes_.size() == before) measurements_.push_back(row);
  }

  void read_choice(const std::vector<std::string>& values, Measurement& row) {
    const std::string algorithm = lower(value(values, Column::Algorithm));
    const std::string protocol = lower(value(values, Column::Protocol));
    const int channels =
        count(value(values, Column::Channels), "the number of channels", 0, 0, nccl::kMostChannels);
    if (algorithm == "default") {
      if (!protocol.empty() && protocol != "default") {
        report("protocol " + in_quotes(protocol) + " with NCCL's own choice of algorithm",
               "\"default\" for both, or neither");
      }
      return;
    }
    std::string plain = algorithm;  // NCCL prints COLLNET_DIRECT and NVLS_TREE as well
    std::erase(plain, '_');
    const auto named = nccl::algorithm_named(plain);
    if (!named) {
      report("there is no algorithm " + in_quotes(algorithm),
             "tree, ring, collnetdirect, collnetchain, nvls, nvlstree, pat, or default");
    }
    const auto spoken = nccl::protocol_named(protocol);
    if (!spoken) report("there is no protocol " + in_quotes(protocol), "ll, ll128 or simple");
    if (!named || !spoken) return;
    row.choice = {.algorithm = *named, .protocol = *spoken, .channels = channels};
  }

  const std::string& file_;
  int line_ = 0;
  std::size_t columns_ = 0;
  std::array<std::optional<std::size_t>, kColumns> place_;  // by Column
  Diagnostics mistakes_;
  std::vector<Measurement> measurements_;
};

}  // namespace

Result<std::vector<Measurement>> read_measurements(std::string_view text, const std::string& file) {
  return MeasurementReader(file).read(text);
}

}  // namespace pleach::tune
