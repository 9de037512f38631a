// Which of NCCL's algorithms to take for a call: what `pleach tune` writes and the tuner plugin
// obeys. All ranks of a job must have the same table: NCCL does not check that they agree.
//
// The file, `pleach-nccl-table/1`, is JSON with comments:
//   {"format":"pleach-nccl-table/1",
//    "topology":{"name":"pair","digest":"…"},      what it was made for; the plugin ignores it
//    "rows":[{"collective":"allreduce","min_bytes":0,"max_bytes":65536,"nodes":2,
//             "ranks_per_node":8,"registered":null,"source":"measured",
//             "choice":{"algorithm":"tree","protocol":"ll","channels":0}}, …],
//    "digest":"…"}                                 of the rows: choice_digest
// `max_bytes` null: without end. `registered` null: registered buffers or not. `choice` null: no
// opinion, NCCL decides. Calls that no row answers to are NCCL's business as well.
#pragma once

#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "compiler/core/collective.hpp"
#include "compiler/core/result.hpp"
#include "compiler/nccl/names.hpp"

namespace pleach::nccl {

struct Choice {
  Algorithm algorithm = Algorithm::Ring;
  Protocol protocol = Protocol::Simple;
  int channels = 0;  // 0: NCCL's own number; else at most kMostChannels, where checks_channels
  bool operator==(const Choice&) const = default;
};

inline constexpr int kMostChannels = 64;  // NCCL's MAXCHANNELS
inline constexpr std::uint64_t kNoEnd = std::numeric_limits<std::uint64_t>::max();

struct ChoiceRow {
  Collective collective = Collective::AllReduce;
  std::uint64_t min_bytes = 0;       // of the whole buffer, as nccl-tests counts it
  std::uint64_t max_bytes = kNoEnd;  // still included
  int nodes = 1;
  int ranks_per_node = 1;               // the same on every node
  std::optional<bool> registered = {};  // user buffers registered with NCCL; nothing: either
  std::optional<Choice> choice = {};    // nothing: no opinion
  std::string source = {};              // "model", "measured"; a remark, changes nothing
  bool operator==(const ChoiceRow&) const = default;
};

struct ChoiceTable {
  std::string topology_name;
  std::string topology_digest;
  std::vector<ChoiceRow> rows;  // no call answers to two of them
  bool operator==(const ChoiceTable&) const = default;
};

struct Call {
  Collective collective = Collective::AllReduce;
  std::uint64_t bytes = 0;
  int nodes = 1;
  int ranks_per_node = 1;
  bool registered = false;
};

// The row for a call, or null. Cost: linear in the rows.
[[nodiscard]] const ChoiceRow* find_row(const ChoiceTable& table, const Call& call);

// The first two rows that some call answers to both of, as positions; nothing in a good table.
[[nodiscard]] std::optional<std::pair<std::size_t, std::size_t>> overlapping_rows(
    const std::vector<ChoiceRow>& rows);

// Lower-case hexadecimal SHA-256 of what the rows decide, sources left out. Two tables with one
// digest decide alike. The hashed text: "pleach-nccl-table/1\n", then for each row, in order,
//   <collective> <min_bytes> <max_bytes> <nodes> <ranks_per_node> <-|yes|no> <-|algorithm protocol
//   channels>\n
[[nodiscard]] std::string choice_digest(const std::vector<ChoiceRow>& rows);

// The file's text, rows one a line, ending with \n.
[[nodiscard]] std::string write_choice_table(const ChoiceTable& table);

// Reads what write_choice_table writes. `file` is the name that diagnostics carry.
// Errors: no JSON; another format; a key that is missing, unknown or of the wrong kind; a range
// that is empty; counts out of range; channels where NCCL does not check them;
// rows that overlap; a digest that is
// not that of the rows: the file was cut off or changed by hand.
// Cost: n log n in the rows.
[[nodiscard]] Result<ChoiceTable> read_choice_table(std::string_view text, const std::string& file);

}  // namespace pleach::nccl
