#include "runtime/nccl/tuner.hpp"

#include <limits>
#include <utility>

namespace pleach::nccl {
namespace {

// 0 where it can not be the same number on every node.
int ranks_on_each(std::size_t ranks, std::size_t nodes) {
  constexpr std::size_t kMost = std::numeric_limits<int>::max();
  if (ranks == 0 || nodes == 0 || ranks > kMost || ranks % nodes != 0) return 0;
  return static_cast<int>(ranks / nodes);
}

bool has(CostTable costs, Choice choice) {
  return costs.entries != nullptr && static_cast<int>(choice.algorithm) < costs.algorithms &&
         static_cast<int>(choice.protocol) < costs.protocols;
}

float cost_of(CostTable costs, Choice choice) {
  return costs.entries[static_cast<std::size_t>(choice.algorithm) *
                           static_cast<std::size_t>(costs.protocols) +
                       static_cast<std::size_t>(choice.protocol)];
}

std::string text_of(const Choice& choice) {
  std::string text =
      std::string(name_of(choice.algorithm)) + " with " + std::string(name_of(choice.protocol));
  if (choice.channels > 0) text += " on " + std::to_string(choice.channels) + " channels";
  return text;
}

std::string calls_of(const ChoiceRow& row) {
  std::string text = std::string(name_of(row.collective)) + " of " + std::to_string(row.min_bytes);
  text += row.max_bytes == kNoEnd ? " bytes and more"
                                  : " to " + std::to_string(row.max_bytes) + " bytes";
  if (row.registered) text += *row.registered ? ", registered" : ", not registered";
  return text;
}

}  // namespace

Result<std::optional<LoadedTable>> load_table(const Settings& settings) {
  const auto path = find_table(settings);
  if (!path.ok()) return path.mistakes();
  if (!path.value()) return std::optional<LoadedTable>();
  const auto text = read_host_file(*path.value());
  if (!text.ok()) return text.mistakes();
  auto table = read_choice_table(text.value(), *path.value());
  if (!table.ok()) return table.mistakes();
  return std::optional<LoadedTable>({.path = *path.value(), .table = std::move(table).value()});
}

Tuner::Tuner(std::size_t ranks, std::size_t nodes, std::optional<LoadedTable> loaded, LogSink log)
    : log_(std::move(log)), ranks_per_node_(ranks_on_each(ranks, nodes)) {
  if (!loaded) return;
  const std::vector<ChoiceRow>& rows = loaded->table.rows;
  std::string shape = "nodes " + std::to_string(nodes);
  if (ranks_per_node_ > 0) {
    nodes_ = static_cast<int>(nodes);
    shape += ", ranks per node " + std::to_string(ranks_per_node_);
    for (const ChoiceRow& row : rows) {
      if (row.nodes == nodes_ && row.ranks_per_node == ranks_per_node_) table_.rows.push_back(row);
    }
  } else {
    shape += ", ranks " + std::to_string(ranks) + ": not as many on each node, NCCL decides";
  }
  said_ = std::make_unique<Said[]>(table_.rows.size());
  log_(Loudness::Inform, "pleach: table " + choice_digest(rows) + ", rows " +
                             std::to_string(rows.size()) + ", for this communicator " +
                             std::to_string(table_.rows.size()) + " (" + shape + "), topology " +
                             loaded->table.topology_name + ", file " + loaded->path);
}

std::optional<Choice> Tuner::decide(Collective collective,
                                    std::uint64_t bytes,
                                    bool registered,
                                    CostTable costs) const noexcept {
  if (ranks_per_node_ == 0) return std::nullopt;
  const ChoiceRow* const row = find_row(table_, {.collective = collective,
                                                 .bytes = bytes,
                                                 .nodes = nodes_,
                                                 .ranks_per_node = ranks_per_node_,
                                                 .registered = registered});
  if (row == nullptr) return std::nullopt;
  Said& said = said_[static_cast<std::size_t>(row - table_.rows.data())];
  if (!row->choice) {
    say(said.obeyed, Loudness::Detail, *row, "left to NCCL");
    return std::nullopt;
  }
  if (!has(costs, *row->choice)) {
    say(said.refused, Loudness::Inform, *row, "left to NCCL, whose cost table has no ");
    return std::nullopt;
  }
  // Negated, so that NaN counts as impossible too. To write one of these would make NCCL take what
  // it can not do.
  if (!(cost_of(costs, *row->choice) >= 0.0F)) {
    say(said.refused, Loudness::Inform, *row, "left to NCCL, which can not take ");
    return std::nullopt;
  }
  say(said.obeyed, Loudness::Detail, *row, "");
  return row->choice;
}

// Never fails: whether there is memory for a line must not change what this rank decides, as the
// others decide without it.
void Tuner::say(std::atomic<bool>& said,
                Loudness loudness,
                const ChoiceRow& row,
                const char* verdict) const noexcept {
  // Order does not matter: the flag guards nothing but the line itself.
  if (said.exchange(true, std::memory_order_relaxed)) return;
  try {
    const std::string choice = row.choice ? text_of(*row.choice) : "";
    log_(loudness, "pleach: " + calls_of(row) + ": " + verdict + choice + " (" + row.source + ")");
  } catch (...) {
    return;
  }
}

std::unique_ptr<Tuner> make_tuner(std::size_t ranks,
                                  std::size_t nodes,
                                  const Settings& settings,
                                  const LogSink& log) {
  auto loaded = load_table(settings);
  if (!loaded.ok()) {
    log(Loudness::Warn, "pleach: no table, NCCL decides: " + summary_of(loaded.mistakes()));
    return std::make_unique<Tuner>(ranks, nodes, std::nullopt, log);
  }
  if (!loaded.value()) {
    log(Loudness::Inform, std::string("pleach: no table, NCCL decides: set ") + kTableVariable +
                              " or " + kFolderVariable);
  }
  return std::make_unique<Tuner>(ranks, nodes, std::move(loaded).value(), log);
}

}  // namespace pleach::nccl
