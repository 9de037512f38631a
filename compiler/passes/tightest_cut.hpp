// The node set that needs the most time to send what starts in it: the discrete-Newton sweep.
#pragma once

#include <cstdint>
#include <vector>

#include "compiler/core/progress.hpp"
#include "compiler/core/rational.hpp"
#include "compiler/passes/demand_graph.hpp"

namespace pleach {

struct TightestCut {
  std::vector<bool> set;  // by node of the graph; misses at least one sink
  Rational time;          // weight inside / capacity leaving, in units of the graph
  std::int64_t max_flows = 0;
};

// See compute_bound.hpp for the method. The first cut is the tightest around a
// single sink.
// Needs:  every sink reachable from every node of weight.
// Cost:   one max-flow a sink and one more each time the cut changes.
[[nodiscard]] TightestCut tightest_cut(const DemandGraph& graph, const Progress& progress = {});

}  // namespace pleach
