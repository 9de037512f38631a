#include <charconv>

#include "compiler/ir/schedule_json.hpp"

namespace pleach {
namespace {

// Appends JSON to one string: a schedule for hundreds of ranks has megabytes of small numbers.
class Writer {
 public:
  Writer& raw(std::string_view text) {
    text_ += text;
    return *this;
  }

  Writer& number(std::int64_t value) {
    char digits[20];
    text_.append(digits, std::to_chars(digits, digits + sizeof digits, value).ptr);
    return *this;
  }

  Writer& string(std::string_view text) {
    constexpr std::string_view kHexadecimal = "0123456789abcdef";
    text_ += '"';
    for (const char c : text) {
      const auto byte = static_cast<unsigned char>(c);
      if (c == '"' || c == '\\') {
        text_ += '\\';
        text_ += c;
      } else if (byte < 0x20) {
        text_ += "\\u00";
        text_ += kHexadecimal[byte >> 4U];
        text_ += kHexadecimal[byte & 0xFU];
      } else {
        text_ += c;
      }
    }
    text_ += '"';
    return *this;
  }

  // ,"key": on a line of its own.
  Writer& key(std::string_view name) { return raw(",\n \"").raw(name).raw("\":"); }

  template <class Items, class Write>
  Writer& list(const Items& items, const Write& write) {
    text_ += '[';
    std::string_view separator;
    for (const auto& item : items) {
      text_ += separator;
      separator = ",";
      write(item);
    }
    text_ += ']';
    return *this;
  }

  // A list of ints or ids; nearly all of a file is these.
  template <class Number>
  Writer& numbers(const std::vector<Number>& values) {
    constexpr std::size_t kLongest = std::string_view("-2147483648,").size();
    const std::size_t start = text_.size();
    text_.resize(start + 2 + kLongest * values.size());
    char* at = text_.data() + start;
    *at++ = '[';
    for (const Number value : values) {
      at = std::to_chars(at, at + kLongest, static_cast<std::int32_t>(value)).ptr;
      *at++ = ',';
    }
    if (!values.empty()) --at;
    *at++ = ']';
    text_.resize(static_cast<std::size_t>(at - text_.data()));
    return *this;
  }

  // A list with one item a line.
  template <class Items, class Write>
  Writer& lines(const Items& items, const Write& write) {
    text_ += '[';
    std::string_view separator = "\n  ";
    for (const auto& item : items) {
      text_ += separator;
      separator = ",\n  ";
      write(item);
    }
    text_ += ']';
    return *this;
  }

  void reserve(std::size_t bytes) { text_.reserve(bytes); }
  [[nodiscard]] std::string take() && { return std::move(text_); }

 private:
  std::string text_;
};

// Enough for most schedules, so that ten megabytes are not copied at each doubling.
std::size_t likely_size(const Schedule& schedule) {
  std::size_t routes = 8 * schedule.routes.size();
  for (const Route& route : schedule.routes) routes += 5 * route.size();
  std::size_t trees = 0;
  for (const auto* list : {&schedule.broadcast_trees, &schedule.reduce_trees}) {
    for (const ScheduleTree& tree : *list) trees += 60 + 7 * tree.routes.size();
  }
  return 32 * schedule.topology.num_nodes() + 48 * schedule.topology.links.size() + routes + trees;
}

void write_trees(Writer& out, std::string_view key, const std::vector<ScheduleTree>& trees) {
  if (trees.empty()) return;
  out.key(key).lines(trees, [&](const ScheduleTree& tree) {
    out.raw("{\"root\":").number(tree.root).raw(",\"share\":").string(tree.share.to_string());
    out.raw(",\"routes\":").numbers(tree.routes).raw("}");
  });
}

// Of the nodes that have any.
void write_labels(Writer& out, const std::vector<Node>& nodes) {
  std::vector<std::size_t> labelled;
  for (std::size_t i = 0; i < nodes.size(); ++i) {
    if (!nodes[i].labels.empty()) labelled.push_back(i);
  }
  if (labelled.empty()) return;
  out.key("labels").lines(labelled, [&](std::size_t i) {
    out.raw("[").number(static_cast<std::int64_t>(i)).raw(",{");
    std::string_view separator;
    for (const auto& [name, value] : nodes[i].labels) {
      out.raw(separator).string(name).raw(":").string(value);
      separator = ",";
    }
    out.raw("}]");
  });
}

void write_bound(Writer& out, const ScheduleBound& bound) {
  out.key("bound").raw("{\"algbw\":").string(bound.algbw.to_string());
  out.raw(",\"cut\":").numbers(bound.cut);
  if (!bound.parts.empty()) {
    out.raw(",\"parts\":");
    out.list(bound.parts, [&](const std::vector<NodeId>& part) { out.numbers(part); });
  }
  if (bound.achievable) {
    out.raw(",\n  \"achievable\":{\"algbw\":").string(bound.achievable->algbw.to_string());
    out.raw(",\"cuts\":").lines(bound.achievable->cuts, [&](const WeightedCut& cut) {
      out.raw("{\"weight\":").string(cut.weight.to_string());
      out.raw(",\"nodes\":").numbers(cut.nodes).raw("}");
    });
    out.raw(",\"potentials\":").list(bound.achievable->potentials, [&](const Potential& potential) {
      out.raw("[").number(static_cast<std::int64_t>(potential.node)).raw(",");
      out.string(potential.value.to_string()).raw("]");
    });
    out.raw("}");
  }
  out.raw("}");
}

}  // namespace

std::string write_schedule(const Schedule& schedule) {
  const Topology& topology = schedule.topology;
  Writer out;
  out.reserve(likely_size(schedule));
  out.raw("{\"format\":\"pleach-schedule/1\"");
  out.key("collective").string(name_of(schedule.collective));
  out.key("topology").raw("{\"name\":").string(topology.name);
  out.raw(",\"digest\":").string(schedule.topology_digest).raw("}");
  out.key("nodes").list(topology.nodes, [&](const Node& node) { out.string(node.id); });
  out.key("links").lines(topology.links, [&](const Link& link) {
    out.raw("[").number(static_cast<std::int64_t>(link.from));
    out.raw(",").number(static_cast<std::int64_t>(link.to));
    out.raw(",").string(to_string(link.bandwidth));
    out.raw(",").string(to_string(link.latency)).raw("]");
  });
  out.key("ranks").numbers(topology.ranks);
  write_labels(out, topology.nodes);
  out.key("routes").lines(schedule.routes, [&](const Route& route) { out.numbers(route); });
  write_trees(out, "broadcast_trees", schedule.broadcast_trees);
  write_trees(out, "reduce_trees", schedule.reduce_trees);
  out.key("algbw").string(schedule.algbw.to_string());
  write_bound(out, schedule.bound);
  out.key("generator").raw("{\"tool\":").string(schedule.generator.tool);
  out.raw(",\"version\":").string(schedule.generator.version);
  out.raw(",\"method\":").string(schedule.generator.method).raw("}}\n");
  return std::move(out).take();
}

}  // namespace pleach
