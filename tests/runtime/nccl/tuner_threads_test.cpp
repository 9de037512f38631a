// Calls from many threads, on communicators of their own and on shared ones.
#include <map>
#include <set>
#include <thread>

#include <doctest/doctest.h>

#include "runtime/nccl/host_files.hpp"
#include "tests/runtime/nccl/plugin_loader.hpp"
#include "tests/runtime/nccl/recorded_log.hpp"
#include "tests/runtime/nccl/temporary_files.hpp"

namespace pleach {
namespace {

using namespace testing;

TEST_CASE("tuner_plugin: threads decide as one does, and each line is logged once") {
  const OpenLibrary library({PLEACH_PLUGIN_DIR "/libnccl-tuner-pleach.so"});
  REQUIRE(library.open());
  const TemporaryFolder folder;
  Random random(7);
  const nccl::ChoiceTable table = random_table(random);
  const Variable variable(nccl::kTableVariable,
                          folder.write("table.json", write_choice_table(table)));
  constexpr std::size_t kThreads = 8;
  constexpr Shape kShared{.ranks = 16, .nodes = 2};
  const AnyTuner newest = tuner_version(library, 6);
  void* shared = nullptr;
  REQUIRE(newest.init(kShared, record, &shared) == 0);
  (void)take_log();
  std::vector<std::vector<std::string>> found(kThreads);
  {
    std::vector<std::thread> threads;
    for (std::size_t t = 0; t < kThreads; ++t) {
      threads.emplace_back([&, t] {
        const AnyTuner tuner = tuner_version(library, 3 + static_cast<int>(t % 4));
        for (int round = 0; round < 4; ++round) {
          const Shape shape = kShapes[(t + round) % kShapes.size()];
          void* own = nullptr;
          if (tuner.init(shape, nullptr, &own) != 0) found[t].emplace_back("init");
          for (const auto& [any, context, of] :
               {std::tuple(tuner, own, shape), std::tuple(newest, shared, kShared)}) {
            const auto more = differences(any, context, table, of, t * 10 + round, 300);
            found[t].insert(found[t].end(), more.begin(), more.end());
          }
          if (tuner.stop(own) != 0) found[t].emplace_back("stop");
        }
      });
    }
    for (std::thread& thread : threads) thread.join();
  }
  for (const auto& differing : found) CHECK(differing == std::vector<std::string>{});
  // Of the shared communicator: at most two lines a row, no line twice.
  const auto log = take_log();
  std::map<std::string, int> times;
  for (const LogLine& line : log) ++times[line.text];
  CHECK(times.size() > 3);
  for (const auto& [text, count] : times) CHECK_MESSAGE(count == 1, text);
  CHECK(newest.stop(shared) == 0);
}

}  // namespace
}  // namespace pleach
