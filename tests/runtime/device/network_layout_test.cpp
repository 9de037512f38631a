#include "runtime/device/network_layout.hpp"

#include <algorithm>
#include <random>
#include <utility>
#include <vector>

#include <doctest/doctest.h>

#include "compiler/plan/lower_plan.hpp"
#include "tests/support/sample_schedules.hpp"

namespace pleach {
namespace {

Plan lowered(const Schedule& schedule, const PlanOptions& options) {
  const auto plan = lower_plan(schedule, options);
  REQUIRE(plan.ok());
  return plan.value();
}

// Places in `layout`: begin and end.
std::vector<std::pair<std::uint64_t, std::uint64_t>> places_of(const NetworkLayout& layout) {
  std::vector<std::pair<std::uint64_t, std::uint64_t>> places;
  const auto word = [&places](std::uint64_t at) { places.emplace_back(at, at + 8); };
  for (const auto& outgoing : layout.outgoing) {
    word(outgoing.staged);
    word(outgoing.sent);
    word(outgoing.given_back);
    places.emplace_back(outgoing.slots, outgoing.slots + kStagingSlots * outgoing.slot_bytes);
  }
  for (const auto& incoming : layout.incoming) word(incoming.arrived);
  for (const auto& consumer : layout.consumers) word(consumer.finished);
  std::sort(places.begin(), places.end());
  return places;
}

void check_layout(const Plan& plan, int rank) {
  const NetworkLayout layout = network_layout(plan, rank);
  std::uint64_t line = 0;  // the first that nothing is in yet
  for (const auto& [begin, end] : places_of(layout)) {
    CHECK(begin % 64 == 0);
    CHECK(begin >= line);
    line = (end + 63) / 64 * 64;
  }
  CHECK(layout.bytes == line);

  std::vector<int> outgoing;
  std::vector<int> incoming;
  std::vector<std::pair<int, std::vector<int>>> consumers;
  for (int id = 0; id < static_cast<int>(plan.ops.size()); ++id) {
    const NodeOp& op = plan.ops[id];
    const bool sends = op.kind == NodeOp::Kind::Send;
    if (sends && op.rank == rank) outgoing.push_back(id);
    if (sends && op.destinations[0].rank == rank) incoming.push_back(id);
    std::vector<int> frees;
    for (const Wait& wait : op.waits) {
      const NodeOp& awaited = plan.ops[wait.op];
      if (op.rank != rank || awaited.kind != NodeOp::Kind::Send) continue;
      if (awaited.destinations[0].rank == rank) frees.push_back(wait.op);
    }
    if (!frees.empty()) consumers.emplace_back(id, frees);
  }
  std::vector<int> ids;
  for (const auto& each : layout.outgoing) {
    ids.push_back(each.op);
    const Slice& slice = slice_of(plan, plan.ops[each.op]);
    CHECK(each.slot_bytes % 16 == 0);
    CHECK(each.slot_bytes >= slice.chunk * plan.element_size);
    CHECK(each.slot_bytes < slice.chunk * plan.element_size + 16);
  }
  CHECK(ids == outgoing);
  ids.clear();
  for (const auto& each : layout.incoming) ids.push_back(each.op);
  CHECK(ids == incoming);
  std::vector<std::pair<int, std::vector<int>>> found;
  for (const auto& each : layout.consumers) found.emplace_back(each.op, each.frees);
  CHECK(found == consumers);
  CHECK(layout.empty() == (outgoing.empty() && incoming.empty()));
}

TEST_CASE("every send has its words and slots, and nothing shares a cache line") {
  std::mt19937_64 random(1);
  std::size_t sends = 0;
  for (const Collective collective : kCollectives) {
    for (int round = 0; round < 20; ++round) {
      const int ranks = 2 + static_cast<int>(random() % 6);
      const Plan plan = lowered(testing::random_schedule(collective, ranks, random),
                                {.count = 1 + random() % 500,
                                 .element_size = std::size_t{1} << random() % 4,
                                 .chunk_bytes = 1 + random() % 100,
                                 .placement = testing::random_placement(ranks, random)});
      for (int rank = 0; rank < ranks; ++rank) {
        check_layout(plan, rank);
        sends += network_layout(plan, rank).outgoing.size();
      }
    }
  }
  CHECK(sends > 100);
}

// 0 - 1 | 2 - 3: the hosts meet between ranks 1 and 2.
TEST_CASE("ranks that reach no other host have nothing") {
  const Plan plan = lowered(
      testing::make_schedule(Collective::Broadcast, 4, {}, {testing::chain(4, 0, Rational(1))}),
      {.count = 100, .placement = {.process = {0, 0, 1, 1}, .host = {0, 0, 1, 1}}});
  for (const int rank : {0, 3}) {
    const NetworkLayout layout = network_layout(plan, rank);
    CHECK(layout.empty());
    CHECK(layout.consumers.empty());
    CHECK(layout.bytes == 0);
  }
  CHECK(network_layout(plan, 1).outgoing.size() == 1);
  CHECK(network_layout(plan, 1).incoming.empty());
  CHECK(network_layout(plan, 2).outgoing.empty());
  CHECK(network_layout(plan, 2).incoming.size() == 1);
  CHECK_FALSE(network_layout(plan, 2).consumers.empty());
}

}  // namespace
}  // namespace pleach
