#include "compiler/baselines/compare.hpp"

#include <algorithm>

#include <doctest/doctest.h>

#include "compiler/baselines/make_baseline.hpp"
#include "compiler/passes/compute_bound.hpp"
#include "tests/support/machines.hpp"

namespace pleach::baselines {
namespace {

TEST_CASE("one row for each baseline, the fastest first, what does not apply last") {
  const Topology topology = testing::machine("dgx-a100-x2");
  const Bound bound = compute_bound(topology, Collective::AllReduce);
  const std::vector<Comparison> rows = compare_baselines(topology, bound);
  CHECK(rows.size() == BaselineMaker::names().size());
  CHECK(std::is_sorted(rows.begin(), rows.end(),
                       [](const Comparison& a, const Comparison& b) { return a.algbw > b.algbw; }));
  for (const Comparison& row : rows) {
    CHECK((row.applies() || !row.note.empty()));
    CHECK((row.trees > 0) == (row.max_height > 0));
  }
  CHECK(!ring_is_optimal(rows, bound));
}

TEST_CASE("a ring that is optimal is named so") {
  const Topology topology = testing::machine("dgx-h100-x1");
  const Bound bound = compute_bound(topology, Collective::AllGather);
  CHECK(ring_is_optimal(compare_baselines(topology, bound), bound));
}

TEST_CASE("machines of more than 1,024 GPUs get names and reasons, no work") {
  const Topology topology = testing::machine("ring-1025");
  // A bound of the right shape; none of its numbers is looked at.
  Bound bound;
  bound.algbw = 100;
  for (const Comparison& row : compare_baselines(topology, bound)) CHECK(!row.applies());
}

}  // namespace
}  // namespace pleach::baselines
