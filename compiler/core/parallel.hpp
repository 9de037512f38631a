// Work that falls apart, on all processors at hand.
#pragma once

#include <functional>

namespace pleach {

// Splits 0 … count - 1 into consecutive ranges and calls work(first, last), last not included, once
// for each, all at the same time. There are as many ranges as processors this process may use, but
// none shorter than `least` unless it is the only one.
//
// Where the ranges begin depends on the machine, so what comes out must not: write to places that
// belong to one item, or gather by range and join in the order of `first`.
//
// Needs:  least > 0; work that shares nothing it writes.
// Errors: what the first range that threw has thrown, once all have ended.
// Cost:   one thread a range but the first, which the caller works on: some 30 us each.
void in_parallel(int count, int least, const std::function<void(int first, int last)>& work);

}  // namespace pleach
