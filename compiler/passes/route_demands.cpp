#include "compiler/passes/route_demands.hpp"

#include <algorithm>
#include <limits>
#include <span>
#include <tuple>
#include <utility>

#include "compiler/passes/spread_demands.hpp"

namespace pleach {
namespace {

// Where a node that demands run between touches the inside.
struct Contact {
  int zone = 0;
  int node = 0;   // inside
  int cable = 0;  // to it or from it
  auto operator<=>(const Contact&) const = default;
};

// What a choice stands for.
struct Hop {
  int leave = -1;   // cable out of the tail, or -1 for all into the zone
  int arrive = -1;  // cable into the head, -1 for all from the zone; as `leave` for a direct cable
  int zone = -1;
};

class Router {
 public:
  Router(const CableNetwork& network, std::vector<std::int64_t>& room)
      : network_(network),
        room_(room),
        zone_(network.num_nodes, kOutside),
        leaving_(network.num_nodes),
        entering_(network.num_nodes) {}

  std::optional<DemandPaths> route(const std::vector<Demand>& demands,
                                   const std::vector<int>& ends,
                                   const std::vector<int>& inner) {
    const Parts parts = find_parts(inner);
    find_contacts(ends);
    Choices choices = find_choices(demands);
    const auto amounts = spread(demands, choices);
    std::optional<DemandPaths> paths;
    if (amounts) paths = join(demands, choices, *amounts, parts, ends);
    for (const int node : ends) {
      leaving_[node].clear();
      entering_[node].clear();
    }
    return paths;
  }

 private:
  static constexpr int kOutside = -1;
  static constexpr int kUnseen = -2;

  struct Parts {
    int first_zone = 0;
    std::vector<std::vector<int>> nodes;  // by zone - first_zone
  };

  struct Choices {
    SpreadProblem problem;
    std::vector<Hop> hops;  // by choice
    // Zones with several cables to one node share a slot after those of the cables.
    std::vector<std::int64_t> zone_room;
  };

  // Numbers the connected parts of the inner nodes.
  Parts find_parts(const std::vector<int>& inner) {
    Parts parts{next_zone_, {}};
    for (const int node : inner) zone_[node] = kUnseen;
    for (const int start : inner) {
      if (zone_[start] != kUnseen) continue;
      std::vector<int> part{start};
      zone_[start] = next_zone_;
      const auto visit = [&](int node) {
        if (zone_[node] != kUnseen) return;
        zone_[node] = next_zone_;
        part.push_back(node);
      };
      for (std::size_t i = 0; i < part.size(); ++i) {
        const int node = part[i];
        for (int c = network_.first_leaving[node]; c < network_.first_leaving[node + 1]; ++c) {
          visit(network_.cables[c].head);
        }
        for (const int c : network_.entering[node]) visit(network_.cables[c].tail);
      }
      parts.nodes.push_back(std::move(part));
      ++next_zone_;
    }
    first_zone_ = parts.first_zone;
    return parts;
  }

  [[nodiscard]] bool is_inside(int node) const { return zone_[node] >= first_zone_; }

  void find_contacts(const std::vector<int>& ends) {
    for (const int node : ends) zone_[node] = kOutside;
    for (const int node : ends) {
      for (int c = network_.first_leaving[node]; c < network_.first_leaving[node + 1]; ++c) {
        const int head = network_.cables[c].head;
        if (is_inside(head)) leaving_[node].push_back({zone_[head], head, c});
      }
      for (const int c : network_.entering[node]) {
        const int tail = network_.cables[c].tail;
        if (is_inside(tail)) entering_[node].push_back({zone_[tail], tail, c});
      }
      std::sort(leaving_[node].begin(), leaving_[node].end());
      std::sort(entering_[node].begin(), entering_[node].end());
    }
  }

  // The cable from one node to another, or -1.
  [[nodiscard]] int cable_between(int tail, int head) const {
    const auto begin = network_.cables.begin() + network_.first_leaving[tail];
    const auto end = network_.cables.begin() + network_.first_leaving[tail + 1];
    const auto cable = std::lower_bound(begin, end, head,
                                        [](const Cable& one, int node) { return one.head < node; });
    if (cable == end || cable->head != head) return -1;
    return static_cast<int>(cable - network_.cables.begin());
  }

  // The contacts of one zone, from position `i` on.
  static std::size_t end_of_zone(const std::vector<Contact>& contacts, std::size_t i) {
    std::size_t end = i;
    while (end < contacts.size() && contacts[end].zone == contacts[i].zone) ++end;
    return end;
  }

  // A slot for everything between a node and a zone: its one cable's, or one of its own.
  int zone_slot(std::span<const Contact> contacts, Choices& choices, std::vector<int>& known) {
    if (contacts.size() == 1) return contacts.front().cable;
    int& slot = known[contacts.front().cable];
    if (slot >= 0) return slot;
    slot = static_cast<int>(room_.size() + choices.zone_room.size());
    std::int64_t sum = 0;
    for (const Contact& contact : contacts) sum += room_[contact.cable];
    choices.zone_room.push_back(sum);
    return slot;
  }

  Choices find_choices(const std::vector<Demand>& demands) {
    Choices choices;
    std::vector<int> leave_slot(room_.size(), -1);  // by a zone's first cable
    std::vector<int> arrive_slot(room_.size(), -1);
    SpreadProblem& problem = choices.problem;
    problem.first_choice.reserve(demands.size() + 1);
    for (const Demand& demand : demands) {
      problem.amount.push_back(demand.amount);
      problem.first_choice.push_back(static_cast<int>(problem.choices.size()));
      if (const int direct = cable_between(demand.tail, demand.head); direct >= 0) {
        problem.choices.push_back({direct, -1});
        choices.hops.push_back({direct, direct, -1});
      }
      const std::vector<Contact>& out = leaving_[demand.tail];
      const std::vector<Contact>& in = entering_[demand.head];
      for (std::size_t i = 0, j = 0; i < out.size() && j < in.size();) {
        if (std::tie(out[i].zone, out[i].node) == std::tie(in[j].zone, in[j].node)) {
          problem.choices.push_back({out[i].cable, in[j].cable});
          choices.hops.push_back({out[i].cable, in[j].cable, -1});
        }
        std::tie(out[i].zone, out[i].node) < std::tie(in[j].zone, in[j].node) ? ++i : ++j;
      }
      if (static_cast<int>(problem.choices.size()) > problem.first_choice.back()) continue;
      for (std::size_t i = 0, j = 0; i < out.size() && j < in.size();) {
        const std::size_t out_end = end_of_zone(out, i);
        const std::size_t in_end = end_of_zone(in, j);
        if (out[i].zone == in[j].zone) {
          const std::span from(out.data() + i, out_end - i);
          const std::span to(in.data() + j, in_end - j);
          problem.choices.push_back(
              {zone_slot(from, choices, leave_slot), zone_slot(to, choices, arrive_slot)});
          choices.hops.push_back({from.size() == 1 ? from.front().cable : -1,
                                  to.size() == 1 ? to.front().cable : -1, out[i].zone});
        }
        out[i].zone < in[j].zone ? i = out_end : j = in_end;
      }
    }
    problem.first_choice.push_back(static_cast<int>(problem.choices.size()));
    return choices;
  }

  std::optional<std::vector<std::int64_t>> spread(const std::vector<Demand>& demands,
                                                  Choices& choices) {
    const std::size_t num_cables = room_.size();
    std::vector<std::int64_t> room = room_;
    room.insert(room.end(), choices.zone_room.begin(), choices.zone_room.end());
    auto amounts = spread_demands(choices.problem, room);
    if (!amounts) return std::nullopt;
    std::copy(room.begin(), room.begin() + static_cast<std::ptrdiff_t>(num_cables), room_.begin());
    if (choices.zone_room.empty()) return amounts;
    return spread_in_zones(demands, choices, *amounts);
  }

  // Where a node has several cables into a zone, each choice of all of them becomes one for each.
  std::optional<std::vector<std::int64_t>> spread_in_zones(
      const std::vector<Demand>& demands,
      Choices& choices,
      const std::vector<std::int64_t>& amounts) {
    // Every choice is a demand now: once for the side it leaves from, once for the other.
    SpreadProblem sides[2];
    for (std::size_t d = 0; d < demands.size(); ++d) {
      for (int c = choices.problem.first_choice[d]; c < choices.problem.first_choice[d + 1]; ++c) {
        for (const int side : {0, 1}) {
          const Hop& hop = choices.hops[c];
          const bool is_wide = hop.zone >= 0 && (side == 0 ? hop.leave : hop.arrive) < 0;
          sides[side].first_choice.push_back(static_cast<int>(sides[side].choices.size()));
          sides[side].amount.push_back(is_wide ? amounts[c] : 0);
          if (!is_wide) continue;
          const auto& contacts = side == 0 ? leaving_[demands[d].tail] : entering_[demands[d].head];
          for (const Contact& contact : contacts) {
            if (contact.zone == hop.zone) sides[side].choices.push_back({contact.cable, -1});
          }
        }
      }
    }
    std::optional<std::vector<std::int64_t>> parts[2];
    for (const int side : {0, 1}) {
      sides[side].first_choice.push_back(static_cast<int>(sides[side].choices.size()));
      parts[side] = spread_demands(sides[side], room_);
      if (!parts[side]) return std::nullopt;
    }
    Choices narrow;
    std::vector<std::int64_t> result;
    for (std::size_t d = 0; d < demands.size(); ++d) {
      narrow.problem.first_choice.push_back(static_cast<int>(result.size()));
      for (int c = choices.problem.first_choice[d]; c < choices.problem.first_choice[d + 1]; ++c) {
        std::vector<std::pair<int, std::int64_t>> ends[2];  // cable and amount
        for (const int side : {0, 1}) {
          const Hop& hop = choices.hops[c];
          const int begin = sides[side].first_choice[c];
          const int end = sides[side].first_choice[c + 1];
          if (begin == end) ends[side].push_back({side == 0 ? hop.leave : hop.arrive, amounts[c]});
          for (int i = begin; i < end; ++i) {
            ends[side].push_back({sides[side].choices[i].leave, (*parts[side])[i]});
          }
        }
        for (std::size_t i = 0, j = 0; i < ends[0].size() && j < ends[1].size();) {
          const std::int64_t amount = std::min(ends[0][i].second, ends[1][j].second);
          if (amount > 0) {
            narrow.hops.push_back({ends[0][i].first, ends[1][j].first, choices.hops[c].zone});
            result.push_back(amount);
          }
          ends[0][i].second -= amount;
          ends[1][j].second -= amount;
          ends[0][i].second == 0 ? ++i : ++j;
        }
      }
    }
    narrow.problem.first_choice.push_back(static_cast<int>(result.size()));
    choices = std::move(narrow);
    return result;
  }

  // Routes what enters zones inside them, and puts the ends on.
  std::optional<DemandPaths> join(const std::vector<Demand>& demands,
                                  const Choices& choices,
                                  const std::vector<std::int64_t>& amounts,
                                  const Parts& parts,
                                  const std::vector<int>& ends) {
    std::vector<int> child(choices.hops.size(), -1);  // demand inside
    std::vector<std::vector<Demand>> inside(parts.nodes.size());
    std::vector<std::tuple<int, int, int, int>> keys;  // zone, tail, head, choice
    for (std::size_t c = 0; c < choices.hops.size(); ++c) {
      const Hop& hop = choices.hops[c];
      if (hop.zone < 0 || amounts[c] == 0) continue;
      keys.emplace_back(hop.zone - parts.first_zone, network_.cables[hop.leave].head,
                        network_.cables[hop.arrive].tail, static_cast<int>(c));
    }
    std::sort(keys.begin(), keys.end());
    for (const auto& [zone, tail, head, choice] : keys) {
      std::vector<Demand>& list = inside[zone];
      if (list.empty() || list.back().tail != tail || list.back().head != head) {
        list.push_back({tail, head, 0});
      }
      list.back().amount += amounts[choice];
      child[choice] = static_cast<int>(list.size()) - 1;
    }
    std::vector<DemandPaths> below(inside.size());
    const int zones_before = first_zone_;
    for (std::size_t zone = 0; zone < inside.size(); ++zone) {
      if (inside[zone].empty()) continue;
      const auto [touched, deep] = levels(parts.nodes[zone], ends);
      auto routed = route(inside[zone], touched, deep);
      if (!routed) return std::nullopt;
      below[zone] = std::move(*routed);
    }
    first_zone_ = zones_before;
    return composed(demands, choices, amounts, child, below, parts.first_zone);
  }

  // A zone's nodes: those next to one of `ends`, and the others.
  std::pair<std::vector<int>, std::vector<int>> levels(const std::vector<int>& nodes,
                                                       const std::vector<int>& ends) {
    if (static_cast<int>(is_end_.size()) < network_.num_nodes) is_end_.resize(network_.num_nodes);
    for (const int node : ends) is_end_[node] = true;
    std::pair<std::vector<int>, std::vector<int>> result;
    for (const int node : nodes) {
      bool touches = false;
      for (int c = network_.first_leaving[node]; c < network_.first_leaving[node + 1]; ++c) {
        touches = touches || is_end_[network_.cables[c].head];
      }
      for (const int c : network_.entering[node]) {
        touches = touches || is_end_[network_.cables[c].tail];
      }
      (touches ? result.first : result.second).push_back(node);
    }
    for (const int node : ends) is_end_[node] = false;
    return result;
  }

  static DemandPaths composed(const std::vector<Demand>& demands,
                              const Choices& choices,
                              const std::vector<std::int64_t>& amounts,
                              const std::vector<int>& child,
                              std::vector<DemandPaths>& below,
                              int first_zone) {
    // What is left of each path inside, taken in order.
    std::vector<std::vector<int>> next(below.size());
    for (std::size_t zone = 0; zone < below.size(); ++zone) next[zone] = below[zone].first_path;
    DemandPaths result;
    result.first_path.reserve(demands.size() + 1);
    for (std::size_t d = 0; d < demands.size(); ++d) {
      result.first_path.push_back(static_cast<int>(result.paths.size()));
      for (int c = choices.problem.first_choice[d]; c < choices.problem.first_choice[d + 1]; ++c) {
        const Hop& hop = choices.hops[c];
        if (amounts[c] == 0) continue;
        if (hop.zone < 0) {
          const int first = static_cast<int>(result.cables.size());
          result.cables.push_back(hop.leave);
          if (hop.arrive != hop.leave) result.cables.push_back(hop.arrive);
          result.paths.push_back(
              {amounts[c], first, static_cast<int>(result.cables.size()) - first});
          continue;
        }
        DemandPaths& inside = below[hop.zone - first_zone];
        int& path = next[hop.zone - first_zone][child[c]];
        for (std::int64_t left = amounts[c]; left > 0;) {
          CablePath& middle = inside.paths[path];
          const std::int64_t amount = std::min(left, middle.amount);
          const int first = static_cast<int>(result.cables.size());
          result.cables.push_back(hop.leave);
          result.cables.insert(result.cables.end(), inside.cables.begin() + middle.first,
                               inside.cables.begin() + middle.first + middle.count);
          result.cables.push_back(hop.arrive);
          result.paths.push_back({amount, first, middle.count + 2});
          left -= amount;
          middle.amount -= amount;
          if (middle.amount == 0) ++path;
        }
      }
    }
    result.first_path.push_back(static_cast<int>(result.paths.size()));
    return result;
  }

  const CableNetwork& network_;
  std::vector<std::int64_t>& room_;
  std::vector<int> zone_;  // by node
  std::vector<std::vector<Contact>> leaving_;
  std::vector<std::vector<Contact>> entering_;
  std::vector<bool> is_end_;
  int first_zone_ = 0;
  int next_zone_ = 0;
};

}  // namespace

std::optional<DemandPaths> route_demands(const CableNetwork& network,
                                         const std::vector<Demand>& demands,
                                         const std::vector<int>& ends,
                                         const std::vector<int>& inner,
                                         std::vector<std::int64_t>& room) {
  return Router(network, room).route(demands, ends, inner);
}

}  // namespace pleach
