#include "compiler/topology/validate.hpp"

#include <algorithm>
#include <map>
#include <string_view>
#include <unordered_map>
#include <utility>

#include "compiler/core/suggest.hpp"
#include "compiler/topology/connectivity.hpp"

namespace pleach {
namespace {

// `"g4", "g5" and 14 more`.
template <class Items, class Name>
std::string list_of(const Items& items, Name name_of) {
  constexpr std::size_t kMost = 8;
  // One more than the limit is still shown: "and 1 more" is no shorter than the name.
  const std::size_t shown = items.size() <= kMost + 1 ? items.size() : kMost;
  std::string list;
  for (std::size_t i = 0; i < shown; ++i)
    list += (i == 0 ? "" : ", ") + in_quotes(name_of(items[i]));
  if (shown < items.size()) list += " and " + std::to_string(items.size() - shown) + " more";
  return list;
}

std::string cable_name(const CableSpec& cable) {
  return "link " + in_quotes(cable.from + " -> " + cable.to);
}

bool has_control_character(std::string_view text) {
  return std::ranges::any_of(
      text, [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7F; });
}

std::string_view name_of(NodeType type) {
  switch (type) {
    case NodeType::Gpu: return "gpu";
    case NodeType::Switch: return "switch";
    case NodeType::Nic: return "nic";
    case NodeType::Cpu: return "cpu";
  }
  return "";
}

class Validator {
 public:
  explicit Validator(const TopologySpec& spec) : spec_(spec) {}

  Diagnostics check_names() {
    take_nodes();
    take_cables();
    note_repetitions();
    return std::move(mistakes_);
  }

  Result<Topology> run() {
    take_nodes();
    check_number_of_gpus();
    check_throughputs();
    take_cables();
    take_ranks();
    if (mistakes_.empty()) check_connectivity();
    note_repetitions();
    if (!mistakes_.empty()) return std::move(mistakes_);
    return {std::move(topology_), std::move(notes_)};
  }

 private:
  enum class Rule { Id, Duplicate, UnknownEnd, SelfLink, NoThroughput, NoRate };

  // Reports the first breach of a rule by one origin and counts the others: a declaration with a
  // wrong pattern can expand to thousands.
  void report(
      Rule rule, Origin origin, std::string message, std::string expected, std::string fix) {
    Diagnostics& list = rule == Rule::NoRate ? notes_ : mistakes_;
    if (origin.document >= 0) {
      const auto [first, is_new] = first_breach_.try_emplace(std::pair(rule, origin), Breach{});
      if (!is_new) {
        ++first->second.more;
        return;
      }
      first->second.position = list.size();
    }
    list.push_back(
        mistake_at(spec_, origin, std::move(message), std::move(expected), std::move(fix)));
  }

  void note_repetitions() {
    for (const auto& [key, breach] : first_breach_) {
      if (breach.more == 0) continue;
      (key.first == Rule::NoRate ? notes_ : mistakes_)[breach.position].message +=
          ", and " + std::to_string(breach.more) + " more like this from the same place";
    }
  }

  std::string suggest_node(std::string_view id) {
    // A search among all nodes is for a human's few typing errors.
    constexpr std::size_t kMostNodes = 20'000;
    if (suggestions_left_ == 0 || spec_.nodes.size() > kMostNodes) return "";
    --suggestions_left_;
    std::vector<std::string_view> ids;
    for (const NodeSpec& node : spec_.nodes) ids.push_back(node.id);
    return did_you_mean(id, ids);
  }

  void add_node(std::string id, const NodeSpec& spec) {
    const Origin origin = spec.origin;
    if (id.empty() || has_control_character(id)) {
      report(Rule::Id, origin,
             id.empty() ? "a node has an empty id"
                        : "the id " + in_quotes(id) + " holds a control character",
             R"(a name such as "box0/gpu3")", "");
    }
    const auto [place, is_new] = node_of_.try_emplace(id, topology_.nodes.size());
    if (!is_new) {
      std::string message = "the node id " + in_quotes(id) + " stands twice";
      const Origin first = origin_of_[place->second];
      if (first.document >= 0 && first != origin) {
        const Diagnostic there = mistake_at(spec_, first, "");
        message += ", first in " + there.file + ":" + std::to_string(there.line);
      }
      report(Rule::Duplicate, origin, message, "a different id for every node",
             "rename one of them");
    }
    topology_.nodes.push_back({.id = std::move(id), .type = spec.type, .labels = spec.labels});
    origin_of_.push_back(origin);
  }

  void take_nodes() {
    topology_.name = spec_.name;
    topology_.nodes.reserve(spec_.nodes.size());
    origin_of_.reserve(spec_.nodes.size());
    node_of_.reserve(spec_.nodes.size());
    for (const NodeSpec& node : spec_.nodes) {
      add_node(node.id, node);
      if (!node.throughput) continue;
      // Through the node, and only through it: what comes in at `id` goes out at `id/out`.
      exit_of_.emplace(topology_.nodes.size() - 1, topology_.nodes.size());
      add_node(node.id + "/out", node);
      add_link(topology_.nodes.size() - 2, topology_.nodes.size() - 1, *node.throughput, {});
    }
  }

  void check_number_of_gpus() {
    const auto gpus = std::ranges::count(spec_.nodes, NodeType::Gpu, &NodeSpec::type);
    if (gpus < 2) {
      mistakes_.push_back(mistake_at(spec_, {},
                                     gpus == 0 ? "there is no gpu" : "there is only one gpu",
                                     "at least two nodes of type \"gpu\""));
    }
  }

  std::optional<std::size_t> end_of(const CableSpec& cable,
                                    const std::string& id,
                                    const char* verb) {
    const auto found = node_of_.find(id);
    if (found != node_of_.end()) return found->second;
    report(Rule::UnknownEnd, cable.origin,
           cable_name(cable) + " " + verb + " at the unknown node " + in_quotes(id),
           "the id of a node", suggest_node(id));
    return std::nullopt;
  }

  void check_throughputs() {
    for (const NodeSpec& node : spec_.nodes) {
      if (!node.throughput || node.throughput->gigabytes_per_second.sign() > 0) continue;
      report(Rule::NoThroughput, node.origin,
             "node " + in_quotes(node.id) + " lets nothing through",
             "a rate above 0 with a unit, e.g. \"400 Gb/s\"",
             "delete the node if it is down, or write its throughput");
    }
  }

  void take_cables() {
    link_of_.reserve(spec_.cables.size());
    for (const CableSpec& cable : spec_.cables) {
      const auto from = end_of(cable, cable.from, "starts");
      const auto to = end_of(cable, cable.to, "ends");
      if (!from || !to) continue;
      if (*from == *to) {
        report(Rule::SelfLink, cable.origin, cable_name(cable) + " joins a node with itself",
               "two different nodes", "delete the link");
        continue;
      }
      if (cable.bandwidth.gigabytes_per_second.sign() == 0 || cable.count == 0) {
        report(Rule::NoRate, cable.origin, cable_name(cable) + " carries nothing and is left out",
               "", "");
        continue;
      }
      const auto exit = exit_of_.find(*from);
      add_link(exit == exit_of_.end() ? *from : exit->second, *to,
               {cable.bandwidth.gigabytes_per_second * cable.count}, cable.latency);
    }
  }

  // Parallel cables add up; the slowest sets the latency.
  void add_link(std::size_t from,
                std::size_t to,
                const Bandwidth& bandwidth,
                const Latency& latency) {
    const std::uint64_t ends = (std::uint64_t{from} << 32U) | to;
    const auto [place, is_new] = link_of_.try_emplace(ends, topology_.links.size());
    if (is_new) {
      topology_.links.push_back({.from = static_cast<NodeId>(from),
                                 .to = static_cast<NodeId>(to),
                                 .bandwidth = bandwidth,
                                 .latency = latency});
      return;
    }
    Link& link = topology_.links[place->second];
    link.bandwidth.gigabytes_per_second += bandwidth.gigabytes_per_second;
    link.latency = std::max(link.latency, latency);
  }

  void take_ranks() {
    std::vector<bool> has_rank(topology_.num_nodes(), false);
    if (!spec_.ranks) {
      for (std::size_t i = 0; i < topology_.num_nodes(); ++i) {
        if (topology_.nodes[i].type == NodeType::Gpu)
          topology_.ranks.push_back(static_cast<NodeId>(i));
      }
      return;
    }
    for (const RankSpec& rank : *spec_.ranks) {
      const auto found = node_of_.find(rank.id);
      if (found == node_of_.end()) {
        mistakes_.push_back(mistake_at(spec_, rank.origin,
                                       "\"ranks\" names the unknown node " + in_quotes(rank.id),
                                       "the id of a gpu", suggest_node(rank.id)));
        continue;
      }
      const Node& node = topology_.nodes[found->second];
      if (node.type != NodeType::Gpu) {
        mistakes_.push_back(mistake_at(
            spec_, rank.origin,
            "\"ranks\" names " + in_quotes(rank.id) + ", a " + std::string(name_of(node.type)),
            "the id of a gpu: only gpus have ranks"));
        continue;
      }
      if (has_rank[found->second]) {
        mistakes_.push_back(mistake_at(spec_, rank.origin,
                                       "\"ranks\" names " + in_quotes(rank.id) + " twice",
                                       "every gpu exactly once"));
        continue;
      }
      has_rank[found->second] = true;
      topology_.ranks.push_back(static_cast<NodeId>(found->second));
    }
    check_all_have_ranks(has_rank);
  }

  void check_all_have_ranks(const std::vector<bool>& has_rank) {
    std::vector<std::size_t> missing;
    for (std::size_t i = 0; i < topology_.num_nodes(); ++i) {
      if (topology_.nodes[i].type == NodeType::Gpu && !has_rank[i]) missing.push_back(i);
    }
    if (missing.empty()) return;
    mistakes_.push_back(mistake_at(
        spec_, spec_.ranks->empty() ? Origin{} : spec_.ranks->front().origin,
        "\"ranks\" leaves out " +
            list_of(missing,
                    [&](std::size_t i) -> const std::string& { return topology_.nodes[i].id; }),
        "every gpu exactly once",
        "name them, or delete \"ranks\" to number the gpus in the order of the file"));
  }

  void report_disconnected(const std::vector<NodeId>& gpus, std::string_view how, NodeId from) {
    if (gpus.empty()) return;
    const auto id_of = [&](NodeId id) -> const std::string& { return topology_.node(id).id; };
    mistakes_.push_back(mistake_at(
        spec_, origin_of_[index(gpus.front())],
        std::to_string(gpus.size()) + " of " + std::to_string(topology_.num_ranks()) + " GPUs " +
            std::string(how) + " " + in_quotes(id_of(from)) + ": " + list_of(gpus, id_of),
        "a path of links from every gpu to every other",
        notes_.empty() ? "add the links that are missing, or remove these GPUs"
                       : "add the links that are missing (those of rate 0 are left out), or remove "
                         "these GPUs"));
  }

  void check_connectivity() {
    const Connectivity found = find_connectivity(topology_);
    if (found.connected()) return;
    const NodeId from = found.group.front();
    if (found.unreachable == found.silent) {
      report_disconnected(found.unreachable, "can neither be reached from nor reach", from);
    } else {
      report_disconnected(found.unreachable, "can not be reached from", from);
      report_disconnected(found.silent, "can not reach", from);
    }
  }

  struct Breach {
    std::size_t position = 0;  // in mistakes_, or notes_ where the rule makes notes
    std::size_t more = 0;
  };

  const TopologySpec& spec_;
  Topology topology_;
  std::vector<Origin> origin_of_;  // of each node of topology_
  // Hash maps are only looked up, never walked: their order can not show.
  std::unordered_map<std::string, std::size_t> node_of_;
  std::unordered_map<std::size_t, std::size_t> exit_of_;  // the `id/out` of nodes with a throughput
  std::unordered_map<std::uint64_t, std::size_t> link_of_;
  std::map<std::pair<Rule, Origin>, Breach> first_breach_;
  std::size_t suggestions_left_ = 20;
  Diagnostics mistakes_;
  Diagnostics notes_;
};

}  // namespace

Result<Topology> validate(const TopologySpec& spec) { return Validator(spec).run(); }

Diagnostics check_names(const TopologySpec& spec) { return Validator(spec).check_names(); }

}  // namespace pleach
