#include "compiler/cli/explain_words.hpp"

#include <algorithm>
#include <functional>
#include <iterator>
#include <map>
#include <utility>

#include "compiler/cli/text.hpp"
#include "compiler/explain/id_ranges.hpp"

namespace pleach::cli {
namespace {

constexpr std::size_t kTextColumn = 15;
constexpr std::size_t kMostTexts = 6;     // of short names in a row
constexpr std::size_t kMostExamples = 2;  // of groups

std::string plural(const std::string& noun) {
  const bool hisses = noun.ends_with('x') || noun.ends_with('s') || noun.ends_with("ch");
  return noun + (hisses ? "es" : "s");
}

// "groups of 4 GPUs", "pairs of GPUs"
std::string groups_of(std::size_t gpus) {
  return gpus == 2 ? "pairs of GPUs" : "groups of " + std::to_string(gpus) + " GPUs";
}

std::vector<std::string> gpu_texts(const Topology& topology, const CrossingClass& places) {
  std::vector<std::string> texts;
  for (const Crossing& member : places.members) {
    texts.push_back(id_ranges(topology, member.place.gpus));
  }
  return texts;
}

struct LinkGroup {
  std::vector<NodeId> from;
  std::vector<NodeId> to;
  Rational least;
  Rational most;
  Rational total;

  void add(const Link& link) {
    const Rational& bandwidth = link.bandwidth.gigabytes_per_second;
    least = from.empty() ? bandwidth : std::min(least, bandwidth);
    most = std::max(most, bandwidth);
    total += bandwidth;
    from.push_back(link.from);
    to.push_back(link.to);
  }
};

// "8 links ib0-7 -> box0/nic0-7, 50 GB/s each"
std::string group_text(const Topology& topology, LinkGroup group) {
  std::ranges::sort(group.from);
  std::ranges::sort(group.to);
  const std::string ends = id_ranges(topology, group.from) + " -> " + id_ranges(topology, group.to);
  const std::size_t links = group.from.size();
  if (links == 1) return "link " + ends + ", " + short_rate(group.total);
  const std::string text = counted(links, "link") + " " + ends + ", ";
  if (group.least == group.most) return text + short_rate(group.least) + " each";
  return text + rounded(group.least) + " to " + rounded(group.most) + " GB/s each, " +
         short_rate(group.total) + " together";
}

// Whether the two share out all places of one kind.
bool are_the_rest(const CrossingClass& places, const CrossingClass& told) {
  const Crossing& a = places.front();
  const Crossing& b = told.front();
  return a.place.kind == b.place.kind && a.place.level == b.place.level &&
         a.direction == b.direction && places.peers == told.peers &&
         places.members.size() + told.members.size() == places.peers;
}

// "g0-6", or "all but g7" of most.
std::string gpu_list(const Topology& topology, const std::vector<NodeId>& gpus) {
  constexpr std::size_t kFew = 4;
  std::vector<NodeId> others;
  for (const NodeId rank : topology.ranks) {
    if (std::ranges::find(gpus, rank) == gpus.end()) others.push_back(rank);
  }
  std::ranges::sort(others);
  const bool most = others.size() <= kFew && others.size() < gpus.size();
  return most ? "all but " + id_ranges(topology, others) : id_ranges(topology, gpus);
}

}  // namespace

std::string wrapped(std::string_view text, std::size_t indent) {
  std::string lines;
  std::size_t used = 0;
  for (std::size_t begin = 0; begin < text.size();) {
    const std::size_t end = std::min(text.find(' ', begin + 1), text.size());
    std::string_view word = text.substr(begin, end - begin);  // with the space before it
    if (used > indent && used + word.size() > kExplainWidth) {
      lines += "\n" + std::string(indent, ' ');
      used = indent;
      word.remove_prefix(1);
    }
    lines += word;
    used += word.size();
    begin = end;
  }
  return lines + "\n";
}

std::string labelled(std::string_view label, std::string_view text) {
  std::string line = "  " + std::string(label);
  line.resize(std::max(kTextColumn, line.size() + 1), ' ');
  return wrapped(line + std::string(text), kTextColumn);
}

std::string rounded(const Rational& value) {
  if (value.den() == Integer(1)) return value.to_string();
  if (value < Rational(1) && value.sign() > 0) {
    const auto decimal = value.to_decimal();
    constexpr std::size_t kLongest = 8;
    return decimal && decimal->size() <= kLongest ? *decimal : value.to_string();
  }
  return two_decimals(value);
}

std::string short_rate(const Rational& gigabytes_per_second) {
  constexpr std::size_t kLongestFraction = 12;
  if (gigabytes_per_second.to_string().size() <= kLongestFraction) {
    return rate_text(gigabytes_per_second);
  }
  return "about " + rounded(gigabytes_per_second) + " GB/s";
}

std::string gain_text(const Rational& rate, const Rational& base) {
  const Rational gain = (rate / base - 1) * 100;
  return "+" + (gain.den() == Integer(1) ? gain.to_string() : two_decimals(gain)) + " %";
}

std::string rate_and_gain(const Rational& rate, const Rational& base) {
  std::string text = short_rate(rate);
  if (!text.ends_with(')')) return text + " (" + gain_text(rate, base) + ")";
  text.pop_back();
  return text + ", " + gain_text(rate, base) + ")";
}

std::string first_of(const std::vector<std::string>& texts, std::size_t most) {
  std::string list;
  // "and 1 more" would take the room of the one.
  const std::size_t shown = texts.size() <= most + 1 ? texts.size() : most;
  for (std::size_t i = 0; i < shown; ++i) list += (i > 0 ? ", " : "") + texts[i];
  if (shown < texts.size()) list += " and " + std::to_string(texts.size() - shown) + " more";
  return list;
}

std::string one_name(const Topology& topology, const Place& place) {
  const std::string gpus = id_ranges(topology, place.gpus);
  switch (place.kind) {
    case PlaceKind::Gpu:
    case PlaceKind::Box: return place.name;
    case PlaceKind::SwitchGroup: return "the GPUs below " + place.name + " (" + gpus + ")";
    case PlaceKind::Cluster:
    case PlaceKind::Other: break;
  }
  return "the " + std::to_string(place.gpus.size()) + " GPUs " + gpus;
}

std::string place_text(const Topology& topology,
                       const CrossingClass& places,
                       const CrossingClass* told) {
  const Place& first = places.front().place;
  const std::size_t members = places.members.size();
  if (members == 1) return one_name(topology, first);
  const bool others = told != nullptr && are_the_rest(places, *told);
  const bool all = others || members == places.peers;
  const std::string each =
      "each of " + (all ? "" : std::to_string(members) + " of ") + "the " +
      (others ? "other " + std::to_string(members) : std::to_string(places.peers)) + " ";
  std::vector<std::string_view> names;
  std::vector<NodeId> gpus;
  std::vector<NodeId> switches;
  for (const Crossing& member : places.members) {
    const Place& place = member.place;
    names.push_back(place.name);
    gpus.insert(gpus.end(), place.gpus.begin(), place.gpus.end());
    switches.insert(switches.end(), place.switches.begin(), place.switches.end());
  }
  const std::size_t size = first.gpus.size();
  const std::string apart = places.front().apart_from_root ? " without the root" : "";
  switch (first.kind) {
    case PlaceKind::Gpu:
      return each + "GPUs" + (apart.empty() ? "" : " but the root") +
             (all ? "" : " (" + gpu_list(topology, gpus) + ")");
    case PlaceKind::Box: {
      const std::string noun = shared_noun(names);
      const std::string boxes = plural(noun.empty() ? "box" : noun) + apart;
      if (others || (all && !noun.empty())) return each + boxes;
      return each + boxes + " (" + first_of(compress_ids(names), kMostTexts) + ")";
    }
    case PlaceKind::SwitchGroup:
      return each + groups_of(size) + apart + " below one switch (" +
             id_ranges(topology, switches) + ")";
    case PlaceKind::Cluster:
    case PlaceKind::Other: break;
  }
  return each + groups_of(size) + apart + " (" +
         first_of(gpu_texts(topology, places), kMostExamples) + ")";
}

std::string flow_text(const Topology& topology,
                      const CrossingClass& places,
                      const CrossingClass* told) {
  const bool enters = places.front().direction == Direction::Entering;
  return (enters ? "what enters " : "what leaves ") + place_text(topology, places, told);
}

std::string links_text(const Topology& topology, const std::vector<LinkId>& links) {
  // By pattern, then by bandwidth; a pattern with many bandwidths stays one group.
  constexpr std::size_t kMostBandwidths = 3;
  std::vector<std::map<Rational, LinkGroup, std::greater<>>> groups;
  std::map<std::pair<std::string, std::string>, std::size_t> position;
  for (const LinkId id : links) {
    const Link& link = topology.links[index(id)];
    const auto [entry, is_new] = position.emplace(
        std::pair(id_pattern(topology.node(link.from).id), id_pattern(topology.node(link.to).id)),
        groups.size());
    if (is_new) groups.emplace_back();
    groups[entry->second][link.bandwidth.gigabytes_per_second].add(link);
  }
  std::string list;
  const auto append = [&](const LinkGroup& group) {
    list += (list.empty() ? "" : "; ") + group_text(topology, group);
  };
  for (const auto& by_bandwidth : groups) {
    if (by_bandwidth.size() <= kMostBandwidths) {
      for (const auto& [bandwidth, group] : by_bandwidth) append(group);
      continue;
    }
    LinkGroup all = by_bandwidth.begin()->second;
    for (auto next = std::next(by_bandwidth.begin()); next != by_bandwidth.end(); ++next) {
      const LinkGroup& group = next->second;
      all.least = group.least;  // the bandwidths fall
      all.total += group.total;
      all.from.insert(all.from.end(), group.from.begin(), group.from.end());
      all.to.insert(all.to.end(), group.to.begin(), group.to.end());
    }
    append(all);
  }
  return list;
}

}  // namespace pleach::cli
