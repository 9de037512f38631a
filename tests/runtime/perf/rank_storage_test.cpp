#include "runtime/perf/rank_storage.hpp"

#include <algorithm>
#include <cstdint>
#include <vector>

#include <doctest/doctest.h>

#include "runtime/device/emulated_device.hpp"

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

TEST_CASE("a device's memory is filled and read by way of the host's") {
  const auto device = open_emulated_device(0);
  for (const Collective collective : kCollectives) {
    for (const bool in_place : {false, true}) {
      const CollectiveCall largest = call_of(collective, 500);
      const CollectiveCall call = call_of(collective, 300);
      const RankStorage host(largest, 1, Memory::Private, 0);
      const RankStorage storage(largest, 1, Memory::Shared, 5, device);
      host.fill(call, in_place);
      storage.fill(call, in_place);
      const RankBuffers expected = host.buffers(call, in_place);
      const RankBuffers pair = storage.buffers(call, in_place);
      CHECK(reinterpret_cast<std::uintptr_t>(storage.memory()[0].data()) % 64 == 0);
      // An emulated device's memory is the host's too.
      const std::size_t input = 4 * 300 * (collective == Collective::ReduceScatter ? 3 : 1);
      const std::size_t output = 4 * 300 * (collective == Collective::AllGather ? 3 : 1);
      CHECK(std::equal(pair.input, pair.input + input, expected.input));
      CHECK(std::equal(pair.output, pair.output + output, expected.output));
      HostBuffer copy;
      const std::byte* const read = storage.output(call, in_place, copy);
      CHECK(read == copy.data());
      CHECK(copy.size() == output);
      CHECK(std::equal(read, read + output, expected.output));
      CHECK(host.output(call, in_place, copy) == expected.output);
    }
  }
}

TEST_CASE("what is registered is all of the memory") {
  const CollectiveCall call = call_of(Collective::AllGather, 10);
  const RankStorage storage(call, 1, Memory::Shared, 16, open_emulated_device(0));
  const auto memory = storage.memory();
  CHECK(memory[0].size() == 120 + 16);
  CHECK(memory[1].size() == 40 + 16);
  CHECK(storage.buffers(call, true).output == memory[0].data() + 16);
  CHECK(storage.buffers(call, false).input == memory[1].data() + 16);
}

TEST_CASE("what is needed: the whole, and the other side of a call out of place") {
  CHECK(RankStorage::bytes_needed(call_of(Collective::AllReduce, 10)) == 80);
  CHECK(RankStorage::bytes_needed(call_of(Collective::AllGather, 10)) == 160);
}

}  // namespace
}  // namespace pleach::perf
