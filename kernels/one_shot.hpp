// Small messages in one step: every rank stores its data into slots of every other rank, and
// combines what it finds in its own.
//
// Data travels in words of 8 bytes, 4 of data and 4 of flag, each stored and loaded whole: who sees
// the flag has the data, and no other order is needed (NCCL's LL protocol). 16 bytes of slot carry
// 8 of data, one line.
//
// A slot's flag is the execution's number, so slots are never cleared; they come in two sets, used
// in turn. An execution needs data of every rank, so a rank that begins execution e + 1 knows that
// all others have begun e, and so have read all of e - 1, whose set e + 1 writes: no barrier. A
// flag repeats after 2^32 - 1 executions, an odd number, so then in the other set: a line would
// have to stay unwritten for 2^33 - 2 executions and then be read, to be taken for new.
//
// Ranks are combined in the order of their numbers, 16-bit floating point in float32 throughout.
// For up to 8 ranks that is, bit by bit, what a star of trees rooted at rank 0 gives.
#pragma once

#include <cstdint>
#include <cstring>

#include "kernels/execution.hpp"
#include "kernels/move.hpp"
#include "kernels/program.hpp"
#include "kernels/shim.hpp"
#include "kernels/wait.hpp"

namespace pleach::device {
inline namespace PLEACH_SHIM {

// 8 bytes of elements. Beyond the end they are zero.
PLEACH_DEVICE std::uint64_t load_data(const std::byte* from, std::uint64_t bytes) {
  if (bytes >= 8 && reinterpret_cast<std::uint64_t>(from) % 8 == 0) {
    return *reinterpret_cast<const std::uint64_t*>(from);
  }
  std::uint64_t data = 0;
  for (std::uint32_t i = 0; i < 8 && i < bytes; ++i) {
    data |= static_cast<std::uint64_t>(from[i]) << (8 * i);
  }
  return data;
}
PLEACH_DEVICE void store_data(std::byte* to, std::uint64_t data, std::uint64_t bytes) {
  if (bytes >= 8 && reinterpret_cast<std::uint64_t>(to) % 8 == 0) {
    *reinterpret_cast<std::uint64_t*>(to) = data;
    return;
  }
  for (std::uint32_t i = 0; i < 8 && i < bytes; ++i) {
    to[i] = static_cast<std::byte>(data >> (8 * i));
  }
}

// What a kernel combines in one step; nothing where it only copies.
template <class Arithmetic>
class Lanes {
 public:
  PLEACH_DEVICE explicit Lanes(std::uint64_t data) : data_(data) {}
  PLEACH_DEVICE void add(std::uint64_t /*data*/) {}
  PLEACH_DEVICE std::uint64_t result(std::uint32_t /*divisor*/) { return data_; }

 private:
  std::uint64_t data_;
};
template <class Format, ReduceOp op>
class Lanes<Combining<Format, op>> {
 public:
  PLEACH_DEVICE explicit Lanes(std::uint64_t data) { pack_.widen(data); }
  PLEACH_DEVICE void add(std::uint64_t data) { pack_.template combine<op>(data); }
  PLEACH_DEVICE std::uint64_t result(std::uint32_t divisor) {
    if (divisor > 1) pack_.divide(divisor);
    return pack_.narrow();
  }

 private:
  Pack<Format, std::uint64_t> pack_;
};

template <class Arithmetic>
class OneShotBlock {
 public:
  PLEACH_DEVICE OneShotBlock(const Thread& thread,
                             const Launch& launch,
                             const LaunchRank& mine,
                             std::uint32_t number,
                             std::uint32_t num_blocks)
      : thread_(thread),
        launch_(launch),
        mine_(mine),
        one_(*mine.one_shot),
        watch_{one_.state, one_.control},
        number_(number),
        num_blocks_(num_blocks),
        bytes_(launch.one_shot_bytes),
        execution_(one_.state->executions),
        flag_((execution_ % 0xffffffffU + 1) << 32) {}

  PLEACH_DEVICE void run() {
    const std::uint64_t lines = (bytes_ + 7) / 8;
    const std::uint64_t stride = static_cast<std::uint64_t>(num_blocks_) * thread_.count();
    const std::uint64_t first =
        static_cast<std::uint64_t>(number_) * thread_.count() + thread_.index();
    // All is under way before anything is waited for.
    for (std::uint64_t line = first; line < lines; line += stride) push(line);
    bool ok = true;
    for (std::uint64_t line = first; ok && line < lines; line += stride) {
      ok = launch_.one_shot == OneShot::Kind::AllGather ? gather(line) : reduce(line);
    }
    thread_.sync();
    if (thread_.index() == 0) leave(*one_.state, execution_, num_blocks_);
  }

 private:
  static constexpr std::uint32_t kAtOnce = 8;  // sources whose lines are looked at together

  [[nodiscard]] PLEACH_DEVICE std::uint64_t left(std::uint64_t line) const {
    return bytes_ - line * 8;
  }
  [[nodiscard]] PLEACH_DEVICE std::uint64_t part_for(std::uint32_t rank, std::uint64_t line) const {
    const bool parts = launch_.one_shot == OneShot::Kind::ReduceScatter;
    return load_data(mine_.input + (parts ? rank * bytes_ : 0) + line * 8, left(line));
  }
  [[nodiscard]] PLEACH_DEVICE std::uint64_t* slot(std::uint32_t holder,
                                                  std::uint32_t source,
                                                  std::uint64_t line) const {
    const std::uint64_t set = execution_ % 2 * one_.ranks + source;
    return reinterpret_cast<std::uint64_t*>(one_.slots[holder] + set * one_.slot_bytes + line * 16);
  }

  PLEACH_DEVICE void push(std::uint64_t line) const {
    const bool parts = launch_.one_shot == OneShot::Kind::ReduceScatter;
    std::uint64_t data = parts ? 0 : part_for(0, line);
    for (std::uint32_t step = 1; step < one_.ranks; ++step) {
      // Not all ranks begin with the same one.
      const std::uint32_t peer = (one_.rank + step) % one_.ranks;
      if (parts) data = part_for(peer, line);
      std::uint64_t* const to = slot(peer, one_.rank, line);
      store_relaxed(to, (data & 0xffffffffU) | flag_);
      store_relaxed(to + 1, data >> 32 | flag_);
    }
  }

  // The lines of ranks first … first + kAtOnce - 1; this rank's own is its input.
  PLEACH_DEVICE bool take(std::uint32_t first, std::uint64_t line, std::uint64_t* data) const {
    std::uint32_t missing = 0;
    const auto look = [&] {
      missing = kNone;
      PLEACH_UNROLL(16)
      for (std::uint32_t i = 0; i < kAtOnce; ++i) {
        const std::uint32_t source = first + i;
        if (source >= one_.ranks || source == one_.rank) continue;
        const std::uint64_t* const from = slot(one_.rank, source, line);
        const std::uint64_t low = load_relaxed(from);
        const std::uint64_t high = load_relaxed(from + 1);
        if (low >> 32 != flag_ >> 32 || high >> 32 != flag_ >> 32) missing = source;
        data[i] = (low & 0xffffffffU) | high << 32;
      }
      return static_cast<std::uint64_t>(missing);
    };
    const auto enough = [](std::uint64_t source) { return source == kNone; };
    if (!await(watch_,
               {.wait = Failure::Wait::OneShot,
                .rank = one_.rank,
                .chunk = line,
                .expected = execution_ + 1},
               look, enough)) {
      return false;
    }
    if (one_.rank >= first && one_.rank < first + kAtOnce) {
      const std::uint64_t own = part_for(one_.rank, line);
      PLEACH_UNROLL(16)
      for (std::uint32_t i = 0; i < kAtOnce; ++i) {
        if (first + i == one_.rank) data[i] = own;
      }
    }
    return true;
  }

  PLEACH_DEVICE bool gather(std::uint64_t line) const {
    for (std::uint32_t first = 0; first < one_.ranks; first += kAtOnce) {
      std::uint64_t data[kAtOnce];
      if (!take(first, line, data)) return false;
      PLEACH_UNROLL(16)
      for (std::uint32_t i = 0; i < kAtOnce; ++i) {
        if (first + i >= one_.ranks) continue;
        store_data(mine_.output + (first + i) * bytes_ + line * 8, data[i], left(line));
      }
    }
    return true;
  }

  PLEACH_DEVICE bool reduce(std::uint64_t line) const {
    std::uint64_t data[kAtOnce];
    if (!take(0, line, data)) return false;
    Lanes<Arithmetic> lanes(data[0]);
    for (std::uint32_t first = 0;;) {
      PLEACH_UNROLL(16)
      for (std::uint32_t i = 0; i < kAtOnce; ++i) {
        if (first + i > 0 && first + i < one_.ranks) lanes.add(data[i]);
      }
      first += kAtOnce;
      if (first >= one_.ranks) break;
      if (!take(first, line, data)) return false;
    }
    store_data(mine_.output + line * 8, lanes.result(launch_.divisor), left(line));
    return true;
  }

  const Thread& thread_;
  const Launch& launch_;
  const LaunchRank& mine_;
  const OneShot& one_;
  const Watch watch_;
  const std::uint32_t number_;
  const std::uint32_t num_blocks_;
  const std::uint64_t bytes_;
  const std::uint64_t execution_;
  const std::uint64_t flag_;  // in the upper half of a word
};

}  // namespace PLEACH_SHIM
}  // namespace pleach::device
