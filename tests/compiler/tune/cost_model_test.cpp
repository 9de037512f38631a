#include "compiler/tune/cost_model.hpp"

#include <doctest/doctest.h>

namespace pleach::tune {
namespace {

using nccl::Algorithm;
using nccl::Protocol;

constexpr std::uint64_t kGiB = std::uint64_t{1} << 30U;

Cluster one_h200() {
  Cluster cluster{
      .hosts = 1,
      .host = {.gpus = 8, .sm = 90, .rings = 370.8, .narrowest = 370.8, .in_switch = 370.8}};
  cluster.ring = cluster.tree = {12, 30, 30};
  cluster.nvls = {8, 40, 60};
  return cluster;
}

Cluster four_a100() {
  Cluster cluster{.hosts = 4,
                  .host = {.gpus = 8, .sm = 80, .newest_sm = 80, .rings = 240, .narrowest = 240}};
  cluster.host.nics.assign(8, 25);
  cluster.ring = {8, 24, 24};
  cluster.tree = {8, 30, 24};
  return cluster;
}

// The prediction beside latency + bytes / bandwidth as worked out by hand, in GB/s.
void check_time(const Cluster& cluster,
                Collective collective,
                Algorithm algorithm,
                Protocol protocol,
                std::uint64_t bytes,
                double latency,
                double algbw) {
  CAPTURE(nccl::name_of(algorithm));
  CAPTURE(nccl::name_of(protocol));
  CAPTURE(name_of(collective));
  const auto time = predict_us(cluster, collective, algorithm, protocol, bytes);
  REQUIRE(time);
  CHECK(*time ==
        doctest::Approx(latency + static_cast<double>(bytes) / (1000 * algbw)).epsilon(1e-9));
}

TEST_CASE("one host: rings by hand") {
  const Cluster host = one_h200();
  const auto all_reduce = Collective::AllReduce;
  check_time(host, all_reduce, Algorithm::Ring, Protocol::Simple, kGiB, 8.4 + 14 * 3.4,
             360 * 8. / 14);
  // Flags take half; 141 GB/s is what LL reaches on Hopper.
  check_time(host, all_reduce, Algorithm::Ring, Protocol::Ll, 65536, 6.6 + 14 * 0.6, 141 * 8. / 14);
  check_time(host, all_reduce, Algorithm::Ring, Protocol::Ll128, 1 << 20, 14 + 14 * 1.9,
             360 * .92 * 8 / 14);
  check_time(host, Collective::AllGather, Algorithm::Ring, Protocol::Simple, kGiB, 8.4 + 7 * 3.4,
             360 * 8. / 7);
  check_time(host, Collective::Broadcast, Algorithm::Ring, Protocol::Simple, kGiB, 8.4 + 3.4, 360);
}

TEST_CASE("one host: trees and sums in the switches by hand") {
  const Cluster host = one_h200();
  // The correction at 1 GiB is 1; at 1 MiB (2^14 times 64 bytes) it is 0.5.
  check_time(host, Collective::AllReduce, Algorithm::Tree, Protocol::Simple, kGiB,
             8.4 + 2 * 7 * 4.0, 360 * .92 / 2);
  check_time(host, Collective::AllReduce, Algorithm::Tree, Protocol::Simple, 1 << 20,
             8.4 + 2 * 7 * 4.0, 360 * .92 / 2 * .5);
  check_time(host, Collective::AllReduce, Algorithm::Nvls, Protocol::Simple, kGiB, 25,
             8 * (40 * .85 * 7 / 8 * 2) * 8 / 14);
  check_time(host, Collective::AllGather, Algorithm::Nvls, Protocol::Simple, kGiB, 25,
             8 * (40 * .85 * 7 / 8 * 7 / 8));
}

TEST_CASE("several hosts by hand") {
  const Cluster hosts = four_a100();
  // 62 steps, 6 of them between hosts; above the plateau the latency counts 1.4 times.
  check_time(hosts, Collective::AllReduce, Algorithm::Ring, Protocol::Simple, kGiB,
             1.4 * (8.4 + 56 * 3.4 + 6 * 14.0), 192 * 32. / 62);
  check_time(hosts, Collective::AllReduce, Algorithm::Ring, Protocol::Simple, 2 * 8 * 32 * 64 - 1,
             8.4 + 56 * 3.4 + 6 * 14.0, 192 * 32. / 62);
  check_time(hosts, Collective::AllGather, Algorithm::Ring, Protocol::Ll, 65536,
             6.6 + 28 * 1.0 + 3 * 2.7, 20.4 * 32 / 31);
  // 8 channels of at most 17.8 GB/s.
  check_time(hosts, Collective::AllReduce, Algorithm::Tree, Protocol::Simple, kGiB,
             8.4 + 2 * (7 * 4.0 + 2 * 14), 8 * 17.8 / 2);
}

TEST_CASE("AMD's processors post more slowly and take LL at another rate") {
  Cluster hosts = four_a100();
  hosts.amd = true;
  check_time(hosts, Collective::AllGather, Algorithm::Ring, Protocol::Ll, 65536,
             6.6 + 28 * 2.0 + 3 * 2.7, 19.0 * 32 / 31);
}

TEST_CASE("the links between hosts limit what flags and data come to together") {
  Cluster hosts = four_a100();
  hosts.fabric = {.rings = 10, .trees = 5, .pat = 1};
  const double latency = 1.4 * (8.4 + 56 * 3.4 + 6 * 14.0);
  check_time(hosts, Collective::AllReduce, Algorithm::Ring, Protocol::Simple, kGiB, latency,
             10 * 32. / 62);
  check_time(hosts, Collective::AllReduce, Algorithm::Ring, Protocol::Ll128, kGiB,
             14 + 56 * 1.9 + 6 * 4.0, 10 * 120. / 128 * 32 / 62);
  check_time(hosts, Collective::AllReduce, Algorithm::Tree, Protocol::Ll, kGiB,
             6.8 + 2 * (7 * 0.6 + 2 * 5.0), 2.5);
}

TEST_CASE("one GPU on each host has PAT, and trees' latency between hosts") {
  Cluster hosts{.hosts = 16, .host = {.gpus = 1, .sm = 90, .nics = {50}}};
  hosts.ring = hosts.tree = {2, 24, 24};
  check_time(hosts, Collective::AllGather, Algorithm::Pat, Protocol::Simple, kGiB,
             8.0 + 4 * 14 / 3.5 + 16 * 2.8, 48 * .75);
  check_time(hosts, Collective::AllGather, Algorithm::Ring, Protocol::Ll, 65536, 6.6 + 15 * 5.0,
             20.4 * 16 / 15);
  CHECK(!predict_us(hosts, Collective::AllReduce, Algorithm::Pat, Protocol::Simple, 1024));
}

TEST_CASE("what NCCL does not offer has no time") {
  const Cluster host = one_h200();
  const Cluster hosts = four_a100();
  for (const Collective collective : kCollectives) {
    for (const Protocol protocol : nccl::kProtocols) {
      CHECK(!predict_us(host, collective, Algorithm::CollNetDirect, protocol, 1024));
      CHECK(!predict_us(hosts, collective, Algorithm::CollNetChain, protocol, 1024));
      CHECK(!predict_us(host, collective, Algorithm::NvlsTree, protocol, 1024));
      CHECK(!predict_us(hosts, collective, Algorithm::Nvls, protocol, 1024));
      CHECK(!predict_us(host, collective, Algorithm::Pat, protocol, 1024));
      CHECK(predict_us(host, collective, Algorithm::Ring, protocol, 1024));
      CHECK(predict_us(host, collective, Algorithm::Tree, protocol, 1024).has_value() ==
            (collective == Collective::AllReduce));
    }
    CHECK(!predict_us(host, collective, Algorithm::Nvls, Protocol::Ll, 1024));
  }
  Cluster without = hosts;
  without.ring = {};
  CHECK(!predict_us(without, Collective::AllReduce, Algorithm::Ring, Protocol::Ll, 1024));
}

TEST_CASE("LL128: from Volta on, and of older GPUs than Hopper all of one kind") {
  Cluster hosts = four_a100();
  const auto offered = [&](int sm, int newest) {
    hosts.host.sm = sm;
    hosts.host.newest_sm = newest;
    const auto time =
        predict_us(hosts, Collective::AllReduce, Algorithm::Ring, Protocol::Ll128, 1024);
    return time.has_value();
  };
  CHECK(offered(80, 80));
  CHECK(offered(70, 70));
  CHECK(offered(90, 100));
  CHECK(!offered(80, 90));
  CHECK(!offered(60, 60));
}

TEST_CASE("latency alone is the time of nothing") {
  for (const Cluster& cluster : {one_h200(), four_a100()}) {
    for (const Algorithm algorithm : nccl::kAlgorithms) {
      for (const Protocol protocol : nccl::kProtocols) {
        const auto none = predict_us(cluster, Collective::AllReduce, algorithm, protocol, 0);
        CHECK(predict_latency_us(cluster, Collective::AllReduce, algorithm, protocol) == none);
      }
    }
  }
}

}  // namespace
}  // namespace pleach::tune
