#include "compiler/nccl/choice_table.hpp"

#include <algorithm>

#include <doctest/doctest.h>

#include "tests/compiler/nccl/random_rows.hpp"

namespace pleach::nccl {
namespace {

using namespace testing;

TEST_CASE("choice_table: the digest is the SHA-256 of what the rows decide") {
  ChoiceRow ring;
  ring.max_bytes = 1024;
  ring.nodes = 2;
  ring.ranks_per_node = 8;
  ring.registered = true;
  ring.choice = Choice{.algorithm = Algorithm::Ring, .protocol = Protocol::Ll128, .channels = 4};
  ring.source = "model";
  ChoiceRow rest;
  rest.collective = Collective::ReduceScatter;
  rest.min_bytes = 7;
  // printf 'pleach-nccl-table/1\nallreduce 0 1024 2 8 yes ring ll128 4\n'
  //        'reduce_scatter 7 18446744073709551615 1 1 - -\n' | sha256sum
  CHECK(choice_digest({ring, rest}) ==
        "d8c368b462dac99e7008b1baa0ce080840a853f2f2d8f64227cb9d46b9e40045");
  CHECK(choice_digest({}) == "5f3f69abd6af3b198c5e58ba6feb9d347f3b2f904a327779adf67af5a1932116");
}

TEST_CASE("choice_table: the digest sees each decision and no remark") {
  std::mt19937_64 random(1);
  for (int round = 0; round < 50; ++round) {
    const auto rows = crowded_rows(random, 4);
    const std::string digest = choice_digest(rows);
    const auto changed = [&](auto change) {
      auto other = rows;
      change(other[2]);
      return choice_digest(other) != digest;
    };
    CHECK_FALSE(changed([](ChoiceRow& row) { row.source += "!"; }));
    CHECK(changed([](ChoiceRow& row) { row.collective = Collective::Reduce; }));
    CHECK(changed([](ChoiceRow& row) { row.min_bytes += 1; }));
    CHECK(changed([](ChoiceRow& row) { row.max_bytes -= 1; }));
    CHECK(changed([](ChoiceRow& row) { row.nodes += 1; }));
    CHECK(changed([](ChoiceRow& row) { row.ranks_per_node += 1; }));
    CHECK(changed([](ChoiceRow& row) {
      row.registered = row.registered ? std::nullopt : std::optional(false);
    }));
    CHECK(changed(
        [](ChoiceRow& row) { row.choice = row.choice ? std::nullopt : std::optional(Choice{}); }));
    auto swapped = rows;
    std::swap(swapped[0], swapped[1]);
    CHECK(
        (choice_digest(swapped) != digest || choice_digest({rows[0]}) == choice_digest({rows[1]})));
  }
}

TEST_CASE("choice_table: overlaps against every pair") {
  std::mt19937_64 random(2);
  int overlapping = 0;
  int disjoint = 0;
  for (int round = 0; round < 4000; ++round) {
    const auto rows = crowded_rows(random, round % 9);
    bool some = false;
    for (std::size_t b = 0; b < rows.size(); ++b) {
      for (std::size_t a = 0; a < b; ++a) some = some || overlap_by_trial(rows[a], rows[b]);
    }
    const auto found = overlapping_rows(rows);
    REQUIRE(found.has_value() == some);
    (some ? overlapping : disjoint) += 1;
    if (!found) continue;
    REQUIRE(found->first < found->second);
    REQUIRE(found->second < rows.size());
    CHECK(overlap_by_trial(rows[found->first], rows[found->second]));
    CHECK(overlapping_rows(rows) == found);
  }
  CHECK(overlapping > 500);
  CHECK(disjoint > 500);
}

TEST_CASE("choice_table: find_row against a scan") {
  std::mt19937_64 random(3);
  int found = 0;
  int none = 0;
  for (int round = 0; round < 300; ++round) {
    ChoiceTable table;
    table.rows = disjoint_rows(random, 12);
    for (const Collective collective :
         {Collective::AllReduce, Collective::Broadcast, Collective::Reduce}) {
      for (const std::uint64_t bytes :
           {0ULL, 1ULL, 9ULL, 20ULL, 21ULL, 26ULL, 1ULL << 40, kNoEnd + 0ULL}) {
        for (int shape = 0; shape < 8; ++shape) {
          const Call call{.collective = collective,
                          .bytes = bytes,
                          .nodes = 1 + (shape & 1),
                          .ranks_per_node = 1 + (shape >> 1 & 1),
                          .registered = (shape & 4) != 0};
          const ChoiceRow* expected = nullptr;
          for (const ChoiceRow& row : table.rows) {
            if (row.collective == collective && row.nodes == call.nodes &&
                row.ranks_per_node == call.ranks_per_node && bytes >= row.min_bytes &&
                bytes <= row.max_bytes &&
                row.registered.value_or(call.registered) == call.registered) {
              REQUIRE(expected == nullptr);  // the rows are disjoint
              expected = &row;
            }
          }
          REQUIRE(find_row(table, call) == expected);
          (expected != nullptr ? found : none) += 1;
        }
      }
    }
  }
  CHECK(found > 5000);
  CHECK(none > 5000);
}

}  // namespace
}  // namespace pleach::nccl
