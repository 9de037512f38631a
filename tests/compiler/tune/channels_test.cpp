#include "compiler/tune/channels.hpp"

#include <doctest/doctest.h>

namespace pleach::tune {
namespace {

// What NCCL 2.30's own search code gave for real machines (the rates of their links as it counts
// them): its ring graphs, "channels x GB/s".
TEST_CASE("rings on machines whose graphs are known") {
  const HostRates h200{.gpus = 8, .sm = 90, .rings = 370.8, .narrowest = 370.8, .in_switch = 370.8};
  CHECK(ring_channels(h200, 1) == Channels{12, 30, 30});
  const HostRates b200{
      .gpus = 8, .sm = 100, .rings = 721.8, .narrowest = 721.8, .in_switch = 721.8};
  CHECK(ring_channels(b200, 1) == Channels{16, 45, 45});
  // Four A100, each joined to each other by 4 links.
  const HostRates mesh{.gpus = 4, .sm = 80, .rings = 240, .narrowest = 80};
  CHECK(ring_channels(mesh, 1) == Channels{12, 20, 20});
  // 16 NICs of 180 Gb/s.
  HostRates rails = h200;
  rails.nics.assign(16, 22.5);
  CHECK(ring_channels(rails, 2) == Channels{16, 22, 22});
  const HostRates dgx1v{.gpus = 8, .sm = 70, .rings = 120, .narrowest = 20};
  CHECK(ring_channels(dgx1v, 1) == Channels{6, 20, 20});
}

TEST_CASE("between hosts each channel fits into one NIC, and the rings into the host") {
  HostRates host{.gpus = 8, .sm = 90, .rings = 370.8, .narrowest = 370.8};
  host.nics.assign(8, 50);
  // 8 x 48 would be more than the GPUs' 370.8.
  CHECK(ring_channels(host, 4) == Channels{8, 45, 45});
  host.nics.assign(1, 50);
  CHECK(ring_channels(host, 4) == Channels{2, 24, 24});
  host.nics = {50, 12};
  CHECK(ring_channels(host, 4) == Channels{2, 24, 24});  // 5 of 12 are tried too late
  host.nics.clear();
  CHECK(ring_channels(host, 4).count == 0);
}

TEST_CASE("one GPU on each host: only the NICs count") {
  const HostRates host{.gpus = 1, .sm = 90, .nics = {50}};
  CHECK(ring_channels(host, 8) == Channels{2, 24, 24});
  CHECK(tree_channels(host, 8) == Channels{2, 24, 24});
}

TEST_CASE("inside a host trees may be faster than between hosts, up to twice") {
  HostRates host{.gpus = 8, .sm = 80, .rings = 240, .narrowest = 240};
  host.nics.assign(8, 25);
  CHECK(ring_channels(host, 2) == Channels{8, 24, 24});
  CHECK(tree_channels(host, 2) == Channels{8, 30, 24});
  host.nics.assign(8, 12.5);
  CHECK(ring_channels(host, 2) == Channels{8, 12, 12});
  CHECK(tree_channels(host, 2) == Channels{8, 24, 12});
  CHECK(tree_channels(host, 1) == ring_channels(host, 1));
}

TEST_CASE("NVLS: a head for each GPU, or for each NIC; none without such switches") {
  HostRates host{.gpus = 8, .sm = 90, .rings = 370.8, .narrowest = 370.8, .in_switch = 370.8};
  CHECK(nvls_channels(host, 1) == Channels{8, 40, 60});
  host.nics.assign(8, 50);
  CHECK(nvls_channels(host, 2) == Channels{8, 40, 48});
  host.nics.assign(1, 50);
  CHECK(nvls_channels(host, 2).count == 0);
  host.in_switch = 0;
  CHECK(nvls_channels(host, 1).count == 0);
  host.in_switch = 370.8;
  host.sm = 80;
  CHECK(nvls_channels(host, 1).count == 0);
}

}  // namespace
}  // namespace pleach::tune
