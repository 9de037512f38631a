#include "runtime/comm/shared_heap.hpp"

#include <algorithm>
#include <cstring>
#include <map>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include <doctest/doctest.h>
#include <sys/wait.h>
#include <unistd.h>

#include "compiler/core/machine_error.hpp"

namespace pleach {
namespace {

constexpr std::size_t kMiB = std::size_t{1} << 20;

bool is_zero(const std::byte* memory, std::size_t bytes) {
  return std::all_of(memory, memory + bytes, [](std::byte byte) { return byte == std::byte{0}; });
}

bool is_aligned(const std::byte* memory, std::size_t alignment) {
  return reinterpret_cast<std::uintptr_t>(memory) % alignment == 0;
}

TEST_CASE("memory is zeroed, aligned, and zeroed again when it is used again") {
  SharedHeap heap(16 * kMiB);
  std::byte* const small = heap.allocate(1);
  CHECK(is_aligned(small, 64));
  std::byte* const nothing = heap.allocate(0);
  CHECK(nothing != small);
  std::byte* const large = heap.allocate(3 * kMiB);
  CHECK(heap.offset_of(large) % (2 * kMiB) == 0);
  CHECK(is_zero(large, 3 * kMiB));
  std::memset(large, 0x5a, 3 * kMiB);
  heap.deallocate(large);
  std::byte* const again = heap.allocate(3 * kMiB);
  CHECK(again == large);
  CHECK(is_zero(again, 3 * kMiB));
  heap.deallocate(nullptr);
}

TEST_CASE("blocks that are freed join, in any order") {
  std::mt19937_64 random(4);
  SharedHeap heap(8 * kMiB);
  const std::size_t size = heap.size();
  for (int round = 0; round < 20; ++round) {
    std::vector<std::byte*> blocks;
    for (int i = 0; i < 50; ++i) blocks.push_back(heap.allocate(1 + random() % 100000));
    std::shuffle(blocks.begin(), blocks.end(), random);
    for (std::byte* const block : blocks) heap.deallocate(block);
    // Only one hole is as large as all.
    std::byte* const all = heap.allocate(size);
    CHECK(heap.offset_of(all) == 0);
    heap.deallocate(all);
  }
}

TEST_CASE("blocks do not overlap") {
  std::mt19937_64 random(5);
  SharedHeap heap(64 * kMiB);
  struct Block {
    std::size_t bytes = 0;
    int mark = 0;
  };
  std::map<std::byte*, Block> blocks;
  const auto check_and_free = [&](std::map<std::byte*, Block>::iterator at) {
    const auto& [memory, block] = *at;
    CHECK(std::all_of(memory, memory + block.bytes, [&, mark = block.mark](std::byte byte) {
      return byte == static_cast<std::byte>(mark);
    }));
    heap.deallocate(memory);
    blocks.erase(at);
  };
  for (int round = 0; round < 400; ++round) {
    if (blocks.size() < 2 || random() % 3 != 0) {
      const std::size_t bytes = random() % 8 == 0 ? kMiB + random() % kMiB : 1 + random() % 9000;
      std::byte* const memory = heap.allocate(bytes);
      CHECK(is_zero(memory, bytes));
      std::memset(memory, round & 0xff, bytes);
      blocks.emplace(memory, Block{.bytes = bytes, .mark = round & 0xff});
    } else {
      check_and_free(std::next(blocks.begin(), static_cast<long>(random() % blocks.size())));
    }
    while (blocks.size() > 20) check_and_free(blocks.begin());
  }
  while (!blocks.empty()) check_and_free(blocks.begin());
}

TEST_CASE("contains: within one block, and no byte further") {
  SharedHeap heap(4 * kMiB);
  std::byte* const first = heap.allocate(8192);
  std::byte* const second = heap.allocate(8192);
  REQUIRE(second == first + 8192);
  CHECK(heap.contains(first, 8192));
  CHECK(heap.contains(first + 8191, 1));
  CHECK(heap.contains(second, 1));
  CHECK_FALSE(heap.contains(first, 8193));  // two blocks
  CHECK_FALSE(heap.contains(first + 1, 8192));
  CHECK_FALSE(heap.contains(second, ~std::size_t{0}));
  std::byte local{};
  CHECK_FALSE(heap.contains(&local, 1));
  CHECK_FALSE(heap.contains(nullptr, 1));
  heap.deallocate(first);
  CHECK_FALSE(heap.contains(first, 1));
  CHECK(heap.contains(second, 8192));
}

TEST_CASE("a heap that is full says how much was asked for, and stays good") {
  SharedHeap heap(2 * kMiB);
  std::byte* const half = heap.allocate(kMiB / 2);
  std::string said;
  for (const std::size_t bytes : {2 * kMiB, ~std::size_t{0}, ~std::size_t{0} - 4000}) {
    said.clear();
    try {
      (void)heap.allocate(bytes);
    } catch (const MachineError& error) {
      said = error.what();
    }
    CHECK_MESSAGE(said.find("for " + std::to_string(bytes) + " bytes") != std::string::npos, said);
  }
  heap.deallocate(half);
  std::byte* const all = heap.allocate(2 * kMiB);
  CHECK(heap.contains(all, 2 * kMiB));
}

TEST_CASE("what stays for good is zeroed and apart from everything else") {
  SharedHeap heap(4 * kMiB);
  std::vector<std::byte*> pieces;
  for (int i = 0; i < 200; ++i) {
    pieces.push_back(heap.allocate_for_good(100));
    CHECK(is_aligned(pieces.back(), 64));
    CHECK(is_zero(pieces.back(), 100));
    std::memset(pieces.back(), i + 1, 100);
  }
  for (int i = 0; i < 200; ++i) {
    CHECK(pieces[i][0] == static_cast<std::byte>(i + 1));
    CHECK(pieces[i][99] == static_cast<std::byte>(i + 1));
  }
  CHECK(heap.allocate_for_good(SharedHeap::kMostForGood) != nullptr);
}

TEST_CASE("threads allocate and free at the same time") {
  SharedHeap heap(64 * kMiB);
  std::vector<std::thread> threads;
  std::vector<int> wrong(4, 0);
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&, t] {
      std::mt19937_64 random(t);
      for (int round = 0; round < 200; ++round) {
        const std::size_t bytes = 1 + random() % 20000;
        std::byte* const memory = heap.allocate(bytes);
        if (!is_zero(memory, bytes)) ++wrong[t];
        std::memset(memory, t + 1, bytes);
        if (memory[bytes - 1] != static_cast<std::byte>(t + 1)) ++wrong[t];
        (void)heap.allocate_for_good(64);
        heap.deallocate(memory);
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  CHECK(wrong == std::vector<int>(4, 0));
}

TEST_CASE("a second mapping sees what is written, both ways") {
  SharedHeap heap(4 * kMiB);
  std::byte* const memory = heap.allocate(100);
  MappedHeap mapped(::dup(heap.descriptor()), heap.size());
  CHECK(mapped.size() == heap.size());
  std::byte* const theirs = mapped.at(heap.offset_of(memory));
  CHECK(theirs != memory);
  memory[99] = std::byte{7};
  CHECK(theirs[99] == std::byte{7});
  theirs[0] = std::byte{8};
  CHECK(memory[0] == std::byte{8});
  MappedHeap moved(std::move(mapped));
  CHECK(moved.at(heap.offset_of(memory)) == theirs);
}

TEST_CASE("a descriptor that is none can not be mapped") {
  CHECK_THROWS_AS(MappedHeap(-1, kMiB), MachineError);
}

TEST_CASE("a child of fork() has a heap of its own") {
  SharedHeap& before = process_heap();
  CHECK(&process_heap() == &before);
  std::byte* const memory = before.allocate(64);
  memory[0] = std::byte{1};
  const int parents = before.descriptor();
  const pid_t child = ::fork();
  REQUIRE(child >= 0);
  if (child == 0) {
    int code = 0;
    SharedHeap& own = process_heap();
    std::byte* const mine = own.allocate(64);
    if (&own == &before || own.descriptor() == parents) code = 1;
    if (!is_zero(mine, 64)) code = 2;
    mine[0] = std::byte{2};
    if (&process_heap() != &own) code = 3;
    ::_exit(code);
  }
  int status = -1;
  CHECK(::waitpid(child, &status, 0) == child);
  CHECK(status == 0);
  CHECK(memory[0] == std::byte{1});
  CHECK(&process_heap() == &before);
  before.deallocate(memory);
}

}  // namespace
}  // namespace pleach
