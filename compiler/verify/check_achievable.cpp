#include "compiler/verify/check_achievable.hpp"

#include <cstdint>
#include <string>
#include <vector>

#include "compiler/verify/check_topology.hpp"

namespace pleach::verify {
namespace {

const std::string kWhere = "/bound/achievable";

// By node: the share of the buffer that starts there, or ends there where links count reversed.
std::vector<Rational> shares(const Schedule& schedule) {
  const Topology& topology = schedule.topology;
  std::vector<Rational> share(topology.num_nodes());
  if (!has_root(schedule.collective)) {
    const auto ranks = static_cast<std::int64_t>(topology.num_ranks());
    for (const NodeId node : topology.ranks) share[index(node)] = Rational(1, ranks);
    return share;
  }
  for (const auto* trees : {&schedule.broadcast_trees, &schedule.reduce_trees}) {
    if (!trees->empty()) share[index(topology.ranks[trees->front().root])] = 1;
  }
  return share;
}

// The nodes of each set; nothing where the proof breaks its own rules.
std::vector<std::vector<bool>> sets_of(const Schedule& schedule, ViolationLog& log) {
  const Topology& topology = schedule.topology;
  const std::vector<Rational> share = shares(schedule);
  std::vector<std::vector<bool>> sets;
  Rational total = 0;
  const auto& cuts = schedule.bound.achievable->cuts;
  for (std::size_t i = 0; i < cuts.size(); ++i) {
    const std::string where = pointer_to(kWhere + "/cuts", i);
    std::vector<bool> inside(topology.num_nodes());
    Rational held = 0;
    for (const NodeId node : cuts[i].nodes) {
      if (inside[index(node)]) {
        log.add("achievable", where, node_name(topology, node) + " stands here twice");
        return {};
      }
      inside[index(node)] = true;
      held += share[index(node)];
    }
    bool misses_a_rank = false;
    for (const NodeId node : topology.ranks) misses_a_rank |= !inside[index(node)];
    if (!misses_a_rank || cuts[i].weight.sign() <= 0) {
      log.add("achievable", where,
              misses_a_rank ? "the weight is " + cuts[i].weight.to_string() + "; wanted above 0"
                            : "the set holds all ranks");
      return {};
    }
    total += cuts[i].weight * held;
    sets.push_back(std::move(inside));
  }
  if (total != Rational(1)) {
    log.add("achievable", kWhere + "/cuts",
            "the weights, each times the share of the buffer in its set, add up to " +
                total.to_string() + "; wanted 1");
    return {};
  }
  return sets;
}

// By node; nothing where the proof breaks its own rules.
std::vector<Rational> potentials_of(const Schedule& schedule, ViolationLog& log) {
  const Topology& topology = schedule.topology;
  std::vector<bool> taken(topology.num_nodes());
  for (const NodeId node : topology.ranks) taken[index(node)] = true;
  std::vector<Rational> potential(topology.num_nodes());
  const auto& stated = schedule.bound.achievable->potentials;
  for (std::size_t i = 0; i < stated.size(); ++i) {
    if (taken[index(stated[i].node)]) {
      log.add("achievable", pointer_to(kWhere + "/potentials", i),
              node_name(topology, stated[i].node) + " has a rank, or stands here twice");
      return {};
    }
    taken[index(stated[i].node)] = true;
    potential[index(stated[i].node)] = stated[i].value;
  }
  return potential;
}

}  // namespace

Rational check_achievable(const Schedule& schedule, const Rational& algbw, ViolationLog& log) {
  const Achievable& stated = *schedule.bound.achievable;
  if (schedule.collective == Collective::AllReduce) {
    log.add("achievable", kWhere, "the proof is for one direction; the collective is allreduce");
    return 0;
  }
  const std::vector<std::vector<bool>> sets = sets_of(schedule, log);
  const std::vector<Rational> potential = potentials_of(schedule, log);
  if (sets.empty() || potential.empty()) return 0;
  const bool reversed =
      schedule.collective == Collective::ReduceScatter || schedule.collective == Collective::Reduce;
  Rational limit = 0;
  for (const Link& link : schedule.topology.links) {
    const std::size_t tail = index(reversed ? link.to : link.from);
    const std::size_t head = index(reversed ? link.from : link.to);
    Rational price = potential[head] - potential[tail];
    for (std::size_t i = 0; i < sets.size(); ++i) {
      if (sets[i][tail] && !sets[i][head]) price += stated.cuts[i].weight;
    }
    if (price.sign() > 0) limit += link.bandwidth.gigabytes_per_second * price;
  }
  if (limit != stated.algbw) {
    log.add("achievable", kWhere + "/algbw",
            "the stated limit is " + stated.algbw.to_string() + " GB/s; its proof gives " +
                limit.to_string());
  }
  if (algbw > limit) {
    log.add("achievable", "/algbw",
            "the trees reach " + algbw.to_string() + " GB/s, more than the " + limit.to_string() +
                " that balance at the switches allows");
  }
  return limit;
}

}  // namespace pleach::verify
