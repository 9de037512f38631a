#include "tests/gpu/nccl_calls.hpp"

#include <algorithm>
#include <fstream>
#include <iterator>

#include <doctest/doctest.h>

namespace pleach::gpu_check {
namespace {

const std::string kFile = std::string(PLEACH_SOURCE_DIR) + "/tests/gpu/nccl_table.json";

std::string committed() {
  std::ifstream file(kFile, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

// To renew the file: put there what this says.
TEST_CASE("the committed table is nccl_table(), to the byte") {
  CHECK(committed() == nccl::write_choice_table(nccl_table()));
}

TEST_CASE("the committed table is good, and its digest that of its rows") {
  const auto table = nccl::read_choice_table(committed(), kFile);
  REQUIRE(table.ok());
  CHECK(table.value() == nccl_table());
  CHECK(digest_in(committed()) == nccl::choice_digest(nccl_table().rows));
}

TEST_CASE("a digest is 64 digits after the last such key") {
  const std::string digest(64, 'a');
  CHECK(digest_in("{\"digest\":\"\",\"digest\":\"" + digest + "\"}") == digest);
  CHECK_FALSE(digest_in(""));
  CHECK_FALSE(digest_in("{\"digest\":\"abc\"}"));
  CHECK_FALSE(digest_in("{\"digest\":\"" + std::string(64, 'A') + "\"}"));
  CHECK_FALSE(digest_in("{\"digest\":\"" + digest + "\",\"digest\":\"\"}"));
}

TEST_CASE("our own look-up finds what the compiler's does") {
  const nccl::ChoiceTable table = nccl_table();
  for (const int ranks : {1, 2, 3, 4, 8}) {
    for (const NcclCall& call : nccl_calls()) {
      for (const std::uint64_t bytes : {call.bytes, call.bytes - 1, call.bytes + 1}) {
        const nccl::ChoiceRow* const row = find_row(table, {.collective = call.collective,
                                                            .bytes = bytes,
                                                            .nodes = ranks,
                                                            .ranks_per_node = 1,
                                                            .registered = false});
        const auto own = nccl_row({.collective = call.collective, .bytes = bytes}, ranks);
        REQUIRE((row != nullptr) == own.has_value());
        if (row != nullptr) CHECK(*row == *own);
      }
    }
  }
}

TEST_CASE("for each number of ranks the calls meet every kind of row, and every row a call") {
  const std::vector<NcclCall> calls = nccl_calls();
  for (const int ranks : kNcclRanks) {
    int forced = 0;
    int absent = 0;
    int open = 0;
    int none = 0;
    for (const NcclCall& call : calls) {
      const auto row = nccl_row(call, ranks);
      if (!row) ++none;
      if (row && !row->choice) ++open;
      if (row && row->choice) ++(is_there(*row->choice) ? forced : absent);
    }
    CHECK(forced >= 8);
    CHECK(absent == 1);
    CHECK(open == 2);
    CHECK(none == 1);
    for (const nccl::ChoiceRow& row : nccl_table().rows) {
      if (row.nodes != ranks) continue;
      CHECK(std::ranges::any_of(
          calls, [&](const NcclCall& call) { return nccl_row(call, ranks) == row; }));
    }
  }
  // Each call is a whole number of float32 for each rank.
  for (const NcclCall& call : calls) CHECK(call.bytes % (4 * 4) == 0);
}

}  // namespace
}  // namespace pleach::gpu_check
