// The rows of bench_compiler.
#pragma once

namespace pleach::bench {

// compile/NAME: everything `pleach compile NAME` does in memory (read, bound, split, pack, verify,
// write), with the milliseconds of each part.
void register_compile_rows();

// fault/bound|compile/NAME/FROM->TO: the same with one direction of one link at half its rate,
// which leaves a switch unbalanced.
void register_fault_rows();

// flow/ENGINE/NAME: one max-flow across a machine, by LEMON and by Boost.Graph.
void register_flow_rows();

}  // namespace pleach::bench
