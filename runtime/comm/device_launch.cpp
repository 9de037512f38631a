#include "runtime/comm/device_launch.hpp"

#include <optional>
#include <utility>
#include <vector>

namespace pleach {
namespace {

struct Part {
  const DeviceEntry* entry = nullptr;
  DeviceCall call;
};

bool is_same(const std::optional<OneShotCall>& a, const std::optional<OneShotCall>& b) {
  if (a.has_value() != b.has_value()) return false;
  return !a || (a->kind == b->kind && a->bytes == b->bytes);
}

bool go_together(const Part& a, const Part& b) {
  const Communicator& left = *a.entry->rank;
  const Communicator& right = *b.entry->rank;
  return left.id().bytes == right.id().bytes &&
         &left.device()->device() == &right.device()->device() &&
         a.entry->call.shape == b.entry->call.shape && is_same(a.call.one_shot, b.call.one_shot);
}

// On the stream of the first; the others' wait for it, and it for them.
void launch_together(const std::vector<Part>& parts) {
  const Part& first = parts.front();
  Device& device = first.entry->rank->device()->device();
  void* const stream = first.entry->call.stream;
  device::Launch launch{.num_ranks = static_cast<std::uint32_t>(parts.size()),
                        .divisor = first.call.divisor,
                        .bulk = first.call.bulk ? 1U : 0U};
  if (first.call.one_shot) {
    launch.one_shot = first.call.one_shot->kind;
    launch.one_shot_bytes = first.call.one_shot->bytes;
  }
  for (std::size_t i = 0; i < parts.size(); ++i) {
    launch.ranks[i] = parts[i].call.rank;
    launch.ranks[i].first_block = launch.num_blocks;
    launch.num_blocks += parts[i].call.blocks;
    device.order(parts[i].entry->call.stream, stream);
  }
  device.launch(first.call.key, launch, stream);
  for (const Part& part : parts) device.order(stream, part.entry->call.stream);
}

}  // namespace

void launch(std::span<const DeviceEntry> entries) {
  std::optional<CommError> failure;
  const auto attempt = [&failure](const auto& action) {
    try {
      action();
    } catch (const CommError& error) {
      if (!failure) failure = error;
    }
  };
  std::vector<std::vector<Part>> launches;
  for (const DeviceEntry& entry : entries) {
    attempt([&] {
      auto call = entry.rank->enter(entry.call, entry.call.stream);
      if (!call || entry.call.shape.count == 0) return;
      Part part{.entry = &entry, .call = *std::move(call)};
      for (std::vector<Part>& together : launches) {
        if (together.size() == device::kMostLaunchRanks || !go_together(together[0], part))
          continue;
        together.push_back(std::move(part));
        return;
      }
      launches.emplace_back().push_back(std::move(part));
    });
  }
  for (const std::vector<Part>& together : launches) {
    attempt([&] { as_comm_error(CommError::Kind::Device, [&] { launch_together(together); }); });
  }
  for (const DeviceEntry& entry : entries) {
    attempt([&] { entry.rank->check_device(Communicator::Look::Here); });
  }
  if (failure) throw *failure;
}

}  // namespace pleach
