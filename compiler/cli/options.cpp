#include "compiler/cli/options.hpp"

#include <charconv>
#include <limits>

#include "compiler/core/suggest.hpp"

namespace pleach::cli {
std::string comma_list(const std::vector<std::string_view>& names) {
  std::string text;
  for (const std::string_view name : names) text += (text.empty() ? "" : ", ") + std::string(name);
  return text;
}

std::string bad_value(const OptionText& option, std::string_view found) {
  const std::string name = option.name.substr(option.name.find(',') + 1);  // the long one of two
  std::string message =
      name + " can not be \"" + std::string(found) + "\"; expected " + option.expected;
  const std::string suggestion = did_you_mean(found, option.names);
  if (!suggestion.empty()) message += "; " + suggestion;
  return message;
}

std::optional<std::int64_t> parse_count(std::string_view text, std::int64_t least) {
  std::int64_t value = 0;
  const char* const end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, value);
  if (error != std::errc() || stop != end || value < least) return std::nullopt;
  return value;
}

std::optional<std::int64_t> parse_size(std::string_view text) {
  std::int64_t unit = 1;
  if (!text.empty()) {
    switch (text.back()) {
      case 'K': unit = std::int64_t{1} << 10; break;
      case 'M': unit = std::int64_t{1} << 20; break;
      case 'G': unit = std::int64_t{1} << 30; break;
      default: break;
    }
  }
  if (unit != 1) text.remove_suffix(1);
  const auto count = parse_count(text, 1);
  if (!count || *count > std::numeric_limits<std::int64_t>::max() / unit) return std::nullopt;
  return *count * unit;
}

void add_collective_options(CLI::App& app, CollectiveOptions& options) {
  std::vector<std::string_view> names;
  for (const Collective collective : kCollectives) names.push_back(name_of(collective));
  add_parsed_option(app,
                    {.name = "-c",
                     .value = "COLLECTIVE",
                     .description = comma_list(names) + "; default allgather",
                     .expected = "one of " + comma_list(names),
                     .names = names},
                    options.collective, collective_named);
  add_parsed_option(
      app,
      {.name = "--root",
       .value = "R",
       .description = "the rank that sends (broadcast) or receives (reduce); default 0",
       .expected = "a rank, a whole number from 0 on"},
      options.root, [](std::string_view text) -> std::optional<int> {
        const auto rank = parse_count(text, 0);
        if (!rank || *rank > std::numeric_limits<int>::max()) return std::nullopt;
        return static_cast<int>(*rank);
      });
}

void check_collective_options(const CollectiveOptions& options) {
  if (!options.root || has_root(options.collective)) return;
  throw CLI::ValidationError("--root goes with -c broadcast or -c reduce; " +
                             std::string(name_of(options.collective)) + " treats all ranks alike");
}

std::optional<Diagnostic> find_root_mistake(const CollectiveOptions& options,
                                            const Topology& topology,
                                            const std::string& name) {
  const std::size_t ranks = topology.num_ranks();
  if (!options.root || static_cast<std::size_t>(*options.root) < ranks) return std::nullopt;
  return Diagnostic{.file = name,
                    .pointer = "",
                    .message = "there is no rank " + std::to_string(*options.root) +
                               ": this machine has " + std::to_string(ranks) + " ranks",
                    .expected = "--root from 0 to " + std::to_string(ranks - 1),
                    .fix = ""};
}

CLI::Option* add_topology_argument(CLI::App& app, std::string& name) {
  return app
      .add_option("TOPOLOGY", name,
                  "a pleach-topology/1 file, \"-\" for standard input, or a name from `pleach topo "
                  "list`")
      ->type_name("");
}

void add_json_flag(CLI::App& app, bool& json) {
  app.add_flag("--json", json, "print one JSON object on stdout and nothing else");
}

}  // namespace pleach::cli
