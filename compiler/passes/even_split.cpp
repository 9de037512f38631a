#include "compiler/passes/even_split.hpp"

#include <algorithm>
#include <numeric>

namespace pleach {
namespace {

Integer sum_of(const std::vector<Port>& ports) {
  Integer sum = 0;
  for (const Port& port : ports) sum += port.capacity;
  return sum;
}

// Shares of `amount` in proportion to `limits`, each at most its limit, the remainders to the
// largest fractions. Needs: amount <= sum of limits.
std::vector<Integer> proportional(const Integer& amount, const std::vector<Integer>& limits) {
  Integer total = 0;
  for (const Integer& limit : limits) total += limit;
  std::vector<Integer> shares(limits.size());
  if (total.sign() == 0) return shares;
  Integer left = amount;
  std::vector<Integer> fraction(limits.size());
  for (std::size_t i = 0; i < limits.size(); ++i) {
    const Integer scaled = amount * limits[i];
    shares[i] = scaled / total;
    fraction[i] = scaled % total;
    left -= shares[i];
  }
  std::vector<std::size_t> order(limits.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::stable_sort(order.begin(), order.end(),
                   [&](std::size_t a, std::size_t b) { return fraction[a] > fraction[b]; });
  // Fewer units are left than there are fractions above zero, and such a share is below its limit.
  for (std::size_t i = 0; left.sign() > 0; ++i) {
    shares[order[i]] += 1;
    left -= 1;
  }
  return shares;
}

// Splits one in-port. An out-port to neighbour v can be fed by every in-port but v's own, so what
// the later in-ports can not give it must come from this one.
void spread(Port& from, std::vector<Port>& out, const std::vector<Port>& later,
            std::vector<SplitPair>& pairs) {
  const Integer later_sum = sum_of(later);
  std::vector<Integer> share(out.size());
  Integer left = from.capacity;
  for (std::size_t i = 0; i < out.size(); ++i) {
    if (out[i].node == from.node) continue;
    Integer feeders = later_sum;
    for (const Port& port : later) {
      if (port.node == out[i].node) feeders -= port.capacity;
    }
    share[i] = std::clamp(out[i].capacity - feeders, Integer(0), left);
    left -= share[i];
  }
  std::vector<Integer> room(out.size());
  Integer total_room = 0;
  for (std::size_t i = 0; i < out.size(); ++i) {
    if (out[i].node != from.node) room[i] = out[i].capacity - share[i];
    total_room += room[i];
  }
  const std::vector<Integer> even = proportional(std::min(left, total_room), room);
  for (std::size_t i = 0; i < out.size(); ++i) {
    const Integer amount = share[i] + even[i];
    if (amount.sign() == 0) continue;
    pairs.push_back({from.node, out[i].node, amount});
    out[i].capacity -= amount;
    from.capacity -= amount;
  }
}

}  // namespace

std::vector<SplitPair> even_split(std::vector<Port> in, std::vector<Port> out) {
  std::vector<SplitPair> pairs;
  for (std::size_t i = 0; i < in.size(); ++i) {
    spread(in[i], out, {in.begin() + static_cast<std::ptrdiff_t>(i) + 1, in.end()}, pairs);
  }
  // What is left could only go back to where it came from.
  for (Port& from : in) {
    for (Port& to : out) {
      const Integer amount = std::min(from.capacity, to.capacity);
      if (amount.sign() == 0) continue;
      pairs.push_back({from.node, to.node, amount});
      from.capacity -= amount;
      to.capacity -= amount;
    }
  }
  return pairs;
}

}  // namespace pleach
