// What the C interface refuses, and how it says so.
#include <cstdlib>
#include <limits>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "compiler/ir/schedule_json.hpp"
#include "compiler/topology/digest.hpp"
#include "tests/runtime/comm/c_ranks.hpp"
#include "tests/support/sample_schedules.hpp"

namespace pleach {
namespace {

using testing::contains;
using testing::load_all;
using testing::Machine;
using testing::machine_named;

// All ranks in this thread, with the schedules of `name`.
struct Group {
  explicit Group(const std::string& name) : machine(machine_named(name)), comms(machine.ranks) {
    REQUIRE(pleachCommInitAll(comms.data(), machine.ranks, nullptr) == pleachSuccess);
    REQUIRE(pleachGroupStart() == pleachSuccess);
    for (pleachComm_t const comm : comms) REQUIRE(load_all(comm, machine) == "");
    REQUIRE(pleachGroupEnd() == pleachSuccess);
  }
  ~Group() {
    for (pleachComm_t const comm : comms) (void)pleachCommDestroy(comm);
  }
  Group(const Group&) = delete;
  Group& operator=(const Group&) = delete;

  Machine machine;
  std::vector<pleachComm_t> comms;
};

TEST_CASE("arguments that are none are refused in words, and the communicator stays good") {
  const Group group("made-3-1");
  pleachComm_t const comm = group.comms[0];
  std::vector<float> data(12, 1.0F);
  float* const at = data.data();
  const auto refused = [&](pleachResult_t result, const std::string& words) {
    CHECK(result == pleachInvalidArgument);
    CHECK_MESSAGE(contains(pleachGetLastError(comm), words), pleachGetLastError(comm));
  };
  refused(pleachAllReduce(at, at, 3, static_cast<pleachDataType_t>(77), pleachSum, comm, nullptr),
          "77 is no pleachDataType_t");
  refused(pleachAllReduce(at, at, 3, pleachFloat32, static_cast<pleachRedOp_t>(7), comm, nullptr),
          "7 is no pleachRedOp_t");
  refused(pleachAllReduce(at, at, 3, pleachFloat32, pleachSum, comm, &data), "stream");
  refused(pleachAllReduce(nullptr, at, 3, pleachFloat32, pleachSum, comm, nullptr), "is null");
  refused(pleachAllReduce(at, nullptr, 3, pleachFloat32, pleachSum, comm, nullptr), "is null");
  refused(pleachBroadcast(at, at, 3, pleachFloat32, 3, comm, nullptr), "root 3 is no rank");
  refused(pleachReduce(at, at, 3, pleachFloat32, pleachSum, -1, comm, nullptr), "root -1");
  refused(pleachAllGather(at, at, std::numeric_limits<std::size_t>::max(), pleachFloat32, comm,
                          nullptr),
          "more than memory can hold");
  refused(pleachPlanLoad(comm, "/no/such/file.json"), "/no/such/file.json");
  refused(pleachPlanLoad(comm, nullptr), "NULL");
  refused(pleachPlanLoadBytes(comm, "{]", 2), "schedule:1");
  refused(pleachPlanInfo(comm, pleachCollAllReduce, -1, nullptr), "NULL");
  pleachResult_t known = pleachInternalError;
  CHECK(pleachCommGetAsyncError(comm, &known) == pleachSuccess);
  CHECK(known == pleachSuccess);
  std::vector<std::vector<float>> values(3, std::vector<float>(10, 2.0F));
  (void)pleachGroupStart();
  for (int rank = 0; rank < 3; ++rank) {
    CHECK(pleachAllReduce(values[rank].data(), values[rank].data(), 10, pleachFloat32, pleachSum,
                          group.comms[rank], nullptr) == pleachSuccess);
  }
  CHECK(pleachGroupEnd() == pleachSuccess);
  CHECK(values[2] == std::vector<float>(10, 6.0F));
}

// Two ranks of one machine that say where they are.
struct PlacedPair {
  PlacedPair(const char* first_host, const char* second_host, const std::string& schedule) {
    const pleachUniqueId id = testing::new_id();
    REQUIRE(pleachGroupStart() == pleachSuccess);
    for (int rank = 0; rank < 2; ++rank) {
      pleachConfig_t config = PLEACH_CONFIG_INITIALIZER;
      config.hostName = rank == 0 ? first_host : second_host;
      REQUIRE(pleachCommInitRankConfig(&comms[rank], 2, id, rank, &config) == pleachSuccess);
    }
    REQUIRE(pleachGroupEnd() == pleachSuccess);
    REQUIRE(pleachGroupStart() == pleachSuccess);
    for (pleachComm_t const comm : comms) {
      (void)pleachPlanLoadBytes(comm, schedule.data(), schedule.size());
    }
    loaded = pleachGroupEnd();
  }
  ~PlacedPair() {
    for (pleachComm_t const comm : comms) (void)pleachCommDestroy(comm);
  }
  PlacedPair(const PlacedPair&) = delete;
  PlacedPair& operator=(const PlacedPair&) = delete;

  pleachComm_t comms[2] = {};
  pleachResult_t loaded = pleachInternalError;
};

std::string schedule_of_two_hosts(Collective collective) {
  Schedule schedule = testing::uniform_schedule(collective, 2, testing::chain);
  for (int rank = 0; rank < 2; ++rank) {
    Node& node = schedule.topology.nodes[index(schedule.topology.ranks[rank])];
    node.labels = {{"host", rank == 0 ? "left" : "right"}};
  }
  schedule.topology_digest = topology_digest(schedule.topology);
  schedule.algbw = schedule.bound.algbw = Rational(1);
  return write_schedule(schedule);
}

TEST_CASE("a rank takes the node of its host, and a root is the rank that runs there") {
  const PlacedPair pair("right", "left.cluster", schedule_of_two_hosts(Collective::Broadcast));
  REQUIRE_MESSAGE(pair.loaded == pleachSuccess, pleachGetLastError(nullptr));
  const Schedule schedule = testing::uniform_schedule(Collective::Broadcast, 2, testing::chain);
  const auto id = [&](int rank) {
    return schedule.topology.node(schedule.topology.ranks[rank]).id;
  };
  const char* node = nullptr;
  REQUIRE(pleachPlanNode(pair.comms[0], 0, &node) == pleachSuccess);
  CHECK(node == id(1));
  REQUIRE(pleachPlanNode(pair.comms[0], 1, &node) == pleachSuccess);
  CHECK(node == id(0));
  CHECK(pleachPlanNode(pair.comms[0], 2, &node) == pleachInvalidArgument);

  int values[2] = {5, 7};
  REQUIRE(pleachGroupStart() == pleachSuccess);
  for (int rank = 0; rank < 2; ++rank) {
    (void)pleachBroadcast(&values[rank], &values[rank], 1, pleachInt32, 1, pair.comms[rank],
                          nullptr);
  }
  REQUIRE(pleachGroupEnd() == pleachSuccess);
  CHECK(values[0] == 7);
  CHECK(pleachBroadcast(&values[0], &values[0], 1, pleachInt32, 0, pair.comms[0], nullptr) ==
        pleachInvalidUsage);
  const std::string said = pleachGetLastError(pair.comms[0]);
  CHECK_MESSAGE(contains(said, "only one with root 1 (" + id(0) + ")"), said);
}

TEST_CASE("a rank that runs where the schedule has no GPU") {
  const PlacedPair pair("right", "middle", schedule_of_two_hosts(Collective::AllReduce));
  CHECK(pair.loaded == pleachInvalidUsage);
  const std::string said = pleachGetLastError(nullptr);
  CHECK_MESSAGE(
      contains(said, "rank 1 runs on host middle, and the schedule is for hosts left, right"),
      said);
}

TEST_CASE("without a communicator") {
  float value = 0;
  CHECK(pleachAllReduce(&value, &value, 1, pleachFloat32, pleachSum, nullptr, nullptr) ==
        pleachInvalidArgument);
  CHECK(contains(pleachGetLastError(nullptr), "communicator is NULL"));
  CHECK(pleachCommDestroy(nullptr) == pleachSuccess);
  CHECK(pleachCommAbort(nullptr) == pleachInvalidArgument);
  CHECK(pleachGetUniqueId(nullptr) == pleachInvalidArgument);
  CHECK(pleachGetVersion(nullptr) == pleachInvalidArgument);
  int version = 0;
  CHECK(pleachGetVersion(&version) == pleachSuccess);
  CHECK(version == PLEACH_VERSION_CODE);
  pleachComm_t comm = nullptr;
  CHECK(pleachCommInitAll(&comm, 0, nullptr) == pleachInvalidArgument);
  CHECK(pleachCommInitAll(nullptr, 1, nullptr) == pleachInvalidArgument);
  for (const int rank : {-1, 2}) {
    CHECK(pleachCommInitRank(&comm, 2, testing::new_id(), rank) == pleachInvalidArgument);
    CHECK(contains(pleachGetLastError(nullptr), "rank " + std::to_string(rank) + " of 2"));
    CHECK(comm == nullptr);
  }
  CHECK(pleachGroupEnd() == pleachInvalidUsage);
  CHECK(contains(pleachGetLastError(nullptr), "no group"));
}

TEST_CASE("a collective that no schedule serves") {
  pleachComm_t comms[2];
  REQUIRE(pleachCommInitAll(comms, 2, nullptr) == pleachSuccess);
  float values[4] = {};
  CHECK(pleachAllGather(values, values, 1, pleachFloat32, comms[1], nullptr) == pleachInvalidUsage);
  const std::string said = pleachGetLastError(comms[1]);
  CHECK_MESSAGE(contains(said, "no schedule for allgather"), said);
  CHECK_MESSAGE(contains(said, "pleach compile -c allgather"), said);
  pleachPlanInfo_t info;
  CHECK(pleachPlanInfo(comms[0], pleachCollAllGather, -1, &info) == pleachInvalidUsage);
  for (pleachComm_t const comm : comms) CHECK(pleachCommDestroy(comm) == pleachSuccess);
}

TEST_CASE("what is known of a schedule, a communicator and its memory") {
  const Group group("hypercube-3");
  for (int r = 0; r < 8; ++r) {
    int ranks = 0;
    int rank = -1;
    CHECK(pleachCommCount(group.comms[r], &ranks) == pleachSuccess);
    CHECK(pleachCommUserRank(group.comms[r], &rank) == pleachSuccess);
    CHECK(ranks == 8);
    CHECK(rank == r);
  }
  pleachPlanInfo_t info;
  REQUIRE(pleachPlanInfo(group.comms[3], pleachCollAllReduce, -1, &info) == pleachSuccess);
  CHECK(std::string(info.topology) == "hypercube-3");
  CHECK(std::string(info.digest).size() == 64);
  CHECK(info.trees > 0);
  CHECK(info.algbwGBps > 0);
  CHECK(info.algbwGBps <= info.boundGBps);
  void* memory = nullptr;
  REQUIRE(pleachMemAlloc(&memory, 100) == pleachSuccess);
  void* handle = nullptr;
  CHECK(pleachCommRegister(group.comms[0], memory, 100, &handle) == pleachSuccess);
  CHECK(handle != nullptr);
  CHECK(pleachCommDeregister(group.comms[0], handle) == pleachSuccess);
  CHECK(pleachMemFree(memory) == pleachSuccess);
  CHECK(pleachMemFree(nullptr) == pleachSuccess);
  int local = 0;
  CHECK(pleachMemFree(&local) == pleachInvalidArgument);
  CHECK(pleachMemAlloc(nullptr, 1) == pleachInvalidArgument);
  CHECK(pleachMemAlloc(&memory, std::size_t{1} << 62) == pleachSystemError);
}

TEST_CASE("every result has words of its own") {
  for (int result = pleachSuccess; result <= pleachInProgress; ++result) {
    CHECK(std::string(pleachGetErrorString(static_cast<pleachResult_t>(result))) !=
          "no such result");
  }
  CHECK(std::string(pleachGetErrorString(pleachInProgress)) == "still under way");
}

}  // namespace
}  // namespace pleach
