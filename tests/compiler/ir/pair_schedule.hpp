// The schedule that tests/golden/schedules/pair_allreduce.json holds, and that file.
#pragma once

#include <fstream>
#include <sstream>
#include <string>

#include "compiler/ir/schedule.hpp"

namespace pleach {

inline std::string pair_file() {
  std::ifstream file(std::string(PLEACH_TEST_DATA) + "/schedules/pair_allreduce.json");
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

// It is no good schedule (its rate and digest are made up), only one that shows every part.
inline Schedule pair_schedule() {
  const NodeId g0{0};
  const NodeId g1{1};
  const NodeId s{2};
  Schedule schedule;
  schedule.collective = Collective::AllReduce;
  schedule.topology.name = "a \"pair\"";
  schedule.topology_digest = "2b5f6c8a9d0e1f2a3b4c5d6e7f8091a2b3c4d5e6f70819a2b3c4d5e6f7081920";
  schedule.topology.nodes = {{"g0", NodeType::Gpu},
                             {"g1", NodeType::Gpu},
                             {"rack/s\"7\"", NodeType::Switch},
                             {"größe\\", NodeType::Switch}};
  schedule.topology.links = {{g0, s, {Rational(300)}, {Rational(7, 20)}},
                             {s, g0, {Rational(300)}, {Rational(7, 20)}},
                             {g1, s, {Rational(1485, 4)}, {}},
                             {s, g1, {Rational(1, 1000)}, {}}};
  schedule.topology.ranks = {g1, g0};
  schedule.routes = {{g1, s, g0}, {g0, s, g1}};
  schedule.broadcast_trees = {{0, Rational(1, 2), {0}}, {1, Rational(1, 2), {1}}};
  schedule.reduce_trees = {{0, Rational(1, 2), {1}}, {1, Rational(1, 2), {0}}};
  schedule.algbw = Rational(1, 1000);
  schedule.bound = {Rational(1, 1000), {g0, s}, {{g0}, {g1, s}}};
  schedule.generator = {"pleach", "0.1.0", "by hand"};
  return schedule;
}

}  // namespace pleach
