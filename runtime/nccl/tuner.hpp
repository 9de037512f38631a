// One communicator's tuner: what the table says to each call. Knows nothing of NCCL's structs; all
// versions of the plugin's interface are thin adapters over it (tuner_plugin.cpp).
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "compiler/core/result.hpp"
#include "compiler/nccl/choice_table.hpp"
#include "runtime/nccl/host_files.hpp"
#include "runtime/nccl/log.hpp"

namespace pleach::nccl {

// NCCL's costs of a call, in microseconds: entries[algorithm * protocols + protocol], negative
// where that can not be taken. Null, or no algorithms or protocols: empty.
struct CostTable {
  const float* entries = nullptr;
  int algorithms = 0;
  int protocols = 0;
};

struct LoadedTable {
  std::string path;
  ChoiceTable table;
};

// find_table, read_host_file and read_choice_table: nothing where nobody asks for a table.
[[nodiscard]] Result<std::optional<LoadedTable>> load_table(const Settings& settings);

class Tuner {
 public:
  // `loaded` nothing: no opinion on any call; `log` has been told why. Says in one line what was
  // loaded and how much of it is for this communicator; so do all its ranks, with one digest.
  // Ranks that can not be the same number on every node: no opinion, and the line says so.
  Tuner(std::size_t ranks, std::size_t nodes, std::optional<LoadedTable> loaded, LogSink log);

  // The entry to take and the channels (0: NCCL's own), or nothing: NCCL decides. Nothing also
  // where the costs say that the table's choice can not be taken. The first time that a row decides
  // a call it is logged, and the first time that it can not be obeyed. May run in several threads
  // at once. Cost: linear in the communicator's rows.
  [[nodiscard]] std::optional<Choice> decide(Collective collective,
                                             std::uint64_t bytes,
                                             bool registered,
                                             CostTable costs) const noexcept;

 private:
  struct Said {  // of a row: what was logged
    std::atomic<bool> obeyed = false;
    std::atomic<bool> refused = false;
  };
  // The line "<calls of the row>: <verdict><choice><where>", once. No memory: no line.
  void say(std::atomic<bool>& said,
           Loudness loudness,
           const ChoiceRow& row,
           const char* verdict) const noexcept;

  LogSink log_;
  ChoiceTable table_;  // the rows for this communicator
  int nodes_ = 0;
  int ranks_per_node_ = 0;        // 0: no opinion
  std::unique_ptr<Said[]> said_;  // one for each row
};

// Loads the table of `settings` and makes the tuner. A table that was asked for and can not be
// used: one warning, and no opinion.
[[nodiscard]] std::unique_ptr<Tuner> make_tuner(std::size_t ranks,
                                                std::size_t nodes,
                                                const Settings& settings,
                                                const LogSink& log);

}  // namespace pleach::nccl
