#include "runtime/perf/report.hpp"

#include <array>
#include <cstdio>

namespace pleach::perf {
namespace {

std::string fixed(const char* format, double value) {
  std::array<char, 64> text{};
  std::snprintf(text.data(), text.size(), format, value);
  return text.data();
}

std::string counted(int count, const std::string& what) {
  return std::to_string(count) + " " + what + (count == 1 ? "" : what == "process" ? "es" : "s");
}

double mean_busbw(const Report& report) {
  double sum = 0;
  for (const Row& row : report.rows) sum += row.ours.out_of_place.busbw + row.ours.in_place.busbw;
  return report.rows.empty() ? 0 : sum / static_cast<double>(2 * report.rows.size());
}

const char* name_of(Memory memory) { return memory == Memory::Shared ? "shared" : "private"; }

// "0,0,1".
std::string device_list(const Report& report) {
  std::string text;
  for (const int device : report.devices) {
    text += (text.empty() ? "" : ",") + std::to_string(device);
  }
  return text;
}

// What runs how, and against what it is held.
std::string settings_text(const Job& job, const Report& report) {
  const bool host = job.backend == Backend::Host;
  std::string text = "# ";
  if (!host) {
    text += std::string(pleach::perf::name_of(job.backend)) + " backend, ranks on devices " +
            device_list(report) + "\n# ";
  }
  text += std::string(name_of(job.memory)) + " memory, iterations " +
          std::to_string(job.options.iterations) + ", warm-up " +
          std::to_string(job.options.warmup);
  if (job.options.replays > 0) {
    text += ", replays of a graph of them " + std::to_string(job.options.replays);
  }
  text += host ? "; one thread's memcpy copies " : "; the device copies ";
  text += fixed("%.2f", report.memcpy_rate) + " GB/s";
  if (!host) text += " and sets " + fixed("%.2f", report.memset_rate) + " GB/s";
  return text + "\n";
}

nlohmann::ordered_json timing_json(const RunTiming& timing) {
  nlohmann::ordered_json json = {{"time_us", timing.time_us},
                                 {"algbw", timing.algbw},
                                 {"busbw", timing.busbw},
                                 {"wrong", nullptr}};
  if (timing.wrong) json["wrong"] = *timing.wrong;
  return json;
}

nlohmann::ordered_json row_json(const Row& row) {
  nlohmann::ordered_json json = {{"bytes", row.ours.bytes},
                                 {"count", row.ours.count},
                                 {"dtype", row.ours.dtype},
                                 {"op", row.ours.op},
                                 {"root", row.ours.root}};
  json.update(timing_json(row.ours.out_of_place));
  json["efficiency"] = row.efficiency;
  json["in_place"] = timing_json(row.ours.in_place);
  if (row.rival) {
    json["rival"] = timing_json(row.rival->out_of_place);
    json["rival"]["in_place"] = timing_json(row.rival->in_place);
  }
  return json;
}

}  // namespace

std::string head_text(const Job& job, const Report& report) {
  std::string text = "# pleach-perf " + std::string(pleach::name_of(job.collective)) + ", " +
                     counted(job.ranks, "rank") + ": " + counted(job.processes, "process") + ", " +
                     counted(job.threads, "thread") + " each, " +
                     counted(job.ranks_per_thread, "rank") + " a thread";
  if (!job.launcher.empty()) text += ", started by " + job.launcher;
  text += "\n" + settings_text(job, report);
  if (!report.rival.empty()) text += "# second line of each size: " + report.rival + "\n";
  return text + run_table_head();
}

std::string row_text(const Job& job, const Row& row) {
  std::string text = to_string(row.ours);
  if (row.rival) {
    const double factor = row.rival->out_of_place.time_us / row.ours.out_of_place.time_us;
    text += "  pleach\n" + to_string(*row.rival) + "  " + *job.options.versus +
            fixed(", %.2f times our time", factor);
  }
  return text + "\n";
}

std::string end_text(const Report& report) {
  const std::uint64_t wrong = wrong_elements(report);
  bool checked = false;
  for (const Row& row : report.rows) checked = checked || row.ours.out_of_place.wrong.has_value();
  const std::string verdict = !checked     ? "N/A"
                              : wrong == 0 ? "0 OK"
                                           : std::to_string(wrong) + " FAILED";
  return "# Out of bounds values : " + verdict +
         "\n# Avg bus bandwidth    : " + fixed("%g", mean_busbw(report)) + "\n";
}

nlohmann::ordered_json to_json(const Job& job, const Report& report) {
  auto rows = nlohmann::ordered_json::array();
  for (const Row& row : report.rows) rows.push_back(row_json(row));
  nlohmann::ordered_json json = {{"collective", pleach::name_of(job.collective)},
                                 {"ranks", job.ranks},
                                 {"processes", job.processes},
                                 {"threads", job.threads},
                                 {"ranks_per_thread", job.ranks_per_thread},
                                 {"launcher", nullptr},
                                 {"backend", pleach::perf::name_of(job.backend)},
                                 {"devices", nullptr},
                                 {"memory", name_of(job.memory)},
                                 {"offset", job.options.offset},
                                 {"iterations", job.options.iterations},
                                 {"warmup", job.options.warmup},
                                 {"replays", job.options.replays},
                                 {"memcpy_rate", report.memcpy_rate},
                                 {"memset_rate", nullptr},
                                 {"rival", nullptr},
                                 {"rows", std::move(rows)},
                                 {"mean_busbw", mean_busbw(report)}};
  if (!job.launcher.empty()) json["launcher"] = job.launcher;
  if (!report.rival.empty()) json["rival"] = report.rival;
  if (job.backend != Backend::Host) {
    json["devices"] = report.devices;
    json["memset_rate"] = report.memset_rate;
  }
  return json;
}

std::uint64_t wrong_elements(const Report& report) {
  std::uint64_t wrong = 0;
  for (const Row& row : report.rows) {
    wrong += row.ours.out_of_place.wrong.value_or(0) + row.ours.in_place.wrong.value_or(0);
  }
  return wrong;
}

}  // namespace pleach::perf
