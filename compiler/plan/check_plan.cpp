#include "compiler/plan/check_plan.hpp"

#include <algorithm>
#include <map>
#include <string_view>
#include <tuple>

#include "compiler/plan/check_slice.hpp"

namespace pleach {
namespace {

using plan::op_name;
using plan::Place;

constexpr std::size_t kMostViolations = 20;

class PlanCheck {
 public:
  explicit PlanCheck(const Plan& plan) : plan_(plan) {}

  std::vector<PlanViolation> run() && {
    check_form();
    if (found_.empty()) {
      check_slices();
      check_blocks();
      check_reach();
      check_deadlock();
    }
    // Slices are checked by key; without an order of keys there is nothing to follow.
    if (found_.empty()) check_data(plan_);
    const bool stages = std::any_of(plan_.ops.begin(), plan_.ops.end(), [](const NodeOp& op) {
      return op.kind == NodeOp::Kind::Stage;
    });
    if (found_.empty() && stages) check_data(without_staging(plan_));
    if (found_.size() > kMostViolations) found_.resize(kMostViolations);
    return std::move(found_);
  }

 private:
  void report(std::string_view rule, std::string message) {
    found_.push_back({.rule = std::string(rule), .message = std::move(message)});
  }

  [[nodiscard]] static bool in_range(int position, std::size_t size) {
    return position >= 0 && static_cast<std::size_t>(position) < size;
  }

  void check_form() {
    const bool rooted = has_root(plan_.collective);
    if (plan_.ranks < 2 || plan_.channels < 1 || plan_.element_size == 0 ||
        plan_.scratch.size() != static_cast<std::size_t>(plan_.ranks) ||
        rooted != in_range(plan_.root, plan_.ranks) || !fits(plan_.placement)) {
      report("form",
             "ranks, root, channels, element size, scratch sizes or placement are no plan's");
      return;
    }
    for (std::size_t i = 0; i < plan_.slices.size(); ++i) {
      const Slice& slice = plan_.slices[i];
      if (in_range(slice.root, plan_.ranks) && in_range(slice.channel, plan_.channels) &&
          slice.count > 0 && slice.chunk > 0 && (!rooted || slice.root == plan_.root)) {
        continue;
      }
      report("form",
             "slice " + std::to_string(i) + " is empty, or its root, channel or chunk is none");
    }
    if (!found_.empty()) return;
    for (std::size_t i = 0; i < plan_.ops.size(); ++i) check_op_form(static_cast<int>(i));
  }

  [[nodiscard]] bool fits(const Placement& placement) const {
    const std::size_t processes = placement.process.size();
    return processes == placement.host.size() &&
           (processes == 0 || processes == static_cast<std::size_t>(plan_.ranks));
  }

  void check_op_form(int id) {
    const NodeOp& op = plan_.ops[id];
    if (!in_range(op.slice, plan_.slices.size()) || !in_range(op.rank, plan_.ranks) ||
        op.depth < 0) {
      report("form", "op " + std::to_string(id) + " has no such slice, rank or depth");
      return;
    }
    if (op.sources.empty() || op.destinations.empty()) {
      report("form", op_name(plan_, id) + " has no source or no destination");
    }
    for (const Location& source : op.sources) check_location(id, source);
    for (const Location& destination : op.destinations) {
      check_location(id, destination);
      if (destination.buffer == Buffer::Input) {
        report("form", op_name(plan_, id) + " stores to an input");
      }
    }
    for (const Wait& wait : op.waits) {
      if (!in_range(wait.op, plan_.ops.size()) || plan_.ops[wait.op].slice != op.slice) {
        report("form", op_name(plan_, id) + " waits for an op that is none of its slice");
      }
    }
  }

  void check_location(int id, const Location& location) {
    if (!in_range(location.rank, plan_.ranks)) {
      report("form", op_name(plan_, id) + " names rank " + std::to_string(location.rank));
      return;
    }
    const Slice& slice = plan_.slices[plan_.ops[id].slice];
    const std::uint64_t room = room_of(slice, location);
    const std::uint64_t size = elements(location);
    if (location.offset <= size && room <= size - location.offset) return;
    report("form", op_name(plan_, id) + " leaves a buffer of rank " +
                       std::to_string(location.rank) + ": elements from " +
                       std::to_string(location.offset) + ", " + std::to_string(room) +
                       " of them, of " + std::to_string(size));
  }

  [[nodiscard]] std::uint64_t elements(const Location& location) const {
    switch (location.buffer) {
      case Buffer::Input: return input_elements(plan_, location.rank);
      case Buffer::Output: return output_elements(plan_, location.rank);
      case Buffer::Scratch: return plan_.scratch[location.rank];
    }
    return 0;
  }

  void check_slices() {
    std::vector<Slice> slices = plan_.slices;
    std::sort(slices.begin(), slices.end(),
              [](const Slice& a, const Slice& b) { return a.begin < b.begin; });
    std::uint64_t covered = 0;
    for (const Slice& slice : slices) {
      if (slice.begin != covered) {
        report("slices", "a slice begins at element " + std::to_string(slice.begin) +
                             ", the ones before end at " + std::to_string(covered));
        return;
      }
      covered += slice.count;
      const std::uint64_t shard = plan_.count * static_cast<std::uint64_t>(slice.root);
      if (is_sharded(plan_.collective) && (slice.begin < shard || covered > shard + plan_.count)) {
        report("slices", "the slice at element " + std::to_string(slice.begin) +
                             " leaves the shard of root " + std::to_string(slice.root));
      }
    }
    if (covered != whole_elements(plan_)) {
      report("slices", "slices cover " + std::to_string(covered) + " of " +
                           std::to_string(whole_elements(plan_)) + " elements");
    }
  }

  void check_blocks() {
    std::vector<int> times(plan_.ops.size(), 0);
    std::map<std::tuple<int, int, Phase>, const BlockProgram*> block_of;  // by rank, slice, phase
    for (const BlockProgram& block : plan_.blocks) {
      int depth = 0;
      const bool sends = block.ops.size() == 1 && in_range(block.ops[0], plan_.ops.size()) &&
                         plan_.ops[block.ops[0]].kind == NodeOp::Kind::Send;
      for (const int id : block.ops) {
        if (!in_range(id, plan_.ops.size())) {
          report("blocks", "a block has op " + std::to_string(id) + ", which does not exist");
          continue;
        }
        ++times[id];
        const NodeOp& op = plan_.ops[id];
        if (op.rank != block.rank || op.phase != block.phase ||
            plan_.slices[op.slice].channel != block.channel) {
          report("blocks", op_name(plan_, id) + " is in another one's block");
        }
        if (op.kind == NodeOp::Kind::Send) {
          if (!sends) {
            report("blocks", op_name(plan_, id) + " sends, and is not alone in its block");
          }
        } else if (block_of.try_emplace({op.rank, op.slice, op.phase}, &block).first->second !=
                   &block) {
          report("blocks", op_name(plan_, id) + " is not in the block of others of its slice");
        }
        if (op.depth < depth) report("blocks", op_name(plan_, id) + " comes after a deeper op");
        depth = op.depth;
        if (num_chunks(slice_of(plan_, op)) > block.chunks) {
          report("blocks", op_name(plan_, id) + " has more chunks than its block");
        }
      }
    }
    for (std::size_t i = 0; i < times.size(); ++i) {
      if (times[i] == 1) continue;
      report("blocks", op_name(plan_, static_cast<int>(i)) + " is in " + std::to_string(times[i]) +
                           " blocks");
    }
  }

  // Each op stays within what its rank reaches.
  void check_reach() {
    for (std::size_t i = 0; i < plan_.ops.size(); ++i) {
      const NodeOp& op = plan_.ops[i];
      const bool alone = op.sources.size() == 1 && op.destinations.size() == 1;
      const Location& source = op.sources[0];
      const Location& destination = op.destinations[0];
      bool sound = true;
      switch (op.kind) {
        case NodeOp::Kind::Compute: sound = reaches_all(op); break;
        case NodeOp::Kind::Stage:
          sound = alone && source.rank == op.rank && source.buffer != Buffer::Scratch &&
                  destination.rank == op.rank && destination.ring_slots > 0;
          break;
        case NodeOp::Kind::Send:
          sound = alone && source.rank == op.rank && destination.ring_slots > 0 &&
                  plan_.placement.between(op.rank, destination.rank) == Reach::Network;
          break;
      }
      if (sound) continue;
      report("reach",
             op_name(plan_, static_cast<int>(i)) + " touches what its rank does not reach");
    }
  }

  [[nodiscard]] bool reaches_all(const NodeOp& op) const {
    const auto reach = [&](const Location& location) {
      return plan_.placement.between(op.rank, location.rank);
    };
    return std::all_of(op.sources.begin(), op.sources.end(),
                       [&](const Location& source) {
                         return reach(source) == Reach::Process ||
                                (reach(source) == Reach::Host && source.buffer == Buffer::Scratch);
                       }) &&
           std::all_of(
               op.destinations.begin(), op.destinations.end(),
               [&](const Location& destination) { return reach(destination) == Reach::Process; });
  }

  void check_deadlock() {
    for (std::size_t i = 0; i < plan_.ops.size(); ++i) {
      const NodeOp& op = plan_.ops[i];
      for (const Wait& wait : op.waits) {
        const NodeOp& earlier = plan_.ops[wait.op];
        if (wait.lag > 0) continue;
        if (std::tie(earlier.phase, earlier.depth) < std::tie(op.phase, op.depth)) continue;
        report("deadlock", op_name(plan_, static_cast<int>(i)) + " waits for " +
                               op_name(plan_, wait.op) + ", whose key is not smaller");
      }
    }
  }

  // Of `plan`, the one that is checked or the same without staging.
  void check_data(const Plan& plan) {
    std::vector<std::vector<int>> ops(plan.slices.size());
    for (std::size_t i = 0; i < plan.ops.size(); ++i) {
      ops[plan.ops[i].slice].push_back(static_cast<int>(i));
    }
    std::vector<Place> places;
    for (std::size_t s = 0; s < plan.slices.size() && found_.size() < kMostViolations; ++s) {
      check_slice(plan, static_cast<int>(s), std::move(ops[s]), places, found_);
    }
    std::sort(places.begin(), places.end());
    for (std::size_t i = 1; i < places.size(); ++i) {
      const Place& before = places[i - 1];
      const Place& place = places[i];
      if (before.rank != place.rank || before.buffer != place.buffer) continue;
      if (before.end <= place.begin) continue;
      report("race", "two ranges of rank " + std::to_string(place.rank) + " overlap: elements " +
                         std::to_string(before.begin) + " to " + std::to_string(before.end) +
                         " and " + std::to_string(place.begin) + " to " +
                         std::to_string(place.end) + " (ends excluded)");
    }
  }

  const Plan& plan_;
  std::vector<PlanViolation> found_;
};

}  // namespace

std::vector<PlanViolation> violations(const Plan& plan) { return PlanCheck(plan).run(); }

}  // namespace pleach
