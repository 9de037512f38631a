#include "compiler/tune/make_table.hpp"

#include <map>
#include <random>

#include "tests/compiler/tune/support.hpp"

namespace pleach::tune {
namespace {

using nccl::Algorithm;
using nccl::Choice;
using nccl::ChoiceRow;
using nccl::ChoiceTable;
using nccl::Protocol;

Measurement measured(std::uint64_t bytes, std::optional<Choice> choice, double time_us) {
  return {
      .collective = Collective::AllReduce, .bytes = bytes, .choice = choice, .time_us = time_us};
}

const Choice kTree{Algorithm::Tree, Protocol::Ll, 0};
const Choice kRing{Algorithm::Ring, Protocol::Simple, 4};

std::vector<ChoiceRow> rows_of(const std::vector<Cluster>& clusters,
                               const std::vector<Measurement>& measurements) {
  auto rows = make_rows(clusters, measurements);
  REQUIRE(rows.ok());
  return std::move(rows).value();
}

// The choice for an allreduce on so many hosts of 8.
std::optional<Choice> choice_at(const std::vector<ChoiceRow>& rows,
                                int hosts,
                                std::uint64_t bytes,
                                bool registered = false) {
  const ChoiceTable table{.topology_name = "", .topology_digest = "", .rows = rows};
  const ChoiceRow* const row = nccl::find_row(table, {.collective = Collective::AllReduce,
                                                      .bytes = bytes,
                                                      .nodes = hosts,
                                                      .ranks_per_node = 8,
                                                      .registered = registered});
  return row == nullptr ? std::nullopt : row->choice;
}

TEST_CASE("where NCCL is right the model has no opinion") {
  const Machine machine = testing::described(testing::machine("dgx-h100-x4"));
  CHECK(rows_of(machine.clusters, {}).empty());
}

TEST_CASE("a thin spine that NCCL does not see: the rows say what is faster here, and only that") {
  const Machine machine = testing::described(testing::two_leaves(25));
  const std::vector<ChoiceRow> rows = rows_of(machine.clusters, {});
  REQUIRE(!rows.empty());
  CHECK(!nccl::overlapping_rows(rows));
  int opinions = 0;
  for (const Cluster& cluster : machine.clusters) {
    for (const std::uint64_t bytes : table_sizes()) {
      const auto stock = stock_choice(cluster, Collective::AllReduce, bytes);
      const auto best = best_choice(cluster, Collective::AllReduce, bytes, false);
      REQUIRE(stock);
      REQUIRE(best);
      const auto choice = choice_at(rows, cluster.hosts, bytes);
      CHECK(best->time_us <= stock->time_us);
      CHECK(choice.has_value() == (best->time_us < (1 - kWorthwhile) * stock->time_us));
      if (!choice) continue;
      ++opinions;
      CHECK(*choice == best->choice);
      CHECK(cluster.hosts == 8);  // four hosts are under one leaf
    }
  }
  CHECK(opinions > 0);
  for (const ChoiceRow& row : rows) CHECK(row.source == "model");
}

TEST_CASE("measurements: the fastest way at each size, up to the middle of the way to the next") {
  const Machine machine = testing::described(testing::machine("dgx-a100-x1"));
  const auto rows = rows_of(machine.clusters, {measured(1024, kTree, 10), measured(1024, kRing, 20),
                                               measured(4096, kTree, 30), measured(4096, kRing, 20),
                                               measured(4096, kRing, 25)});
  CHECK(!nccl::overlapping_rows(rows));
  CHECK(!choice_at(rows, 1, 1023));
  CHECK(choice_at(rows, 1, 1024) == kTree);
  CHECK(choice_at(rows, 1, 2047) == kTree);
  CHECK(choice_at(rows, 1, 2048) == kRing);
  CHECK(choice_at(rows, 1, 4096) == kRing);
  CHECK(!choice_at(rows, 1, 4097));
  CHECK(choice_at(rows, 1, 2048, true) == kRing);
}

TEST_CASE("NCCL's own choice stays where nothing is more than a twentieth faster") {
  const Machine machine = testing::described(testing::machine("dgx-a100-x1"));
  const auto rows =
      rows_of(machine.clusters, {measured(1024, std::nullopt, 10), measured(1024, kTree, 9.6),
                                 measured(4096, std::nullopt, 10), measured(4096, kTree, 9.4)});
  CHECK(!choice_at(rows, 1, 1024));
  CHECK(choice_at(rows, 1, 4096) == kTree);
}

TEST_CASE("a note where NCCL's own choice was not measured") {
  const Machine machine = testing::described(testing::machine("dgx-a100-x1"));
  const auto without =
      make_rows(machine.clusters, {measured(1024, kTree, 10), measured(1024, kRing, 20)});
  REQUIRE(without.notes().size() == 1);
  CHECK(without.notes()[0].message.starts_with(
      "allreduce on 1 nodes of 8: NCCL's own choice was not measured at every size"));
  const auto with =
      make_rows(machine.clusters, {measured(1024, kTree, 10), measured(1024, std::nullopt, 20)});
  CHECK(with.notes().empty());
}

TEST_CASE("no number of channels where NCCL would take it unchecked") {
  const Machine machine = testing::described(testing::machine("dgx-h100-x2"));
  const auto rows = rows_of(
      machine.clusters, {measured(1024, Choice{Algorithm::Nvls, Protocol::Simple, 64}, 1),
                         measured(1024, std::nullopt, 2),
                         measured(2048, Choice{Algorithm::CollNetChain, Protocol::Simple, 16}, 1),
                         measured(2048, std::nullopt, 2)});
  CHECK(choice_at(rows, 2, 1024) == Choice{Algorithm::Nvls, Protocol::Simple, 0});
  CHECK(choice_at(rows, 2, 2048) == Choice{Algorithm::CollNetChain, Protocol::Simple, 0});
}

TEST_CASE("one way alone says nothing about others") {
  const Machine machine = testing::described(testing::machine("dgx-a100-x1"));
  CHECK(rows_of(machine.clusters, {measured(1024, kTree, 10)}).empty());
}

TEST_CASE("registered buffers have rows of their own where they differ") {
  const Machine machine = testing::described(testing::machine("dgx-a100-x1"));
  std::vector<Measurement> some = {measured(1024, kTree, 10), measured(1024, kRing, 20),
                                   measured(1024, kRing, 5)};
  some[2].registered = true;
  const auto rows = rows_of(machine.clusters, some);
  CHECK(choice_at(rows, 1, 1024, false) == kTree);
  CHECK(choice_at(rows, 1, 1024, true) == kRing);
  CHECK(!nccl::overlapping_rows(rows));
}

TEST_CASE("measurements of other shapes, and of ranks that nodes do not divide") {
  const Machine machine = testing::described(testing::machine("dgx-a100-x1"));
  std::vector<Measurement> some = {measured(1024, kTree, 10), measured(1024, kRing, 20)};
  for (Measurement& one : some) {
    one.nodes = 3;
    one.ranks = 24;
  }
  CHECK(choice_at(rows_of(machine.clusters, some), 3, 1024) == kTree);
  for (Measurement& one : some) one.ranks = 25;
  const auto rows = make_rows(machine.clusters, some);
  REQUIRE(rows.ok());
  CHECK(rows.value().empty());
  REQUIRE(rows.notes().size() == 1);
  CHECK(rows.notes()[0].message == "measurements of 25 ranks on 3 nodes are left out");
}

TEST_CASE("measurements lie over the model, and the model stays around them") {
  const Machine machine = testing::described(testing::two_leaves(25));
  const auto model = rows_of(machine.clusters, {});
  std::uint64_t inside = 0;  // a size that the model has an opinion on
  for (const std::uint64_t bytes : table_sizes()) {
    if (choice_at(model, 8, bytes)) inside = bytes;
  }
  REQUIRE(inside > 0);
  const auto rows =
      rows_of(machine.clusters, {measured(inside, kTree, 1), measured(inside, kRing, 2)});
  CHECK(choice_at(rows, 8, inside) == kTree);
  CHECK(choice_at(rows, 8, inside - 1) == choice_at(model, 8, inside - 1));
  CHECK(choice_at(rows, 8, inside + 1) == choice_at(model, 8, inside + 1));
}

// Whatever was measured: no two rows answer one call, and at every measured size the row says the
// fastest of what was measured there.
TEST_CASE("random measurements") {
  const Machine machine = testing::described(testing::two_leaves(25));
  for (std::uint64_t seed = 0; seed < 200; ++seed) {
    std::mt19937_64 random(seed);
    std::vector<Measurement> some;
    std::map<std::uint64_t, std::map<int, double>> least;  // by size, by way
    for (std::uint64_t i = random() % 30; i > 0; --i) {
      const std::uint64_t bytes = 1 + random() % (random() % 2 == 0 ? 20 : 1 << 30);
      const int way = static_cast<int>(random() % 4);  // 3: NCCL's own
      const double time = 1.0 + static_cast<double>(random() % 1000);
      std::optional<Choice> choice;
      if (way < 3) choice = Choice{static_cast<Algorithm>(way), Protocol::Simple, 0};
      some.push_back(measured(bytes, choice, time));
      const auto [place, is_new] = least[bytes].try_emplace(way, time);
      if (!is_new) place->second = std::min(place->second, time);
    }
    const auto rows = rows_of(machine.clusters, some);
    CAPTURE(seed);
    CHECK(!nccl::overlapping_rows(rows));
    for (const auto& [bytes, ways] : least) {
      if (ways.size() < 2) continue;
      const auto choice = choice_at(rows, 8, bytes);
      double fastest = 1e9;
      for (const auto& [way, time] : ways) fastest = std::min(fastest, time);
      if (choice) {
        CHECK(ways.at(static_cast<int>(choice->algorithm)) == fastest);
      } else {
        REQUIRE(ways.contains(3));
        CHECK(fastest >= (1 - kWorthwhile) * ways.at(3));
      }
    }
  }
}

}  // namespace
}  // namespace pleach::tune
