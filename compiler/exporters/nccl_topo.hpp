// The file that describes a host to NCCL (NCCL_TOPO_FILE).
//
//   <system version="1">
//     <cpu numaid="0" arch="x86_64" …>
//       <pci busid="ffff:ff:01.0" class="0x060400" …>            a bridge, where a NIC shares one
//         <pci busid="0000:01:00.0" class="0x030200" link_speed="32.0 GT/s PCIe" link_width="16">
//           <gpu dev="0" sm="90" rank="0" gdr="1">
//             <nvlink target="0000:09:00.0" count="18" tclass="0x068000"/> …
//         <pci busid="0000:02:00.0" class="0x020000" …>
//           <nic> <net name="mlx5_0" dev="0" speed="400000" port="1" guid="0x1" gdr="1"/>
//
// What NCCL 2.28 and 2.30 make of it (src/graph/xml.cc, src/graph/topo.cc):
//   - It finds the GPUs and NICs that it has detected by bus id and by name, and drops what it has
//     not detected: on a real machine the labels "pci" and "domain" have to be there.
//   - `sm`, `nvlink`, `speed` and `link_*` of the file win over what it detects. `rank` and the dev
//     of a NIC are always its own; `rank` is there for readers of files alone, who pass over GPUs
//     without.
//   - A GPU's rate to a switch is count times what it knows of the generation, and all switches are
//     one to it. Between GPUs each end lists its own way.
//   - At most 256 elements.
#pragma once

#include <cstddef>
#include <optional>
#include <string>

#include "compiler/core/result.hpp"
#include "compiler/exporters/nccl_host.hpp"
#include "compiler/topology/topology.hpp"

namespace pleach::exporters {

inline constexpr std::size_t kMostElements = 256;

struct NcclTopo {
  std::string text = {};       // of the file
  std::size_t hosts = 0;       // of the machine
  std::string host_name = {};  // of the one described; empty where it has no name
  bool all_alike = true;       // whether the file is right for every host
  std::size_t elements = 0;
  NcclHost host;
};

// Describes the host of that name, else the first one. Same machine, same bytes.
// `file` is the name that diagnostics carry. Errors: those of describe_host; a name that no host
// has (with "did you mean"); more than 256 elements.
// Notes: what a real machine would not find; that hosts differ.
// Cost: that of describe_host for each host.
[[nodiscard]] Result<NcclTopo> make_nccl_topo(const Topology& topology,
                                              const std::optional<std::string>& host_name,
                                              const std::string& file);

}  // namespace pleach::exporters
