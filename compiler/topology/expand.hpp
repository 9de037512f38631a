// From declarations to a TopologySpec: runs the loops, places the templates, builds the fabrics.
#pragma once

#include "compiler/core/result.hpp"
#include "compiler/topology/declarations.hpp"
#include "compiler/topology/topology_spec.hpp"

namespace pleach {

// More nodes, more directed links or more uses of templates than this are refused before any memory
// is taken for them.
inline constexpr std::int64_t kMostNodesOrLinks = 10'000'000;
inline constexpr std::size_t kDeepestTemplate = 32;

// Appends the nodes and cables of `body` to `spec`, whose documents its origins point into. Nodes
// come in the order: `nodes` with what their templates hold, then `fabrics`; cables of a body in
// the order `nodes` (templates), `matrix`, `links`, `fabrics`.
// Errors, into `mistakes`: templates that use themselves or nest deeper than kDeepestTemplate, a
// size beyond kMostNodesOrLinks, expressions that divide by zero or overflow (the first of each
// declaration).
// Cost: linear in the size of the result.
void expand_body(const Body& body, Origin origin, TopologySpec& spec, Diagnostics& mistakes);

// Carries out `degraded`, in order. An entry that matches nothing is a mistake. Ids of the nodes
// that go are appended to `removed`.
// Cost: for each entry linear in nodes and cables.
void apply_degraded(const std::vector<DegradedEntry>& entries,
                    TopologySpec& spec,
                    std::vector<std::string>& removed,
                    Diagnostics& mistakes);

// Sets spec.ranks: the gpus that match the first pattern, sorted by their numbers in the order in
// which the placeholders appear, then those of the second, … A pattern without placeholders is an
// id, taken as it is for validate to judge; ids that `degraded` removed are skipped. A pattern that
// matches no gpu is a mistake.
void resolve_ranks(const std::vector<RankEntry>& entries,
                   const std::vector<std::string>& removed,
                   TopologySpec& spec,
                   Diagnostics& mistakes);

}  // namespace pleach
