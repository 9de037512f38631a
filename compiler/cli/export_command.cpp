// pleach export nccl-graph, pleach export nccl-topo: files that NCCL reads.
#include <algorithm>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "compiler/cli/command.hpp"
#include "compiler/cli/console.hpp"
#include "compiler/cli/load_schedule.hpp"
#include "compiler/cli/machine_or_schedule.hpp"
#include "compiler/cli/options.hpp"
#include "compiler/cli/output.hpp"
#include "compiler/cli/text.hpp"
#include "compiler/exporters/nccl_graph.hpp"
#include "compiler/exporters/nccl_topo.hpp"
#include "compiler/exporters/ring_verdict.hpp"
#include "compiler/passes/compute_bound.hpp"
#include "compiler/verify/verify_schedule.hpp"

namespace pleach::cli {
namespace {

struct Options {
  std::string input;
  std::string output = "-";
  std::optional<Collective> collective;  // nccl-graph
  std::optional<std::string> host;       // nccl-topo
  bool json = false;
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

// The file to its place, and what is said of it: on standard output, or, where that holds the file,
// as a note.
void deliver(const Options& options,
             const std::string& file,
             const nlohmann::ordered_json& json,
             const std::string& text) {
  if (options.output == "-") {
    print(file);
    report_notes({mistake(options, text, "")});
    return;
  }
  write_output(options.output, file);
  if (options.json) {
    print_json(json);
  } else {
    print(options.output + ": " + text + "\n");
  }
}

// The collective that rings are held against, and what nothing can beat in it.
struct Target {
  Collective collective = Collective::AllGather;
  Rational optimum;
};

Diagnostics mistakes_of(const Options& options, const MachineOrSchedule& machine) {
  Diagnostics mistakes;
  const auto& schedule = machine.schedule;
  if (schedule && options.collective) {
    mistakes.push_back(collective_of_schedule(*schedule, options.input));
  }
  const Collective collective =
      schedule ? schedule->collective : options.collective.value_or(Collective::AllGather);
  if (has_root(collective)) {
    mistakes.push_back(mistake(options,
                               std::string(name_of(collective)) +
                                   " has one root; NCCL's graph file holds rings, "
                                   "which serve collectives of all GPUs alike",
                               "allgather, reduce_scatter or allreduce"));
  }
  if (!schedule) return mistakes;
  const Diagnostics violations =
      to_diagnostics(verify_schedule(*schedule).violations, options.input);
  mistakes.insert(mistakes.end(), violations.begin(), violations.end());
  return mistakes;
}

Target target_of(const Options& options, const MachineOrSchedule& machine) {
  if (machine.schedule) return {machine.schedule->collective, machine.schedule->bound.best()};
  const Collective collective = options.collective.value_or(Collective::AllGather);
  const Bound bound = compute_bound(machine.topology, collective);
  return {collective, collective == Collective::AllReduce ? bound.upper_bound : bound.best()};
}

std::string exact_percent(const Rational& share) {
  const std::string percent = percent_text(share, 1);
  return share == 1 ? percent : percent + " (" + share.to_string() + ")";
}

std::string repeats_text(const exporters::NcclGraph& graph) {
  if (graph.repeats == 1) return "\n";
  return ", " + std::to_string(graph.repeats) + " times" +
         (graph.plan.rings.size() == 1 ? "\n" : " each\n");
}

// Why no rings carry more: a cut, or prices at which every ring costs at least 1.
std::string limit_reason(const Topology& topology,
                         const Target& target,
                         const exporters::NcclGraph& graph) {
  const bool priced = graph.prices && graph.prices->rate < graph.limit.rate;
  const Rational& rate = priced ? graph.prices->rate : graph.limit.rate;
  if (exporters::ring_algbw(rate, target.collective, topology.num_ranks()) > target.optimum) {
    return "no schedule can";
  }
  if (!priced) {
    return rate_text(rate) + " leave " + node_set_text(topology, graph.limit.cut);
  }
  const auto is_priced = [](const Rational& price) { return price.sign() > 0; };
  const auto& prices = graph.prices->price;
  const auto first = std::ranges::find_if(prices, is_priced);
  const Link& link = topology.links[static_cast<std::size_t>(first - prices.begin())];
  return rate_text(rate) + " by prices of " +
         counted(static_cast<std::size_t>(std::ranges::count_if(prices, is_priced)), "link") +
         " at which every ring costs 1 or more, e.g. " + first->to_string() + " for " +
         topology.node(link.from).id + " -> " + topology.node(link.to).id;
}

nlohmann::ordered_json prices_json(const Topology& topology, const exporters::NcclGraph& graph) {
  if (!graph.prices) return nullptr;
  auto list = nlohmann::ordered_json::array();
  for (std::size_t i = 0; i < topology.links.size(); ++i) {
    const Rational& price = graph.prices->price[i];
    if (price.sign() == 0) continue;
    list.push_back({{"from", topology.node(topology.links[i].from).id},
                    {"to", topology.node(topology.links[i].to).id},
                    {"price", price.to_string()}});
  }
  return {{"rate", graph.prices->rate.to_string()}, {"links", std::move(list)}};
}

std::string graph_text(const Topology& topology,
                       const Target& target,
                       const exporters::NcclGraph& graph,
                       const exporters::RingVerdict& verdict) {
  const std::string name(name_of(target.collective));
  std::string text =
      "NCCL graph of " + topology.name + ", " + counted(topology.num_ranks(), "GPU") + "\n";
  text += "  channels  " + counted(graph.channels.size(), "channel") + " of " +
          rate_text(graph.channel_rate) + ", " + graph.speed.to_decimal().value() +
          " as NCCL counts: " + counted(graph.plan.rings.size(), "ring") + repeats_text(graph);
  text += "  rate      " + name + " at " + rate_text(verdict.algbw) + ", " +
          exact_percent(verdict.share) + " of the optimum\n";
  text += "  optimum   " + rate_text(verdict.optimum) + ", what no schedule can beat\n";
  text += "  limit     " + rate_text(verdict.limit) +
          ", what no rings can beat: " + limit_reason(topology, target, graph) + "\n";
  if (!verdict.best_rings()) {
    text += "  verdict   better rings are not ruled out";
    if (verdict.short_of_optimum()) text += ", but none reach the optimum";
  } else if (verdict.short_of_optimum()) {
    text += "  verdict   proved: no rings reach the optimum, and none are better than these";
  } else {
    text += "  verdict   proved: these rings are optimal";
  }
  return text + "\n  use       for communicators of all " + std::to_string(topology.num_ranks()) +
         " GPUs of one host; NCCL fails to start any other with this file";
}

nlohmann::ordered_json graph_json(const Options& options,
                                  const Topology& topology,
                                  const Target& target,
                                  const exporters::NcclGraph& graph,
                                  const exporters::RingVerdict& verdict) {
  auto cut = nlohmann::ordered_json::array();
  for (const NodeId node : graph.limit.cut) cut.push_back(topology.node(node).id);
  return {{"file", options.output},
          {"format", "nccl-graph"},
          {"collective", name_of(target.collective)},
          {"compute_nodes", topology.num_ranks()},
          {"channels", graph.channels.size()},
          {"rings", graph.plan.rings.size()},
          {"channel_rate", graph.channel_rate.to_string()},
          {"speed", graph.speed.to_decimal().value()},
          {"type", graph.type},
          {"algbw", verdict.algbw.to_string()},
          {"ring_limit",
           {{"algbw", verdict.limit.to_string()},
            {"cut", {{"nodes", std::move(cut)}, {"exit_capacity", graph.limit.rate.to_string()}}},
            {"prices", prices_json(topology, graph)}}},
          {"optimum", verdict.optimum.to_string()},
          {"share", verdict.share.to_string()},
          {"percent_of_optimum", to_hundredths(verdict.share * 100)},
          {"best_rings_proved", verdict.best_rings()},
          {"rings_can_reach_optimum", verdict.short_of_optimum() ? nlohmann::ordered_json(false)
                                      : verdict.share == Rational(1)
                                          ? nlohmann::ordered_json(true)
                                          : nlohmann::ordered_json(nullptr)}};
}

ExitCode run_graph(const Options& options) {
  const auto loaded = load_machine_or_schedule(options.input);
  if (!loaded.ok()) return report(loaded.mistakes());
  report_notes(loaded.notes());
  const MachineOrSchedule& machine = loaded.value();
  const Diagnostics mistakes = mistakes_of(options, machine);
  if (!mistakes.empty()) return report(mistakes);
  const auto graph = exporters::make_nccl_graph(machine.topology, options.input);
  if (!graph.ok()) return report(graph.mistakes());
  report_notes(graph.notes());
  const Target target = target_of(options, machine);
  const exporters::RingVerdict verdict =
      exporters::judge_rings(graph.value(), target.collective, target.optimum);
  deliver(options, exporters::write_nccl_graph(graph.value()),
          graph_json(options, machine.topology, target, graph.value(), verdict),
          graph_text(machine.topology, target, graph.value(), verdict));
  return ExitCode::Done;
}

std::string topo_text(const Topology& topology, const exporters::NcclTopo& topo) {
  std::string text = "NCCL topology of " + topology.name;
  if (topo.hosts > 1) {
    text +=
        ", " + (topo.all_alike ? "any of " + counted(topo.hosts, "host") + ", all alike"
                               : "host " + topo.host_name + " of " + std::to_string(topo.hosts));
  }
  return text + "\n  " + counted(topo.host.gpus.size(), "GPU") + " (sm " +
         std::to_string(topo.host.sm) + "), " + counted(topo.host.nics.size(), "NIC") + ", " +
         counted(topo.elements, "element") + " of " + std::to_string(exporters::kMostElements);
}

nlohmann::ordered_json topo_json(const Options& options, const exporters::NcclTopo& topo) {
  return {{"file", options.output},
          {"format", "nccl-topo"},
          {"hosts", topo.hosts},
          {"host", topo.host_name},
          {"all_alike", topo.all_alike},
          {"gpus", topo.host.gpus.size()},
          {"sm", topo.host.sm},
          {"nvswitches", topo.host.nvswitches.size()},
          {"nics", topo.host.nics.size()},
          {"elements", topo.elements}};
}

ExitCode run_topo(const Options& options) {
  const auto loaded = load_machine_or_schedule(options.input);
  if (!loaded.ok()) return report(loaded.mistakes());
  report_notes(loaded.notes());
  if (loaded.value().schedule) {
    return report(
        {mistake(options,
                 "this is a schedule, which does not say which of its nodes are NICs, CPUs "
                 "and switches",
                 "a TOPOLOGY", "name the machine that it was made for")});
  }
  const Topology& topology = loaded.value().topology;
  const auto topo = exporters::make_nccl_topo(topology, options.host, options.input);
  if (!topo.ok()) return report(topo.mistakes());
  report_notes(topo.notes());
  deliver(options, topo.value().text, topo_json(options, topo.value()),
          topo_text(topology, topo.value()));
  return ExitCode::Done;
}

void add_output_options(CLI::App& app, const std::shared_ptr<Options>& options) {
  app.add_option("-o", options->output, "the file to write; default: it goes to standard output")
      ->type_name("FILE");
  add_json_flag(app, options->json);
  app.final_callback([options] {
    if (options->json && options->output == "-") {
      throw CLI::ValidationError(
          "--json needs -o FILE: standard output can not hold the file and the summary");
    }
  });
}

Command add_graph_command(CLI::App& group) {
  const auto options = std::make_shared<Options>();
  CLI::App* const app = group.add_subcommand(
      "nccl-graph", "the best rings of a host, for NCCL_GRAPH_FILE, and how near the optimum");
  add_machine_or_schedule_argument(*app, options->input);
  std::vector<std::string_view> names;
  for (const Collective collective : kCollectives) {
    if (!has_root(collective)) names.push_back(name_of(collective));
  }
  add_parsed_option(*app,
                    {.name = "-c",
                     .value = "COLLECTIVE",
                     .description = "of a machine: hold the rings against the optimum of this; " +
                                    comma_list(names) + "; default allgather",
                     .expected = "one of " + comma_list(names),
                     .names = names},
                    options->collective, [](std::string_view name) -> std::optional<Collective> {
                      const auto collective = collective_named(name);
                      return collective && !has_root(*collective) ? collective : std::nullopt;
                    });
  add_output_options(*app, options);
  return {.app = app, .run = [options] { return run_graph(*options); }};
}

Command add_topo_command(CLI::App& group) {
  const auto options = std::make_shared<Options>();
  CLI::App* const app =
      group.add_subcommand("nccl-topo", "one host's GPUs, NVLinks and NICs, for NCCL_TOPO_FILE");
  add_topology_argument(*app, options->input)->required();
  app->add_option("--host", options->host,
                  "the host to describe, by its label \"host\" or its box; default: the first")
      ->type_name("BOX");
  add_output_options(*app, options);
  return {.app = app, .run = [options] { return run_topo(*options); }};
}

}  // namespace

std::vector<Command> add_export_commands(CLI::App& tool) {
  CLI::App* const group =
      tool.add_subcommand("export", "files for other programs: nccl-graph, nccl-topo");
  group->require_subcommand(1);
  return {add_graph_command(*group), add_topo_command(*group)};
}

}  // namespace pleach::cli
