#include "compiler/tune/tune_report.hpp"

#include <array>

#include "compiler/baselines/in_switch.hpp"
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

// GB/s that the best of NCCL's own come to at sizes without end.
double rate_at_last(const Cluster& cluster, Collective collective) {
  const std::uint64_t bytes = table_sizes().back();
  const auto best = best_choice(cluster, collective, bytes, false);
  return best ? static_cast<double>(bytes) / best->time_us / 1e3 : 0;
}

Door door_for(const Cluster& cluster, const ReportLine& line) {
  if (line.gap() <= kWorthwhile) return Door::None;
  if (line.best.time_us < (1 - kWorthwhile) * line.stock.time_us) return Door::Tuner;
  if (line.best.latency_us >= line.best.time_us / 2) return Door::Latency;
  if (rate_at_last(cluster, line.collective) >= (1 - kWorthwhile) * line.optimum.to_double()) {
    return Door::Latency;
  }
  if (line.best.choice.algorithm == nccl::Algorithm::Nvls) return Door::InSwitch;
  if (has_better_rings(cluster)) return Door::Graph;
  return cluster.hosts > 1 ? Door::CollNet : Door::Runtime;
}

Rational optimum_of(const Machine& machine, Collective collective) {
  const Topology& part = machine.parts.back();
  const Rational bound = compute_bound(part, collective).best();
  if (collective != Collective::AllReduce || machine.clusters.back().nvls.count == 0) return bound;
  return std::max(bound, baselines::in_switch_rate(part, collective).value_or(0));
}

}  // namespace

std::string_view name_of(Door door) {
  switch (door) {
    case Door::None: return "none";
    case Door::Latency: return "latency";
    case Door::InSwitch: return "in-switch";
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
    const Rational optimum = optimum_of(machine, collective);
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
