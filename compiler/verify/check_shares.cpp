#include <string>
#include <string_view>

#include "compiler/verify/check_topology.hpp"
#include "compiler/verify/check_trees.hpp"

namespace pleach::verify {
namespace {

bool wants_broadcast_trees(Collective collective) {
  return collective != Collective::ReduceScatter && collective != Collective::Reduce;
}

bool wants_reduce_trees(Collective collective) {
  return collective != Collective::AllGather && collective != Collective::Broadcast;
}

void check_list(
    bool wanted, bool found, std::string_view key, const Schedule& schedule, ViolationLog& log) {
  if (wanted == found) return;
  log.add("lists", found ? "/" + std::string(key) : "",
          "a schedule for " + std::string(name_of(schedule.collective)) +
              (wanted ? " needs " : " has no ") + std::string(key) +
              (wanted ? " and there are none" : ", but here they are"));
}

// What the trees of each root carry together, for each rank.
std::vector<Rational> totals_by_root(const std::vector<ScheduleTree>& trees, std::size_t ranks) {
  std::vector<Rational> totals(ranks);
  for (const ScheduleTree& tree : trees) totals[static_cast<std::size_t>(tree.root)] += tree.share;
  return totals;
}

// The rules for one list that are the same for all collectives, and 1/N for each root or one root
// for all where the collective asks for that.
void check_list_shares(const Schedule& schedule,
                       const std::vector<ScheduleTree>& trees,
                       const std::string& list,
                       ViolationLog& log) {
  const Topology& topology = schedule.topology;
  for (std::size_t t = 0; t < trees.size(); ++t) {
    if (trees[t].share.sign() <= 0) {
      log.add("share", pointer_to(list, t, "share"),
              "the share is " + trees[t].share.to_string() + "; wanted one above 0");
    }
    if (has_root(schedule.collective) && trees[t].root != trees.front().root) {
      log.add("root", pointer_to(list, t, "root"),
              "the root is " + rank_name(topology, trees[t].root) +
                  ", but that of the first tree " + rank_name(topology, trees.front().root) +
                  "; a " + std::string(name_of(schedule.collective)) + " has one root");
    }
  }
  const std::vector<Rational> totals = totals_by_root(trees, topology.num_ranks());
  Rational sum;
  for (const Rational& total : totals) sum += total;
  if (sum != Rational(1)) {
    log.add("share", list, "the shares add up to " + sum.to_string() + "; wanted 1");
  }
  if (schedule.collective != Collective::AllGather &&
      schedule.collective != Collective::ReduceScatter) {
    return;
  }
  const Rational due(1, static_cast<std::int64_t>(topology.num_ranks()));
  for (std::size_t r = 0; r < totals.size(); ++r) {
    if (totals[r] == due) continue;
    log.add("share", list,
            "the trees with root " + rank_name(topology, static_cast<int>(r)) + " carry " +
                totals[r].to_string() + " of the buffer; wanted " + due.to_string());
  }
}

}  // namespace

void check_shares(const Schedule& schedule, ViolationLog& log) {
  const auto& broadcast = schedule.broadcast_trees;
  const auto& reduce = schedule.reduce_trees;
  check_list(wants_broadcast_trees(schedule.collective), !broadcast.empty(), "broadcast_trees",
             schedule, log);
  check_list(wants_reduce_trees(schedule.collective), !reduce.empty(), "reduce_trees", schedule,
             log);
  if (log.has("lists")) return;

  if (!broadcast.empty()) check_list_shares(schedule, broadcast, "/broadcast_trees", log);
  if (!reduce.empty()) check_list_shares(schedule, reduce, "/reduce_trees", log);
  if (schedule.collective != Collective::AllReduce) return;
  // What is reduced at a root is what that root broadcasts.
  const std::size_t ranks = schedule.topology.num_ranks();
  const std::vector<Rational> up = totals_by_root(reduce, ranks);
  const std::vector<Rational> down = totals_by_root(broadcast, ranks);
  for (std::size_t r = 0; r < ranks; ++r) {
    if (up[r] == down[r]) continue;
    log.add("share", "/reduce_trees",
            "the trees with root " + rank_name(schedule.topology, static_cast<int>(r)) + " carry " +
                up[r].to_string() + " of the buffer, those in broadcast_trees " +
                down[r].to_string() + "; wanted the same");
  }
}

}  // namespace pleach::verify
