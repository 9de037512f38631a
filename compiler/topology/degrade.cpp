#include <algorithm>
#include <unordered_map>

#include "compiler/topology/expand.hpp"

namespace pleach {
namespace {

constexpr std::size_t kUnknown = SIZE_MAX;

// The spec while entries are carried out: what is gone is only marked, and swept at the end.
class Degrader {
 public:
  explicit Degrader(TopologySpec& spec)
      : spec_(spec), node_lives_(spec.nodes.size(), true), cable_lives_(spec.cables.size(), true) {
    std::unordered_map<std::string_view, std::size_t> position;  // looked up only
    for (std::size_t i = 0; i < spec.nodes.size(); ++i) position.try_emplace(spec.nodes[i].id, i);
    const auto position_of = [&](const std::string& id) {
      const auto found = position.find(id);
      return found == position.end() ? kUnknown : found->second;
    };
    for (const CableSpec& cable : spec.cables) {
      ends_.emplace_back(position_of(cable.from), position_of(cable.to));
    }
  }

  // Returns whether anything matched.
  bool remove(const HostPattern& pattern, std::vector<std::string>& removed) {
    bool hit = false;
    for (std::size_t i = 0; i < spec_.nodes.size(); ++i) {
      if (!node_lives_[i] || !matches_subtree(pattern, spec_.nodes[i].id)) continue;
      node_lives_[i] = false;
      removed.push_back(spec_.nodes[i].id);
      hit = true;
    }
    for (std::size_t i = 0; i < ends_.size() && hit; ++i) {
      if (!lives(ends_[i].first) || !lives(ends_[i].second)) cable_lives_[i] = false;
    }
    return hit;
  }

  bool change_links(const DegradedEntry& entry) {
    const std::vector<bool> first = matching(entry.ends->first);
    const std::vector<bool> second = matching(entry.ends->second);
    bool hit = false;
    for (std::size_t i = 0; i < ends_.size(); ++i) {
      const auto [from, to] = ends_[i];
      if (!cable_lives_[i] || from == kUnknown || to == kUnknown) continue;
      if (!(first[from] && second[to]) && !(second[from] && first[to])) continue;
      hit = true;
      cable_lives_[i] = change(entry, spec_.cables[i]);
    }
    return hit;
  }

  void sweep() {
    sweep(spec_.nodes, node_lives_);
    sweep(spec_.cables, cable_lives_);
  }

 private:
  [[nodiscard]] bool lives(std::size_t node) const { return node == kUnknown || node_lives_[node]; }

  [[nodiscard]] std::vector<bool> matching(const HostPattern& pattern) const {
    std::vector<bool> result(spec_.nodes.size());
    for (std::size_t i = 0; i < spec_.nodes.size(); ++i) {
      result[i] = node_lives_[i] && matches(pattern, spec_.nodes[i].id);
    }
    return result;
  }

  // Returns whether anything is left of the cable.
  static bool change(const DegradedEntry& entry, CableSpec& cable) {
    if (entry.count) cable.count = *entry.count;
    if (entry.bandwidth) cable.bandwidth = *entry.bandwidth;
    if (entry.scale) cable.bandwidth.gigabytes_per_second *= *entry.scale;
    if (entry.latency) cable.latency = *entry.latency;
    return cable.count > 0 && cable.bandwidth.gigabytes_per_second.sign() > 0;
  }

  template <class Item>
  static void sweep(std::vector<Item>& items, const std::vector<bool>& lives) {
    std::size_t kept = 0;
    for (std::size_t i = 0; i < items.size(); ++i) {
      if (!lives[i]) continue;
      if (kept != i) items[kept] = std::move(items[i]);
      ++kept;
    }
    items.resize(kept);
  }

  TopologySpec& spec_;
  std::vector<bool> node_lives_;
  std::vector<bool> cable_lives_;
  std::vector<std::pair<std::size_t, std::size_t>> ends_;  // of each cable, positions of its nodes
};

}  // namespace

void apply_degraded(const std::vector<DegradedEntry>& entries,
                    TopologySpec& spec,
                    std::vector<std::string>& removed,
                    Diagnostics& mistakes) {
  if (entries.empty()) return;
  Degrader degrader(spec);
  for (const DegradedEntry& entry : entries) {
    if (entry.remove && !degrader.remove(*entry.remove, removed)) {
      mistakes.push_back(mistake_at(spec, entry.origin,
                                    in_quotes(entry.remove->text) + " matches no node",
                                    "a node that is there, at this point of \"degraded\"",
                                    "correct the pattern or delete the entry"));
    }
    if (entry.ends && !degrader.change_links(entry)) {
      mistakes.push_back(mistake_at(spec, entry.origin,
                                    "no link joins " + in_quotes(entry.ends->first.text) + " and " +
                                        in_quotes(entry.ends->second.text),
                                    "a link that is there, at this point of \"degraded\"",
                                    "correct the patterns or delete the entry"));
    }
  }
  degrader.sweep();
}

}  // namespace pleach
