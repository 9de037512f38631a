// pleach view: a machine as an SVG picture, with what its links carry and one tree drawn over it.
#include <algorithm>
#include <chrono>
#include <limits>
#include <memory>
#include <optional>
#include <string>

#include "compiler/cli/command.hpp"
#include "compiler/cli/console.hpp"
#include "compiler/cli/load_schedule.hpp"
#include "compiler/cli/machine_or_schedule.hpp"
#include "compiler/cli/options.hpp"
#include "compiler/cli/output.hpp"
#include "compiler/cli/text.hpp"
#include "compiler/passes/pipeline.hpp"
#include "compiler/verify/verify_schedule.hpp"
#include "compiler/view/draw_topology.hpp"
#include "compiler/view/link_load.hpp"
#include "compiler/view/tree_edges.hpp"

namespace pleach::cli {
namespace {

// Beyond these a machine is drawn without making a schedule for it first.
constexpr std::size_t kMostGpus = 256;
constexpr std::size_t kMostLinks = 2000;
// Nobody can read more, and few programs can show it.
constexpr std::size_t kMostDrawnLinks = 100'000;

struct Options {
  std::string input;
  std::string output;
  std::optional<Collective> collective;
  std::optional<int> root;
  std::optional<std::int64_t> tree;
  bool json = false;
};

// A machine and, where there is one, the schedule whose loads are shown.
struct Subject {
  MachineOrSchedule machine;
  bool is_schedule = false;  // the user gave one
  std::string note;          // why there is none
};

Diagnostic mistake(const Options& options,
                   std::string message,
                   std::string expected,
                   std::string fix = "") {
  return {.file = options.input,
          .pointer = "",
          .message = std::move(message),
          .expected = std::move(expected),
          .fix = std::move(fix)};
}

double seconds_now() {
  return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

// Why no schedule is made for a machine of this size; empty where one is.
std::string too_large(const Topology& topology) {
  if (topology.num_ranks() > kMostGpus) {
    return "more than " + std::to_string(kMostGpus) +
           " GPUs, so capacities only; a schedule's picture shows loads";
  }
  if (topology.links.size() > kMostLinks) {
    return "more than " + std::to_string(kMostLinks) +
           " links, so capacities only; a schedule's picture shows loads";
  }
  return "";
}

// Adds a schedule to a machine, or the reason why there is none.
void compile(const Options& options, Subject& subject) {
  const Topology& topology = subject.machine.topology;
  subject.note = too_large(topology);
  if (!subject.note.empty()) return;
  const Collective collective = options.collective.value_or(Collective::AllGather);
  Compiled compiled = compile_schedule(topology,
                                       {.collective = collective,
                                        .root = has_root(collective) ? options.root.value_or(0) : 0,
                                        .trees_per_root = std::nullopt},
                                       seconds_now);
  subject.machine.schedule = std::move(compiled.schedule);
}

Diagnostics find_mistakes(const Options& options, const MachineOrSchedule& machine) {
  Diagnostics mistakes;
  const Topology& topology = machine.topology;
  if (const auto root = find_root_mistake({.root = options.root}, topology, options.input)) {
    mistakes.push_back(*root);
  }
  if (topology.links.size() > kMostDrawnLinks) {
    mistakes.push_back(
        mistake(options, "the machine has " + std::to_string(topology.links.size()) + " links",
                "at most " + std::to_string(kMostDrawnLinks) + " for a picture"));
  }
  if (!machine.schedule) return mistakes;
  if (options.collective)
    mistakes.push_back(collective_of_schedule(*machine.schedule, options.input));
  const Diagnostics violations =
      to_diagnostics(verify_schedule(*machine.schedule).violations, options.input);
  mistakes.insert(mistakes.end(), violations.begin(), violations.end());
  return mistakes;
}

using TreePosition = std::optional<std::size_t>;

// What --tree can be where there are `count` trees.
std::string tree_range(std::size_t count) {
  return count == 1 ? "--tree 0" : "--tree from 0 to " + std::to_string(count - 1);
}

Result<TreePosition> tree_of_root(const Options& options,
                                  const Schedule& schedule,
                                  int root,
                                  std::size_t ordinal) {
  if (const TreePosition position = view::find_tree(schedule, root, ordinal)) return position;
  std::size_t of_root = 0;
  while (view::find_tree(schedule, root, of_root)) ++of_root;
  const std::string rank = "rank " + std::to_string(root);
  if (of_root == 0) return mistake(options, "no tree has " + rank + " as its root", "another rank");
  return mistake(options,
                 "there is no tree " + std::to_string(ordinal) + " of " + rank + ": it has " +
                     counted(of_root, "tree"),
                 tree_range(of_root));
}

// --tree counts among all trees or, with --root, among those of that root; --root alone chooses its
// first. Where --root is that of the collective it chooses no tree.
Result<TreePosition> choose_tree(const Options& options, const Subject& subject) {
  const bool names_a_tree = options.root && (subject.is_schedule || !options.collective ||
                                             !has_root(*options.collective));
  if (!options.tree && !names_a_tree) return TreePosition();
  if (!subject.machine.schedule) {
    return mistake(options, "no tree can be drawn: " + subject.note,
                   "a schedule, or a machine that gets one on the way",
                   "make a schedule with `pleach compile` and draw that");
  }
  const Schedule& schedule = *subject.machine.schedule;
  const std::size_t all = view::count_trees(schedule);
  const auto ordinal = static_cast<std::size_t>(options.tree.value_or(0));
  if (names_a_tree) return tree_of_root(options, schedule, *options.root, ordinal);
  if (ordinal < all) return TreePosition(ordinal);
  return mistake(
      options,
      "there is no tree " + std::to_string(ordinal) + ": the schedule has " + counted(all, "tree"),
      tree_range(all));
}

nlohmann::ordered_json to_json(const Options& options,
                               const Subject& subject,
                               const view::Picture& picture,
                               std::optional<std::size_t> tree) {
  nlohmann::ordered_json json = {{"file", options.output},
                                 {"nodes", subject.machine.topology.num_nodes()},
                                 {"links", subject.machine.topology.links.size()},
                                 {"loads", subject.machine.schedule.has_value()},
                                 {"width", static_cast<std::int64_t>(picture.width)},
                                 {"height", static_cast<std::int64_t>(picture.height)},
                                 {"tree", nullptr}};
  if (tree) {
    const view::TreeEdges edges = view::tree_edges(*subject.machine.schedule, *tree);
    json["tree"] = {{"position", *tree},
                    {"root", edges.root},
                    {"share", edges.share.to_string()},
                    {"height", edges.height}};
  }
  return json;
}

// How many links bound the rate, and one of them.
std::string busiest_text(const Schedule& schedule) {
  const view::LinkLoads loads = view::link_loads(schedule);
  const auto full = std::ranges::find(loads.used, Rational(1));
  const Link& link = schedule.topology.links[static_cast<std::size_t>(full - loads.used.begin())];
  return counted(static_cast<std::size_t>(std::ranges::count(loads.used, Rational(1))),
                 "link bounds", "links bound") +
         " the rate, e.g. " + schedule.topology.node(link.from).id + " -> " +
         schedule.topology.node(link.to).id + "\n";
}

std::string to_text(const Options& options,
                    const Subject& subject,
                    const view::Picture& picture,
                    std::optional<std::size_t> tree) {
  const Topology& topology = subject.machine.topology;
  std::string text = options.output + ": " + topology.name + ", " +
                     counted(topology.num_nodes(), "node") + ", " +
                     counted(topology.links.size(), "link") + "\n";
  const auto whole = [](double value) { return std::to_string(static_cast<long>(value)); };
  text += "  page    " + whole(picture.width) + " x " + whole(picture.height) + "\n";
  if (!subject.machine.schedule) return text;
  const Schedule& schedule = *subject.machine.schedule;
  text += "  loads   " + std::string(name_of(schedule.collective)) + " at " +
          rate_text(schedule.algbw) + "\n  full    " + busiest_text(schedule);
  if (tree) {
    const view::TreeEdges edges = view::tree_edges(schedule, *tree);
    text += "  tree    " + std::to_string(*tree) + " of " +
            counted(view::count_trees(schedule), "tree") + ", root " +
            topology.node(topology.ranks[static_cast<std::size_t>(edges.root)]).id + ", " +
            counted(static_cast<std::size_t>(edges.height), "hop") + " deep\n";
  }
  return text;
}

ExitCode run(const Options& options) {
  auto loaded = load_machine_or_schedule(options.input);
  if (!loaded.ok()) return report(loaded.mistakes());
  report_notes(loaded.notes());
  Subject subject{.machine = std::move(loaded).value(), .note = ""};
  subject.is_schedule = subject.machine.schedule.has_value();
  const Diagnostics mistakes = find_mistakes(options, subject.machine);
  if (!mistakes.empty()) return report(mistakes);
  if (!subject.machine.schedule) compile(options, subject);
  const auto tree = choose_tree(options, subject);
  if (!tree.ok()) return report(tree.mistakes());

  const auto& schedule = subject.machine.schedule;
  const view::Picture picture = view::draw_topology(
      subject.machine.topology,
      {.schedule = schedule ? &*schedule : nullptr, .tree = tree.value(), .note = subject.note});
  write_output(options.output, picture.svg);
  if (!subject.note.empty()) report_notes({mistake(options, subject.note, "")});
  if (options.json) {
    print_json(to_json(options, subject, picture, tree.value()));
  } else {
    print(to_text(options, subject, picture, tree.value()));
  }
  return ExitCode::Done;
}

void add_options(CLI::App& app, Options& options) {
  add_machine_or_schedule_argument(app, options.input);
  app.add_option_function<std::string>(
         "-o",
         [&options](const std::string& name) {
           if (!name.ends_with(".svg")) {
             throw CLI::ValidationError("-o can not be \"" + name +
                                        "\"; expected a file name that ends in .svg");
           }
           options.output = name;
         },
         "the picture to write; its name must end in .svg")
      ->type_name("FILE.svg")
      ->required();
  std::vector<std::string_view> names;
  names.reserve(kCollectives.size());
  for (const Collective collective : kCollectives) names.push_back(name_of(collective));
  add_parsed_option(app,
                    {.name = "-c",
                     .value = "COLLECTIVE",
                     .description = "of a machine: show the loads of this collective; " +
                                    comma_list(names) + "; default allgather",
                     .expected = "one of " + comma_list(names),
                     .names = names},
                    options.collective, collective_named);
  add_parsed_option(
      app,
      {.name = "--tree",
       .value = "N",
       .description = "draw tree N over the links, counted from 0: first the broadcast trees, then "
                      "the reduce trees; with --root, only the trees of that rank count",
       .expected = "the position of a tree, a whole number from 0 on"},
      options.tree, [](std::string_view text) { return parse_count(text, 0); });
  add_parsed_option(
      app,
      {.name = "--root",
       .value = "R",
       .description = "draw the first tree of rank R; for a machine with -c broadcast or reduce: "
                      "the rank that sends or receives, default 0",
       .expected = "a rank, a whole number from 0 on"},
      options.root, [](std::string_view text) -> std::optional<int> {
        const auto rank = parse_count(text, 0);
        if (!rank || *rank > std::numeric_limits<int>::max()) return std::nullopt;
        return static_cast<int>(*rank);
      });
  add_json_flag(app, options.json);
}

}  // namespace

Command add_view_command(CLI::App& tool) {
  const auto options = std::make_shared<Options>();
  CLI::App* const app = tool.add_subcommand(
      "view", "a picture (SVG) of a machine, of what its links carry, of one tree");
  add_options(*app, *options);
  return {.app = app, .run = [options] { return run(*options); }};
}

}  // namespace pleach::cli
