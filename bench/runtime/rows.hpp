// The rows of bench_runtime.
#pragma once

namespace pleach::bench {

// combine/TYPE/OP/SOURCES[/portable]: one call that combines pieces of all sources, which together
// with the result fit in a second-level cache. bytes_per_second counts what is read and what is
// written: (SOURCES + 1) times the piece.
void register_combine_rows();

// gather/BYTES[/past_the_caches]/…/threads:4: an all-gather of four ranks without any protocol:
// four threads that copy all parts to their results, and never wait for each other. What no
// all-gather can be much faster than on this machine.
void register_gather_rows();

}  // namespace pleach::bench
