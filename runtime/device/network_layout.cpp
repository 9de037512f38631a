#include "runtime/device/network_layout.hpp"

namespace pleach {
namespace {

constexpr std::uint64_t kLine = 64;

}  // namespace

NetworkLayout network_layout(const Plan& plan, int rank) {
  NetworkLayout layout;
  const auto take = [&layout](std::uint64_t bytes) {
    const std::uint64_t at = layout.bytes;
    layout.bytes += (bytes + kLine - 1) / kLine * kLine;
    return at;
  };
  const int ops = static_cast<int>(plan.ops.size());
  for (int id = 0; id < ops; ++id) {
    const NodeOp& op = plan.ops[id];
    const bool sends = op.kind == NodeOp::Kind::Send;
    if (sends && op.destinations[0].rank == rank) {
      layout.incoming.push_back({.op = id, .arrived = take(8)});
    }
    if (op.rank != rank) continue;
    if (sends) {
      const std::uint64_t slot = slice_of(plan, op).chunk * plan.element_size;
      NetworkLayout::Outgoing outgoing{.op = id, .slot_bytes = (slot + 15) / 16 * 16};
      outgoing.staged = take(8);
      outgoing.sent = take(8);
      outgoing.given_back = take(8);
      outgoing.slots = take(outgoing.slot_bytes * kStagingSlots);
      layout.outgoing.push_back(outgoing);
    }
    NetworkLayout::Consumer consumer{.op = id};
    for (const Wait& wait : op.waits) {
      const NodeOp& awaited = plan.ops[wait.op];
      if (awaited.kind == NodeOp::Kind::Send && awaited.rank != rank) {
        consumer.frees.push_back(wait.op);
      }
    }
    if (consumer.frees.empty()) continue;
    consumer.finished = take(8);
    layout.consumers.push_back(consumer);
  }
  return layout;
}

}  // namespace pleach
