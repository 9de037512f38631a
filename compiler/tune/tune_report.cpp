#include "compiler/tune/tune_report.hpp"

#include <array>

#include "compiler/passes/compute_bound.hpp"

namespace pleach::tune {
namespace {

constexpr std::array kReported = {Collective::AllReduce, Collective::AllGather,
                                  Collective::ReduceScatter};

// Whether rings that fill the host's links would be worth a graph file.
bool has_better_rings(const Cluster& cluster) {
  const double found = cluster.ring.count * cluster.ring.intra;
  return cluster.hosts == 1 && found < (1 - kWorthwhile) * cluster.host.rings;
}

Door door_for(const Cluster& cluster, const ReportLine& line) {
  if (line.gap() <= kWorthwhile) return Door::None;
  if (line.best.time_us < (1 - kWorthwhile) * line.stock.time_us) return Door::Tuner;
  if (line.best.latency_us >= line.best.time_us / 2) return Door::Latency;
  if (has_better_rings(cluster)) return Door::Graph;
  return cluster.hosts > 1 ? Door::CollNet : Door::Runtime;
}

}  // namespace

std::string_view name_of(Door door) {
  switch (door) {
    case Door::None: return "none";
    case Door::Latency: return "latency";
    case Door::Tuner: return "tuner";
    case Door::Graph: return "graph";
    case Door::CollNet: return "collnet";
    case Door::Runtime: return "runtime";
  }
  return "";
}

std::vector<ReportLine> make_report(const Machine& machine) {
  const Cluster& cluster = machine.clusters.back();
  std::vector<ReportLine> lines;
  for (const Collective collective : kReported) {
    const Rational optimum = compute_bound(machine.parts.back(), collective).best();
    for (std::uint64_t bytes = 1024; bytes <= std::uint64_t{1} << 30U; bytes *= 4) {
      const auto stock = stock_choice(cluster, collective, bytes);
      const auto best = best_choice(cluster, collective, bytes, false);
      if (!stock || !best) continue;
      ReportLine line{.collective = collective,
                      .bytes = bytes,
                      .stock = *stock,
                      .best = *best,
                      .optimum = optimum};
      line.door = door_for(cluster, line);
      lines.push_back(std::move(line));
    }
  }
  return lines;
}

}  // namespace pleach::tune
