#include "runtime/comm/rank_placement.hpp"

#include <algorithm>
#include <numeric>
#include <random>
#include <vector>

#include <doctest/doctest.h>

#include "compiler/plan/forest_shape.hpp"
#include "tests/runtime/comm/refusal.hpp"
#include "tests/support/sample_schedules.hpp"

namespace pleach {
namespace {

using testing::random_schedule;

using Identities = std::vector<RankIdentity>;

// A schedule for `labels.size()` GPUs with these labels, in order of rank.
Schedule labelled(const std::vector<Labels>& labels) {
  constexpr Collective collective = Collective::AllReduce;
  std::mt19937_64 random(7);
  Schedule schedule = random_schedule(collective, static_cast<int>(labels.size()), random);
  for (std::size_t r = 0; r < labels.size(); ++r) {
    schedule.topology.nodes[index(schedule.topology.ranks[r])].labels = labels[r];
  }
  return schedule;
}

Labels at(const std::string& host, const std::string& pci = "") {
  Labels labels = {{"host", host}};
  if (!pci.empty()) labels["pci"] = pci;
  return labels;
}

std::string id_of(const Schedule& schedule, int rank) {
  return schedule.topology.node(schedule.topology.ranks[rank]).id;
}

// The schedule's ranks by the communicator's.
std::vector<int> placed(const Schedule& schedule, const Identities& identities) {
  const Schedule after = place_ranks(schedule, identities);
  std::vector<int> ranks;
  for (const NodeId node : after.topology.ranks) {
    const auto& before = schedule.topology.ranks;
    ranks.push_back(static_cast<int>(std::ranges::find(before, node) - before.begin()));
  }
  return ranks;
}

std::string refusal(const Schedule& schedule, const Identities& identities) {
  return testing::refusal_of(CommError::Kind::InvalidUsage,
                             [&] { (void)place_ranks(schedule, identities); });
}

TEST_CASE("PCI bus ids in every writing") {
  CHECK(parse_pci("0000:1b:00.0") == parse_pci("00000000:1B:00.0"));
  CHECK(parse_pci("1b:00.0") == parse_pci("0000:1b:00.0"));
  CHECK(parse_pci("0:1b:0.0") == parse_pci("0000:1b:00.0"));
  CHECK(parse_pci("0001:1b:00.0") != parse_pci("0000:1b:00.0"));
  CHECK(parse_pci("0000:1b:00.1") != parse_pci("0000:1b:00.0"));
  CHECK(parse_pci("0000:1b:01.0") != parse_pci("0000:1b:00.0"));
  for (const char* const text : {"", "gpu0", "0000:1b:00", "1b", "0000:1b:00.8", "0000:1b:20.0",
                                 "0000:1bb:00.0", "0000:1b:00.0 ", "0000:1b:00.00", ":1b:00.0",
                                 "1:0000:1b:00.0", "0000:-1:00.0", "000000000:1b:00.0"}) {
    CHECK_MESSAGE(!parse_pci(text), text);
  }
}

TEST_CASE("without labels rank r is the schedule's rank r") {
  const Schedule schedule = labelled({{}, {{"rack", "r7"}}, {}});
  CHECK(place_ranks(schedule, Identities(3, {.host = "a", .pci = ""})) == schedule);
}

TEST_CASE("nor with them, when all ranks want it so") {
  const Schedule schedule = labelled({at("a"), at("b"), at("c", "rubbish")});
  CHECK(place_ranks(schedule, Identities(3)) == schedule);
  const std::string said = refusal(schedule, {{.host = "a", .pci = ""}, {}, {}});
  CHECK(said.find("PLEACH_PLACEMENT is rank on rank 1 and not on rank 0") != std::string::npos);
}

TEST_CASE("by host name, in order within a host") {
  const Schedule schedule = labelled({at("n1"), at("n0"), at("n1"), at("n0.cluster")});
  const Identities identities = {{.host = "N0", .pci = ""},
                                 {.host = "n0", .pci = ""},
                                 {.host = "n1.cluster", .pci = ""},
                                 {.host = "n1", .pci = ""}};
  CHECK(placed(schedule, identities) == std::vector<int>{1, 3, 0, 2});
}

TEST_CASE("by PCI bus id where both have one") {
  const Schedule schedule =
      labelled({at("n0", "0000:1b:00.0"), at("n0", "0000:3d:00.0"), at("n0"), at("n1")});
  CHECK(placed(schedule, {{.host = "n0", .pci = ""},
                          {.host = "n0", .pci = "00000000:3D:00.0"},
                          {.host = "n1", .pci = "0000:ff:00.0"},
                          {.host = "n0", .pci = "1b:00.0"}}) == std::vector<int>{2, 1, 3, 0});
}

TEST_CASE("by PCI bus id alone, within one host") {
  const Schedule schedule = labelled({{{"pci", "0000:1b:00.0"}}, {{"pci", "0000:3d:00.0"}}});
  CHECK(placed(schedule, {{.host = "x", .pci = "0000:3d:00.0"},
                          {.host = "x", .pci = "0000:1b:00.0"}}) == std::vector<int>{1, 0});
}

TEST_CASE("a placed schedule is the same one with other numbers") {
  std::mt19937_64 random(11);
  for (const Collective collective : kCollectives) {
    for (int round = 0; round < 20; ++round) {
      const int ranks = 2 + static_cast<int>(random() % 7);
      std::vector<int> order(ranks);
      std::iota(order.begin(), order.end(), 0);
      std::ranges::shuffle(order, random);
      Schedule schedule = random_schedule(collective, ranks, random);
      Identities identities(ranks);
      for (int r = 0; r < ranks; ++r) {
        const std::string host = "h" + std::to_string(order[r]);
        schedule.topology.nodes[index(schedule.topology.ranks[order[r]])].labels = at(host);
        identities[r].host = host;
      }
      const Schedule after = place_ranks(schedule, identities);
      CHECK(shape_of(after).ok());
      for (int r = 0; r < ranks; ++r) {
        CHECK(after.topology.ranks[r] == schedule.topology.ranks[order[r]]);
      }
      REQUIRE(after.broadcast_trees.size() == schedule.broadcast_trees.size());
      for (std::size_t i = 0; i < after.broadcast_trees.size(); ++i) {
        CHECK(id_of(after, after.broadcast_trees[i].root) ==
              id_of(schedule, schedule.broadcast_trees[i].root));
        CHECK(after.broadcast_trees[i].routes == schedule.broadcast_trees[i].routes);
      }
      for (std::size_t i = 0; i < after.reduce_trees.size(); ++i) {
        CHECK(id_of(after, after.reduce_trees[i].root) ==
              id_of(schedule, schedule.reduce_trees[i].root));
      }
      CHECK(after.routes == schedule.routes);
      CHECK(after.topology.links == schedule.topology.links);
    }
  }
}

TEST_CASE("what does not match is named on both sides, all of it at once") {
  const Schedule schedule = labelled({at("n0"), at("n0"), at("n1"), at("n2")});
  const std::string said = refusal(schedule, {{.host = "n0", .pci = ""},
                                              {.host = "n7", .pci = ""},
                                              {.host = "n1", .pci = ""},
                                              {.host = "n1", .pci = ""}});
  const auto has = [&](const std::string& words) {
    CHECK_MESSAGE(said.find(words) != std::string::npos, said);
  };
  has("rank 0 runs on host n0, where the schedule has " + id_of(schedule, 0) + ", " +
      id_of(schedule, 1));
  has("rank 1 runs on host n7, and the schedule is for hosts n0, n1, n2");
  has("ranks 2, 3 run on host n1, where the schedule has " + id_of(schedule, 2));
  has("PLEACH_PLACEMENT=rank");
}

TEST_CASE("of many mistakes the first are told") {
  std::vector<Labels> labels;
  Identities identities;
  for (int r = 0; r < 20; ++r) {
    labels.push_back(at("n" + std::to_string(r)));
    identities.push_back({.host = "m" + std::to_string(r), .pci = ""});
  }
  const std::string said = refusal(labelled(labels), identities);
  CHECK_MESSAGE(said.find("rank 7 runs on host m7") != std::string::npos, said);
  CHECK_MESSAGE(said.find("rank 8 runs") == std::string::npos, said);
  CHECK_MESSAGE(said.find("; and 12 more") != std::string::npos, said);
}

TEST_CASE("a PCI device that is none of the host's, or one of two ranks") {
  const Schedule schedule = labelled({at("n0", "0000:1b:00.0"), at("n0", "0000:3d:00.0")});
  CHECK(
      refusal(schedule,
              {{.host = "n0", .pci = "0000:1b:00.0"}, {.host = "n0", .pci = "0000:4e:00.0"}})
          .find("rank 1 runs on host n0 with PCI device 0000:4e:00.0, and the schedule has there " +
                id_of(schedule, 0) + " (0000:1b:00.0), " + id_of(schedule, 1) +
                " (0000:3d:00.0)") != std::string::npos);
  CHECK(
      refusal(schedule, {{.host = "n0", .pci = "0000:1b:00.0"}, {.host = "n0", .pci = "0:1b:00.0"}})
          .find("which is " + id_of(schedule, 0) + ", and so does rank 0") != std::string::npos);
}

TEST_CASE("labels that can not be used") {
  CHECK(refusal(labelled({at("n0"), {}}), Identities(2, {.host = "n0", .pci = ""}))
            .find("has no label \"host\", and other GPUs have one") != std::string::npos);
  CHECK(refusal(labelled({at("n0", "slot 3"), at("n0")}), Identities(2, {.host = "n0", .pci = ""}))
            .find("is \"slot 3\", not a PCI bus id") != std::string::npos);
}

}  // namespace
}  // namespace pleach
