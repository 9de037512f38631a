#include "kernels/emulate.hpp"

#include <deque>
#include <memory>
#include <thread>
#include <vector>

#include "kernels/block_barrier.hpp"
#include "kernels/run_block.hpp"
#include "kernels/table.hpp"

namespace pleach::device {
namespace {

struct EmulatedBlock {
  explicit EmulatedBlock(std::uint32_t threads) : barrier(threads) {}
  BlockBarrier barrier;
  Shared shared{};
};

}  // namespace

void emulate(const KernelKey& key, const Launch& launch, std::uint32_t threads_per_block) {
  choose_kernel(key, [&, launch]<class Arithmetic>(Choice<Arithmetic>) {
    std::deque<EmulatedBlock> blocks;
    std::vector<std::jthread> threads;
    for (std::uint32_t block = 0; block < launch.num_blocks; ++block) {
      EmulatedBlock& own = blocks.emplace_back(threads_per_block);
      for (std::uint32_t index = 0; index < threads_per_block; ++index) {
        threads.emplace_back([&launch, &own, block, index] {
          const Thread thread(index, own.barrier);
          run_block<Arithmetic>(thread, own.shared, launch, block);
        });
      }
    }
  });
}

}  // namespace pleach::device
