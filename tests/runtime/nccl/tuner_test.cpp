// The decision alone; tuner_plugin_test.cpp drives it through NCCL's interfaces.
#include "runtime/nccl/tuner.hpp"

#include <doctest/doctest.h>

#include "tests/runtime/nccl/random_table.hpp"
#include "tests/runtime/nccl/temporary_files.hpp"

namespace pleach::nccl {
namespace {

using namespace testing;

TEST_CASE("tuner: random tables, calls and costs against a scan") {
  constexpr std::array kFunctions = {Collective::Broadcast, Collective::Reduce,
                                     Collective::AllGather, Collective::ReduceScatter,
                                     Collective::AllReduce};
  Random random(11);
  int obeyed = 0;
  int refused = 0;
  for (int round = 0; round < 30; ++round) {
    const ChoiceTable table = random_table(random);
    for (const Shape shape : kShapes) {
      const Tuner tuner(shape.ranks, shape.nodes, LoadedTable{.path = "t", .table = table},
                        [](Loudness, const std::string&) {});
      for (int call = 0; call < 60; ++call) {
        const int function = static_cast<int>(number(random, 0, 4));
        const std::uint64_t bytes = random_bytes(random, table);
        const bool registered = number(random, 0, 1) == 1;
        const Costs costs = random_costs(random);
        const Expected expected = expected_of(table, shape, function, bytes, registered, costs, 0);
        const auto choice = tuner.decide(kFunctions[static_cast<std::size_t>(function)], bytes,
                                         registered, {costs.data(), 7, 3});
        REQUIRE(choice.has_value() == expected.obeyed);
        if (choice) CHECK(choice == table.rows[static_cast<std::size_t>(expected.row)].choice);
        (expected.obeyed ? obeyed : refused) += 1;
      }
    }
  }
  CHECK(obeyed > 500);
  CHECK(refused > 500);
}

TEST_CASE("tuner: a log that fails changes no decision") {
  ChoiceTable table{.topology_name = "t", .topology_digest = "", .rows = {ChoiceRow{}}};
  table.rows[0].choice = Choice{};
  bool fail = false;
  const Tuner tuner(1, 1, LoadedTable{.path = "t", .table = table},
                    [&](Loudness, const std::string&) {
                      if (fail) throw std::bad_alloc();
                    });
  fail = true;
  Costs costs{};
  costs.fill(1);
  for (int call = 0; call < 2; ++call) {
    CHECK(tuner.decide(Collective::AllReduce, 1, false, {costs.data(), 7, 3}) == Choice{});
  }
  CHECK_FALSE(tuner.decide(Collective::AllReduce, 1, false, {nullptr, 7, 3}).has_value());
}

TEST_CASE("tuner: control characters of a table's names stay out of the log") {
  const TemporaryFolder folder;
  ChoiceTable table{.topology_name = "a\nb", .topology_digest = "", .rows = {}};
  const std::string path = folder.write("table.json", write_choice_table(table));
  std::vector<std::string> lines;
  const auto tuner =
      make_tuner(8, 1, {.table = path, .folder = {}, .hosts = {}},
                 [&](Loudness, const std::string& line) { lines.push_back(one_line(line)); });
  REQUIRE(lines.size() == 1);
  CHECK(lines[0].find('\n') == std::string::npos);
}

}  // namespace
}  // namespace pleach::nccl
