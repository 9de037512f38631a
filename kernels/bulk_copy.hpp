// Copies through the bulk copy engine (TMA) of sm_90 and later: one thread asks for pieces to come
// into shared memory and to go from there to every destination, and no register holds any of it.
//
//   load:  memory -> stage, counted by a barrier of the stage    (cp.async.bulk, mbarrier)
//   store: stage -> memory, in groups, one for each piece        (cp.async.bulk, bulk_group)
//
// The engine reaches memory by a way of its own (PTX: the async proxy). What threads stored before
// is there for it after fence.proxy.async; what it stored is there for everyone who is ordered
// after the thread that has waited for it with wait_group (not with wait_group.read, which only
// says that a stage may be filled again).
//
// Off unless Launch::bulk says so, which nothing does before a GPU has measured it.
//
// On the host, where nothing else happens meanwhile, a load is done at once and a store as late as
// it may be: a stage that is filled too early gives wrong bytes.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>

#include "kernels/bulk_memory.hpp"
#include "kernels/program.hpp"
#include "kernels/shim.hpp"

#ifndef __CUDACC__
#include <utility>
#include <vector>
#endif

namespace pleach::device {
inline namespace PLEACH_SHIM {

#if defined(__CUDA_ARCH__) && __CUDA_ARCH__ < 900
inline constexpr bool kBulkEngine = false;
#else
inline constexpr bool kBulkEngine = true;
#endif

#ifdef __CUDACC__

// Of one thread. Needs kBulkMemory bytes of dynamic shared memory, and no other user of it.
class BulkEngine {
 public:
  // Loads and stores from here on see what this thread is ordered after.
  PLEACH_DEVICE BulkEngine() {
    extern __shared__ __align__(128) unsigned char bulk_memory[];
    memory_ = static_cast<std::uint32_t>(__cvta_generic_to_shared(bulk_memory));
    PLEACH_UNROLL(4)
    for (std::uint32_t stage = 0; stage < kBulkStages; ++stage) {
      asm volatile("mbarrier.init.shared::cta.b64 [%0], 1;" ::"r"(barrier(stage)) : "memory");
    }
    // Of the barriers too.
    asm volatile("fence.proxy.async;" ::: "memory");
  }
  // Needs: nothing under way.
  PLEACH_DEVICE void close() {
    PLEACH_UNROLL(4)
    for (std::uint32_t stage = 0; stage < kBulkStages; ++stage) {
      asm volatile("mbarrier.inval.shared::cta.b64 [%0];" ::"r"(barrier(stage)) : "memory");
    }
  }

  PLEACH_DEVICE void load(std::uint32_t stage, const std::byte* from, std::uint32_t bytes) {
    asm volatile("mbarrier.arrive.expect_tx.shared::cta.b64 _, [%0], %1;" ::"r"(barrier(stage)),
                 "r"(bytes)
                 : "memory");
    // A block outside a cluster is a cluster of its own.
    asm volatile(
        "cp.async.bulk.shared::cluster.global.mbarrier::complete_tx::bytes [%0], [%1], %2, [%3];" ::
            "r"(data(stage)),
        "l"(__cvta_generic_to_global(from)), "r"(bytes), "r"(barrier(stage))
        : "memory");
  }
  // Load number `round` (from 0 on) of the stage. The engine waits for nobody, so this ends.
  PLEACH_DEVICE void await_load(std::uint32_t stage, std::uint64_t round) {
    const auto parity = static_cast<std::uint32_t>(round % 2);
    std::uint32_t done = 0;
    while (done == 0) {
      asm volatile(
          "{\n"
          ".reg .pred done;\n"
          "mbarrier.try_wait.parity.shared::cta.b64 done, [%1], %2;\n"
          "selp.u32 %0, 1, 0, done;\n"
          "}\n"
          : "=r"(done)
          : "r"(barrier(stage)), "r"(parity)
          : "memory");
    }
  }
  PLEACH_DEVICE void store(std::byte* to, std::uint32_t stage, std::uint32_t bytes) {
    asm volatile("cp.async.bulk.global.shared::cta.bulk_group [%0], [%1], %2;" ::"l"(
                     __cvta_generic_to_global(to)),
                 "r"(data(stage)), "r"(bytes)
                 : "memory");
  }
  PLEACH_DEVICE void end_group() { asm volatile("cp.async.bulk.commit_group;" ::: "memory"); }
  // All groups but the newest have read their stages.
  PLEACH_DEVICE void await_reads_but_newest() {
    asm volatile("cp.async.bulk.wait_group.read 1;" ::: "memory");
  }
  // All groups have stored.
  PLEACH_DEVICE void await_stores() { asm volatile("cp.async.bulk.wait_group 0;" ::: "memory"); }

 private:
  [[nodiscard]] PLEACH_DEVICE std::uint32_t barrier(std::uint32_t stage) const {
    return memory_ + stage * 8;
  }
  [[nodiscard]] PLEACH_DEVICE std::uint32_t data(std::uint32_t stage) const {
    return memory_ + kBulkBarriers + stage * kBulkPiece;
  }
  std::uint32_t memory_;
};

#else

class BulkEngine {
 public:
  BulkEngine() : stages_(kBulkStages * kBulkPiece) {}
  void close() {}
  void load(std::uint32_t stage, const std::byte* from, std::uint32_t bytes) {
    std::memcpy(data(stage), from, bytes);
  }
  void await_load(std::uint32_t /*stage*/, std::uint64_t /*round*/) {}
  void store(std::byte* to, std::uint32_t stage, std::uint32_t bytes) {
    newest_.push_back({to, stage, bytes});
  }
  void end_group() {
    earlier_.insert(earlier_.end(), before_.begin(), before_.end());
    before_ = std::move(newest_);
    newest_.clear();
  }
  void await_reads_but_newest() { perform(earlier_); }
  void await_stores() {
    perform(earlier_);
    perform(before_);
  }

 private:
  struct Store {
    std::byte* to;
    std::uint32_t stage;
    std::uint32_t bytes;
  };
  std::byte* data(std::uint32_t stage) { return stages_.data() + stage * kBulkPiece; }
  void perform(std::vector<Store>& stores) {
    for (const Store& store : stores) std::memcpy(store.to, data(store.stage), store.bytes);
    stores.clear();
  }
  std::vector<std::byte> stages_;
  std::vector<Store> newest_;   // of the group that has not ended
  std::vector<Store> before_;   // of the newest group
  std::vector<Store> earlier_;  // of the others
};

#endif

// Copies `bytes` from source + offset to each destination + offset; one that is the source is left
// out. Of one thread; returns when it is done.
// Needs: kBulkEngine; addresses and bytes that 16 divides; destinations that do not overlap the
//        source, but for those that are it; everything ordered before this thread (a barrier).
PLEACH_DEVICE void bulk_copy(const std::byte* source,
                             std::byte* const* destination,
                             std::uint32_t destinations,
                             std::uint64_t offset,
                             std::uint64_t bytes) {
  BulkEngine engine;
  const std::uint64_t pieces = (bytes + kBulkPiece - 1) / kBulkPiece;
  const auto bytes_of = [=](std::uint64_t piece) {
    return static_cast<std::uint32_t>(piece + 1 < pieces ? kBulkPiece : bytes - piece * kBulkPiece);
  };
  const auto stage_of = [](std::uint64_t piece) {
    return static_cast<std::uint32_t>(piece % kBulkStages);
  };
  const auto load = [&](std::uint64_t piece) {
    engine.load(stage_of(piece), source + offset + piece * kBulkPiece, bytes_of(piece));
  };
  for (std::uint64_t piece = 0; piece < kBulkStages && piece < pieces; ++piece) load(piece);
  for (std::uint64_t piece = 0; piece < pieces; ++piece) {
    engine.await_load(stage_of(piece), piece / kBulkStages);
    for (std::uint32_t d = 0; d < destinations; ++d) {
      if (destination[d] == source) continue;
      engine.store(destination[d] + offset + piece * kBulkPiece, stage_of(piece), bytes_of(piece));
    }
    engine.end_group();
    // The piece before has had a while to leave its stage; the other stages have loads under way.
    const std::uint64_t next = piece + kBulkStages - 1;
    if (piece == 0 || next >= pieces) continue;
    engine.await_reads_but_newest();
    load(next);
  }
  engine.await_stores();
  engine.close();
}

}  // namespace PLEACH_SHIM
}  // namespace pleach::device
