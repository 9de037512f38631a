#include "compiler/tune/tune_report.hpp"

#include "tests/compiler/tune/support.hpp"

namespace pleach::tune {
namespace {

const ReportLine& line_at(const std::vector<ReportLine>& lines,
                          Collective collective,
                          std::uint64_t bytes) {
  for (const ReportLine& line : lines) {
    if (line.collective == collective && line.bytes == bytes) return line;
  }
  FAIL("no such line");
  return lines.front();
}

constexpr std::uint64_t kKiB = 1024;
constexpr std::uint64_t kGiB = std::uint64_t{1} << 30U;

TEST_CASE("a DGX-1V's rings are optimal: what small sizes lack is latency") {
  const auto lines = make_report(testing::described(testing::machine("dgx-1v")));
  CHECK(lines.size() == 33);
  const ReportLine& large = line_at(lines, Collective::AllGather, kGiB);
  CHECK(large.optimum == Rational(960, 7));  // 6 links of 20 GB/s into each GPU, 8/7 of that
  CHECK(large.stock_gbps() > 0.95 * 960 / 7);
  CHECK(large.door == Door::None);
  CHECK(line_at(lines, Collective::AllGather, 4096 * kKiB).door == Door::Latency);
}

TEST_CASE("sums in the switches beat trees; what they leave is theirs") {
  const auto lines = make_report(testing::described(testing::machine("dgx-h100-x1")));
  const ReportLine& large = line_at(lines, Collective::AllReduce, kGiB);
  CHECK(large.optimum == Rational(3708, 10) * Rational(8, 9));
  CHECK(large.stock.choice == nccl::Choice{nccl::Algorithm::Nvls, nccl::Protocol::Simple, 0});
  CHECK(large.door == Door::InSwitch);
}

TEST_CASE("between hosts other trees would do more") {
  const auto lines = make_report(testing::described(testing::machine("dgx-a100-x2")));
  const ReportLine& large = line_at(lines, Collective::AllGather, kGiB);
  CHECK(large.gap() > 0.2);
  CHECK(large.door == Door::CollNet);
  CHECK(line_at(lines, Collective::AllGather, kKiB).door == Door::Latency);
}

TEST_CASE("a spine that NCCL does not see: the tuner's door, where the table speaks") {
  const Machine machine = testing::described(testing::two_leaves(25));
  const auto lines = make_report(machine);
  const auto rows = make_rows(machine.clusters, {});
  const nccl::ChoiceTable table{.topology_name = "", .topology_digest = "", .rows = rows.value()};
  int by_tuner = 0;
  for (const ReportLine& line : lines) {
    CHECK(line.best.time_us <= line.stock.time_us);
    CHECK(line.best_gbps() <= line.optimum.to_double() * 1.0001);
    const auto* const row = nccl::find_row(
        table,
        {.collective = line.collective, .bytes = line.bytes, .nodes = 8, .ranks_per_node = 8});
    CHECK((line.door == Door::Tuner) == (row != nullptr && row->choice.has_value()));
    by_tuner += line.door == Door::Tuner ? 1 : 0;
  }
  CHECK(by_tuner > 0);
}

TEST_CASE("links that NCCL's rates fit badly: a graph file") {
  // 5 links of 29 GB/s, counted as 23.2: its channels of 20 leave 3.2 of each link. Rings take all.
  const auto lines = make_report(testing::described(testing::mesh(6, 29), 70));
  const ReportLine& large = line_at(lines, Collective::AllGather, kGiB);
  CHECK(large.optimum == Rational(29 * 4, 5) * 5 * Rational(6, 5));
  CHECK(large.stock_gbps() < 0.9 * large.optimum.to_double());
  CHECK(large.door == Door::Graph);
}

}  // namespace
}  // namespace pleach::tune
