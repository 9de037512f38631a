#include "compiler/exporters/nccl_host.hpp"

#include <algorithm>
#include <array>
#include <cstdio>
#include <map>
#include <set>
#include <utility>

#include "compiler/exporters/xml_text.hpp"
#include "compiler/nccl/gpu_generation.hpp"
#include "compiler/nccl/host_nodes.hpp"

namespace pleach::exporters {
namespace {

// HGX B200 (100) has PCIe Gen5 like Hopper, B300 and GB300 (103) Gen6.
std::string pci_speed_of(std::int64_t sm) {
  if (sm < 80) return "8.0 GT/s PCIe";
  if (sm < 90) return "16.0 GT/s PCIe";
  return sm <= 100 ? "32.0 GT/s PCIe" : "64.0 GT/s PCIe";
}

// "0000:1b:00.0", the domain of 4 to 8 digits.
bool is_bus_id(const std::string& text) {
  const auto colon = text.find(':');
  if (colon < 4 || colon > 8 || text.size() != colon + 8) return false;
  const std::string shape = std::string(colon, 'x') + ":xx:xx.x";
  return std::equal(text.begin(), text.end(), shape.begin(), [](char c, char wanted) {
    return wanted == 'x' ? (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') : c == wanted;
  });
}

std::string in_lower_case(std::string text) {
  for (char& c : text) {
    if (c >= 'A' && c <= 'F') c = static_cast<char>(c - 'A' + 'a');
  }
  return text;
}

// The part of an id behind its box, the same in all boxes that are alike.
std::string short_id(const Node& node) { return node.id.substr(node.id.rfind('/') + 1); }

class HostReader {
 public:
  HostReader(const Topology& topology, const Host& host, const std::string& file)
      : topology_(topology),
        host_(host),
        file_(file),
        scale_up_(nccl::scale_up_links(topology)),
        inside_(nccl::nodes_of_host(topology, host)),
        gpu_of_node_(topology.num_nodes(), -1) {
    for (std::size_t i = 0; i < host.ranks.size(); ++i) {
      gpu_of_node_[index(node_of_gpu(i))] = static_cast<int>(i);
    }
  }

  Result<NcclHost> read() {
    read_generation();
    if (!mistakes_.empty()) return std::move(mistakes_);
    collect_bus_ids();
    read_cpus();
    read_gpus();
    read_nvlinks();
    read_nics();
    read_bridges();
    if (!mistakes_.empty()) return std::move(mistakes_);
    return std::move(result_);
  }

 private:
  [[nodiscard]] NodeId node_of_gpu(std::size_t gpu) const {
    return topology_.ranks[static_cast<std::size_t>(host_.ranks[gpu])];
  }
  [[nodiscard]] std::string link_name(const Link& link) const {
    return "\"" + topology_.node(link.from).id + " -> " + topology_.node(link.to).id + "\"";
  }
  void report(std::string message, std::string expected, std::string fix = "") {
    mistakes_.push_back({.file = file_,
                         .pointer = "",
                         .message = std::move(message),
                         .expected = std::move(expected),
                         .fix = std::move(fix)});
  }

  void read_generation() {
    const auto generation = nccl::guess_generations(topology_, {host_}).front();
    if (!generation || generation->sm == 0) {
      report(generation ? "the links of the GPUs are those of " + std::string(generation->name) +
                              ", which is no NVIDIA GPU"
                        : "no NVIDIA GPU that is known has such links, or the GPUs' labels \"sm\" "
                          "differ or are unknown",
             "NVIDIA GPUs: NCCL takes the rate of a link from their compute capability",
             "if they are NVIDIA's, give them the label \"sm\", e.g. \"90\"");
      return;
    }
    link_rate_ = generation->link;
    result_.sm = generation->sm;
    // It has been read: all that have the label have the same.
    for (std::size_t i = 0; i < host_.ranks.size(); ++i) {
      const std::string* const label = label_of(topology_.node(node_of_gpu(i)), "sm");
      if (label != nullptr) result_.sm = whole_number(*label).value_or(generation->sm);
    }
    result_.pci_speed = pci_speed_of(result_.sm);
  }

  // Invented ids keep off those that labels give.
  void collect_bus_ids() {
    for (std::size_t i = 0; i < topology_.num_nodes(); ++i) {
      const std::string* const label = label_of(topology_.nodes[i], "pci");
      if (!inside_[i] || label == nullptr) continue;
      const std::string bus_id = in_lower_case(*label);
      if (!is_bus_id(bus_id)) {
        report("label \"pci\" of \"" + topology_.nodes[i].id + "\" is \"" + *label + "\"",
               "a PCI bus id, e.g. \"0000:1b:00.0\"");
      } else if (!bus_ids_.insert(bus_id).second) {
        report("label \"pci\" of \"" + topology_.nodes[i].id + "\" is \"" + *label +
                   "\", which another node of the host has as well",
               "each bus id once in a host");
      }
    }
  }

  std::string invent_bus_id() {
    std::array<char, 32> text{};
    do {
      ++last_bus_;
      std::snprintf(text.data(), text.size(), "%04x:%02x:00.0", last_bus_ >> 8, last_bus_ & 0xff);
    } while (!bus_ids_.insert(text.data()).second);
    return text.data();
  }

  // On the last bus, where no machine has a device that NCCL could take it for.
  std::string bridge_bus_id() {
    std::array<char, 32> text{};
    do {
      std::snprintf(text.data(), text.size(), "ffff:ff:%02x.0", ++last_bridge_);
    } while (!bus_ids_.insert(text.data()).second);
    return text.data();
  }

  std::string bus_id_of(const Node& node) {
    if (const std::string* const label = label_of(node, "pci")) return in_lower_case(*label);
    result_.invented_bus_ids = true;
    return invent_bus_id();
  }

  std::optional<std::int64_t> numa_label(const Node& node) {
    const std::string* const label = label_of(node, "numa");
    if (label == nullptr) return std::nullopt;
    const auto number = whole_number(*label);
    if (!number) {
      report("label \"numa\" of \"" + node.id + "\" is \"" + *label + "\"",
             "the number of a NUMA node, e.g. \"0\"");
    }
    return number;
  }

  // CPUs without the label are counted in file order.
  void read_cpus() {
    std::int64_t count = 0;
    for (std::size_t i = 0; i < topology_.num_nodes(); ++i) {
      const Node& node = topology_.nodes[i];
      if (!inside_[i] || node.type != NodeType::Cpu) continue;
      NcclCpu cpu{.numa = numa_label(node).value_or(count)};
      ++count;
      for (const auto& [label, value] :
           {std::pair("arch", &cpu.arch), std::pair("vendor", &cpu.vendor),
            std::pair("familyid", &cpu.familyid), std::pair("modelid", &cpu.modelid)}) {
        const std::string* const text = label_of(node, label);
        if (text == nullptr) continue;
        if (!is_plain(*text)) {
          report("label \"" + std::string(label) + "\" of \"" + node.id +
                     "\" can not stand in XML "
                     "that NCCL reads: \"" +
                     *text + "\"",
                 "at most 254 printable ASCII characters without < > & and quotes");
        }
        *value = *text;
        result_.knows_cpus = true;
      }
      numa_of_cpu_[NodeId{static_cast<std::int32_t>(i)}] = cpu.numa;
      cpus_.emplace(cpu.numa, cpu);
    }
  }

  // By label, else that of a CPU it is joined to, else the first there is.
  std::int64_t numa_of(NodeId node) {
    auto numa = numa_label(topology_.node(node));
    for (const Link& link : topology_.links) {
      if (numa) break;
      if (link.from != node || !numa_of_cpu_.contains(link.to)) continue;
      numa = numa_of_cpu_.at(link.to);
    }
    return use_numa(numa.value_or(cpus_.empty() ? 0 : cpus_.begin()->first));
  }

  std::int64_t use_numa(std::int64_t numa) {
    cpus_.emplace(numa, NcclCpu{.numa = numa});
    return numa;
  }

  void read_gpus() {
    const auto devices = device_numbers(topology_, host_, file_);
    if (!devices.ok()) {
      mistakes_.insert(mistakes_.end(), devices.mistakes().begin(), devices.mistakes().end());
    }
    for (std::size_t i = 0; i < host_.ranks.size(); ++i) {
      NcclGpu gpu;
      gpu.bus_id = bus_id_of(topology_.node(node_of_gpu(i)));
      gpu.dev = devices.ok() ? devices.value()[i] : 0;
      gpu.numa = numa_of(node_of_gpu(i));
      result_.gpus.push_back(std::move(gpu));
    }
  }

  std::optional<std::int64_t> count_nvlinks(const Link& link) {
    const Rational count = link.bandwidth.gigabytes_per_second / link_rate_;
    if (count.den() == Integer(1) && count.num().fits_int64()) return count.num().int64();
    report("link " + link_name(link) + " has " + to_string(link.bandwidth) + ", which is " +
               count.to_string() + " NVLinks",
           "a whole number of NVLinks of " + to_string(Bandwidth{link_rate_}) + " (sm " +
               std::to_string(result_.sm) + "): NCCL's file counts links");
    return std::nullopt;
  }

  void read_nvlinks() {
    std::map<NodeId, int> position_of_switch;
    std::map<std::pair<NodeId, NodeId>, Bandwidth> bandwidth;
    for (std::size_t i = 0; i < topology_.links.size(); ++i) {
      const Link& link = topology_.links[i];
      if (scale_up_[i]) bandwidth[{link.from, link.to}] = link.bandwidth;
    }
    for (std::size_t i = 0; i < topology_.links.size(); ++i) {
      const Link& link = topology_.links[i];
      const int from = gpu_of_node_[index(link.from)];
      if (from < 0) continue;
      if (!scale_up_[i]) {
        check_other_link(link);
        continue;
      }
      const auto count = count_nvlinks(link);
      if (!count) continue;
      NcclNvlinks links{.gpu = std::nullopt, .nvswitch = 0, .count = *count};
      if (topology_.node(link.to).type == NodeType::Gpu) {
        const int to = gpu_of_node_[index(link.to)];
        if (to < 0) {
          report("link " + link_name(link) + " joins GPUs of two hosts",
                 "NVLinks inside a host, or to switches");
          continue;
        }
        links.gpu = to;
      } else {
        const auto back = bandwidth.find({link.to, link.from});
        if (back == bandwidth.end() || back->second != link.bandwidth) {
          report("link " + link_name(link) + " has " + to_string(link.bandwidth) +
                     ", the way back " +
                     (back == bandwidth.end() ? "none" : to_string(back->second)),
                 "the same both ways: NCCL's file counts links to a switch once for both");
          continue;
        }
        const auto [entry, is_new] =
            position_of_switch.emplace(link.to, static_cast<int>(result_.nvswitches.size()));
        if (is_new) result_.nvswitches.push_back(invent_or_label(link.to));
        links.nvswitch = entry->second;
      }
      result_.gpus[static_cast<std::size_t>(from)].nvlinks.push_back(links);
    }
  }

  // A switch is looked up by nobody, so its id may well be invented.
  std::string invent_or_label(NodeId nvswitch) {
    const std::string* const label = label_of(topology_.node(nvswitch), "pci");
    return label != nullptr && inside_[index(nvswitch)] ? in_lower_case(*label) : invent_bus_id();
  }

  // A GPU's link that is no NVLink: to NICs, CPUs, and switches that lead to some.
  void check_other_link(const Link& link) {
    const Node& to = topology_.node(link.to);
    if (to.type != NodeType::Switch) return;
    const bool leads_to_pci = std::ranges::any_of(topology_.links, [&](const Link& next) {
      const NodeType type = topology_.node(next.to).type;
      return next.from == link.to && (type == NodeType::Nic || type == NodeType::Cpu);
    });
    if (leads_to_pci) return;
    report(
        "link " + link_name(link) +
            " is neither NVLink nor PCIe: the switch is joined to no NIC and no CPU, but to more "
            "than "
            "GPUs of this host",
        "NVSwitches that join GPUs alone (NCCL sees one level of them), and networks behind NICs");
  }

  void read_nics() {
    std::set<std::string> names;
    for (std::size_t i = 0; i < topology_.num_nodes(); ++i) {
      const Node& node = topology_.nodes[i];
      if (!inside_[i] || node.type != NodeType::Nic) continue;
      const NodeId id{static_cast<std::int32_t>(i)};
      NcclNic nic;
      const std::string* const label = label_of(node, "domain");
      nic.name = label != nullptr ? *label : short_id(node);
      result_.invented_names = result_.invented_names || label == nullptr;
      if (!is_plain(nic.name)) {
        report("the name of NIC \"" + node.id + "\" can not stand in XML that NCCL reads: \"" +
                   nic.name + "\"",
               "at most 254 printable ASCII characters without < > & and quotes");
      }
      if (!names.insert(nic.name).second) {
        report("two NICs of the host are called \"" + nic.name + "\"", "each name once in a host");
      }
      nic.bus_id = bus_id_of(node);
      nic.megabits = megabits_of(id);
      nic.gpu = only_gpu_of(id);
      auto numa = numa_label(node);
      if (!numa && nic.gpu) numa = result_.gpus[static_cast<std::size_t>(*nic.gpu)].numa;
      nic.numa = numa ? use_numa(*numa) : numa_of(id);
      if (nic.gpu && nic.numa != result_.gpus[static_cast<std::size_t>(*nic.gpu)].numa) {
        nic.gpu.reset();  // a bridge stands in one NUMA node
      }
      result_.nics.push_back(std::move(nic));
    }
  }

  std::int64_t megabits_of(NodeId nic) {
    Rational outward;
    Rational inward;
    for (const Link& link : topology_.links) {
      if (link.from != nic) continue;
      auto& sum = inside_[index(link.to)] ? inward : outward;
      sum += link.bandwidth.gigabytes_per_second;
    }
    const Rational megabits = (outward.sign() > 0 ? outward : inward) * 8000;
    if (megabits.sign() > 0 && megabits.den() == Integer(1) && megabits.num().fits_int64()) {
      return megabits.num().int64();
    }
    report("NIC \"" + topology_.node(nic).id + "\" has " + megabits.to_string() + " Mb/s",
           "a whole number of Mb/s above 0");
    return 0;
  }

  // The one GPU that a NIC is joined to, when it is joined to nothing else in the host.
  [[nodiscard]] std::optional<int> only_gpu_of(NodeId nic) const {
    std::set<NodeId> neighbours;
    for (const Link& link : topology_.links) {
      if (link.from == nic && inside_[index(link.to)]) neighbours.insert(link.to);
      if (link.to == nic && inside_[index(link.from)]) neighbours.insert(link.from);
    }
    if (neighbours.size() != 1) return std::nullopt;
    const int gpu = gpu_of_node_[index(*neighbours.begin())];
    return gpu < 0 ? std::nullopt : std::optional(gpu);
  }

  void read_bridges() {
    result_.bridges.resize(result_.gpus.size());
    for (const NcclNic& nic : result_.nics) {
      if (!nic.gpu) continue;
      std::string& bridge = result_.bridges[static_cast<std::size_t>(*nic.gpu)];
      if (bridge.empty()) bridge = bridge_bus_id();
    }
    for (const auto& [numa, cpu] : cpus_) result_.cpus.push_back(cpu);
  }

  const Topology& topology_;
  const Host& host_;
  const std::string& file_;
  const std::vector<bool> scale_up_;
  const std::vector<bool> inside_;
  std::vector<int> gpu_of_node_;  // position in the host; -1 for others
  Rational link_rate_;            // GB/s of one NVLink
  std::set<std::string> bus_ids_;
  int last_bus_ = 0;
  int last_bridge_ = 0;
  std::map<std::int64_t, NcclCpu> cpus_;
  std::map<NodeId, std::int64_t> numa_of_cpu_;
  NcclHost result_;
  Diagnostics mistakes_;
};

}  // namespace

Result<NcclHost> describe_host(const Topology& topology,
                               const Host& host,
                               const std::string& file) {
  return HostReader(topology, host, file).read();
}

}  // namespace pleach::exporters
