// The rows of bench_compiler.
#pragma once

namespace pleach::bench {

// bound/NAME: the optimum and its cut on machines of 1,024 to 16,384 GPUs.
// k_table/NAME: what 1 to 10 trees per root reach.
void register_bound_rows();

// compile/NAME: everything `pleach compile NAME` does in memory (read, bound, split, pack, verify,
// write), with the milliseconds of each part.
void register_compile_rows();

// fault/bound|compile/NAME/FROM->TO: the same with one direction of one link at half its rate,
// which leaves a switch unbalanced.
void register_fault_rows();

// flow/ENGINE/NAME: whether all trees fit, by one max-flow to each GPU: pulled from the sink with
// the GPUs before it as sources (FeasibilityChecker), by LEMON's Preflow, by Boost.Graph.
void register_flow_rows();

// random/RANKS+SWITCHES/WALKS: a schedule at the exact optimum for a balanced machine without any
// regularity, the sum of so many random closed walks; compiled and verified.
void register_random_rows();

}  // namespace pleach::bench
