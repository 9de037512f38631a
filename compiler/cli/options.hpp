// Options that several commands share, and how an option's text becomes a value.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <CLI/CLI.hpp>

#include "compiler/core/collective.hpp"
#include "compiler/core/result.hpp"
#include "compiler/topology/topology.hpp"

namespace pleach::cli {

// What help and messages say of an option.
struct OptionText {
  std::string name;   // "--root"
  std::string value;  // "R", as the usage line shows it
  std::string description;
  std::string expected;  // "a rank, e.g. 0"; ends the message about a value that will not do
  std::vector<std::string_view> names =
      {};  // the values there are, for "did you mean"; may be empty
};

// "float32, float64, int32".
[[nodiscard]] std::string comma_list(const std::vector<std::string_view>& names);

// The message about a value that will not do.
[[nodiscard]] std::string bad_value(const OptionText& option, std::string_view found);

// Adds an option whose text `parse` turns into an optional value for `target`; a text for which it
// gives nothing is a usage error.
template <class Target, class Parse>
CLI::Option* add_parsed_option(CLI::App& app, OptionText option, Target& target, Parse parse) {
  const auto read = [option, &target, parse](const std::string& text) {
    const auto value = parse(std::string_view(text));
    if (!value) throw CLI::ValidationError(bad_value(option, text));
    target = *value;
  };
  return app.add_option_function<std::string>(option.name, read, option.description)
      ->type_name(option.value);
}

// A whole number of bytes, "1000", "64K", "64M" or "2G" (powers of 1024), above 0 and below 2^63.
[[nodiscard]] std::optional<std::int64_t> parse_size(std::string_view text);
// A whole number from `least` on.
[[nodiscard]] std::optional<std::int64_t> parse_count(std::string_view text, std::int64_t least);

// -c and --root.
struct CollectiveOptions {
  Collective collective = Collective::AllGather;
  std::optional<int> root;
};

// `options` must outlive parsing.
void add_collective_options(CLI::App& app, CollectiveOptions& options);
// A usage error where --root was given to a collective that has none; for App::final_callback.
void check_collective_options(const CollectiveOptions& options);
// --root where `topology` has no such rank. `name` is what the user called the machine.
[[nodiscard]] std::optional<Diagnostic> find_root_mistake(const CollectiveOptions& options,
                                                          const Topology& topology,
                                                          const std::string& name);

// The positional TOPOLOGY and the flag --json.
CLI::Option* add_topology_argument(CLI::App& app, std::string& name);
void add_json_flag(CLI::App& app, bool& json);

}  // namespace pleach::cli
