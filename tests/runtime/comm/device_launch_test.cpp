#include "runtime/comm/device_launch.hpp"

#include <chrono>
#include <cstdint>
#include <memory>
#include <numeric>
#include <string>
#include <thread>
#include <vector>

#include <doctest/doctest.h>

#include "runtime/comm/device_choice.hpp"
#include "runtime/net/unique_id.hpp"
#include "tests/support/sample_schedules.hpp"

namespace pleach {
namespace {

using testing::binary;
using testing::uniform_schedule;

CommOptions emulated(std::uint64_t small_bytes = 0) {
  return {.timeout = std::chrono::milliseconds(500),
          .device = {.backend = "emulated", .open = open_emulated, .small_bytes = small_bytes}};
}

// Ranks of this thread on one emulated device, and a buffer of each.
class Ranks {
 public:
  explicit Ranks(int ranks, const CommOptions& options = emulated()) {
    const UniqueId id = make_unique_id();
    members_.resize(ranks);
    std::vector<std::jthread> threads;
    for (int rank = 0; rank < ranks; ++rank) {
      threads.emplace_back(
          [=, this] { members_[rank] = std::make_unique<Communicator>(id, rank, ranks, options); });
    }
  }
  void load(const Schedule& schedule) {
    at_once([&](Communicator& rank) { rank.load(schedule); });
  }
  // In place, of a value for each rank; all get the sum. On a stream.
  std::vector<DeviceEntry> all_reduce(std::size_t count, void* stream = nullptr) {
    std::vector<DeviceEntry> entries;
    buffers_.assign(members_.size(), std::vector<std::int32_t>(count));
    for (std::size_t rank = 0; rank < members_.size(); ++rank) {
      auto* const data = reinterpret_cast<std::byte*>(buffers_[rank].data());
      entries.push_back({.rank = members_[rank].get(),
                         .call = {.shape = {.collective = Collective::AllReduce,
                                            .count = count,
                                            .dtype = DataType::Int32},
                                  .send = data,
                                  .receive = data,
                                  .stream = stream}});
    }
    return entries;
  }
  void prepare(const std::vector<DeviceEntry>& entries) {
    at_once([&](Communicator& rank) { rank.prepare(entries[rank.rank()].call); });
  }
  void fill(std::int32_t step) {
    for (std::size_t rank = 0; rank < buffers_.size(); ++rank) {
      std::iota(buffers_[rank].begin(), buffers_[rank].end(),
                static_cast<std::int32_t>(rank) + step);
    }
  }
  // Elements that are not the sum of what fill() wrote.
  [[nodiscard]] std::size_t wrong(std::int32_t step) const {
    const auto ranks = static_cast<std::int32_t>(buffers_.size());
    std::size_t wrong = 0;
    for (const auto& buffer : buffers_) {
      for (std::size_t i = 0; i < buffer.size(); ++i) {
        const auto index = static_cast<std::int32_t>(i);
        if (buffer[i] != ranks * (step + index) + ranks * (ranks - 1) / 2) ++wrong;
      }
    }
    return wrong;
  }
  [[nodiscard]] Communicator& operator[](int rank) { return *members_[rank]; }
  [[nodiscard]] Device& device() { return members_[0]->device()->device(); }

 private:
  template <class Action>
  void at_once(Action action) {
    std::vector<std::string> errors(members_.size());
    {
      std::vector<std::jthread> threads;
      for (std::size_t i = 0; i < members_.size(); ++i) {
        threads.emplace_back([&, i] {
          try {
            action(*members_[i]);
          } catch (const CommError& error) {
            errors[i] = error.what();
          }
        });
      }
    }
    for (const std::string& error : errors) {
      if (!error.empty()) throw CommError(CommError::Kind::InvalidUsage, error);
    }
  }

  std::vector<std::unique_ptr<Communicator>> members_;
  std::vector<std::vector<std::int32_t>> buffers_;
};

Schedule all_reduce_schedule(int ranks) {
  return uniform_schedule(Collective::AllReduce, ranks, binary);
}

TEST_CASE("ranks of one thread go as one launch, and a recorded one may be replayed") {
  for (const std::uint64_t small : {std::uint64_t{0}, kMostOneShotBytes}) {
    Ranks ranks(4, emulated(small));
    ranks.load(all_reduce_schedule(4));
    Device& device = ranks.device();
    void* const stream = device.make_stream();
    const auto entries = ranks.all_reduce(1001, stream);
    ranks.prepare(entries);
    ranks.fill(1);
    launch(entries);
    CHECK(ranks.wrong(1) == 0);
    device.begin_recording(stream);
    launch(entries);
    void* const graph = device.end_recording(stream);
    for (std::int32_t step = 2; step < 40; ++step) {
      ranks.fill(step);
      CHECK(ranks.wrong(step) > 0);
      device.replay(graph, stream);
      CHECK(ranks.wrong(step) == 0);
      if (step % 3 == 0) {  // and calls in between
        ranks.fill(step);
        launch(entries);
        CHECK(ranks.wrong(step) == 0);
      }
    }
    device.destroy_graph(graph);
  }
}

TEST_CASE("plans that a graph holds are not made again") {
  Ranks ranks(2);
  ranks.load(all_reduce_schedule(2));
  Device& device = ranks.device();
  void* const stream = device.make_stream();
  const auto entries = ranks.all_reduce(100, stream);
  ranks.prepare(entries);
  device.begin_recording(stream);
  launch(entries);
  device.destroy_graph(device.end_recording(stream));
  CHECK_THROWS_WITH_AS(ranks.load(all_reduce_schedule(2)),
                       "a CUDA graph holds calls of this communicator, whose plans can not be made "
                       "again: make another communicator for other schedules or more shapes",
                       CommError);
}

TEST_CASE("hundreds of shapes: plans are made again when there are too many") {
  Ranks ranks(3);
  ranks.load(all_reduce_schedule(3));
  for (std::size_t count = 1; count < 600; ++count) {
    const auto entries = ranks.all_reduce(count);
    if (!ranks[0].is_prepared(entries[0].call)) ranks.prepare(entries);
    ranks.fill(7);
    launch(entries);
    REQUIRE(ranks.wrong(7) == 0);
  }
}

TEST_CASE("a rank that does not call: the others fail in time, and say so ever after") {
  for (const std::uint64_t small : {std::uint64_t{0}, kMostOneShotBytes}) {
    Ranks ranks(3, emulated(small));
    ranks.load(all_reduce_schedule(3));
    auto entries = ranks.all_reduce(1000);
    ranks.prepare(entries);
    entries.erase(entries.begin() + 1);
    std::string said;
    try {
      launch(entries);
    } catch (const CommError& error) {
      CHECK(error.kind() == CommError::Kind::Remote);
      said = error.what();
    }
    CAPTURE(said);
    CHECK(said.find("waits for rank 1") != std::string::npos);
    CHECK(said.find("edge gpu") != std::string::npos);
    CHECK(said.find("call 1 (allreduce of 1000 int32, sum)") != std::string::npos);
    CHECK(said.find("nothing moved for 0.500 s") != std::string::npos);
    const auto failure = ranks[0].look_for_failure();
    REQUIRE(failure);
    CHECK_THROWS_WITH_AS(launch(std::span(entries).first(1)), failure->what(), CommError);
  }
}

TEST_CASE("ranks that call different things are told both") {
  Ranks ranks(2);
  ranks.load(all_reduce_schedule(2));
  auto entries = ranks.all_reduce(1000);
  ranks.prepare(entries);
  auto others = ranks.all_reduce(500);
  ranks.prepare(others);
  std::string said[2];
  {
    std::vector<std::jthread> threads;
    for (int rank = 0; rank < 2; ++rank) {
      threads.emplace_back([&, rank] {
        try {
          launch(std::span(rank == 0 ? entries : others).subspan(rank, 1));
        } catch (const CommError& error) {
          said[rank] = error.what();
        }
      });
    }
  }
  for (const std::string& text : said) {
    CAPTURE(text);
    CHECK(text.find("of rank 0 is allreduce of 1000 int32, sum") != std::string::npos);
    CHECK(text.find("of rank 1 is allreduce of 500 int32, sum") != std::string::npos);
  }
}

TEST_CASE("ranks on different backends do not meet") {
  const UniqueId id = make_unique_id();
  std::string said[2];
  {
    std::vector<std::jthread> threads;
    for (int rank = 0; rank < 2; ++rank) {
      threads.emplace_back([&, rank] {
        try {
          const Communicator made(id, rank, 2, rank == 0 ? emulated() : CommOptions());
        } catch (const CommError& error) {
          said[rank] = error.what();
        }
      });
    }
  }
  CHECK(said[0] ==
        "rank 0 has its buffers on \"emulated\", rank 1 on \"host\"; give all ranks the same "
        "backend (PLEACH_BACKEND)");
  CHECK(said[1].starts_with("rank 1 has its buffers on \"host\""));
}

TEST_CASE("a call that is called off from another thread") {
  auto options = emulated();
  options.timeout = std::chrono::minutes(10);
  Ranks ranks(2, options);
  ranks.load(all_reduce_schedule(2));
  const auto entries = ranks.all_reduce(1000);
  ranks.prepare(entries);
  std::jthread other([&] {
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
    ranks[0].abort();
  });
  launch(std::span(entries).first(1));  // ends; whether it failed is for the next look
  other.join();
  CHECK_THROWS_WITH_AS(launch(std::span(entries).first(1)), "rank 0: the communicator was aborted",
                       CommError);
}

}  // namespace
}  // namespace pleach
