#include "compiler/tune/cost_model.hpp"

#include <algorithm>
#include <array>
#include <bit>

namespace pleach::tune {
namespace {

using nccl::Algorithm;
using nccl::Protocol;

using PerProtocol = std::array<double, 3>;              // LL, LL128, Simple
using PerAlgorithm = std::array<PerProtocol, 7>;        // in NCCL's order
using PerScale = std::array<std::array<double, 3>, 4>;  // by generation, then 1, 2 or more hosts

// Microseconds; and GB/s, of one channel but for kMostLl, the whole.
constexpr PerAlgorithm kBase = {
    {{6.8, 14.0, 8.4}, {6.6, 14.0, 8.4}, {}, {}, {}, {}, {8.0, 8.0, 8.0}}};
constexpr PerAlgorithm kNvlink = {{{0.6, 1.25, 4.0},
                                   {0.6, 1.9, 3.4},
                                   {0, 0, 3.7},
                                   {0, 0, 2.8},
                                   {0, 0, 25},
                                   {0, 0, 25},
                                   {0, 0, 4.0}}};
constexpr PerAlgorithm kNetwork = {{{5.0, 8.5, 14},
                                    {2.7, 4.0, 14.0},
                                    {0, 0, 31},
                                    {0, 0, 30},
                                    {0, 0, 18},
                                    {0, 0, 20.9},
                                    {0, 0, 14}}};
constexpr PerScale kMostLl = {
    {{39.0, 39.0, 20.4}, {87.7, 22.5, 19.0}, {141.0, 45.0, 35.0}, {282.0, 90.0, 70.0}}};
constexpr PerScale kMostRingLl128 = {
    {{20.0, 20.0, 20.0}, {20.0, 20.0, 20.0}, {36.7, 36.7, 36.7}, {40.0, 40.0, 40.0}}};
constexpr PerScale kMostTreeLl128 = {
    {{20.0, 20.0, 20.0}, {20.0, 20.0, 20.0}, {36.7, 36.7, 29.0}, {55.6, 31.67, 20.0}}};
constexpr PerScale kMostTree = {
    {{26.5, 18.5, 10.0}, {24.0, 23.6, 17.8}, {38.7, 41.4, 36.0}, {70.0, 42.8, 24.0}}};
constexpr PerScale kMostNvlsTree = {
    {{26.5, 18.5, 10.0}, {24.0, 23.6, 17.8}, {0.0, 57.7, 45.5}, {0.0, 96.0, 80.0}}};
constexpr std::array kNvlsEfficiency = {0.0, 0.0, 0.85, 0.74};

// Trees reach less at middling sizes: by protocol, then by log2(bytes / 64).
constexpr std::array<std::array<double, 24>, 3> kTreeCorrection = {
    {{1.0, 1.0, 1.0, 1.0, .9, .8, .7, .7,  .7,  .7,  .6,  .5,
      .4,  .4,  .5,  .6,  .7, .8, .9, 1.0, 1.0, 1.0, 1.0, 1.0},
     {1.0, 1.0, 1.0, 1.0, 1.0, .9, .8, .8, .8, .7,  .6,  .6,
      .6,  .6,  .6,  .6,  .8,  .9, .9, .9, .9, 1.0, 1.0, 1.0},
     {.9, .9, .9, .9, .9, .9, .9, .8, .7, .6, .6, .5,
      .5, .5, .5, .6, .7, .8, .7, .7, .8, .9, .9, .9}}};

// What a protocol's flags leave of a link to the data.
constexpr PerProtocol kPayload = {0.5, 120.0 / 128.0, 1.0};

std::size_t generation(const Cluster& cluster) {
  const int sm = cluster.host.sm;
  return sm >= 100 ? 3 : sm >= 90 ? 2 : sm >= 80 ? 1 : 0;
}

std::size_t at(Algorithm algorithm) { return static_cast<std::size_t>(algorithm); }
std::size_t at(Protocol protocol) { return static_cast<std::size_t>(protocol); }

double of(const PerScale& table, const Cluster& cluster) {
  return table[generation(cluster)][static_cast<std::size_t>(std::min(cluster.hosts, 3) - 1)];
}

bool gathers(Collective collective) {
  return collective == Collective::AllGather || collective == Collective::ReduceScatter;
}

// The sends of a rank along a ring.
double ring_steps(const Cluster& cluster, Collective collective) {
  const double ranks = cluster.ranks();
  return collective == Collective::AllReduce ? 2 * (ranks - 1)
         : gathers(collective)               ? ranks - 1
                                             : ranks;
}

bool is_offered(const Cluster& cluster,
                Collective collective,
                Algorithm algorithm,
                Protocol protocol) {
  const bool simple = protocol == Protocol::Simple;
  // LL128 needs stores of 128 bytes to stay whole: Volta and later, and of older ones one kind.
  const HostRates& host = cluster.host;
  if (protocol == Protocol::Ll128 &&
      (host.sm < 70 || (host.sm != host.newest_sm && host.sm < 90))) {
    return false;
  }
  switch (algorithm) {
    case Algorithm::Ring: break;
    case Algorithm::Tree: return collective == Collective::AllReduce && cluster.tree.count > 0;
    case Algorithm::Nvls:
      return simple && cluster.nvls.count >= 2 && cluster.hosts == 1 &&
             (collective == Collective::AllReduce || gathers(collective));
    case Algorithm::NvlsTree:
      return simple && cluster.nvls.count >= 2 && cluster.hosts > 1 &&
             collective == Collective::AllReduce;
    case Algorithm::Pat:
      return simple && gathers(collective) && cluster.host.gpus == 1 && cluster.hosts > 1;
    case Algorithm::CollNetDirect:
    case Algorithm::CollNetChain: return false;
  }
  return cluster.ring.count > 0;
}

// GB/s of the buffer by a ring.
double ring_bandwidth(const Cluster& cluster, Collective collective, Protocol protocol) {
  const Channels& channels = cluster.ring;
  double rate = channels.count * (cluster.hosts <= 2 ? channels.intra : channels.inter);
  if (protocol == Protocol::Ll) {
    // Among hosts it is the processor that limits it.
    const std::size_t row = cluster.hosts == 1 ? generation(cluster) : cluster.amd ? 1 : 0;
    rate =
        std::min(kMostLl[row][static_cast<std::size_t>(std::min(cluster.hosts, 3) - 1)], rate * .5);
  } else if (protocol == Protocol::Ll128) {
    rate = std::min(rate * .92, channels.count * of(kMostRingLl128, cluster));
  }
  return rate * cluster.ranks() / ring_steps(cluster, collective);
}

double tree_bandwidth(const Cluster& cluster, Protocol protocol) {
  const Channels& channels = cluster.tree;
  double rate = channels.count * (cluster.hosts <= 2 ? channels.intra : channels.inter);
  rate = std::min(rate * .92, channels.count * of(kMostTree, cluster));
  if (protocol == Protocol::Ll) {
    const std::size_t row = cluster.hosts == 1 ? generation(cluster) : cluster.amd ? 1 : 0;
    rate = std::min(rate / 3.8,
                    kMostLl[row][static_cast<std::size_t>(std::min(cluster.hosts, 3) - 1)]);
  } else if (protocol == Protocol::Ll128) {
    rate = std::min(rate * (cluster.hosts == 1 ? 7.0 / 9.0 : 120.0 / 128.0),
                    channels.count * of(kMostTreeLl128, cluster));
  }
  return rate * .5;
}

double nvls_bandwidth(const Cluster& cluster, Collective collective, Algorithm algorithm) {
  const Channels& channels = cluster.nvls;
  const double gpus = cluster.host.gpus;
  const bool tree = algorithm == Algorithm::NvlsTree;
  const bool twice = collective == Collective::AllReduce;
  const double inside = channels.intra * kNvlsEfficiency[generation(cluster)] *
                        (channels.count - 1) / channels.count * (twice ? 2 : (gpus - 1) / gpus);
  double one = std::min(inside, channels.inter * (tree && cluster.hosts <= 2 ? 2 : 1));
  if (tree) one = std::min(one, of(kMostNvlsTree, cluster));
  const double rate = channels.count * one;
  if (!twice) return rate;
  return rate * cluster.ranks() / ring_steps(cluster, collective);
}

double pat_bandwidth(const Cluster& cluster) {
  return cluster.ring.count * (cluster.hosts <= 2 ? cluster.ring.intra : cluster.ring.inter) * .75;
}

// GB/s of the buffer that NCCL reckons with.
double bandwidth(const Cluster& cluster,
                 Collective collective,
                 Algorithm algorithm,
                 Protocol protocol) {
  switch (algorithm) {
    case Algorithm::Ring: return ring_bandwidth(cluster, collective, protocol);
    case Algorithm::Tree: return tree_bandwidth(cluster, protocol);
    case Algorithm::Pat: return pat_bandwidth(cluster);
    default: return nvls_bandwidth(cluster, collective, algorithm);
  }
}

// GB/s of the buffer that the links between the hosts leave it.
double fabric_bandwidth(const Cluster& cluster,
                        Collective collective,
                        Algorithm algorithm,
                        Protocol protocol) {
  const double payload = kPayload[at(protocol)];
  switch (algorithm) {
    case Algorithm::Ring:
      return cluster.fabric.rings * payload * cluster.ranks() / ring_steps(cluster, collective);
    case Algorithm::Tree:
    case Algorithm::NvlsTree: return cluster.fabric.trees * payload;
    case Algorithm::Pat: return cluster.fabric.pat * payload;
    default: return Fabric::kNoLimit;
  }
}

double log2_floor(int value) { return std::bit_width(static_cast<unsigned>(value)) - 1; }

double ring_latency(const Cluster& cluster, Collective collective, Protocol protocol) {
  const std::size_t p = at(protocol);
  const bool inside_only = cluster.hosts == 1;
  const double base = kBase[at(Algorithm::Ring)][p];
  if (has_root(collective)) return base + (inside_only ? kNvlink : kNetwork)[1][p];
  const double steps = ring_steps(cluster, collective);
  if (inside_only) return base + steps * kNvlink[1][p];
  // Each step also posts to the network.
  const double post = (cluster.amd ? 2.0 : 1.0) * (protocol == Protocol::Simple ? 3 : 1);
  const double within = std::max(kNvlink[1][p], post);
  // With one GPU on each host nothing hides the network.
  const double between = kNetwork[cluster.host.gpus == 1 ? 0 : 1][p];
  const double crossings = (collective == Collective::AllReduce ? 2 : 1) * (cluster.hosts - 1);
  return base + (steps - crossings) * within + crossings * between;
}

double latency(const Cluster& cluster,
               Collective collective,
               Algorithm algorithm,
               Protocol protocol) {
  const std::size_t a = at(algorithm);
  const std::size_t p = at(protocol);
  const double within = kNvlink[a][p];
  const double between = cluster.host.gpus == 1 ? kNetwork[at(Algorithm::Tree)][p] : kNetwork[a][p];
  const double levels = log2_floor(cluster.hosts);
  switch (algorithm) {
    case Algorithm::Ring: return ring_latency(cluster, collective, protocol);
    case Algorithm::Tree:
      return kBase[a][p] + 2 * ((cluster.host.gpus - 1) * within + levels * between);
    case Algorithm::NvlsTree: return kBase[a][p] + within + 2 * levels * between;
    case Algorithm::Pat: return kBase[a][p] + levels * between / 3.5 + cluster.ranks() * 2.8;
    default: return within;
  }
}

}  // namespace

std::optional<double> predict_latency_us(const Cluster& cluster,
                                         Collective collective,
                                         Algorithm algorithm,
                                         Protocol protocol) {
  if (!is_offered(cluster, collective, algorithm, protocol)) return std::nullopt;
  return latency(cluster, collective, algorithm, protocol);
}

std::optional<double> predict_us(const Cluster& cluster,
                                 Collective collective,
                                 Algorithm algorithm,
                                 Protocol protocol,
                                 std::uint64_t bytes) {
  if (!is_offered(cluster, collective, algorithm, protocol)) return std::nullopt;
  double rate = bandwidth(cluster, collective, algorithm, protocol);
  double delay = latency(cluster, collective, algorithm, protocol);
  if (algorithm == Algorithm::Tree && bytes >= 64) {
    const auto size = static_cast<std::size_t>(std::bit_width(bytes >> 6U) - 1);
    if (size < 23) rate *= kTreeCorrection[at(protocol)][size];
  }
  rate = std::min(rate, fabric_bandwidth(cluster, collective, algorithm, protocol));
  // A ring among hosts has a plateau from here on. NCCL runs twice the channels that it found.
  const std::uint64_t parts = 2 * static_cast<std::uint64_t>(cluster.ring.count) *
                              static_cast<std::uint64_t>(cluster.ranks());
  if (algorithm == Algorithm::Ring && protocol == Protocol::Simple && cluster.hosts > 1 &&
      collective == Collective::AllReduce && bytes / parts >= 64) {
    delay *= cluster.host.sm < 80 ? 1.9 : 1.4;
  }
  return delay + static_cast<double>(bytes) / (1000 * rate);
}

}  // namespace pleach::tune
