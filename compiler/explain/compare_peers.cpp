#include "compiler/explain/compare_peers.hpp"

#include <algorithm>
#include <map>
#include <string_view>
#include <utility>

#include "compiler/core/check.hpp"
#include "compiler/explain/id_ranges.hpp"

namespace pleach {
namespace {

using Ends = std::pair<std::string, std::string>;  // of a link: from, to

bool are_peers(const Crossing& a, const Crossing& b) {
  return a.place.kind == b.place.kind && a.place.level == b.place.level &&
         (a.place.kind == PlaceKind::Box || a.place.gpus.size() == b.place.gpus.size()) &&
         a.direction == b.direction && id_pattern(a.place.name) == id_pattern(b.place.name);
}

const CrossingClass* usual_peers(const CrossingClass& bottleneck,
                                 const std::vector<CrossingClass>& classes) {
  const auto found = std::ranges::find_if(classes, [&](const CrossingClass& other) {
    return 2 * other.members.size() > other.peers &&
           other.front().capacity > bottleneck.front().capacity &&
           std::ranges::any_of(other.members, [&](const Crossing& member) {
             return are_peers(member, bottleneck.front());
           });
  });
  return found == classes.end() ? nullptr : &*found;
}

// "box0/" for the GPU box0/gpu3, as for the box itself.
std::string box_prefix(const Place& place) {
  if (place.kind == PlaceKind::Box) return place.name + "/";
  const auto slash = place.name.rfind('/');
  const bool in_a_box = place.kind == PlaceKind::Gpu && slash != std::string::npos;
  return in_a_box ? place.name.substr(0, slash + 1) : "";
}

std::string_view last_part(std::string_view id) { return id.substr(id.rfind('/') + 1); }

// A peer, and one that bears the same name within its box if there is one.
const Crossing& counterpart(const Crossing& crossing, const CrossingClass& peers) {
  const Crossing* found = nullptr;
  for (const Crossing& member : peers.members) {
    if (!are_peers(member, crossing)) continue;
    if (found == nullptr) found = &member;
    const bool namesake = last_part(member.place.name) == last_part(crossing.place.name);
    if (crossing.place.kind == PlaceKind::Gpu && namesake) return member;
  }
  ENSURE(found != nullptr, "peers without a peer");
  return *found;
}

// An id at the border of `from`, as it would read at the border of `to`.
std::string renamed(const std::string& id, const Place& from, const Place& to) {
  if (from.kind == PlaceKind::Gpu && id == from.name) return to.name;
  const std::string prefix = box_prefix(from);
  return !prefix.empty() && id.starts_with(prefix) ? box_prefix(to) + id.substr(prefix.size()) : id;
}

struct Sum {
  std::size_t links = 0;
  Rational capacity;
};

class Comparison {
 public:
  Comparison(const Topology& topology, const Crossing& here, const Crossing& peer)
      : topology_(topology), here_(here), peer_(peer) {}

  [[nodiscard]] std::vector<LinkShortage> shortages() const {
    const auto own = sums(here_);
    std::vector<LinkShortage> result;
    for (const auto& [pattern, theirs] : sums(peer_)) {
      const auto found = own.find(pattern);
      const Sum ours = found == own.end() ? Sum{} : found->second;
      if (ours.capacity >= theirs.capacity) continue;
      result.push_back({pattern.first,
                        pattern.second,
                        ours.links,
                        ours.capacity,
                        theirs.links,
                        theirs.capacity,
                        {},
                        {}});
    }
    tell_single_links(result);
    return result;
  }

 private:
  [[nodiscard]] Ends ends_of(LinkId link) const {
    const Link& ends = topology_.links[index(link)];
    return {topology_.node(ends.from).id, topology_.node(ends.to).id};
  }
  [[nodiscard]] const Rational& bandwidth(LinkId link) const {
    return topology_.links[index(link)].bandwidth.gigabytes_per_second;
  }
  static Ends pattern_of(const Ends& ends) {
    return {id_pattern(ends.first), id_pattern(ends.second)};
  }

  // By the pattern that the link's ends would have here.
  [[nodiscard]] std::map<Ends, Sum> sums(const Crossing& crossing) const {
    std::map<Ends, Sum> result;
    for (const LinkId link : crossing.links) {
      Sum& sum = result[pattern_of(renamed_ends(link, crossing))];
      ++sum.links;
      sum.capacity += bandwidth(link);
    }
    return result;
  }

  [[nodiscard]] Ends renamed_ends(LinkId link, const Crossing& crossing) const {
    const auto [from, to] = ends_of(link);
    return {renamed(from, crossing.place, here_.place), renamed(to, crossing.place, here_.place)};
  }

  // Whether the machine has the link, although it does not cross here.
  [[nodiscard]] bool exists(const Ends& ends) const {
    return std::ranges::any_of(topology_.links, [&](const Link& link) {
      return topology_.node(link.from).id == ends.first &&
             topology_.node(link.to).id == ends.second;
    });
  }

  // Whether an id that stands for something here also tells what should stand for it.
  [[nodiscard]] bool names_correspond() const {
    return !box_prefix(here_.place).empty() &&
           (here_.place.kind == PlaceKind::Box ||
            last_part(here_.place.name) == last_part(peer_.place.name));
  }

  void tell_single_links(std::vector<LinkShortage>& shortages) const {
    std::map<Ends, LinkId> own;
    for (const LinkId link : here_.links) own.emplace(ends_of(link), link);
    std::size_t matched = 0;
    for (const LinkId link : peer_.links) matched += own.count(renamed_ends(link, peer_));
    const bool tell_missing = names_correspond() && 2 * matched >= peer_.links.size();
    for (const LinkId link : peer_.links) {
      const Ends ends = renamed_ends(link, peer_);
      const auto found = own.find(ends);
      if (found == own.end() && (!tell_missing || exists(ends))) continue;
      if (found != own.end() && bandwidth(found->second) >= bandwidth(link)) continue;
      const auto shortage = std::ranges::find_if(shortages, [&](const LinkShortage& candidate) {
        return Ends{candidate.from, candidate.to} == pattern_of(ends);
      });
      if (shortage == shortages.end()) continue;
      if (found == own.end()) {
        shortage->missing.push_back(ends.first + " -> " + ends.second);
      } else {
        shortage->slower.push_back(found->second);
      }
    }
  }

  const Topology& topology_;
  const Crossing& here_;
  const Crossing& peer_;
};

}  // namespace

std::optional<PeerComparison> compare_with_peers(const Topology& topology,
                                                 const CrossingClass& bottleneck,
                                                 const std::vector<CrossingClass>& classes) {
  const CrossingClass* const peers = usual_peers(bottleneck, classes);
  if (peers == nullptr) return std::nullopt;
  const Crossing& here = bottleneck.front();
  PeerComparison comparison;
  comparison.peers = *peers;
  comparison.shortages = Comparison(topology, here, counterpart(here, *peers)).shortages();
  return comparison;
}

}  // namespace pleach
