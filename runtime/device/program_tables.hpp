// From a plan to the tables that a kernel executes for one rank (kernels/program.hpp).
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "compiler/plan/plan.hpp"
#include "kernels/program.hpp"
#include "runtime/device/device.hpp"
#include "runtime/device/device_memory.hpp"
#include "runtime/device/network_layout.hpp"

namespace pleach {

// What a rank's device reaches of a rank: itself, another of its process, another of its host. All
// null for one across the network.
struct DevicePeer {
  device::State* state = nullptr;       // for this plan
  std::uint64_t* counters = nullptr;    // of this plan, one for each op of the rank
  std::byte* scratch = nullptr;         // aligned to 16 bytes
  std::byte* const* regions = nullptr;  // null for ranks of this process
};

struct ProgramInput {
  const Plan& plan;
  int rank = 0;
  std::span<const DevicePeer> peers;  // by rank
  device::Control* control = nullptr;
  std::uint64_t number = 0;  // of the plan, told in failures
  // Blocks of the plan are joined until there are no more than these; at least 1.
  std::uint32_t most_blocks = 0;
  const NetworkLayout* network = nullptr;  // null: no sends from here or to here
  std::byte* network_memory = nullptr;     // layout.bytes, zero before the first execution
  std::byte* rings = nullptr;              // scratch in host memory, where the network writes
};

struct ProgramTables {
  std::vector<device::Op> ops;
  std::vector<device::Place> direct;
  std::vector<device::Base> bases;
  std::vector<device::Block> blocks;  // at least one, which may have nothing to do
  std::vector<device::End> ends;
  device::Program program = {};  // all but its pointers to the tables
};

// Needs: violations(plan) empty, and a slice of the plan on no more than kMostBases buffers.
// Cost:  linear in the plan.
[[nodiscard]] ProgramTables make_tables(const ProgramInput& input);

// Blocks that the rank with most of them would have, unjoined.
[[nodiscard]] std::uint32_t most_blocks_of_a_rank(const Plan& plan);

// The tables in memory of a device.
class DeviceProgram {
 public:
  DeviceProgram(Device& device, const ProgramTables& tables);

  [[nodiscard]] const device::Program* address() const { return memory_.as<device::Program>(); }
  [[nodiscard]] std::uint32_t num_blocks() const { return num_blocks_; }

 private:
  DeviceMemory memory_;
  std::uint32_t num_blocks_ = 0;
};

}  // namespace pleach
