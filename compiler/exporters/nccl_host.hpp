// One host of a machine as NCCL knows hosts: GPUs with NVLinks, NICs, what shares a PCI bridge, the
// NUMA node of each.
//
// A real machine says more by labels (topology.hpp):
//   gpu  "pci" bus id, "dev" NVML's number, "numa" NUMA node, "sm" compute capability, "host"
//   nic  "pci", "domain" the name that NCCL knows it by, "numa"
//   cpu  "numa", and what NCCL takes the speed between sockets from: "arch", "vendor", "familyid",
//        "modelid"
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "compiler/core/result.hpp"
#include "compiler/exporters/device_numbers.hpp"
#include "compiler/topology/topology.hpp"

namespace pleach::exporters {

// All links of one kind from a GPU to another one, or to a switch. Both ways are alike for a
// switch; between GPUs each end lists its own way.
struct NcclNvlinks {
  std::optional<int> gpu = {};  // position in NcclHost::gpus
  int nvswitch = 0;             // else: position in NcclHost::nvswitches
  std::int64_t count = 0;
  bool operator==(const NcclNvlinks&) const = default;
};

struct NcclGpu {
  std::string bus_id;  // lower-case, "0000:1b:00.0"
  std::int64_t dev = 0;
  std::int64_t numa = 0;
  std::vector<NcclNvlinks> nvlinks;
  bool operator==(const NcclGpu&) const = default;
};

struct NcclNic {
  std::string bus_id;
  std::string name;
  std::int64_t megabits = 0;  // per second
  std::int64_t numa = 0;
  std::optional<int> gpu;  // that it shares a bridge with: the only one in the host it is joined to
  bool operator==(const NcclNic&) const = default;
};

struct NcclCpu {
  std::int64_t numa = 0;
  std::string arch = "x86_64";
  std::string vendor = "GenuineIntel";
  std::string familyid = "6";
  std::string modelid = "143";
  bool operator==(const NcclCpu&) const = default;
};

struct NcclHost {
  std::int64_t sm = 0;
  std::string pci_speed;  // of a GPU's PCIe, 16 lanes: "32.0 GT/s PCIe"
  std::vector<NcclGpu> gpus;
  std::vector<std::string> nvswitches;  // bus ids
  std::vector<NcclNic> nics;
  std::vector<NcclCpu> cpus;         // by rising NUMA node
  std::vector<std::string> bridges;  // bus id for each GPU, empty where it shares none
  // No label says so: these would not be found on a real machine.
  bool invented_bus_ids = false;
  bool invented_names = false;
  bool knows_cpus = false;  // labels say what CPUs they are
  bool operator==(const NcclHost&) const = default;
};

// Links to switches count as NVLink where all the switch's neighbours are GPUs. A NIC's rate is
// that of its links that leave the host; where none do, of those into it. `file` is the name that
// diagnostics carry. Errors, all of them: GPUs that are not NVIDIA's or of unknown generation;
// links that are no whole number of NVLinks, or unlike both ways to a switch; switches that join
// switches; rates that are no whole number of Mb/s; labels that will not do. Cost: linear in nodes
// and links.
[[nodiscard]] Result<NcclHost> describe_host(const Topology& topology,
                                             const Host& host,
                                             const std::string& file);

}  // namespace pleach::exporters
