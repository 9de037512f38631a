#include "compiler/cli/explain_json.hpp"

#include <set>
#include <string>
#include <string_view>

#include "compiler/cli/text.hpp"
#include "compiler/topology/boxes.hpp"

namespace pleach::cli {
namespace {

using Json = nlohmann::ordered_json;

std::string_view name_of_kind(PlaceKind kind) {
  switch (kind) {
    case PlaceKind::Box: return "box";
    case PlaceKind::SwitchGroup: return "switch_group";
    case PlaceKind::Gpu: return "gpu";
    case PlaceKind::Cluster: return "cluster";
    case PlaceKind::Other: return "other";
  }
  return "";
}

std::string_view name_of_direction(Direction direction) {
  return direction == Direction::Entering ? "entering" : "leaving";
}

double percent(const Rational& part, const Rational& whole) {
  return to_hundredths(part / whole * 100);
}

Json ids(const Topology& topology, const std::vector<NodeId>& nodes) {
  Json list = Json::array();
  for (const NodeId node : nodes) list.push_back(topology.node(node).id);
  return list;
}

Json links_json(const Topology& topology, const std::vector<LinkId>& links) {
  Json list = Json::array();
  for (const LinkId id : links) {
    const Link& link = topology.links[index(id)];
    list.push_back({{"from", topology.node(link.from).id},
                    {"to", topology.node(link.to).id},
                    {"bandwidth", link.bandwidth.gigabytes_per_second.to_string()}});
  }
  return list;
}

class Writer {
 public:
  explicit Writer(const Topology& topology) : topology_(topology), boxes_(boxes_of(topology)) {}

  // Where it is and how much it carries, without the links: of a machine that is only thought of.
  [[nodiscard]] Json place(const CrossingClass& places) const {
    return {{"kind", name_of_kind(places.front().place.kind)},
            {"direction", name_of_direction(places.front().direction)},
            {"places", names(places)},
            {"boxes", box_names(places)},
            {"peers", places.peers},
            {"capacity", places.front().capacity.to_string()}};
  }

  [[nodiscard]] Json cut(const CrossingClass& places) const {
    const Crossing& first = places.front();
    Json json = place(places);
    json["carry"] = {{"share", first.share.to_string()}};
    if (first.shards > 0) json["carry"]["shards"] = first.shards;
    json["algbw"] = first.algbw.to_string();
    json["nodes"] = ids(topology_, first.nodes);
    json["links"] = links_json(topology_, first.links);
    json["links_in_series"] = links_json(topology_, first.in_series);
    return json;
  }

  [[nodiscard]] Json limits(const FlowLimits& flow) const {
    Json json = {{"collective", name_of(flow.collective)},
                 {"algbw", flow.cut_algbw.to_string()},
                 {"best_algbw", flow.algbw.to_string()},
                 {"trees_per_root", json_integer(flow.trees_per_root)},
                 {"bottleneck", cut(flow.bottleneck)}};
    json["balance"] = flow.balance ? balance(*flow.balance) : Json();
    if (flow.comparison) json["bottleneck"]["comparison"] = comparison(*flow.comparison);
    json["also_tight"] = Json::array();
    for (const CrossingClass& tight : flow.also_tight) json["also_tight"].push_back(cut(tight));
    json["next_cuts"] = Json::array();
    for (const CrossingClass& next : flow.next) {
      Json entry = cut(next);
      entry["slack_percent"] = percent(next.front().algbw - flow.algbw, flow.algbw);
      json["next_cuts"].push_back(std::move(entry));
    }
    return json;
  }

 private:
  [[nodiscard]] Json names(const CrossingClass& places) const {
    Json list = Json::array();
    for (const Crossing& member : places.members) {
      const Place& place = member.place;
      const bool named = place.kind == PlaceKind::Box || place.kind == PlaceKind::Gpu;
      list.push_back(named ? Json(place.name) : ids(topology_, place.gpus));
    }
    return list;
  }

  [[nodiscard]] Json box_names(const CrossingClass& places) const {
    std::set<int> found;
    for (const Crossing& member : places.members) {
      for (const NodeId gpu : member.place.gpus) {
        if (const auto box = boxes_.box_of[index(gpu)]) found.insert(*box);
      }
    }
    Json list = Json::array();
    for (const int box : found) list.push_back(boxes_.list[box].name);
    return list;
  }

  [[nodiscard]] Json balance(const BalanceLimit& limit) const {
    Json counted = Json::array();
    for (const CountedLinks& links : limit.counted) {
      counted.push_back({{"weight", links.weight.to_string()},
                         {"capacity", links.capacity.to_string()},
                         {"links", links_json(topology_, links.links)}});
    }
    return {{"forwarders", ids(topology_, limit.forwarders)}, {"counted", counted}};
  }

  [[nodiscard]] Json comparison(const PeerComparison& peers) const {
    Json shortages = Json::array();
    for (const LinkShortage& shortage : peers.shortages) {
      shortages.push_back({{"from", shortage.from},
                           {"to", shortage.to},
                           {"links", shortage.links},
                           {"capacity", shortage.capacity.to_string()},
                           {"peer_links", shortage.peer_links},
                           {"peer_capacity", shortage.peer_capacity.to_string()},
                           {"missing", shortage.missing},
                           {"slower", links_json(topology_, shortage.slower)}});
    }
    return {{"peers", names(peers.peers)},
            {"peer_capacity", peers.peers.front().capacity.to_string()},
            {"shortages", shortages},
            {"repaired_algbw", peers.repaired_algbw.to_string()}};
  }

  const Topology& topology_;
  Boxes boxes_;
};

Json to_json(const Topology& topology, const AllReduceProof& proof) {
  Json parts = Json::array();
  for (const auto& part : proof.parts) parts.push_back(ids(topology, part));
  return {{"parts", parts},
          {"direction", name_of_direction(proof.direction)},
          {"capacity", proof.capacity.to_string()},
          {"buffers", json_integer(proof.buffers)}};
}

const FlowLimits& slowest(const std::vector<FlowLimits>& flows) {
  const FlowLimits& first = flows.front();
  const FlowLimits& last = flows.back();
  return first.algbw < last.algbw ? first : last;
}

}  // namespace

nlohmann::ordered_json to_json(const Topology& topology, const Explanation& explanation) {
  const Bound& bound = explanation.bound;
  const Writer writer(topology);
  Json json = {{"name", topology.name}, {"collective", name_of(bound.collective)}};
  if (has_root(bound.collective)) json["root"] = bound.root;
  json["compute_nodes"] = topology.num_ranks();
  json["algbw"] = bound.algbw.to_string();  // as `bound` and `compile` name these three
  json["best_algbw"] = bound.best().to_string();
  json["upper_bound"] = bound.upper_bound.to_string();
  json["optimal"] = bound.optimal();
  json["trees_per_root"] = json_integer(bound.trees_per_root);
  Json main = writer.limits(slowest(explanation.flows));
  for (const char* key : {"balance", "bottleneck", "also_tight", "next_cuts"}) {
    json[key] = main[key];
  }
  if (explanation.flows.size() > 1) {
    json["flows"] = Json::array();
    for (const FlowLimits& flow : explanation.flows) json["flows"].push_back(writer.limits(flow));
  }
  if (explanation.proof) json["proof"] = to_json(topology, *explanation.proof);
  Json bottlenecks = Json::array();
  for (const CrossingClass& places : explanation.doubled.bottlenecks) {
    bottlenecks.push_back(writer.place(places));
  }
  json["doubled_links"] = {{"links", explanation.doubled.links},
                           {"algbw", explanation.doubled.algbw.to_string()},
                           {"bottlenecks", bottlenecks}};
  json["tree_counts"] = Json::array();
  for (const TreeCount& count : explanation.tree_counts) {
    json["tree_counts"].push_back({{"trees_per_root", json_integer(count.trees_per_root)},
                                   {"algbw", count.algbw.to_string()},
                                   {"percent", percent(count.algbw, bound.best())}});
  }
  json["unbalanced"] = Json::array();
  for (const UnbalancedNode& node : explanation.unbalanced) {
    json["unbalanced"].push_back({{"node", topology.node(node.node).id},
                                  {"capacity_in", node.capacity_in.to_string()},
                                  {"capacity_out", node.capacity_out.to_string()}});
  }
  Json links = Json::array();
  for (const LopsidedLink& link : explanation.lopsided) {
    links.push_back({{"from", topology.node(link.from).id},
                     {"to", topology.node(link.to).id},
                     {"bandwidth", link.capacity.to_string()},
                     {"reverse_bandwidth", link.reverse.to_string()}});
  }
  json["one_way"] = {{"slower_links", links}};
  if (!links.empty()) json["one_way"]["mended_algbw"] = explanation.evened_algbw.to_string();
  return json;
}

nlohmann::ordered_json to_json(const Schedule& schedule, const ScheduleExplanation& explanation) {
  Json uses = Json::array();
  for (const LinkUse& use : explanation.uses) {
    uses.push_back({{"from", use.from},
                    {"to", use.to},
                    {"links", use.links},
                    {"full", use.full},
                    {"idle", use.idle},
                    {"least", use.least.to_string()},
                    {"most", use.most.to_string()}});
  }
  return {{"algbw", explanation.algbw.to_string()},
          {"percent_of_bound", percent(explanation.algbw, schedule.bound.best())},
          {"trees", explanation.broadcast_trees + explanation.reduce_trees},
          {"max_height", explanation.heights.max},
          {"mean_height", to_hundredths(explanation.heights.mean)},
          {"full_links", explanation.full_links()},
          {"link_use", uses}};
}

}  // namespace pleach::cli
