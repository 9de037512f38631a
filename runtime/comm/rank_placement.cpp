#include "runtime/comm/rank_placement.hpp"

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <string_view>
#include <vector>

#include "compiler/core/check.hpp"
#include "compiler/topology/json_text.hpp"
#include "runtime/comm/comm_error.hpp"

namespace pleach {
namespace {

// One GPU of the schedule.
struct Place {
  std::string node;
  std::optional<std::string> host;
  std::string host_key;  // in lower case
  std::optional<std::uint64_t> pci;
  std::string pci_text;
  int taken_by = -1;
};

std::string lower(std::string_view text) {
  std::string result(text);
  for (char& c : result) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return result;
}

// Needs: lower case.
bool same_host(std::string_view a, std::string_view b) {
  if (a == b) return true;
  const auto is_short_for = [](std::string_view name, std::string_view full) {
    return full.size() > name.size() && full.starts_with(name) && full[name.size()] == '.' &&
           name.find('.') == std::string_view::npos;
  };
  return is_short_for(a, b) || is_short_for(b, a);
}

// One hexadecimal number of at most so many digits, and `end` behind it; 0 stands for the end of
// the text.
std::optional<std::uint64_t> take_hex(std::string_view& text, std::size_t most, char end) {
  std::uint64_t value = 0;
  const char* const stop = text.data() + std::min(text.size(), most);
  const auto [rest, error] = std::from_chars(text.data(), stop, value, 16);
  const auto digits = static_cast<std::size_t>(rest - text.data());
  if (error != std::errc()) return std::nullopt;
  if (end == '\0') {
    if (digits != text.size()) return std::nullopt;
  } else if (digits == text.size() || text[digits] != end) {
    return std::nullopt;
  }
  text.remove_prefix(end == '\0' ? digits : digits + 1);
  return value;
}

class Placer {
 public:
  Placer(const Schedule& schedule, std::span<const RankIdentity> identities)
      : identities_(identities), place_of_(identities.size(), -1) {
    for (const NodeId id : schedule.topology.ranks) add_place(schedule.topology.node(id));
    for (std::size_t r = 0; r < identities.size(); ++r) {
      host_keys_.push_back(lower(identities[r].host));
      pci_.push_back(pci_of_rank(r));
    }
  }

  // For each rank of the communicator its rank in the schedule; nothing where the schedule's are
  // to be taken as they are.
  std::optional<std::vector<int>> place() {
    if (!has_labels() || !wants_labels()) return std::nullopt;
    if (mistakes_.empty()) check_hosts();
    if (mistakes_.empty()) place_by_pci();
    if (mistakes_.empty()) place_in_order();
    if (mistakes_.empty()) return place_of_;
    if (num_mistakes_ > kMostTold) {
      mistakes_ += "; and " + std::to_string(num_mistakes_ - kMostTold) + " more";
    }
    throw CommError(CommError::Kind::InvalidUsage,
                    "ranks and the schedule's GPUs do not match: " + mistakes_ +
                        "; mend the labels of the topology file and compile again, or say with "
                        "PLEACH_PLACEMENT=rank that rank r is the schedule's rank r");
  }

 private:
  static constexpr int kMostTold = 8;

  void report(const std::string& mistake) {
    if (++num_mistakes_ > kMostTold) return;
    mistakes_ += (mistakes_.empty() ? "" : "; ") + mistake;
  }

  void add_place(const Node& node) {
    Place place{.node = node.id, .host = {}, .host_key = "", .pci = {}, .pci_text = ""};
    if (const std::string* const host = label_of(node, "host")) {
      place.host = *host;
      place.host_key = lower(*host);
    }
    if (const std::string* const pci = label_of(node, "pci")) {
      place.pci = parse_pci(*pci);
      place.pci_text = *pci;
      if (!place.pci) {
        report("the label \"pci\" of " + node.id + " is " + in_quotes(*pci) +
               ", not a PCI bus id such as 0000:1b:00.0");
      }
    }
    places_.push_back(std::move(place));
  }

  std::optional<std::uint64_t> pci_of_rank(std::size_t rank) {
    const std::string& text = identities_[rank].pci;
    if (text.empty()) return std::nullopt;
    const auto pci = parse_pci(text);
    if (!pci) {
      report("the PCI bus id of rank " + std::to_string(rank) + " is " + in_quotes(text) +
             ", not one such as 0000:1b:00.0");
    }
    return pci;
  }

  bool has_labels() {
    const auto with_host = std::ranges::count_if(places_, [](const Place& p) { return !!p.host; });
    if (with_host == std::ssize(places_)) return true;
    if (with_host > 0) {
      const auto without = std::ranges::find_if(places_, [](const Place& p) { return !p.host; });
      report(without->node + " has no label \"host\", and other GPUs have one");
      return true;
    }
    return std::ranges::any_of(places_, [](const Place& p) { return !p.pci_text.empty(); });
  }

  bool wants_labels() {
    const auto wants = [](const RankIdentity& identity) { return !identity.host.empty(); };
    const auto wanting = std::ranges::count_if(identities_, wants);
    if (wanting == 0) return false;
    if (wanting < std::ssize(identities_)) {
      const auto first = std::ranges::find_if_not(identities_, wants) - identities_.begin();
      const auto other = std::ranges::find_if(identities_, wants) - identities_.begin();
      report("PLEACH_PLACEMENT is rank on rank " + std::to_string(first) + " and not on rank " +
             std::to_string(other));
    }
    return true;
  }

  [[nodiscard]] bool is_at(const Place& place, std::size_t rank) const {
    return !place.host || same_host(place.host_key, host_keys_[rank]);
  }

  // "box0/gpu1 (0000:1b:00.0), box0/gpu2"
  template <class Wanted>
  [[nodiscard]] std::string list_places(Wanted wanted) const {
    std::string text;
    for (const Place& place : places_) {
      if (!wanted(place)) continue;
      text += (text.empty() ? "" : ", ") + place.node;
      if (place.pci) text += " (" + place.pci_text + ")";
    }
    return text;
  }

  [[nodiscard]] std::string hosts_of_schedule() const {
    std::string text;
    std::vector<std::string_view> seen;
    for (const Place& place : places_) {
      if (!place.host || std::ranges::find(seen, *place.host) != seen.end()) continue;
      seen.push_back(*place.host);
      text += (text.empty() ? "" : ", ") + *place.host;
    }
    return text;
  }

  // As many ranks as GPUs on every host: then all that is left is the order within a host.
  void check_hosts() {
    std::vector<bool> told(identities_.size(), false);
    for (std::size_t r = 0; r < identities_.size(); ++r) {
      if (told[r]) continue;
      std::string ranks;
      std::ptrdiff_t count = 0;
      for (std::size_t other = r; other < identities_.size(); ++other) {
        if (!same_host(host_keys_[other], host_keys_[r])) continue;
        told[other] = true;
        ++count;
        ranks += (ranks.empty() ? "" : ", ") + std::to_string(other);
      }
      const auto here = [&](const Place& place) { return is_at(place, r); };
      const auto there = std::ranges::count_if(places_, here);
      if (there == count) continue;
      const std::string who = (count == 1 ? "rank " : "ranks ") + ranks +
                              (count == 1 ? " runs" : " run") + " on host " + identities_[r].host;
      report(there == 0 ? who + ", and the schedule is for hosts " + hosts_of_schedule()
                        : who + ", where the schedule has " + list_places(here));
    }
  }

  void place_by_pci() {
    for (std::size_t r = 0; r < identities_.size(); ++r) {
      const auto here = [&](const Place& place) { return is_at(place, r) && place.pci; };
      if (!pci_[r] || std::ranges::none_of(places_, here)) continue;
      const auto at = std::ranges::find_if(
          places_, [&](const Place& place) { return here(place) && place.pci == pci_[r]; });
      const std::string who = "rank " + std::to_string(r) + " runs on host " + identities_[r].host +
                              " with PCI device " + identities_[r].pci;
      if (at == places_.end()) {
        report(who + ", and the schedule has there " + list_places(here));
      } else if (at->taken_by >= 0) {
        report(who + ", which is " + at->node + ", and so does rank " +
               std::to_string(at->taken_by));
      } else {
        take(*at, r);
      }
    }
  }

  void place_in_order() {
    for (std::size_t r = 0; r < identities_.size(); ++r) {
      if (place_of_[r] >= 0) continue;
      const auto at = std::ranges::find_if(
          places_, [&](const Place& place) { return is_at(place, r) && place.taken_by < 0; });
      ENSURE(at != places_.end(), "every host has as many ranks as GPUs");
      take(*at, r);
    }
  }

  void take(Place& place, std::size_t rank) {
    place.taken_by = static_cast<int>(rank);
    place_of_[rank] = static_cast<int>(&place - places_.data());
  }

  const std::span<const RankIdentity> identities_;
  std::vector<Place> places_;                      // by rank of the schedule
  std::vector<std::string> host_keys_;             // by rank of the communicator, in lower case
  std::vector<std::optional<std::uint64_t>> pci_;  // likewise
  std::vector<int> place_of_;                      // likewise
  std::string mistakes_;
  int num_mistakes_ = 0;
};

}  // namespace

std::optional<std::uint64_t> parse_pci(const std::string& text) {
  std::string_view rest = text;
  std::uint64_t domain = 0;
  if (std::ranges::count(text, ':') == 2) {
    const auto value = take_hex(rest, 8, ':');
    if (!value) return std::nullopt;
    domain = *value;
  }
  const auto bus = take_hex(rest, 2, ':');
  const auto device = bus ? take_hex(rest, 2, '.') : std::nullopt;
  const auto function = device ? take_hex(rest, 1, '\0') : std::nullopt;
  if (!function || *device > 0x1f || *function > 7) return std::nullopt;
  return domain << 16U | *bus << 8U | *device << 3U | *function;
}

Schedule place_ranks(Schedule schedule, std::span<const RankIdentity> identities) {
  ENSURE(identities.size() == schedule.topology.num_ranks(), "every rank has an identity");
  const auto placed = Placer(schedule, identities).place();
  if (!placed) return schedule;
  const std::vector<NodeId> before = schedule.topology.ranks;
  std::vector<int> number(placed->size());  // in the communicator, of each rank of the schedule
  for (std::size_t r = 0; r < placed->size(); ++r) {
    schedule.topology.ranks[r] = before[(*placed)[r]];
    number[(*placed)[r]] = static_cast<int>(r);
  }
  for (auto* const trees : {&schedule.broadcast_trees, &schedule.reduce_trees}) {
    for (ScheduleTree& tree : *trees) tree.root = number[tree.root];
  }
  return schedule;
}

}  // namespace pleach
