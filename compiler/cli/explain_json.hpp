// An explanation as one JSON object with stable keys.
#pragma once

#include <nlohmann/json.hpp>

#include "compiler/explain/explain_schedule.hpp"
#include "compiler/explain/explanation.hpp"

namespace pleach::cli {

// Rates and shares are exact fractions in strings, GB/s; ids are those of the topology. Keys:
//   name, collective, root (broadcast and reduce), compute_nodes, algbw (the best rate that is
//   reached), algbw_GBps, upper_bound, optimal, trees_per_root, cut_algbw (what the bottleneck
//   allows; more than algbw only where balance, which says why, is not null), bottleneck,
//   also_tight, next_cuts, doubled_links, tree_counts, unbalanced, one_way; for allreduce also
//   flows (each half with these keys from algbw on; those outside are of the slower half, of equals
//   the all-gather) and proof.
// A cut: kind, direction, places (a list of GPUs for one without a name), boxes that hold their
// GPUs, peers; of the first place capacity, carry {share, shards}, algbw, nodes, links,
// links_in_series. A cut of next_cuts also has slack_percent; a bottleneck with better peers has
// comparison.
[[nodiscard]] nlohmann::ordered_json to_json(const Topology& topology,
                                             const Explanation& explanation);

// algbw, percent_of_bound, trees, max_height, mean_height, full_links, link_use.
[[nodiscard]] nlohmann::ordered_json to_json(const Schedule& schedule,
                                             const ScheduleExplanation& explanation);

}  // namespace pleach::cli
