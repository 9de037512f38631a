#include "compiler/plan/check_slice.hpp"

#include <algorithm>
#include <optional>
#include <tuple>

#include "compiler/core/check.hpp"

namespace pleach::plan {
namespace {

// A set of small whole numbers: ops of a slice, or ranks.
class BitSet {
 public:
  explicit BitSet(std::size_t size) : words_((size + 63) / 64, 0) {}
  void insert(std::size_t member) { words_[member / 64] |= std::uint64_t{1} << (member % 64); }
  [[nodiscard]] bool has(std::size_t member) const {
    return (words_[member / 64] >> (member % 64) & 1) != 0;
  }
  // Whether it had none of `other`'s members before.
  bool join(const BitSet& other) {
    bool disjoint = true;
    for (std::size_t i = 0; i < words_.size(); ++i) {
      disjoint = disjoint && (words_[i] & other.words_[i]) == 0;
      words_[i] |= other.words_[i];
    }
    return disjoint;
  }
  bool operator==(const BitSet&) const = default;

 private:
  std::vector<std::uint64_t> words_;
};

Place place_of(const Plan& plan, const Slice& slice, const Location& location) {
  const std::uint64_t room = room_of(slice, location);
  Place place{.rank = location.rank,
              .buffer = location.buffer,
              .begin = location.offset,
              .end = location.offset + room,
              .ring_slots = location.ring_slots};
  if (!plan.in_place || place.buffer == Buffer::Scratch) return place;
  // Where input and output are the same memory, the name is that of the larger of the two.
  const bool names_input = plan.collective == Collective::ReduceScatter;
  const Buffer inner = names_input ? Buffer::Output : Buffer::Input;
  if (place.buffer != inner) return place;
  place.buffer = names_input ? Buffer::Input : Buffer::Output;
  if (is_sharded(plan.collective)) {
    const std::uint64_t shard = plan.count * static_cast<std::uint64_t>(place.rank);
    place.begin += shard;
    place.end += shard;
  }
  return place;
}

// Where a rank's input or output of a slice is, from the definition of the collective.
Location home(const Plan& plan, const Slice& slice, int rank, Buffer buffer) {
  const bool is_shard = buffer == Buffer::Input ? plan.collective == Collective::AllGather
                                                : plan.collective == Collective::ReduceScatter;
  const std::uint64_t shard = plan.count * static_cast<std::uint64_t>(slice.root);
  return {.rank = rank, .buffer = buffer, .offset = slice.begin - (is_shard ? shard : 0)};
}

// Whose values have been combined into a place.
struct Content {
  BitSet ranks;
  bool finished = false;
};

struct Access {
  std::size_t op = 0;  // position in key order
  bool writes = false;
};

class SliceCheck {
 public:
  SliceCheck(const Plan& plan, int slice, std::vector<int> ops, std::vector<PlanViolation>& found)
      : plan_(plan), slice_(plan.slices[slice]), ops_(std::move(ops)), found_(found) {
    std::sort(ops_.begin(), ops_.end(), [&](int a, int b) {
      const NodeOp& left = plan_.ops[a];
      const NodeOp& right = plan_.ops[b];
      return std::tie(left.phase, left.depth, a) < std::tie(right.phase, right.depth, b);
    });
    for (const int op : ops_) {
      for (const Location& location : plan_.ops[op].sources) add_place(location);
      for (const Location& location : plan_.ops[op].destinations) add_place(location);
    }
    std::sort(places_.begin(), places_.end());
    places_.erase(std::unique(places_.begin(), places_.end()), places_.end());
  }

  void check_races() {
    const std::vector<BitSet> before = happens_before();
    const std::vector<std::vector<Access>> accesses = accesses_by_place();
    for (std::size_t p = 0; p < places_.size(); ++p) {
      for (std::size_t j = 0; j < accesses[p].size(); ++j) {
        for (std::size_t i = 0; i < j; ++i) check_pair(accesses[p][i], accesses[p][j], before);
      }
      if (places_[p].ring_slots != 0 && num_chunks(slice_) > places_[p].ring_slots) {
        check_ring(places_[p], accesses[p]);
      }
    }
  }

  void check_complete() {
    contents_.assign(places_.size(), std::nullopt);
    for (int rank = 0; rank < plan_.ranks; ++rank) {
      if (!reduces(plan_.collective) && rank != slice_.root) continue;
      Content own{.ranks = BitSet(plan_.ranks)};
      own.ranks.insert(rank);
      const auto place = find(home(plan_, slice_, rank, Buffer::Input));
      if (place) contents_[*place] = own;
    }
    for (const int op : ops_) run(op);

    BitSet due(plan_.ranks);
    for (int rank = 0; rank < plan_.ranks; ++rank) {
      if (reduces(plan_.collective) || rank == slice_.root) due.insert(rank);
    }
    const bool root_only =
        plan_.collective == Collective::Reduce || plan_.collective == Collective::ReduceScatter;
    for (int rank = 0; rank < plan_.ranks; ++rank) {
      if (root_only && rank != slice_.root) continue;
      if (has_result(rank, due)) continue;
      report("complete", "rank " + std::to_string(rank) + " does not get the result of elements " +
                             std::to_string(slice_.begin) + " to " +
                             std::to_string(slice_.begin + slice_.count - 1));
    }
  }

  [[nodiscard]] const std::vector<Place>& places() const { return places_; }

 private:
  void report(std::string rule, std::string message) {
    found_.push_back({.rule = std::move(rule), .message = std::move(message)});
  }

  void add_place(const Location& location) { places_.push_back(place_of(plan_, slice_, location)); }

  [[nodiscard]] std::optional<std::size_t> find(const Location& location) const {
    const Place place = place_of(plan_, slice_, location);
    const auto at = std::lower_bound(places_.begin(), places_.end(), place);
    if (at == places_.end() || *at != place) return std::nullopt;
    return static_cast<std::size_t>(at - places_.begin());
  }

  // For each op, in key order, all that its waits order before it at the same chunk.
  [[nodiscard]] std::vector<BitSet> happens_before() const {
    std::vector<BitSet> before(ops_.size(), BitSet(ops_.size()));
    for (std::size_t i = 0; i < ops_.size(); ++i) {
      for (const Wait& wait : plan_.ops[ops_[i]].waits) {
        if (wait.lag != 0) continue;
        const std::size_t earlier = position_of(wait.op);
        before[i].join(before[earlier]);
        before[i].insert(earlier);
      }
    }
    return before;
  }

  // In key order. Needs: `op` in this slice.
  [[nodiscard]] std::size_t position_of(int op) const {
    const auto at = std::lower_bound(ops_.begin(), ops_.end(), op, [&](int a, int b) {
      const NodeOp& left = plan_.ops[a];
      const NodeOp& right = plan_.ops[b];
      return std::tie(left.phase, left.depth, a) < std::tie(right.phase, right.depth, b);
    });
    return static_cast<std::size_t>(at - ops_.begin());
  }

  // Each op once for each place, in key order.
  std::vector<std::vector<Access>> accesses_by_place() {
    std::vector<std::vector<Access>> accesses(places_.size());
    for (std::size_t i = 0; i < ops_.size(); ++i) {
      const NodeOp& op = plan_.ops[ops_[i]];
      const auto access = [&](const Location& location) -> Access& {
        std::vector<Access>& list = accesses[*find(location)];
        if (list.empty() || list.back().op != i) list.push_back({.op = i});
        return list.back();
      };
      for (const Location& source : op.sources) access(source);
      for (const Location& destination : op.destinations) {
        Access& store = access(destination);
        // In place, a copy onto itself is left out.
        if (op.sources.size() == 1 && *find(op.sources[0]) == *find(destination)) continue;
        if (store.writes) report("race", name(i) + " stores to the same place twice");
        store.writes = true;
      }
      // The partial result grows in the first destination while later sources are read.
      for (std::size_t s = 1; s < op.sources.size(); ++s) {
        if (*find(op.sources[s]) == *find(op.destinations[0])) {
          report("race",
                 name(i) + " stores to its source " + std::to_string(s) + " before it has read it");
        }
      }
    }
    return accesses;
  }

  void check_pair(const Access& first, const Access& second, const std::vector<BitSet>& before) {
    if (!first.writes && !second.writes) return;
    if (before[second.op].has(first.op)) return;
    report("race", name(second.op) + " does not wait for " + name(first.op) +
                       ", which touches the same elements");
  }

  // Every op that touched the slot in the round before is done when it is written again.
  void check_ring(const Place& place, const std::vector<Access>& accesses) {
    const auto writer = std::find_if(accesses.begin(), accesses.end(),
                                     [](const Access& access) { return access.writes; });
    if (writer == accesses.end()) return;
    const NodeOp& first = plan_.ops[ops_[writer->op]];
    for (const Access& access : accesses) {
      const int id = ops_[access.op];
      const NodeOp& op = plan_.ops[id];
      const bool same_block = access.op == writer->op || in_one_block(op, first);
      const bool credit = std::any_of(
          first.waits.begin(), first.waits.end(),
          [&](const Wait& wait) { return wait.op == id && wait.lag <= place.ring_slots; });
      if (same_block || credit) continue;
      report("race", name(writer->op) + " does not wait until " + name(access.op) +
                         " gives a ring slot back");
    }
  }

  void run(int id) {
    const NodeOp& op = plan_.ops[id];
    Content result{.ranks = BitSet(plan_.ranks)};
    if (op.sources.size() > 1 && !reduces(plan_.collective)) {
      report("complete", op_name(plan_, id) + " combines values in a collective that only copies");
    }
    for (const Location& source : op.sources) {
      const std::optional<Content>& content = contents_[*find(source)];
      if (!content) {
        report("complete", op_name(plan_, id) + " reads what nobody wrote");
        return;
      }
      if (!result.ranks.join(content->ranks)) {
        report("complete", op_name(plan_, id) + " counts a rank's value twice");
      }
      if (content->finished && op.sources.size() > 1) {
        report("complete", op_name(plan_, id) + " adds to a finished result");
      }
      result.finished = content->finished;
    }
    if (op.finishes) {
      if (result.finished) report("complete", op_name(plan_, id) + " finishes a result again");
      result.finished = true;
    }
    for (const Location& destination : op.destinations) contents_[*find(destination)] = result;
  }

  [[nodiscard]] bool has_result(int rank, const BitSet& due) const {
    const auto place = find(home(plan_, slice_, rank, Buffer::Output));
    // In place, an allgather or broadcast leaves the root's own data where it is.
    if (!place || !contents_[*place]) return false;
    const Content& content = *contents_[*place];
    return content.ranks == due && content.finished == reduces(plan_.collective);
  }

  [[nodiscard]] std::string name(std::size_t position) const {
    return op_name(plan_, ops_[position]);
  }

  const Plan& plan_;
  const Slice& slice_;
  std::vector<int> ops_;  // in key order
  std::vector<PlanViolation>& found_;
  std::vector<Place> places_;  // sorted
  std::vector<std::optional<Content>> contents_;
};

}  // namespace

void check_slice(const Plan& plan,
                 int slice,
                 std::vector<int> ops,
                 std::vector<Place>& places,
                 std::vector<PlanViolation>& found) {
  SliceCheck check(plan, slice, std::move(ops), found);
  check.check_races();
  check.check_complete();
  places.insert(places.end(), check.places().begin(), check.places().end());
}

std::string op_name(const Plan& plan, int op) {
  const NodeOp& named = plan.ops[op];
  const Slice& slice = plan.slices[named.slice];
  return "op " + std::to_string(op) + " (rank " + std::to_string(named.rank) + ", " +
         tree_name(slice, named.phase) + ", channel " + std::to_string(slice.channel) + ", depth " +
         std::to_string(named.depth) + ")";
}

}  // namespace pleach::plan
