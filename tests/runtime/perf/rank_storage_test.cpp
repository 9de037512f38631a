#include "runtime/perf/rank_storage.hpp"

#include <algorithm>
#include <cstdint>
#include <vector>

#include <doctest/doctest.h>

namespace pleach::perf {
namespace {

CollectiveCall call_of(Collective collective, std::uint64_t count) {
  return {.collective = collective, .ranks = 3, .root = 0, .count = count};
}

TEST_CASE("buffers lie as the collective wants them, out of place and in place") {
  for (const Memory kind : {Memory::Private, Memory::Shared}) {
    const RankStorage gather(call_of(Collective::AllGather, 100), 2, kind, 0);
    const CollectiveCall call = call_of(Collective::AllGather, 10);  // a smaller one
    CHECK(gather.buffers(call, true).input == gather.buffers(call, true).output + 2 * 10 * 4);
    CHECK(gather.buffers(call, false).output == gather.buffers(call, true).output);
    const std::byte* const apart = gather.buffers(call, false).input;
    CHECK((apart < gather.buffers(call, false).output ||
           apart >= gather.buffers(call, false).output + 300 * 4));

    const CollectiveCall scattered = call_of(Collective::ReduceScatter, 10);
    const RankStorage scatter(scattered, 2, kind, 0);
    CHECK(scatter.buffers(scattered, true).output ==
          scatter.buffers(scattered, true).input + 2 * 10 * 4);

    const CollectiveCall reduced = call_of(Collective::AllReduce, 10);
    const RankStorage reduce(reduced, 2, kind, 0);
    CHECK(reduce.buffers(reduced, true).output == reduce.buffers(reduced, true).input);
    CHECK(reduce.buffers(reduced, false).output != reduce.buffers(reduced, false).input);
  }
}

TEST_CASE("an offset moves every buffer off its cache line") {
  for (const Memory kind : {Memory::Private, Memory::Shared}) {
    const CollectiveCall call = call_of(Collective::AllReduce, 10);
    const RankStorage storage(call, 0, kind, 3);
    const RankBuffers pair = storage.buffers(call, false);
    CHECK(reinterpret_cast<std::uintptr_t>(pair.input) % 64 == 3);
    CHECK(reinterpret_cast<std::uintptr_t>(pair.output) % 64 == 3);
  }
}

TEST_CASE("a filled output is wrong in every element") {
  const CollectiveCall call = call_of(Collective::AllReduce, 1000);
  const RankStorage storage(call, 1, Memory::Private, 0);
  storage.fill(call, false);
  const std::vector<const std::byte*> outputs = {nullptr, storage.buffers(call, false).output,
                                                 nullptr};
  CHECK(count_wrong(call, outputs) == 1000);
  std::vector<std::byte> input(4000);
  fill_input(call, 1, input.data());
  CHECK(std::equal(input.begin(), input.end(), storage.buffers(call, false).input));
}

TEST_CASE("what is needed: the whole, and the other side of a call out of place") {
  CHECK(RankStorage::bytes_needed(call_of(Collective::AllReduce, 10)) == 80);
  CHECK(RankStorage::bytes_needed(call_of(Collective::AllGather, 10)) == 160);
}

}  // namespace
}  // namespace pleach::perf
