#include "runtime/comm/rails.hpp"

#include <algorithm>
#include <random>
#include <set>
#include <utility>

#include <doctest/doctest.h>

#include "compiler/plan/lower_plan.hpp"
#include "tests/runtime/comm/refusal.hpp"
#include "tests/support/sample_schedules.hpp"

namespace pleach {
namespace {

using testing::binary;
using testing::chain;
using testing::random_placement;
using testing::random_schedule;
using testing::uniform_schedule;

using Rails = std::vector<std::vector<std::string>>;

// Every rank gets `nics` NICs; from rank a to rank b data leaves and arrives through number
// (a + b) % nics.
//
//   gpu a - nic a.k - switch - nic b.k - gpu b        k = (a + b) % nics
Schedule with_nics(Schedule schedule, int nics) {
  Topology& topology = schedule.topology;
  const auto ranks = rank_of_node(topology);
  const int first = static_cast<int>(topology.nodes.size());
  for (std::size_t rank = 0; rank < topology.num_ranks(); ++rank) {
    for (int nic = 0; nic < nics; ++nic) {
      topology.nodes.push_back(
          {.id = "nic" + std::to_string(rank) + "." + std::to_string(nic), .type = NodeType::Nic});
    }
  }
  for (Route& route : schedule.routes) {
    const int from = *ranks[index(route.front())];
    const int to = *ranks[index(route.back())];
    const int nic = (from + to) % nics;
    route = {route.front(), NodeId{first + from * nics + nic}, NodeId{0},
             NodeId{first + to * nics + nic}, route.back()};
  }
  return schedule;
}

Plan lowered(const Schedule& schedule, const Placement& placement) {
  const auto plan = lower_plan(schedule, {.count = 1000, .placement = placement});
  REQUIRE(plan.ok());
  return plan.value();
}

// Every rank is a host.
Placement all_apart(int ranks) {
  Placement placement;
  for (int rank = 0; rank < ranks; ++rank) {
    placement.host.push_back(rank);
    placement.process.push_back(rank);
  }
  return placement;
}

Rails rails_of(int ranks, int each) {
  std::vector<std::string> names;
  for (int rail = 0; rail < each; ++rail) names.push_back("tcp 10.0.0." + std::to_string(rail));
  return Rails(ranks, names);
}

// The NICs that the routes of `schedule` use at `rank`, where they cross hosts.
std::set<int> nics_used(const Schedule& schedule, const Placement& placement, int rank, int nics) {
  std::set<int> used;
  const auto ranks = rank_of_node(schedule.topology);
  for (const Route& route : schedule.routes) {
    const int from = *ranks[index(route.front())];
    const int to = *ranks[index(route.back())];
    if (placement.between(from, to) != Reach::Network) continue;
    if (from == rank || to == rank) used.insert((from + to) % nics);
  }
  return used;
}

void check_paths(const Schedule& schedule, const Placement& placement, int nics, int rails) {
  const Plan plan = lowered(schedule, placement);
  for (int rank = 0; rank < plan.ranks; ++rank) {
    const NetworkUse use = network_use(schedule, plan, rank, rails_of(plan.ranks, rails));
    REQUIRE(use.paths.size() == plan.ops.size());
    std::set<int> receivers;
    std::set<int> senders;
    for (std::size_t i = 0; i < plan.ops.size(); ++i) {
      const NodeOp& op = plan.ops[i];
      if (op.kind != NodeOp::Kind::Send) continue;
      const int to = op.destinations[0].rank;
      if (op.rank != rank && to != rank) continue;
      const int peer = op.rank == rank ? to : op.rank;
      (op.rank == rank ? receivers : senders).insert(peer);
      const auto rail_at = [&](int end) {
        const std::set<int> used = nics_used(schedule, placement, end, nics);
        if (rails == 1 || used.size() == 1) return 0;
        return static_cast<int>(std::distance(used.begin(), used.find((rank + peer) % nics)));
      };
      CHECK(use.paths[i].peer == peer);
      CHECK(use.paths[i].local_rail == rail_at(rank));
      CHECK(use.paths[i].peer_rail == rail_at(peer));
    }
    const auto peers_of = [](const std::vector<Transport::Path>& paths) {
      std::vector<int> peers;
      for (const Transport::Path& path : paths) peers.push_back(path.peer);
      return peers;
    };
    CHECK(peers_of(use.receivers) == std::vector<int>(receivers.begin(), receivers.end()));
    CHECK(peers_of(use.senders) == std::vector<int>(senders.begin(), senders.end()));
  }
}

TEST_CASE("without a network there is nothing to use") {
  const Schedule schedule = uniform_schedule(Collective::AllReduce, 3, chain);
  const NetworkUse use = network_use(schedule, lowered(schedule, {}), 0, {});
  CHECK(use.paths.empty());
  CHECK(use.receivers.empty());
  CHECK(use.senders.empty());
}

TEST_CASE("a chain over two NICs, by hand") {
  //  0 -> 1 -> 2: from 0 to 1 by number 1, from 1 to 2 by number 1 of 1 and 2, from 0 to 2 by 0
  const Schedule schedule = with_nics(
      testing::make_schedule(Collective::Broadcast, 3, {}, {chain(3, 0, Rational(1))}), 2);
  const Placement placement = all_apart(3);
  const Plan plan = lowered(schedule, placement);
  const NetworkUse use = network_use(schedule, plan, 1, rails_of(3, 2));
  REQUIRE(use.receivers.size() == 1);
  CHECK(use.receivers[0].peer == 2);
  REQUIRE(use.senders.size() == 1);
  CHECK(use.senders[0].peer == 0);
  CHECK(use.senders[0].peer_rail == 1);
  // Rank 1 sends to 0 and 2 by its number 1 alone: one NIC node, so the first rail.
  CHECK(use.senders[0].local_rail == 0);
  CHECK(use.receivers[0].local_rail == 0);
  CHECK(use.receivers[0].peer_rail == 1);
}

TEST_CASE("the rails that routes name, for one and two NICs, and one rail for all") {
  std::mt19937_64 random(8);
  for (const Collective collective : kCollectives) {
    for (const int nics : {1, 2, 3}) {
      for (const int ranks : {2, 5, 8}) {
        check_paths(with_nics(uniform_schedule(collective, ranks, binary), nics), all_apart(ranks),
                    nics, nics);
        const Schedule schedule = with_nics(random_schedule(collective, ranks, random), nics);
        check_paths(schedule, all_apart(ranks), nics, nics);
        check_paths(schedule, random_placement(ranks, random), nics, nics);
        check_paths(schedule, all_apart(ranks), nics, 1);
      }
    }
  }
}

// The NICs of `rank` are the domains eth<nics - 1> … eth0: not in the order of the file.
void give_domains(Schedule& schedule, int rank, int nics) {
  for (Node& node : schedule.topology.nodes) {
    for (int nic = 0; nic < nics; ++nic) {
      if (node.id != "nic" + std::to_string(rank) + "." + std::to_string(nic)) continue;
      node.labels = {{"domain", "eth" + std::to_string(nics - 1 - nic)}};
    }
  }
}

TEST_CASE("a NIC with a domain is the rail of that name, whatever the order") {
  Schedule schedule = with_nics(uniform_schedule(Collective::AllReduce, 6, binary), 3);
  for (int rank = 0; rank < 6; ++rank) give_domains(schedule, rank, 3);
  const Plan plan = lowered(schedule, all_apart(6));
  const Rails rails(6, {"tcp lo 127.0.0.1", "tcp eth0 10.0.0.1", "tcp eth1 10.0.1.1", "tcp eth2"});
  const NetworkUse use = network_use(schedule, plan, 2, rails);
  int sends = 0;
  for (std::size_t i = 0; i < plan.ops.size(); ++i) {
    if (plan.ops[i].kind != NodeOp::Kind::Send || plan.ops[i].rank != 2) continue;
    const int nic = (2 + plan.ops[i].destinations[0].rank) % 3;
    CHECK(use.paths[i].local_rail == 1 + 2 - nic);
    CHECK(use.paths[i].peer_rail == 1 + 2 - nic);
    ++sends;
  }
  CHECK(sends > 0);
}

TEST_CASE("an address is as good as a domain, and the NIC need not be next to the GPU") {
  Schedule schedule = with_nics(
      testing::make_schedule(Collective::Broadcast, 2, {}, {chain(2, 0, Rational(1))}), 2);
  // gpu 0 - card 0 - nic 0.1 - switch - nic 1.1 - gpu 1
  schedule.topology.nodes.push_back({.id = "card", .type = NodeType::Switch});
  Route& route = schedule.routes[0];
  route.insert(route.begin() + 1, NodeId{static_cast<int>(schedule.topology.nodes.size()) - 1});
  schedule.topology.nodes[index(route[2])].labels = {{"domain", "10.0.1.1"}};
  const Plan plan = lowered(schedule, all_apart(2));
  const NetworkUse use =
      network_use(schedule, plan, 0, Rails(2, {"tcp eth0 10.0.0.1", "tcp eth1 10.0.1.1"}));
  REQUIRE(use.receivers.size() == 1);
  CHECK(use.receivers[0].local_rail == 1);
  CHECK(use.receivers[0].peer_rail == 0);
}

TEST_CASE("a domain that is no rail: the message names both") {
  Schedule schedule = with_nics(uniform_schedule(Collective::AllReduce, 3, chain), 1);
  give_domains(schedule, 1, 1);
  const Plan plan = lowered(schedule, all_apart(3));
  const std::string said = testing::refusal_of(CommError::Kind::InvalidUsage, [&] {
    (void)network_use(schedule, plan, 0, Rails(3, {"tcp eth1 10.0.0.1"}));
  });
  CHECK_MESSAGE(said.find("domain eth0 of rank 1 (nic1.0), which has 1 rail (tcp eth1 10.0.0.1)") !=
                    std::string::npos,
                said);
}

TEST_CASE("fewer rails than NICs: the message names both") {
  const Schedule schedule = with_nics(uniform_schedule(Collective::AllReduce, 6, binary), 3);
  const Plan plan = lowered(schedule, all_apart(6));
  Rails rails = rails_of(6, 3);
  rails[4].pop_back();
  const std::string said = testing::refusal_of(
      CommError::Kind::InvalidUsage, [&] { (void)network_use(schedule, plan, 0, rails); });
  CHECK_MESSAGE(said.find("3 NICs of rank 4 (nic4.0, nic4.1, nic4.2)") != std::string::npos, said);
  CHECK_MESSAGE(said.find("2 rails (tcp 10.0.0.0, tcp 10.0.0.1)") != std::string::npos, said);
  CHECK_MESSAGE(said.find("PLEACH_FABRIC_RAILS") != std::string::npos, said);
}

}  // namespace
}  // namespace pleach
