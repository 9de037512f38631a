#include "compiler/view/lattice.hpp"

#include <algorithm>
#include <charconv>
#include <set>
#include <string_view>

namespace pleach::view {
namespace {

// "torus/0-3-1" gives 1, 3, 0; nothing unless the last part is numbers joined by '-'.
std::vector<int> numbers_in(std::string_view id) {
  if (const auto slash = id.rfind('/'); slash != std::string_view::npos)
    id.remove_prefix(slash + 1);
  std::vector<int> numbers;
  const char* at = id.data();
  const char* const end = at + id.size();
  while (true) {
    int number = 0;
    const auto [stop, error] = std::from_chars(at, end, number);
    if (error != std::errc() || number < 0 || number > 65536) return {};
    numbers.push_back(number);
    if (stop == end) break;
    if (*stop != '-') return {};
    at = stop + 1;
  }
  std::ranges::reverse(numbers);
  return numbers;
}

std::optional<Lattice> lattice_of_ids(const Topology& topology) {
  Lattice lattice;
  for (const Node& node : topology.nodes) lattice.coordinates.push_back(numbers_in(node.id));
  const std::size_t axes = lattice.coordinates.front().size();
  if (axes < 2) return std::nullopt;  // a single number is just the order
  lattice.sizes.assign(axes, 1);
  for (const auto& place : lattice.coordinates) {
    if (place.size() != axes) return std::nullopt;
    for (std::size_t axis = 0; axis < axes; ++axis) {
      lattice.sizes[axis] = std::max(lattice.sizes[axis], place[axis] + 1);
    }
  }
  return lattice;
}

Lattice lattice_in_order(std::size_t nodes, const std::vector<int>& sizes) {
  Lattice lattice{.sizes = sizes, .coordinates = {}};
  for (std::size_t node = 0; node < nodes; ++node) {
    std::vector<int>& place = lattice.coordinates.emplace_back();
    std::size_t rest = node;
    for (const int size : sizes) {
      place.push_back(static_cast<int>(rest % static_cast<std::size_t>(size)));
      rest /= static_cast<std::size_t>(size);
    }
  }
  return lattice;
}

bool are_neighbours(const Lattice& lattice, NodeId a, NodeId b) {
  int differing = 0;
  bool adjacent = true;
  for (std::size_t axis = 0; axis < lattice.sizes.size(); ++axis) {
    const int apart =
        std::abs(lattice.coordinates[index(a)][axis] - lattice.coordinates[index(b)][axis]);
    if (apart == 0) continue;
    ++differing;
    adjacent = adjacent && (apart == 1 || apart == lattice.sizes[axis] - 1);
  }
  return differing == 1 && adjacent;
}

bool fits(const Lattice& lattice, const std::vector<LinkPair>& pairs) {
  std::size_t places = 1;  // capped: only compared with twice the number of nodes
  for (const int size : lattice.sizes) {
    places = std::min<std::size_t>(places * static_cast<std::size_t>(size), 1U << 30U);
  }
  if (places > 2 * lattice.coordinates.size()) return false;
  if (!std::ranges::all_of(
          pairs, [&](const LinkPair& pair) { return are_neighbours(lattice, pair.a, pair.b); })) {
    return false;
  }
  if (std::set(lattice.coordinates.begin(), lattice.coordinates.end()).size() !=
      lattice.coordinates.size()) {
    return false;  // two nodes in one place
  }
  // A full mesh has (size - 1) / size links a node along each axis; half of that will do.
  double expected = 0;
  for (const int size : lattice.sizes) expected += (size - 1.0) / size;
  return 2 * static_cast<double>(pairs.size()) >=
         expected * static_cast<double>(lattice.coordinates.size());
}

// Every way to write `product` as a product of `axes` factors, each at least 2; the most equal
// last.
void factorisations(int product,
                    std::size_t axes,
                    std::vector<int>& chosen,
                    std::vector<std::vector<int>>& all) {
  if (chosen.size() + 1 == axes) {
    if (product < 2) return;
    chosen.push_back(product);
    all.push_back(chosen);
    chosen.pop_back();
    return;
  }
  for (int factor = 2; factor <= product / 2; ++factor) {
    if (product % factor != 0) continue;
    chosen.push_back(factor);
    factorisations(product / factor, axes, chosen, all);
    chosen.pop_back();
  }
}

}  // namespace

std::optional<Lattice> find_lattice(const Topology& topology, const std::vector<LinkPair>& pairs) {
  const std::size_t nodes = topology.num_nodes();
  if (nodes != topology.num_ranks()) return std::nullopt;
  if (auto lattice = lattice_of_ids(topology); lattice && fits(*lattice, pairs)) return lattice;
  const auto in_order = [&](const std::vector<int>& sizes) -> std::optional<Lattice> {
    Lattice lattice = lattice_in_order(nodes, sizes);
    return fits(lattice, pairs) ? std::optional(std::move(lattice)) : std::nullopt;
  };
  constexpr std::size_t kMostAxes = 3;
  for (std::size_t axes = 1; axes <= kMostAxes; ++axes) {
    std::vector<std::vector<int>> all;
    std::vector<int> chosen;
    factorisations(static_cast<int>(nodes), axes, chosen, all);
    for (const auto& sizes : all) {
      if (auto lattice = in_order(sizes)) return lattice;
    }
  }
  std::vector<int> cube;  // a hypercube of more axes
  for (std::size_t rest = nodes; rest % 2 == 0 && rest > 1; rest /= 2) cube.push_back(2);
  if (nodes == std::size_t{1} << cube.size()) return in_order(cube);
  return std::nullopt;
}

}  // namespace pleach::view
