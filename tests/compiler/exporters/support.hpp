// What the tests of this folder share.
#pragma once

#include <random>
#include <string>
#include <vector>

#include "compiler/topology/topology.hpp"

namespace pleach::testing {

[[nodiscard]] Topology machine(const std::string& name);
// The text of a pleach-topology/1 file from "nodes" on: R"("nodes":[…],"links":[…])".
[[nodiscard]] Topology machine_from(const std::string& text);

// `gpus` GPUs, `rate` both ways between any two.
[[nodiscard]] Topology full_mesh(int gpus, const std::string& rate);
// The GPUs of these ranks and the links between them.
[[nodiscard]] Topology without_others(const Topology& topology, const std::vector<int>& ranks);
// One-way links of 1 to 8 GB/s between `gpus` GPUs, each with probability `percent`; every GPU can
// reach every other.
[[nodiscard]] Topology random_digraph(std::mt19937_64& random, int gpus, int percent);

// Which rank has a link to which.
[[nodiscard]] std::vector<std::vector<bool>> links_between(const Topology& topology);
// Whether a ring visits all ranks over such links, by trying every order. Needs: at most 8 ranks.
[[nodiscard]] bool has_ring(const std::vector<std::vector<bool>>& follows);

}  // namespace pleach::testing
