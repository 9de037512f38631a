// What the step `nccl` asks of NCCL: the calls, and the table that NCCL is to obey.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "compiler/core/collective.hpp"
#include "compiler/nccl/choice_table.hpp"

namespace pleach::gpu_check {

// Ranks of one GPU, each a node of its own to NCCL.
inline constexpr std::array kNcclRanks = {2, 4};

struct NcclCall {
  Collective collective = Collective::AllReduce;
  std::uint64_t bytes = 0;  // of the whole buffer, as nccl-tests counts it; float32
};

// In the order in which every rank makes them: each collective at each size.
[[nodiscard]] std::vector<NcclCall> nccl_calls();

// What tests/gpu/nccl_table.json holds (a test compares the bytes). It forces what NCCL hardly
// takes by itself but can; has a range without an opinion, as a row and as a gap; and a row that
// names an algorithm which is not there among nodes of one rank.
[[nodiscard]] nccl::ChoiceTable nccl_table();

// The row of nccl_table() for a call of so many ranks, or nothing. Not find_row of the compiler:
// the plugin uses that, so that both could be wrong alike.
[[nodiscard]] std::optional<nccl::ChoiceRow> nccl_row(const NcclCall& call, int ranks);

// Whether NCCL can take it among nodes of one rank each without a CollNet plugin.
[[nodiscard]] bool is_there(const nccl::Choice& choice);

// The digest of a table's rows as its file says it, 64 hexadecimal digits; nothing in other text.
[[nodiscard]] std::optional<std::string> digest_in(std::string_view table_file);

}  // namespace pleach::gpu_check
