#include "compiler/exporters/nccl_topo.hpp"

#include <algorithm>
#include <string_view>
#include <utility>
#include <vector>

#include <pugixml.hpp>

#include "compiler/core/suggest.hpp"
#include "compiler/exporters/device_numbers.hpp"
#include "compiler/exporters/xml_text.hpp"

namespace pleach::exporters {
namespace {

constexpr const char* kGpuClass = "0x030200";
constexpr const char* kNicClass = "0x020000";
constexpr const char* kBridgeClass = "0x060400";
constexpr const char* kNvswitchClass = "0x068000";

class HostWriter {
 public:
  explicit HostWriter(const NcclHost& host) : host_(host) {}

  std::string write() {
    pugi::xml_document document;
    pugi::xml_node system = append(document, "system");
    system.append_attribute("version") = 1;
    for (const NcclCpu& cpu : host_.cpus) append_cpu(system, cpu);
    return xml_text(document);
  }

  [[nodiscard]] std::size_t elements() const { return elements_; }

 private:
  pugi::xml_node append(pugi::xml_node parent, const char* name) {
    ++elements_;
    return parent.append_child(name);
  }

  void append_cpu(pugi::xml_node system, const NcclCpu& cpu) {
    pugi::xml_node node = append(system, "cpu");
    node.append_attribute("numaid") = cpu.numa;
    node.append_attribute("arch") = cpu.arch.c_str();
    if (cpu.arch == "x86_64") {  // of others NCCL knows one kind
      node.append_attribute("vendor") = cpu.vendor.c_str();
      node.append_attribute("familyid") = cpu.familyid.c_str();
      node.append_attribute("modelid") = cpu.modelid.c_str();
    }
    for (std::size_t gpu = 0; gpu < host_.gpus.size(); ++gpu) {
      if (host_.gpus[gpu].numa == cpu.numa) append_gpu(node, gpu);
    }
    for (std::size_t nic = 0; nic < host_.nics.size(); ++nic) {
      if (host_.nics[nic].numa == cpu.numa && !host_.nics[nic].gpu) append_nic(node, nic);
    }
  }

  pugi::xml_node append_pci(pugi::xml_node parent, const std::string& bus_id, const char* kind) {
    pugi::xml_node node = append(parent, "pci");
    node.append_attribute("busid") = bus_id.c_str();
    node.append_attribute("class") = kind;
    node.append_attribute("link_speed") = host_.pci_speed.c_str();
    node.append_attribute("link_width") = 16;
    return node;
  }

  // With the NICs that stand at the same bridge.
  void append_gpu(pugi::xml_node parent, std::size_t position) {
    const NcclGpu& gpu = host_.gpus[position];
    const std::string& bridge = host_.bridges[position];
    if (!bridge.empty()) parent = append_pci(parent, bridge, kBridgeClass);
    pugi::xml_node node = append(append_pci(parent, gpu.bus_id, kGpuClass), "gpu");
    node.append_attribute("dev") = gpu.dev;
    node.append_attribute("sm") = host_.sm;
    node.append_attribute("rank") = position;
    node.append_attribute("gdr") = 1;
    for (const NcclNvlinks& links : gpu.nvlinks) {
      const std::string& target = links.gpu
                                      ? host_.gpus[static_cast<std::size_t>(*links.gpu)].bus_id
                                      : host_.nvswitches[static_cast<std::size_t>(links.nvswitch)];
      pugi::xml_node link = append(node, "nvlink");
      link.append_attribute("target") = target.c_str();
      link.append_attribute("count") = links.count;
      link.append_attribute("tclass") = links.gpu ? kGpuClass : kNvswitchClass;
    }
    for (std::size_t nic = 0; nic < host_.nics.size(); ++nic) {
      if (host_.nics[nic].gpu == static_cast<int>(position)) append_nic(parent, nic);
    }
  }

  void append_nic(pugi::xml_node parent, std::size_t position) {
    const NcclNic& nic = host_.nics[position];
    pugi::xml_node net = append(append(append_pci(parent, nic.bus_id, kNicClass), "nic"), "net");
    net.append_attribute("name") = nic.name.c_str();
    net.append_attribute("dev") = position;
    net.append_attribute("speed") = nic.megabits;
    net.append_attribute("port") = 1;
    // Ports of one guid would share a wire.
    net.append_attribute("guid") = ("0x" + hexadecimal(position + 1)).c_str();
    net.append_attribute("gdr") = 1;
  }

  static std::string hexadecimal(std::size_t number) {
    constexpr std::string_view kDigits = "0123456789abcdef";
    std::string text;
    for (; number > 0; number /= 16) text.insert(text.begin(), kDigits[number % 16]);
    return text;
  }

  const NcclHost& host_;
  std::size_t elements_ = 0;
};

Diagnostic unknown_host(const std::vector<Host>& hosts,
                        const std::string& name,
                        const std::string& file) {
  std::vector<std::string_view> names;
  std::string list;
  for (const Host& host : hosts) {
    names.push_back(host.name);
    if (names.size() <= 8) list += (list.empty() ? "" : ", ") + host.name;
  }
  if (names.size() > 8) list += ", …";
  return {.file = file,
          .pointer = "",
          .message = "the machine has no host \"" + name + "\"",
          .expected = list.empty() ? "no --host: this machine is one host without a name"
                                   : "one of " + list,
          .fix = did_you_mean(name, names)};
}

Diagnostic note(const std::string& file, std::string message, std::string fix = "") {
  return {.file = file,
          .pointer = "",
          .message = std::move(message),
          .expected = "",
          .fix = std::move(fix)};
}

// What a person should know before NCCL reads the file.
Diagnostics notes_on(const NcclTopo& topo, const std::string& file) {
  Diagnostics notes;
  if (!topo.all_alike) {
    notes.push_back(note(file,
                         "hosts differ in GPUs, links, NICs or labels; this file is right for \"" +
                             topo.host_name + "\" and those like it",
                         "write one for each kind of host, with --host"));
  }
  if (topo.host.invented_bus_ids) {
    notes.push_back(note(file,
                         "GPUs or NICs without the label \"pci\" have invented bus ids, and NCCL "
                         "drops what it does not find by them",
                         "for a real machine, give each its bus id, e.g. \"0000:1b:00.0\""));
  }
  if (topo.host.invented_names) {
    notes.push_back(
        note(file,
             "NICs without the label \"domain\" are called by their ids, and NCCL finds "
             "them by name",
             "for a real machine, give each its name, e.g. \"mlx5_0\""));
  }
  if (topo.host.cpus.size() > 1 && !topo.host.knows_cpus) {
    notes.push_back(
        note(file,
             "the CPUs have no labels \"vendor\", \"familyid\" and \"modelid\", so NCCL "
             "will take what joins them for that of an Intel Sapphire Rapids"));
  }
  return notes;
}

}  // namespace

Result<NcclTopo> make_nccl_topo(const Topology& topology,
                                const std::optional<std::string>& host_name,
                                const std::string& file) {
  const auto hosts = nccl::find_hosts(topology, file);
  if (!hosts.ok()) return hosts.mistakes();
  auto chosen = hosts.value().begin();
  if (host_name) {
    chosen = std::ranges::find(hosts.value(), *host_name, &Host::name);
    if (chosen == hosts.value().end()) return unknown_host(hosts.value(), *host_name, file);
  }
  auto described = describe_host(topology, *chosen, file);
  if (!described.ok()) return described.mistakes();
  NcclTopo topo{.hosts = hosts.value().size(),
                .host_name = chosen->name,
                .host = std::move(described).value()};
  for (auto other = hosts.value().begin(); other != hosts.value().end() && topo.all_alike;
       ++other) {
    if (other == chosen) continue;
    const auto compared = describe_host(topology, *other, file);
    topo.all_alike = compared.ok() && compared.value() == topo.host;
  }
  HostWriter writer(topo.host);
  topo.text = writer.write();
  topo.elements = writer.elements();
  if (topo.elements > kMostElements) {
    return Diagnostic{.file = file,
                      .pointer = "",
                      .message = "the host needs " + std::to_string(topo.elements) + " elements",
                      .expected = "at most " + std::to_string(kMostElements) +
                                  ", the most that NCCL reads: fewer GPUs, links or NICs",
                      .fix = "if this is several hosts, name them with the label \"host\""};
  }
  Diagnostics notes = notes_on(topo, file);
  if (auto doubt = nccl::doubt_host(*chosen, file)) notes.push_back(*std::move(doubt));
  return {std::move(topo), std::move(notes)};
}

}  // namespace pleach::exporters
