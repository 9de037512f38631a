#include "compiler/tune/channels.hpp"

#include <algorithm>
#include <cmath>
#include <span>

namespace pleach::tune {
namespace {

// The rates that NCCL tries, by the oldest GPU (src/graph/search.cc).
constexpr double kIntra[] = {40, 30, 20, 18, 15, 12, 10, 9, 7, 6, 5, 4, 3};
constexpr double kInter[] = {48, 30, 28, 24, 20, 18,  15,  12,   10,  9,
                             7,  6,  5,  4,  3,  2.4, 1.2, 0.24, 0.12};
constexpr double kIntra90[] = {60, 50, 40, 30, 24, 20, 15, 12, 11, 6, 3};
constexpr double kInter90[] = {48, 45, 42, 40, 30,  24,  22,   20,  17.5,
                               15, 12, 6,  3,  2.4, 1.2, 0.24, 0.12};
constexpr double kIntra100[] = {90, 80, 70, 60, 50, 45, 40, 30, 24, 20, 19, 18};
constexpr double kInter100[] = {96,   48, 45.1, 42, 40, 30,  24,  22,   20,
                                17.5, 15, 12,   6,  3,  2.4, 1.2, 0.24, 0.12};
constexpr int kMostChannels = 32;  // half of MAXCHANNELS: NCCL doubles what it found

std::span<const double> rates_tried(int sm, bool inter) {
  if (sm >= 100) return inter ? std::span<const double>(kInter100) : kIntra100;
  if (sm >= 90) return inter ? std::span<const double>(kInter90) : kIntra90;
  return inter ? std::span<const double>(kInter) : kIntra;
}

int fits(double whole, double part) {
  return static_cast<int>(std::min(std::floor(whole / part), 1e6));
}

// How many channels of this rate the NICs take; each stays on one.
int fits_nics(const HostRates& host, double rate) {
  int count = 0;
  for (const double nic : host.nics) count += fits(nic, rate);
  return count;
}

// How many channels of this rate the rings take: each link so many, whole ones.
int fits_inside(const HostRates& host, double rate) {
  if (host.gpus == 1) return kMostChannels;
  constexpr double kRounding = 1e-9;
  return static_cast<int>(host.rings / host.narrowest * fits(host.narrowest, rate) + kRounding);
}

Channels search(const HostRates& host, int hosts) {
  Channels best;
  for (const double rate : rates_tried(host.sm, hosts > 1)) {
    if (best.count > 0 && rate / best.inter <= 0.49) break;
    int count = std::min(kMostChannels, fits_inside(host, rate));
    if (hosts > 1) count = std::min(count, fits_nics(host, rate));
    if (count * rate > best.count * best.inter) best = {count, rate, rate};
  }
  return best;
}

// Few fast channels become twice as many at half the rate.
Channels doubled(Channels channels, int sm) {
  if (channels.intra < 25 || (sm > 80 && channels.intra < 50 && channels.count > 4)) {
    return channels;
  }
  const int count = std::min(2 * channels.count, kMostChannels);
  const double share = count == channels.count ? 1 : 2;
  return {count, channels.intra / share, channels.inter / share};
}

// The fastest rate tried up to `most`, from `rate` on.
double raised(const HostRates& host, int hosts, double rate, double most) {
  for (const double tried : rates_tried(host.sm, hosts > 1)) {
    if (tried <= most) return std::max(rate, tried);
  }
  return rate;
}

}  // namespace

Channels ring_channels(const HostRates& host, int hosts) {
  return doubled(search(host, hosts), host.sm);
}

Channels tree_channels(const HostRates& host, int hosts) {
  Channels channels = ring_channels(host, hosts);
  if (hosts == 1 || channels.count == 0 || host.gpus == 1) return channels;
  // The way inside may be faster than the one between, up to twice.
  channels.intra = raised(host, hosts, channels.intra,
                          std::min(2 * channels.inter, host.rings / channels.count));
  return channels;
}

Channels nvls_channels(const HostRates& host, int hosts) {
  if (host.in_switch == 0 || host.sm < 90 || host.gpus < 2) return {};
  const int heads =
      hosts == 1 ? host.gpus : std::min(host.gpus, static_cast<int>(host.nics.size()));
  if (heads < 2) return {};
  // A channel's head sends and receives twice what the others do.
  const double one = host.in_switch / (heads + static_cast<double>(heads) / host.gpus);
  Channels channels;
  for (const double rate : rates_tried(host.sm, hosts > 1)) {
    if (rate > one || (hosts > 1 && fits_nics(host, rate) < heads)) continue;
    channels = {heads, rate, rate};
    break;
  }
  if (channels.count == 0) return {};
  double most = 2 * channels.intra;
  if (hosts > 1) most = std::min(most, *std::ranges::min_element(host.nics));
  channels.inter = raised(host, hosts, channels.inter, most);
  return channels;
}

}  // namespace pleach::tune
