#include "compiler/tune/fabric_limits.hpp"

#include <algorithm>
#include <cstdint>
#include <vector>

#include "compiler/baselines/place_tree.hpp"
#include "compiler/baselines/router.hpp"

namespace pleach::tune {
namespace {

// Loads of links, in shares of what one channel carries.
class Loads {
 public:
  Loads(const Topology& part, const std::vector<nccl::Host>& hosts)
      : part_(part), hosts_(hosts), router_(part), loads_(part.links.size()) {}

  // `weight` of the channel's data go from host to host.
  void add(int from, int to, int channel, std::int64_t weight) {
    for (const LinkId link : router_.route(rank(from, channel), rank(to, channel), weight)) {
      loads_[index(link)] += weight;
    }
  }

  // GB/s that one unit of weight gets on the fullest link.
  [[nodiscard]] double rate() const {
    double least = Fabric::kNoLimit;
    for (std::size_t i = 0; i < loads_.size(); ++i) {
      if (loads_[i] == 0) continue;
      const double capacity = part_.links[i].bandwidth.gigabytes_per_second.to_double();
      least = std::min(least, capacity / static_cast<double>(loads_[i]));
    }
    return least;
  }

 private:
  [[nodiscard]] int rank(int host, int channel) const {
    const auto& ranks = hosts_[static_cast<std::size_t>(host)].ranks;
    return ranks[static_cast<std::size_t>(channel) % ranks.size()];
  }

  const Topology& part_;
  const std::vector<nccl::Host>& hosts_;
  baselines::Router router_;
  std::vector<std::int64_t> loads_;
};

double ring_limit(const Topology& part, const std::vector<nccl::Host>& hosts, int channels) {
  Loads loads(part, hosts);
  const int count = static_cast<int>(hosts.size());
  for (int c = 0; c < channels; ++c) {
    for (int h = 0; h < count; ++h) loads.add(h, (h + 1) % count, c, 1);
  }
  return loads.rate() * channels;
}

// Half the channels on each tree; data go up and down every edge.
double tree_limit(const Topology& part, const std::vector<nccl::Host>& hosts, int channels) {
  Loads loads(part, hosts);
  const int pairs = std::max(1, channels);
  for (int c = 0; c < pairs; ++c) {
    for (const bool shifted : {false, true}) {
      const auto tree = baselines::place_tree(static_cast<int>(hosts.size()), shifted);
      for (const baselines::Edge& edge : tree.edges) {
        loads.add(edge.parent, edge.child, c, 1);
        loads.add(edge.child, edge.parent, c, 1);
      }
    }
  }
  return loads.rate() * 2 * pairs;
}

// Every rank sends to the one 2^s away the blocks that this distance brings: about N / 2^(s+1).
double pat_limit(const Topology& part, const std::vector<nccl::Host>& hosts) {
  Loads loads(part, hosts);
  const int count = static_cast<int>(hosts.size());
  for (int distance = 1; distance < count; distance *= 2) {
    const std::int64_t blocks = (count + distance - 1) / (2 * distance);
    for (int h = 0; h < count; ++h)
      loads.add(h, (h + distance) % count, 0, std::max<std::int64_t>(1, blocks));
  }
  return loads.rate() * count;
}

}  // namespace

Fabric fabric_limits(const Topology& part, const std::vector<nccl::Host>& hosts, int channels) {
  if (hosts.size() < 2) return {};
  return {.rings = ring_limit(part, hosts, channels),
          .trees = tree_limit(part, hosts, channels),
          .pat = pat_limit(part, hosts)};
}

}  // namespace pleach::tune
