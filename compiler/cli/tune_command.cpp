// pleach tune: which of NCCL's algorithms to take, as a table for the tuner plugin; and how far
// stock NCCL is from the optimum.
#include <iomanip>
#include <memory>
#include <sstream>
#include <string>
#include <vector>

#include "compiler/cli/command.hpp"
#include "compiler/cli/console.hpp"
#include "compiler/cli/options.hpp"
#include "compiler/cli/output.hpp"
#include "compiler/cli/text.hpp"
#include "compiler/topology/digest.hpp"
#include "compiler/topology/load_topology.hpp"
#include "compiler/topology/read_file.hpp"
#include "compiler/tune/tune_report.hpp"

namespace pleach::cli {
namespace {

struct Options {
  std::string topology;
  std::vector<std::string> measured;
  std::string output = "-";
  std::int64_t sm = 0;
  bool report = false;
  bool json = false;
};

// "90", "100"; a thousand is no generation to come.
std::optional<std::int64_t> parse_sm(std::string_view text) {
  const auto sm = parse_count(text, 60);
  return sm && *sm < 1000 ? sm : std::nullopt;
}

std::string size_text(std::uint64_t bytes) {
  constexpr std::uint64_t kStep = 1024;
  for (const char* const unit : {"", "K", "M", "G"}) {
    if (bytes < kStep) return std::to_string(bytes) + unit;
    bytes /= kStep;
  }
  return std::to_string(bytes) + "T";
}

std::string choice_text(const nccl::Choice& choice) {
  return std::string(nccl::name_of(choice.algorithm)) + "/" +
         std::string(nccl::name_of(choice.protocol));
}

std::string counted_hosts(const tune::Cluster& cluster) {
  return counted(static_cast<std::size_t>(cluster.hosts), "node") + " of " +
         counted(static_cast<std::size_t>(cluster.host.gpus), "GPU");
}

// What the tuner takes, where the table has an opinion.
std::string tuner_text(const nccl::ChoiceTable& table,
                       const tune::Cluster& cluster,
                       const tune::ReportLine& line) {
  const nccl::ChoiceRow* const row = nccl::find_row(table, {.collective = line.collective,
                                                            .bytes = line.bytes,
                                                            .nodes = cluster.hosts,
                                                            .ranks_per_node = cluster.host.gpus});
  if (row == nullptr || !row->choice) return "";
  return "; the table takes " + choice_text(*row->choice) + " (" + row->source + ")";
}

std::string report_text(const Topology& topology,
                        const tune::Machine& machine,
                        const nccl::ChoiceTable& table,
                        const std::vector<tune::ReportLine>& lines) {
  const tune::Cluster& cluster = machine.clusters.back();
  std::ostringstream out;
  out << "# " << topology.name << ": " << counted_hosts(cluster) << ", sm " << cluster.host.sm
      << "; modelled, not measured; GB/s of the buffer (algbw), links as NCCL counts them\n"
      << "# collective       size  NCCL's own            GB/s  best of NCCL's        GB/s"
         "  optimum   gap  door\n"
      << std::fixed << std::setprecision(2);
  for (const tune::ReportLine& line : lines) {
    out << "  " << std::left << std::setw(14) << name_of(line.collective) << std::right
        << std::setw(7) << size_text(line.bytes) << "  " << std::left << std::setw(18)
        << choice_text(line.stock.choice) << std::right << std::setw(8) << line.stock_gbps() << "  "
        << std::left << std::setw(18) << choice_text(line.best.choice) << std::right << std::setw(8)
        << line.best_gbps() << std::setw(9) << line.optimum.to_double() << std::setw(5)
        << std::setprecision(0) << 100 * line.gap() << "%  " << std::setprecision(2)
        << tune::name_of(line.door) << tuner_text(table, cluster, line) << "\n";
  }
  out << "# door: none       NCCL is within 5 % of the optimum\n"
         "#       latency    goes by at any rate: at larger sizes NCCL comes near the optimum\n"
         "#       in-switch  what NCCL's sums in the switches leave of them; no trees do better\n"
         "#       tuner      another of NCCL's own algorithms is faster: the table makes it take "
         "it\n"
         "#       graph      better rings inside the node: pleach export nccl-graph\n"
         "#       collnet    other trees between nodes: a CollNet plugin, or pleach's runtime\n"
         "#       runtime    other trees inside the node: pleach's own runtime\n";
  return out.str();
}

nlohmann::ordered_json to_json(const tune::Prediction& prediction, double gbps) {
  return {{"algorithm", nccl::name_of(prediction.choice.algorithm)},
          {"protocol", nccl::name_of(prediction.choice.protocol)},
          {"time_us", prediction.time_us},
          {"algbw_GBps", gbps}};
}

nlohmann::ordered_json table_json(const nccl::ChoiceTable& table) {
  std::size_t opinions = 0;
  for (const nccl::ChoiceRow& row : table.rows) opinions += row.choice ? 1 : 0;
  return {{"rows", table.rows.size()},
          {"opinions", opinions},
          {"digest", nccl::choice_digest(table.rows)}};
}

nlohmann::ordered_json report_json(const tune::Machine& machine,
                                   const nccl::ChoiceTable& table,
                                   const std::vector<tune::ReportLine>& lines) {
  auto rows = nlohmann::ordered_json::array();
  for (const tune::ReportLine& line : lines) {
    rows.push_back({{"collective", name_of(line.collective)},
                    {"bytes", line.bytes},
                    {"stock", to_json(line.stock, line.stock_gbps())},
                    {"best", to_json(line.best, line.best_gbps())},
                    {"optimum", line.optimum.to_string()},
                    {"optimum_GBps", to_hundredths(line.optimum)},
                    {"gap_percent", 100 * line.gap()},
                    {"door", tune::name_of(line.door)}});
  }
  const tune::Cluster& cluster = machine.clusters.back();
  return {{"nodes", cluster.hosts},
          {"ranks_per_node", cluster.host.gpus},
          {"sm", cluster.host.sm},
          {"table", table_json(table)},
          {"rows", std::move(rows)}};
}

std::string table_text(const std::string& file, const nccl::ChoiceTable& table) {
  const auto json = table_json(table);
  std::string text = file + ": " + counted(table.rows.size(), "row") + ", " +
                     counted(json["opinions"].get<std::size_t>(), "opinion") + "\n";
  if (table.rows.empty()) {
    text += "  NCCL's own choices are the best of its own here: the tuner leaves it alone\n";
  }
  return text + "  digest  " + json["digest"].get<std::string>() + "\n";
}

// All files' measurements; all their mistakes at once.
Result<std::vector<tune::Measurement>> load_measurements(const std::vector<std::string>& files) {
  std::vector<tune::Measurement> measurements;
  Diagnostics mistakes;
  for (const std::string& file : files) {
    const auto text = read_file(file);
    const auto read = text.ok() ? tune::read_measurements(text.value(), file)
                                : Result<std::vector<tune::Measurement>>(text.mistakes());
    if (read.ok()) {
      measurements.insert(measurements.end(), read.value().begin(), read.value().end());
    } else {
      mistakes.insert(mistakes.end(), read.mistakes().begin(), read.mistakes().end());
    }
  }
  if (!mistakes.empty()) return mistakes;
  return measurements;
}

ExitCode run(const Options& options) {
  const auto loaded = load_topology(options.topology);
  if (!loaded.ok()) return report(loaded.mistakes());
  report_notes(loaded.notes());
  const Topology& topology = loaded.value();
  const auto measured = load_measurements(options.measured);
  const auto machine = tune::describe_machine(topology, static_cast<int>(options.sm));
  Diagnostics mistakes;
  if (!measured.ok()) mistakes = measured.mistakes();
  if (!machine.ok()) {
    for (Diagnostic mistake : machine.mistakes()) {
      mistake.file = options.topology;
      mistakes.push_back(std::move(mistake));
    }
  }
  if (!mistakes.empty()) return report(mistakes);

  for (Diagnostic note : machine.notes()) {
    note.file = options.topology;
    report_notes({note});
  }
  const auto rows = tune::make_rows(machine.value().clusters, measured.value());
  report_notes(rows.notes());
  const nccl::ChoiceTable table{.topology_name = topology.name,
                                .topology_digest = topology_digest(topology),
                                .rows = rows.value()};
  const std::string file = nccl::write_choice_table(table);
  if (options.output != "-") write_output(options.output, file);
  if (options.report) {
    const auto lines = tune::make_report(machine.value());
    if (options.json) {
      print_json(report_json(machine.value(), table, lines));
    } else {
      print(report_text(topology, machine.value(), table, lines));
    }
  } else if (options.json) {
    print_json(table_json(table));
  } else {
    print(options.output == "-" ? file : table_text(options.output, table));
  }
  return ExitCode::Done;
}

}  // namespace

Command add_tune_command(CLI::App& tool) {
  const auto options = std::make_shared<Options>();
  CLI::App* const app = tool.add_subcommand(
      "tune", "which of NCCL's algorithms to take: a table for its tuner, and what it leaves");
  add_topology_argument(*app, options->topology)->required();
  app->add_option("CSV", options->measured,
                  "files of what nccl-tests measured, with column names; they win over the model")
      ->type_name("");
  app->add_flag("--report", options->report,
                "print NCCL's choice for each size, the optimum, the gap, and what would close it; "
                "the table is then written only with -o");
  app->add_option("-o", options->output,
                  "the table file to write; default: the table goes to standard output")
      ->type_name("TABLE");
  add_parsed_option(
      *app,
      {.name = "--sm",
       .value = "N",
       .description = "the GPUs' compute capability times 10, e.g. 90; default: the label \"sm\", "
                      "or by their links",
       .expected = "a whole number from 60 on, e.g. 90"},
      options->sm, [](std::string_view text) { return parse_sm(text); });
  add_json_flag(*app, options->json);
  app->final_callback([options] {
    if (options->json && !options->report && options->output == "-") {
      throw CLI::ValidationError(
          "--json needs -o TABLE or --report: standard output can not hold the table and the "
          "summary");
    }
  });
  return {.app = app, .run = [options] { return run(*options); }};
}

}  // namespace pleach::cli
