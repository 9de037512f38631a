// The rows of bench_runtime.
#pragma once

namespace pleach::bench {

// combine/TYPE/OP/SOURCES[/portable]: one call that combines pieces of all sources, which together
// with the result fit in a second-level cache. bytes_per_second counts what is read and what is
// written: (SOURCES + 1) times the piece.
void register_combine_rows();

}  // namespace pleach::bench
