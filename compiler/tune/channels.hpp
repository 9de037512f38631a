// What NCCL's own graph search finds on a host: how many channels, and how fast each is.
//
// NCCL tries rates from a fixed list, the fastest first, and packs as many channels of that rate as
// fit; it keeps the most it found and gives up below half the rate (src/graph/search.cc of 2.28 to
// 2.30). The channels then go into its timing model. Packing is modelled here by counting what fits
// into the rate of a host's rings and into its NICs, which is what the search comes to on hosts
// with switches and on meshes of equal links.
#pragma once

#include <vector>

namespace pleach::tune {

// GB/s, as NCCL counts them.
struct HostRates {
  int gpus = 1;
  int sm = 90;                    // compute capability times 10, the least among the GPUs
  int newest_sm = 90;             // the greatest
  double rings = 0;               // what rings through all GPUs carry together; 0 with one GPU
  double narrowest = 0;           // the narrowest scale-up link, which a channel must fit into
  double in_switch = 0;           // of a GPU to switches that copy and add; 0 without
  std::vector<double> nics = {};  // each way out of the host
  bool operator==(const HostRates&) const = default;
};

struct Channels {
  int count = 0;
  double intra = 0;  // GB/s of one channel, inside the host and between hosts
  double inter = 0;
  bool operator==(const Channels&) const = default;
};

// Needs: more than one GPU, or several hosts with NICs. `hosts`: how many.
[[nodiscard]] Channels ring_channels(const HostRates& host, int hosts);
[[nodiscard]] Channels tree_channels(const HostRates& host, int hosts);
// No channels where the switches can not, or GPUs are older than Hopper.
[[nodiscard]] Channels nvls_channels(const HostRates& host, int hosts);

}  // namespace pleach::tune
