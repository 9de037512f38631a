#include "compiler/tune/fabric_limits.hpp"

#include <algorithm>
#include <cstdint>
#include <vector>

#include "compiler/tune/short_routes.hpp"

namespace pleach::tune {
namespace {

// Loads of links, in shares of what one channel carries.
class Loads {
 public:
  Loads(const Topology& part, const std::vector<nccl::Host>& hosts)
      : part_(part), hosts_(hosts), routes_(part), loads_(part.links.size()) {}

  // `weight` of the channel's data go from host to host.
  void add(int from, int to, int channel, std::int64_t weight) {
    for (const LinkId link : routes_.find(gpu(from, channel), gpu(to, channel), loads_)) {
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
  [[nodiscard]] NodeId gpu(int host, int channel) const {
    const auto& ranks = hosts_[static_cast<std::size_t>(host)].ranks;
    const int rank = ranks[static_cast<std::size_t>(channel) % ranks.size()];
    return part_.ranks[static_cast<std::size_t>(rank)];
  }

  const Topology& part_;
  const std::vector<nccl::Host>& hosts_;
  ShortRoutes routes_;
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

// The host above another in NCCL's binary tree over `count` hosts, whose root is host 0; every
// other one hangs below the neighbour that its lowest set bit leads to (src/graph/trees.cc).
int parent_of(int host, int count) {
  const int lowest = host & -host;
  const int above = (host ^ lowest) | (lowest << 1);
  return above < count ? above : host ^ lowest;
}

// Half the channels on each of two trees; data go up and down every edge. The second is the first
// one place on or, with an even number of hosts, read backwards.
double tree_limit(const Topology& part, const std::vector<nccl::Host>& hosts, int channels) {
  Loads loads(part, hosts);
  const int count = static_cast<int>(hosts.size());
  const auto other = [&](int host) {
    return count % 2 == 0 ? count - 1 - host : (host + 1) % count;
  };
  for (int c = 0; c < channels; ++c) {
    for (int h = 1; h < count; ++h) {
      const int above = parent_of(h, count);
      loads.add(h, above, c, 1);
      loads.add(above, h, c, 1);
      loads.add(other(h), other(above), c, 1);
      loads.add(other(above), other(h), c, 1);
    }
  }
  return loads.rate() * 2 * channels;
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
