// Recursive doubling, and the binomial tree for a single root.
#include <bit>

#include "compiler/baselines/algorithms.hpp"

namespace pleach::baselines {
namespace {

// Step 0 takes the data of the ranks from `folded` on to their partners, steps 1 … log2 double, and
// the step behind them serves those ranks.
std::vector<Edge> doubling_tree(int root, int ranks, int folded) {
  std::vector<Edge> edges;
  const int start = root < folded ? root : root - folded;
  if (start != root) edges.push_back({.parent = root, .child = start, .step = 0});
  int step = 1;
  for (int distance = 1; distance < folded; distance *= 2, ++step) {
    for (int i = 0; i < distance; ++i) {
      // The ranks that differ from `start` in lower bits only have the data.
      const int holder = start ^ i;
      edges.push_back({.parent = holder, .child = holder ^ distance, .step = step});
    }
  }
  for (int rank = folded; rank < ranks; ++rank) {
    if (rank != root) edges.push_back({.parent = rank - folded, .child = rank, .step = step});
  }
  return edges;
}

std::vector<Edge> binomial_tree(int root, int ranks) {
  std::vector<Edge> edges;
  int step = 0;
  for (int distance = static_cast<int>(std::bit_ceil(static_cast<unsigned>(ranks))) / 2;
       distance > 0; distance /= 2, ++step) {
    for (int holder = 0; holder + distance < ranks; holder += 2 * distance) {
      edges.push_back({.parent = (root + holder) % ranks,
                       .child = (root + holder + distance) % ranks,
                       .step = step});
    }
  }
  return edges;
}

}  // namespace

Outline recursive_doubling(const Direction& direction) {
  const int ranks = direction.num_ranks();
  const int folded = static_cast<int>(std::bit_floor(static_cast<unsigned>(ranks)));
  OutlineWriter writer(direction);
  if (has_root(direction.collective)) {
    writer.add_tree(direction.root, binomial_tree(direction.root, ranks));
  } else {
    // Routes are spread by what they carry: a connection of step s has the data of 2^(s-1) roots.
    for (int distance = folded / 2; distance > 0; distance /= 2) {
      const int step = std::bit_width(static_cast<unsigned>(distance));
      for (int rank = 0; rank < folded; ++rank) {
        writer.connect({.parent = rank, .child = rank ^ distance, .step = step}, distance);
      }
    }
    for (int root = 0; root < ranks; ++root) {
      writer.add_tree(root, doubling_tree(root, ranks, folded));
    }
  }
  Outline outline = std::move(writer).take();
  outline.by_steps = true;
  if (has_root(direction.collective)) {
    outline.note = "binomial tree";
  } else if (folded != ranks) {
    outline.note = std::to_string(ranks - folded) + " ranks folded onto a power of two";
  }
  return outline;
}

}  // namespace pleach::baselines
