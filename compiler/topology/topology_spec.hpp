// What a description says a machine is: expanded, but believed by nobody yet.
//
// Readers of any format fill a TopologySpec; `validate` (validate.hpp) is the one door from here to
// a Topology. Nothing is checked here: ids may repeat, cables may end nowhere.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "compiler/core/result.hpp"
#include "compiler/core/units.hpp"
#include "compiler/topology/json_text.hpp"
#include "compiler/topology/topology.hpp"

namespace pleach {

// The JSON value that a part of the spec came from; line and pointer are found only when a mistake
// is reported.
struct Origin {
  std::int32_t document = -1;  // position in TopologySpec::documents, -1 for none
  std::size_t offset = 0;      // JsonValue::offset
  auto operator<=>(const Origin&) const = default;
};

struct NodeSpec {
  std::string id;
  NodeType type = NodeType::Gpu;
  // The most that can pass through a forwarder, whatever its links carry. validate splits such a
  // node: links end at `id`, links start at a second node `id/out`, and one link of this rate joins
  // the two.
  std::optional<Bandwidth> throughput;
  Origin origin;
  Labels labels = {};
};

// `count` equal cables, one direction.
struct CableSpec {
  std::string from;
  std::string to;
  Bandwidth bandwidth;  // of one cable
  Latency latency;
  std::int64_t count = 1;
  Origin origin;
};

struct RankSpec {
  std::string id;
  Origin origin;
};

struct TopologySpec {
  std::string file;  // for mistakes that have no origin
  std::string name;
  std::vector<NodeSpec> nodes;
  std::vector<CableSpec> cables;
  std::optional<std::vector<RankSpec>> ranks;  // nothing: all gpus in the order of `nodes`
  std::vector<std::shared_ptr<const JsonDocument>> documents;  // that origins point into
};

// A mistake at `origin`, or in the whole file when it has none.
[[nodiscard]] Diagnostic mistake_at(const TopologySpec& spec,
                                    Origin origin,
                                    std::string message,
                                    std::string expected = "",
                                    std::string fix = "");

}  // namespace pleach
