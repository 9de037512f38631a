#include "compiler/cli/usage.hpp"

#include <algorithm>
#include <string_view>
#include <vector>

#include "compiler/core/suggest.hpp"

namespace pleach::cli {
namespace {

constexpr std::size_t kWidth = 100;

bool is_positional(const CLI::Option& option) { return option.get_positional(); }
bool is_help(const CLI::Option& option) { return option.check_lname("help"); }

// "TOPOLOGY", "-c COLLECTIVE", "--json", "-b, --minbytes SIZE".
std::string spelling(const CLI::Option& option) {
  const std::string value = option.get_type_name();
  const bool takes_value = !is_positional(option) && !value.empty();
  std::string name = option.get_name(false, true);
  const std::size_t comma = name.find(',');
  if (comma != std::string::npos) name.insert(comma + 1, " ");
  return name + (takes_value ? " " + value : "");
}

// "pleach topo show".
std::string full_name(const CLI::App& app) {
  const CLI::App* const parent = app.get_parent();
  return parent == nullptr ? app.get_name() : full_name(*parent) + " " + app.get_name();
}

std::string usage_line(const CLI::App& app) {
  std::string line = "Usage: " + full_name(app);
  const auto commands = app.get_subcommands([](const CLI::App*) { return true; });
  if (!commands.empty()) line += " COMMAND";
  // More than a few would say nothing in one line; the list below has them.
  const bool names_all = app.get_options().size() <= 16;
  for (const bool positional : {true, false}) {
    for (const CLI::Option* option : app.get_options()) {
      if (is_help(*option) || is_positional(*option) != positional) continue;
      if (!names_all && !option->get_required()) continue;
      const std::string text = spelling(*option);
      line += option->get_required() ? " " + text : " [" + text + "]";
    }
  }
  return line + (names_all ? "\n" : " [OPTION]...\n");
}

// One entry of a two-column list; long descriptions go on below themselves.
std::string entry(const std::string& name, const std::string& description, std::size_t column) {
  std::string text = "  " + name + std::string(column - 2 - name.size(), ' ');
  std::size_t used = column;
  for (std::size_t begin = 0; begin < description.size();) {
    const std::size_t end = std::min(description.find(' ', begin), description.size());
    const std::string_view word(description.data() + begin, end - begin);
    if (used > column && used + 1 + word.size() > kWidth) {
      text += "\n" + std::string(column, ' ');
      used = column;
    } else if (used > column) {
      text += " ";
      ++used;
    }
    text += word;
    used += word.size();
    begin = end + 1;
  }
  return text + "\n";
}

std::string two_columns(const std::vector<std::pair<std::string, std::string>>& rows) {
  std::size_t column = 0;
  for (const auto& [name, description] : rows) column = std::max(column, name.size() + 4);
  std::string text;
  for (const auto& [name, description] : rows) text += entry(name, description, column);
  return text;
}

// The command that was named last: "topo show" in "pleach topo show --nosuch".
const CLI::App& innermost(const CLI::App& app) {
  const auto chosen = app.get_subcommands();
  return chosen.empty() ? app : innermost(*chosen.front());
}

std::vector<std::string> names_in(const CLI::App& app, bool options) {
  std::vector<std::string> names;
  if (options) {
    for (const CLI::Option* option : app.get_options()) {
      if (is_positional(*option)) continue;
      for (const std::string& name : option->get_lnames()) names.push_back("--" + name);
      for (const std::string& name : option->get_snames()) names.push_back("-" + name);
    }
  } else {
    for (const CLI::App* command : app.get_subcommands([](const CLI::App*) { return true; })) {
      names.push_back(command->get_name());
    }
  }
  return names;
}

std::string suggestion(const std::string& found, const std::vector<std::string>& names) {
  const std::vector<std::string_view> candidates(names.begin(), names.end());
  const std::string text = did_you_mean(found, candidates);
  return text.empty() ? "" : "; " + text;
}

std::string unexpected(const CLI::App& app, const std::string& argument) {
  const bool option = argument.size() > 1 && argument.front() == '-';
  const auto commands = names_in(app, false);
  if (option) {
    const std::string name = argument.substr(0, argument.find('='));
    return "there is no option " + name + suggestion(name, names_in(app, true));
  }
  if (!commands.empty()) {
    return "there is no command \"" + argument + "\"" + suggestion(argument, commands);
  }
  return "one argument too many: \"" + argument + "\"";
}

std::string mistake(const CLI::App& app, const CLI::ParseError& error) {
  const auto extras = app.remaining();
  if (!extras.empty()) return unexpected(app, extras.front());
  const std::string& what = error.what();
  if (dynamic_cast<const CLI::RequiredError*>(&error) != nullptr) {
    if (!names_in(app, false).empty()) return "COMMAND is missing";
    return what.substr(0, what.find(' ')) + " is missing";
  }
  if (dynamic_cast<const CLI::ArgumentMismatch*>(&error) != nullptr) {
    // CLI11 says "-c: 1 required COLLECTIVE missing" or "-c: At Most 1 required but received 2".
    const std::string name = what.substr(0, what.find(':'));
    return name + (what.ends_with("missing") ? " needs a value" : " is there more than once");
  }
  return what;
}

}  // namespace

std::string help_text(const CLI::App& app) {
  std::vector<std::pair<std::string, std::string>> rows;
  for (const CLI::App* command : app.get_subcommands([](const CLI::App*) { return true; })) {
    rows.emplace_back(command->get_name(), command->get_description());
  }
  for (const CLI::Option* option : app.get_options()) {
    if (is_positional(*option)) rows.emplace_back(spelling(*option), option->get_description());
  }
  for (const CLI::Option* option : app.get_options()) {
    if (is_positional(*option)) continue;
    rows.emplace_back(is_help(*option) ? "-h, --help" : spelling(*option),
                      option->get_description());
  }
  std::string text = full_name(app) + ": " + app.get_description() + "\n\n" + usage_line(app) +
                     "\n" + two_columns(rows);
  if (!app.get_footer().empty()) text += "\n" + app.get_footer() + "\n";
  return text;
}

std::string usage_error_text(const CLI::App& tool, const CLI::ParseError& error) {
  const CLI::App& app = innermost(tool);
  return full_name(app) + ": " + mistake(app, error) + "\nSee " + full_name(app) + " --help\n";
}

}  // namespace pleach::cli
