#include <cstdint>
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

// What the trees of each root carry together, by rank.
std::vector<Integer> totals_by_root(const std::vector<ScheduleTree>& trees,
                                    const std::vector<Integer>& whole,
                                    std::size_t ranks) {
  std::vector<Integer> totals(ranks);
  for (std::size_t t = 0; t < trees.size(); ++t) {
    totals[static_cast<std::size_t>(trees[t].root)] += whole[t];
  }
  return totals;
}

// The rules for one list that are the same for all collectives, and 1/N for each root or one root
// for all where the collective asks for that.
void check_list_shares(const Schedule& schedule,
                       const std::vector<ScheduleTree>& trees,
                       const std::vector<Integer>& whole,
                       const Integer& denominator,
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
  const std::vector<Integer> totals = totals_by_root(trees, whole, topology.num_ranks());
  Integer sum;
  for (const Integer& total : totals) sum += total;
  if (sum != denominator) {
    log.add("share", list,
            "the shares add up to " + Rational(sum, denominator).to_string() + "; wanted 1");
  }
  if (schedule.collective != Collective::AllGather &&
      schedule.collective != Collective::ReduceScatter) {
    return;
  }
  const auto ranks = static_cast<std::int64_t>(topology.num_ranks());
  for (std::size_t r = 0; r < totals.size(); ++r) {
    if (totals[r] * ranks == denominator) continue;
    log.add("share", list,
            "the trees with root " + rank_name(topology, static_cast<int>(r)) + " carry " +
                Rational(totals[r], denominator).to_string() + " of the buffer; wanted " +
                Rational(1, ranks).to_string());
  }
}

}  // namespace

void check_shares(const Schedule& schedule, const WholeShares& shares, ViolationLog& log) {
  const auto& broadcast = schedule.broadcast_trees;
  const auto& reduce = schedule.reduce_trees;
  check_list(wants_broadcast_trees(schedule.collective), !broadcast.empty(), "broadcast_trees",
             schedule, log);
  check_list(wants_reduce_trees(schedule.collective), !reduce.empty(), "reduce_trees", schedule,
             log);
  if (log.has("lists")) return;

  const auto check = [&](const auto& trees, const auto& whole, const std::string& list) {
    if (!trees.empty()) check_list_shares(schedule, trees, whole, shares.denominator, list, log);
  };
  check(broadcast, shares.broadcast, "/broadcast_trees");
  check(reduce, shares.reduce, "/reduce_trees");
  if (schedule.collective != Collective::AllReduce) return;
  // What is reduced at a root is what that root broadcasts.
  const std::size_t ranks = schedule.topology.num_ranks();
  const std::vector<Integer> up = totals_by_root(reduce, shares.reduce, ranks);
  const std::vector<Integer> down = totals_by_root(broadcast, shares.broadcast, ranks);
  for (std::size_t r = 0; r < ranks; ++r) {
    if (up[r] == down[r]) continue;
    log.add("share", "/reduce_trees",
            "the trees with root " + rank_name(schedule.topology, static_cast<int>(r)) + " carry " +
                Rational(up[r], shares.denominator).to_string() +
                " of the buffer, those in broadcast_trees " +
                Rational(down[r], shares.denominator).to_string() + "; wanted the same");
  }
}

}  // namespace pleach::verify
