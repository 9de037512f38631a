#include "tests/compiler/exporters/nccl_xml_checker.hpp"

#include <algorithm>
#include <charconv>
#include <map>
#include <regex>

#include <pugixml.hpp>

namespace pleach::testing {
namespace {

using Violations = std::vector<std::string>;

std::string text_of(const pugi::xml_node& node, const char* attribute) {
  return node.attribute(attribute).value();
}

std::optional<std::uint64_t> number(std::string text, int base) {
  if (base == 16 && text.starts_with("0x")) text.erase(0, 2);
  std::uint64_t value = 0;
  const char* const end = text.data() + text.size();
  const auto [rest, error] = std::from_chars(text.data(), end, value, base);
  if (error != std::errc{} || rest != end) return std::nullopt;
  return value;
}

bool above_zero(const std::string& text) {
  return std::regex_match(text, std::regex("[0-9]+(\\.[0-9]+)?")) &&
         text.find_first_of("123456789") != std::string::npos;
}

// What NCCL's reader can not take, whatever the elements mean.
void check_syntax(const std::string& xml, Violations& violations) {
  if (xml.find("<?") != std::string::npos) violations.push_back("a declaration");
  if (xml.find(" />") != std::string::npos) violations.push_back("a blank before />");
  if (xml.find('&') != std::string::npos) violations.push_back("an entity");
}

void require(const pugi::xml_node& node,
             const std::vector<const char*>& attributes,
             Violations& violations) {
  for (const char* attribute : attributes) {
    if (!node.attribute(attribute)) {
      violations.push_back(std::string(node.name()) + " without " + attribute);
    }
  }
  for (const pugi::xml_attribute& attribute : node.attributes()) {
    if (std::string(attribute.value()).size() > 254) violations.push_back("a value is too long");
  }
}

class GraphChecker {
 public:
  GraphChecker(const std::string& xml, const GraphRules& rules) : rules_(rules) {
    if (rules.rings_and_trees) check_syntax(xml, file_.violations);
    pugi::xml_document document;
    if (!document.load_string(xml.c_str())) {
      fail("not XML");
      return;
    }
    const pugi::xml_node root = document.document_element();
    if (std::string(root.name()) != "graphs") fail("the root is no graphs");
    if (text_of(root, "version") != "1") fail("the version is not 1");
    devs_ = rules.devs;
    for (const pugi::xml_node& graph : root.children()) check(graph);
    if (!ids_.contains(0)) fail("no graph 0");
    if (!rules.rings_and_trees) return;
    if (ids_ != std::set<std::uint64_t>{0, 1}) fail("not graphs 0 and 1");
    if (file_.rings.size() != file_.chains.size()) fail("rings and trees differ in number");
  }

  GraphFile take() && { return std::move(file_); }

 private:
  void fail(const std::string& violation) { file_.violations.push_back(violation); }

  void check(const pugi::xml_node& graph) {
    if (std::string(graph.name()) != "graph") {
      fail("no graph under graphs");
      return;
    }
    require(graph,
            {"id", "pattern", "crossnic", "nchannels", "speedintra", "speedinter", "latencyinter",
             "typeintra", "typeinter", "samechannels"},
            file_.violations);
    const auto id = number(text_of(graph, "id"), 10).value_or(99);
    if (id > 4 || !ids_.insert(id).second) fail("an id out of range, or twice");
    const auto pattern = number(text_of(graph, "pattern"), 10).value_or(0);
    if (pattern < 1 || pattern > 6) fail("an unknown pattern");
    if (id == 0 && pattern != 4) fail("graph 0 is no ring");
    if (id == 1 && (pattern < 1 || pattern > 3)) fail("graph 1 is no tree");
    static const std::set<std::string> types = {"LOC", "NVL", "NVB", "PIX", "PXB",
                                                "P2C", "PXN", "PHB", "SYS"};
    if (!types.contains(text_of(graph, "typeintra"))) fail("an unknown typeintra");
    if (!types.contains(text_of(graph, "typeinter"))) fail("an unknown typeinter");
    // NCCL writes what it has found no graph for without channels.
    const bool none = !rules_.rings_and_trees && id > 1 && !graph.first_child();
    if (!none && !above_zero(text_of(graph, "speedintra"))) fail("speedintra is not above 0");
    if (!none && !above_zero(text_of(graph, "speedinter"))) fail("speedinter is not above 0");
    if (number(text_of(graph, "samechannels"), 10).value_or(2) > 1) fail("samechannels is no flag");
    if (number(text_of(graph, "crossnic"), 10).value_or(3) > 2) fail("an unknown crossnic");
    const auto channels = static_cast<std::size_t>(std::distance(graph.begin(), graph.end()));
    if (number(text_of(graph, "nchannels"), 10) != channels) fail("nchannels is not their number");
    if ((channels == 0 && !none) || channels > 32) fail("not 1 to 32 channels");
    elements_ += 1 + channels;
    for (const pugi::xml_node& channel : graph.children()) {
      elements_ += static_cast<std::size_t>(std::distance(channel.begin(), channel.end()));
    }
    if (elements_ > 4096) fail("more elements than NCCL reads");
    for (const pugi::xml_node& channel : graph.children()) {
      const auto devs = read_channel(channel, pattern <= 4);
      if (id == 0) file_.rings.push_back(devs);
      if (id == 1) file_.chains.push_back(devs);
    }
  }

  // NVLS and CollNet (patterns 5 and 6) list some GPUs of the host only.
  std::vector<std::uint64_t> read_channel(const pugi::xml_node& channel, bool whole) {
    if (std::string(channel.name()) != "channel") fail("no channel under graph");
    std::vector<std::uint64_t> devs;
    for (const pugi::xml_node& child : channel.children()) {
      const std::string name = child.name();
      if (name == "net") {  // the way in or out
        if (child != channel.first_child() && child != channel.last_child()) fail("net in between");
        continue;
      }
      if (name != "gpu") {
        fail("neither gpu nor net in a channel");
        continue;
      }
      if (child.attribute("rank")) fail("a gpu has a rank");
      const std::string text = text_of(child, "dev");
      const auto dev = number(text, 16);
      if (!dev || (rules_.rings_and_trees && !text.starts_with("0x")))
        fail("a dev is not hexadecimal");
      devs.push_back(dev.value_or(0));
    }
    const std::set<std::uint64_t> once(devs.begin(), devs.end());
    if (once.size() != devs.size()) fail("a channel visits a gpu twice");
    if (!devs_) devs_ = once;
    if (whole && once != *devs_) fail("a channel has other gpus than the host");
    return devs;
  }

  const GraphRules& rules_;
  std::size_t elements_ = 1;  // "graphs" itself
  GraphFile file_;
  std::set<std::uint64_t> ids_;
  std::optional<std::set<std::uint64_t>> devs_;
};

class TopoChecker {
 public:
  explicit TopoChecker(const std::string& xml) {
    check_syntax(xml, file_.violations);
    pugi::xml_document document;
    if (!document.load_string(xml.c_str())) {
      fail("not XML");
      return;
    }
    const pugi::xml_node root = document.document_element();
    if (std::string(root.name()) != "system") fail("the root is no system");
    require(root, {"version"}, file_.violations);
    visit(root);
    if (file_.elements > 256) fail("more than 256 elements");
    if (file_.gpus == 0) fail("no gpu");
    for (const auto& [node, gpu] : links_) check_nvlink(node, gpu);
  }

  TopoFile take() && { return std::move(file_); }

 private:
  void fail(const std::string& violation) { file_.violations.push_back(violation); }

  void visit(const pugi::xml_node& node) {
    ++file_.elements;
    static const std::map<std::string, std::set<std::string>> inside = {
        {"system", {"cpu"}},
        {"cpu", {"pci", "nic"}},
        {"pci", {"pci", "gpu", "nic"}},
        {"gpu", {"nvlink", "c2c"}},
        {"nic", {"net"}},
        {"nvlink", {}},
        {"net", {}},
        {"c2c", {}}};
    const std::string name = node.name();
    if (name == "cpu") check_cpu(node);
    if (name == "pci") check_pci(node);
    if (name == "gpu") check_gpu(node);
    if (name == "net") check_net(node);
    for (const pugi::xml_node& child : node.children()) {
      if (!inside.contains(name) || !inside.at(name).contains(child.name())) {
        fail(std::string(child.name()) + " in " + name);
        continue;
      }
      visit(child);
    }
  }

  void check_cpu(const pugi::xml_node& cpu) {
    require(cpu, {"numaid", "arch"}, file_.violations);
    if (text_of(cpu, "arch") == "x86_64") {
      require(cpu, {"vendor", "familyid", "modelid"}, file_.violations);
    }
    if (!number(text_of(cpu, "numaid"), 10)) fail("numaid is no number");
    if (!numas_.insert(text_of(cpu, "numaid")).second) fail("a numaid twice");
  }

  void check_pci(const pugi::xml_node& pci) {
    require(pci, {"busid", "class", "link_speed", "link_width"}, file_.violations);
    const std::string bus_id = text_of(pci, "busid");
    if (!std::regex_match(bus_id, std::regex("[0-9a-f]{4,8}:[0-9a-f]{2}:[0-9a-f]{2}\\.[0-9a-f]"))) {
      fail("no bus id");
    }
    if (!bus_ids_.insert(bus_id).second) fail("a bus id twice");
    if (!std::regex_match(text_of(pci, "link_speed"),
                          std::regex("(2\\.5|5\\.0|8\\.0|16\\.0|32\\.0|64\\.0) GT/s PCIe"))) {
      fail("a link_speed that NCCL does not know");
    }
    const auto width = number(text_of(pci, "link_width"), 10).value_or(99);
    if (width < 1 || width > 16) fail("a link_width out of range");
    const std::string kind = text_of(pci, "class").substr(0, 4);
    const pugi::xml_node first = pci.first_child();
    const std::string wanted = kind == "0x03" ? "gpu" : kind == "0x02" ? "nic" : "pci";
    if (!first || first.name() != wanted) fail("a pci whose class does not tell what is in it");
  }

  void check_gpu(const pugi::xml_node& gpu) {
    ++file_.gpus;
    require(gpu, {"dev", "sm", "rank", "gdr"}, file_.violations);
    const auto dev = number(text_of(gpu, "dev"), 10);
    const std::string bus_id = text_of(gpu.parent(), "busid");
    if (!dev || !devs_.insert(*dev).second) fail("a dev that is no number, or twice");
    if (!ranks_.insert(text_of(gpu, "rank")).second) fail("a rank twice");
    if (number(text_of(gpu, "sm"), 10).value_or(0) < 60) fail("an unknown sm");
    dev_of_bus_id_[bus_id] = dev.value_or(0);
    for (const pugi::xml_node& link : gpu.children("nvlink")) links_.emplace_back(link, bus_id);
  }

  void check_nvlink(const pugi::xml_node& link, const std::string& gpu) {
    require(link, {"target", "count", "tclass"}, file_.violations);
    const std::string target = text_of(link, "target");
    const std::string tclass = text_of(link, "tclass");
    const auto count = number(text_of(link, "count"), 10).value_or(0);
    const bool is_gpu = dev_of_bus_id_.contains(target);
    if (count == 0) fail("an nvlink without links");
    if (target == gpu) fail("an nvlink to itself");
    if (!targets_.emplace(gpu, target).second) fail("two nvlinks to one target");
    if (tclass != "0x068000" && !tclass.starts_with("0x03")) fail("an unknown tclass");
    if (is_gpu != tclass.starts_with("0x03")) fail("a tclass that is not the target's");
    TopoFile::Nvlink found{
        .from = dev_of_bus_id_[gpu], .to = std::nullopt, .count = static_cast<std::int64_t>(count)};
    if (is_gpu) found.to = dev_of_bus_id_[target];
    file_.nvlinks.push_back(found);
  }

  void check_net(const pugi::xml_node& net) {
    require(net, {"name", "dev", "speed", "port", "guid", "gdr"}, file_.violations);
    const auto speed = number(text_of(net, "speed"), 10).value_or(0);
    if (speed == 0) fail("a net without speed");
    if (!number(text_of(net, "guid"), 16)) fail("a guid that is no number");
    if (!wires_.emplace(text_of(net, "guid"), text_of(net, "port")).second) fail("a wire twice");
    if (!net_names_.insert(text_of(net, "name")).second) fail("a net's name twice");
    if (!number(text_of(net, "dev"), 10) || !net_devs_.insert(text_of(net, "dev")).second) {
      fail("a net's dev twice");
    }
    TopoFile::Net found{.name = text_of(net, "name"),
                        .speed = static_cast<std::int64_t>(speed),
                        .gpu = std::nullopt};
    const pugi::xml_node bridge = net.parent().parent().parent();
    if (text_of(bridge, "class").starts_with("0x0604")) {
      for (const pugi::xml_node& pci : bridge.children("pci")) {
        const pugi::xml_node gpu = pci.child("gpu");
        if (gpu) found.gpu = number(text_of(gpu, "dev"), 10);
      }
    }
    file_.nets.push_back(found);
  }

  TopoFile file_;
  std::set<std::string> numas_, bus_ids_, ranks_, net_names_, net_devs_;
  std::set<std::uint64_t> devs_;
  std::set<std::pair<std::string, std::string>> wires_, targets_;
  std::map<std::string, std::uint64_t> dev_of_bus_id_;
  std::vector<std::pair<pugi::xml_node, std::string>> links_;
};

}  // namespace

GraphFile check_graph(const std::string& xml, const GraphRules& rules) {
  return GraphChecker(xml, rules).take();
}

std::optional<Rational> rate_of_rings(const std::vector<std::vector<std::uint64_t>>& rings,
                                      const Topology& topology,
                                      const std::vector<NodeId>& gpus) {
  std::map<std::pair<NodeId, NodeId>, std::size_t> link_of;
  for (std::size_t i = 0; i < topology.links.size(); ++i) {
    link_of[{topology.links[i].from, topology.links[i].to}] = i;
  }
  std::vector<std::int64_t> loads(topology.links.size());
  for (const auto& ring : rings) {
    for (std::size_t i = 0; i < ring.size(); ++i) {
      const NodeId from = gpus.at(ring[i]);
      const NodeId to = gpus.at(ring[(i + 1) % ring.size()]);
      if (const auto direct = link_of.find({from, to}); direct != link_of.end()) {
        ++loads[direct->second];
        continue;
      }
      int ways = 0;
      for (const auto& [ends, link] : link_of) {
        const auto second = link_of.find({ends.second, to});
        if (ends.first != from || second == link_of.end()) continue;
        if (topology.node(ends.second).type == NodeType::Gpu) continue;
        ++ways;
        ++loads[link];
        ++loads[second->second];
      }
      if (ways != 1) return std::nullopt;
    }
  }
  std::optional<Rational> least;
  for (std::size_t i = 0; i < loads.size(); ++i) {
    if (loads[i] == 0) continue;
    const Rational rate = topology.links[i].bandwidth.gigabytes_per_second *
                          Rational(static_cast<std::int64_t>(rings.size()), loads[i]);
    if (!least || rate < *least) least = rate;
  }
  return least;
}

TopoFile check_topo(const std::string& xml) { return TopoChecker(xml).take(); }

}  // namespace pleach::testing
