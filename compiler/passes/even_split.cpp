#include "compiler/passes/even_split.hpp"

#include <algorithm>
#include <map>
#include <numeric>

namespace pleach {
namespace {

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

// The same in pieces of `grain`, to those with the most room.
std::vector<Integer> coarse(Integer left, std::vector<Integer> room, const Integer& grain) {
  std::vector<Integer> shares(room.size());
  while (left.sign() > 0) {
    const auto most = std::max_element(room.begin(), room.end());
    const Integer piece = std::min({left, *most, grain});
    shares[most - room.begin()] += piece;
    *most -= piece;
    left -= piece;
  }
  return shares;
}

// Splits one in-port. An out-port can not be fed from its own group, so what the later in-ports of
// other groups can not give it must come from this one, less what out-ports may keep at the end.
void spread(Port& from,
            std::vector<Port>& out,
            const std::map<int, Integer>& later_by_group,
            const Integer& later_sum,
            const std::vector<int>& group,
            const Integer& grain,
            std::vector<SplitPair>& pairs) {
  const auto own_group = [&](const Port& to) { return group[to.node] == group[from.node]; };
  Integer spare = -from.capacity - later_sum;
  for (const Port& port : out) spare += port.capacity;
  spare = std::max(spare, Integer(0));
  std::vector<Integer> share(out.size());
  Integer left = from.capacity;
  for (std::size_t i = 0; i < out.size(); ++i) {
    if (own_group(out[i])) continue;
    const auto same = later_by_group.find(group[out[i].node]);
    const Integer feeders = same == later_by_group.end() ? later_sum : later_sum - same->second;
    share[i] = std::clamp(out[i].capacity - feeders - spare, Integer(0), left);
    left -= share[i];
  }
  std::vector<Integer> room(out.size());
  Integer total_room = 0;
  for (std::size_t i = 0; i < out.size(); ++i) {
    if (!own_group(out[i])) room[i] = out[i].capacity - share[i];
    total_room += room[i];
  }
  left = std::min(left, total_room);
  const auto open =
      std::count_if(room.begin(), room.end(), [](const Integer& r) { return r.sign() > 0; });
  const std::vector<Integer> even =
      left < grain * open ? coarse(left, room, grain) : proportional(left, room);
  for (std::size_t i = 0; i < out.size(); ++i) {
    const Integer amount = share[i] + even[i];
    if (amount.sign() == 0) continue;
    pairs.push_back({from.node, out[i].node, amount});
    out[i].capacity -= amount;
    from.capacity -= amount;
  }
}

}  // namespace

std::vector<SplitPair> even_split(std::vector<Port>& in,
                                  std::vector<Port>& out,
                                  const std::vector<int>& group,
                                  const Integer& grain) {
  std::map<int, Integer> later_by_group;
  Integer later_sum = 0;
  for (const Port& port : in) {
    later_by_group[group[port.node]] += port.capacity;
    later_sum += port.capacity;
  }
  std::vector<SplitPair> pairs;
  for (Port& from : in) {
    later_by_group[group[from.node]] -= from.capacity;
    later_sum -= from.capacity;
    spread(from, out, later_by_group, later_sum, group, grain, pairs);
  }
  return pairs;
}

}  // namespace pleach
