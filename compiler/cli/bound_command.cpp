// pleach bound: the best rate of a collective on a machine, and the cut that limits it.
#include <algorithm>
#include <memory>
#include <string>

#include "compiler/baselines/compare.hpp"
#include "compiler/cli/command.hpp"
#include "compiler/cli/comparison_text.hpp"
#include "compiler/cli/console.hpp"
#include "compiler/cli/options.hpp"
#include "compiler/cli/text.hpp"
#include "compiler/ir/bound.hpp"
#include "compiler/passes/compute_bound.hpp"
#include "compiler/passes/tree_counts.hpp"
#include "compiler/topology/load_topology.hpp"

namespace pleach::cli {
namespace {

struct Options {
  std::string topology;
  CollectiveOptions collective;
  bool compare = false;
  bool tree_table = false;
  bool json = false;
};

nlohmann::ordered_json ids_of(const Topology& topology, const std::vector<NodeId>& nodes) {
  auto ids = nlohmann::ordered_json::array();
  for (const NodeId node : nodes) ids.push_back(topology.node(node).id);
  return ids;
}

nlohmann::ordered_json to_json(const Topology& topology, const Achievable& achievable) {
  auto cuts = nlohmann::ordered_json::array();
  for (const WeightedCut& cut : achievable.cuts) {
    cuts.push_back({{"weight", cut.weight.to_string()}, {"nodes", ids_of(topology, cut.nodes)}});
  }
  auto potentials = nlohmann::ordered_json::object();
  for (const Potential& potential : achievable.potentials) {
    potentials[topology.node(potential.node).id] = potential.value.to_string();
  }
  return {{"algbw", achievable.algbw.to_string()},
          {"algbw_GBps", to_hundredths(achievable.algbw)},
          {"certificate", {{"cuts", cuts}, {"potentials", potentials}}}};
}

nlohmann::ordered_json to_json(const Topology& topology, const Bound& bound) {
  nlohmann::ordered_json json = {{"collective", name_of(bound.collective)},
                                 {"compute_nodes", topology.num_ranks()},
                                 {"algbw", bound.algbw.to_string()},
                                 {"algbw_GBps", to_hundredths(bound.algbw)},
                                 {"upper_bound", bound.upper_bound.to_string()},
                                 {"optimal", bound.optimal()},
                                 {"trees_per_root", json_integer(bound.trees_per_root)},
                                 {"max_flows", bound.max_flows},
                                 {"bottleneck_cut",
                                  {{"nodes", ids_of(topology, bound.tightest.nodes)},
                                   {"compute_nodes", bound.tightest.compute_nodes},
                                   {"exit_capacity", bound.tightest.exit_capacity.to_string()}}}};
  if (bound.achievable) json["achievable"] = to_json(topology, *bound.achievable);
  return json;
}

std::string cut_text(const Topology& topology, Collective collective, const Cut& cut) {
  // The cuts of the two reducing collectives are those of the machine with its links reversed.
  const bool reversed = collective == Collective::ReduceScatter || collective == Collective::Reduce;
  return rate_text(cut.exit_capacity) + (reversed ? " into " : " out of ") +
         std::to_string(cut.compute_nodes) + " of " + counted(topology.num_ranks(), "GPU") + ": " +
         node_set_text(topology, cut.nodes);
}

std::string limit_text(const Topology& topology, const Bound& bound) {
  if (bound.upper_parts.empty()) return cut_text(topology, bound.collective, bound.upper_cut);
  std::string text = "what enters and leaves " + counted(bound.upper_parts.size(), "part") +
                     " that hold all GPUs; the first: ";
  return text + node_set_text(topology, bound.upper_parts.front());
}

// Nodes that only forward and can send more, or less, than they receive.
std::size_t count_unbalanced(const Topology& topology) {
  std::vector<Rational> surplus(topology.num_nodes());
  for (const Link& link : topology.links) {
    surplus[index(link.from)] -= link.bandwidth.gigabytes_per_second;
    surplus[index(link.to)] += link.bandwidth.gigabytes_per_second;
  }
  std::size_t count = 0;
  for (std::size_t node = 0; node < topology.num_nodes(); ++node) {
    if (topology.nodes[node].type != NodeType::Gpu && surplus[node] != Rational(0)) ++count;
  }
  return count;
}

// What unbalanced switches cost, and how that is proved.
std::string achievable_text(const Topology& topology, const Bound& bound) {
  const std::string forwarders =
      counted(count_unbalanced(topology), "switch or NIC has", "switches or NICs have") +
      " different capacity in and out";
  if (bound.achievable->algbw == bound.algbw)
    return "  note         " + forwarders + "; no rate is lost\n";
  return "  note         " + forwarders + ", and can use only the lesser:\n" +
         "               the bottleneck alone would allow " + rate_text(bound.algbw) +
         "; proved with " + counted(bound.achievable->cuts.size(), "cut") + " and " +
         counted(bound.achievable->potentials.size(), "potential") + " (--json)\n";
}

std::string to_text(const Topology& topology, const Bound& bound) {
  const bool two_phases = bound.collective == Collective::AllReduce;
  std::string text = topology.name + ": " + std::string(name_of(bound.collective));
  if (has_root(bound.collective)) text += " with root " + std::to_string(bound.root);
  text += " on " + counted(topology.num_ranks(), "GPU") + "\n";
  text += "  rate         " + rate_text(bound.best());
  if (!two_phases) {
    text += ", no schedule can be faster\n";
  } else {
    text += bound.divided ? ", reduce-scatter and all-gather on divided links; "
                          : ", reduce-scatter and all-gather together; ";
    text += bound.optimal() ? "no schedule can do better\n" : "compile may find more\n";
  }
  if (!bound.optimal()) {
    text += "  proved limit " + rate_text(bound.upper_bound) + "\n";
  }
  text +=
      "  bottleneck   " +
      cut_text(topology, two_phases ? Collective::AllGather : bound.collective, bound.tightest) +
      "\n";
  if (two_phases) text += "  limit set by " + limit_text(topology, bound) + "\n";
  text += "  trees        " + bound.trees_per_root.to_string() + " for each root\n";
  text += "  proof        " + counted(static_cast<std::size_t>(bound.max_flows), "max-flow") + "\n";
  if (bound.achievable) text += achievable_text(topology, bound);
  return text;
}

nlohmann::ordered_json to_json(const std::vector<TreeCount>& counts, const Bound& bound) {
  auto rows = nlohmann::ordered_json::array();
  for (const TreeCount& count : counts) {
    rows.push_back({{"trees_per_root", json_integer(count.trees_per_root)},
                    {"algbw", count.algbw.to_string()},
                    {"algbw_GBps", to_hundredths(count.algbw)},
                    {"percent_of_bound", to_hundredths(count.algbw / bound.best() * 100)}});
  }
  return rows;
}

std::string to_text(const std::vector<TreeCount>& counts, const Bound& bound) {
  std::string text = "\n  trees for each root, and the best rate they can reach\n";
  for (const TreeCount& count : counts) {
    std::string number = count.trees_per_root.to_string();
    number.resize(std::max<std::size_t>(number.size(), 12), ' ');
    text += "  " + number + " " + rate_text(count.algbw) + ", " +
            percent_text(count.algbw, bound.best()) + "\n";
  }
  return text;
}

ExitCode run(const Options& options) {
  const auto loaded = load_topology(options.topology);
  if (!loaded.ok()) return report(loaded.mistakes());
  report_notes(loaded.notes());
  const Topology& topology = loaded.value();
  if (const auto mistake = find_root_mistake(options.collective, topology, options.topology)) {
    return report({*mistake});
  }
  const Bound bound =
      compute_bound(topology, options.collective.collective, options.collective.root.value_or(0));
  std::vector<baselines::Comparison> comparisons;
  if (options.compare) comparisons = baselines::compare_baselines(topology, bound);
  std::vector<TreeCount> counts;
  if (options.tree_table) counts = tree_counts(topology, bound);
  if (options.json) {
    auto json = to_json(topology, bound);
    if (options.tree_table) json["k_table"] = to_json(counts, bound);
    if (options.compare) json["compare"] = comparison_json(comparisons, bound);
    print_json(json);
  } else {
    print(to_text(topology, bound));
    if (options.tree_table) print(to_text(counts, bound));
    if (options.compare) print(comparison_text(comparisons, bound));
  }
  return ExitCode::Done;
}

}  // namespace

Command add_bound_command(CLI::App& tool) {
  const auto options = std::make_shared<Options>();
  CLI::App* const app = tool.add_subcommand(
      "bound", "the best rate any schedule can reach, exactly, and the cut that limits it");
  add_topology_argument(*app, options->topology)->required();
  add_collective_options(*app, options->collective);
  app->add_flag("--k-table", options->tree_table,
                "what fewer trees for each root reach: 1 to 8, then some up to 64 or the optimum");
  app->add_flag("--compare", options->compare,
                "what rings, trees, direct sends and other methods in use reach on this machine");
  add_json_flag(*app, options->json);
  app->final_callback([options] { check_collective_options(options->collective); });
  return {.app = app, .run = [options] { return run(*options); }};
}

}  // namespace pleach::cli
