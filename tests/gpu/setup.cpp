#include "tests/gpu/setup.hpp"

#include <exception>
#include <mutex>
#include <numeric>
#include <thread>

namespace pleach::gpu_check {

Streams::Streams(std::shared_ptr<Device> device, int ranks)
    : device_(std::move(device)), main_(device_->make_stream()) {
  for (int rank = 0; rank < ranks; ++rank) ranks_.push_back(device_->make_stream());
}

Streams::~Streams() {
  for (void* const stream : ranks_) device_->destroy_stream(stream);
  device_->destroy_stream(main_);
}

void Streams::synchronize() const {
  for (void* const stream : ranks_) device_->synchronize(stream);
  device_->synchronize(main_);
}

void start_each(const Setup& setup,
                std::span<const int> ranks,
                const std::function<void(int)>& start) {
  if (setup.asynchronous) {
    for (const int rank : ranks) start(rank);
    return;
  }
  std::mutex mutex;
  std::exception_ptr first;
  {
    std::vector<std::jthread> threads;
    for (const int rank : ranks) {
      threads.emplace_back([&, rank] {
        try {
          start(rank);
        } catch (...) {
          const std::lock_guard lock(mutex);
          if (first == nullptr) first = std::current_exception();
        }
      });
    }
  }
  if (first != nullptr) std::rethrow_exception(first);
}

void execute(const Setup& setup,
             DeviceExecutor& executor,
             std::span<const int> ranks,
             std::span<const RankBuffers> buffers,
             Launches launches) {
  const Streams streams(setup.device, executor.plan().ranks);
  if (launches == Launches::Together) {
    executor.launch(ranks, buffers, streams.main());
  } else {
    start_each(setup, ranks,
               [&](int rank) { executor.launch(std::span(&rank, 1), buffers, streams.of(rank)); });
  }
  streams.synchronize();
}

void execute(const Setup& setup,
             DeviceExecutor& executor,
             std::span<const RankBuffers> buffers,
             Launches launches) {
  std::vector<int> all(executor.plan().ranks);
  std::iota(all.begin(), all.end(), 0);
  execute(setup, executor, all, buffers, launches);
}

}  // namespace pleach::gpu_check
