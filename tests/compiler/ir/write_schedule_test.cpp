#include <algorithm>
#include <random>

#include <doctest/doctest.h>

#include "compiler/ir/schedule_json.hpp"
#include "tests/compiler/ir/pair_schedule.hpp"

namespace pleach {
namespace {

TEST_CASE("the golden file, byte for byte") {
  REQUIRE_FALSE(pair_file().empty());
  CHECK(write_schedule(pair_schedule()) == pair_file());
}

TEST_CASE("a list the collective does not have leaves no key, nor do parts") {
  Schedule schedule = pair_schedule();
  schedule.collective = Collective::AllGather;
  schedule.reduce_trees.clear();
  schedule.bound.parts.clear();
  const std::string text = write_schedule(schedule);
  CHECK(text.find("reduce_trees") == std::string::npos);
  CHECK(text.find("parts") == std::string::npos);
  CHECK(text.find("\"broadcast_trees\"") != std::string::npos);
  CHECK(text.find(R"("bound":{"algbw":"1/1000","cut":[0,2]},)") != std::string::npos);
}

// A schedule whose form is right and whose content is anything.
Schedule random_schedule(std::mt19937_64& random) {
  const auto pick = [&](std::size_t count) { return static_cast<int>(random() % count); };
  static const std::vector<std::string> kPieces = {"gpu", "/", "\"", "\\", "é",
                                                   "節",  "𝛌", " ",  "0",  "//"};
  static const std::vector<std::string> kControls = {"\n", "\t", std::string("\x01"), "\x7f"};
  const auto name = [&] {
    std::string id;
    for (int i = pick(6); i >= 0; --i) id += kPieces[random() % kPieces.size()];
    return id;
  };
  const auto text = [&] { return name() + kControls[random() % kControls.size()] + name(); };
  const auto fraction = [&] {
    const Integer num(static_cast<std::int64_t>(random() >> 2U));
    const Integer den(static_cast<std::int64_t>(random() >> 2U));
    return pick(2) == 0 ? Rational(num + 1, den + 1) : Rational(num * num + 1, den * den * den + 1);
  };
  const auto decimal = [&] {
    return Rational(static_cast<std::int64_t>(random() >> 24U) + 1, Integer(1'000'000));
  };
  Schedule s;
  s.collective = kCollectives[random() % kCollectives.size()];
  s.topology.name = name();
  for (int i = 0; i < 64; ++i) s.topology_digest += "0123456789abcdef"[random() % 16];
  const int nodes = 2 + pick(20);
  for (int i = 0; i < nodes; ++i) {
    s.topology.nodes.push_back({name() + std::to_string(i), NodeType::Switch});
    if (pick(2) == 0) continue;
    s.topology.nodes.back().type = NodeType::Gpu;
    s.topology.ranks.push_back(NodeId{i});
  }
  if (s.topology.ranks.empty()) {
    s.topology.nodes[0].type = NodeType::Gpu;
    s.topology.ranks.push_back(NodeId{0});
  }
  std::ranges::reverse(s.topology.ranks);
  const auto node = [&] { return NodeId{pick(s.topology.num_nodes())}; };
  const auto node_list = [&](int least) {
    std::vector<NodeId> list;
    for (int i = least + pick(5); i > 0; --i) list.push_back(node());
    return list;
  };
  for (int i = pick(30); i > 0; --i) {
    s.topology.links.push_back(
        {node(), node(), {decimal()}, {pick(2) == 0 ? Rational() : decimal()}});
  }
  for (int i = 1 + pick(30); i > 0; --i) s.routes.push_back(node_list(2));
  for (auto* trees : {&s.broadcast_trees, &s.reduce_trees}) {
    for (int i = pick(10); i > 0; --i) {
      ScheduleTree& tree = trees->emplace_back();
      tree.root = pick(s.topology.num_ranks());
      tree.share = fraction();
      for (int j = pick(9); j > 0; --j) tree.routes.push_back(pick(s.routes.size()));
    }
  }
  s.algbw = fraction();
  s.bound = {fraction(), node_list(0), {}};
  for (int i = pick(3); i > 0; --i) s.bound.parts.push_back(node_list(0));
  if (pick(2) == 0) {
    Achievable& achievable = s.bound.achievable.emplace();
    achievable.algbw = fraction();
    for (int i = pick(3); i > 0; --i) achievable.cuts.push_back({node_list(0), fraction()});
    for (int i = pick(3); i > 0; --i) {
      achievable.potentials.push_back({node(), Rational(pick(2)) - fraction()});
    }
  }
  s.generator = {text(), text(), text()};
  return s;
}

TEST_CASE("what was written reads back equal, and writes the same bytes again") {
  for (std::uint64_t seed = 0; seed < 500; ++seed) {
    std::mt19937_64 random(seed);
    const Schedule schedule = random_schedule(random);
    const std::string text = write_schedule(schedule);
    CAPTURE(seed);
    const auto read = read_schedule(text, "random.json");
    if (!read.ok()) FAIL(to_string(read.mistakes()[0]));
    REQUIRE(read.value() == schedule);
    REQUIRE(write_schedule(read.value()) == text);
  }
}

TEST_CASE("one link, route or tree a line") {
  const std::string text = write_schedule(pair_schedule());
  // 12 keys, 4 links, 2 routes, 2 + 2 trees.
  CHECK(std::ranges::count(text, '\n') == 22);
  CHECK(text.ends_with("}}\n"));
}

TEST_CASE("the types of nodes without a rank are lost, nothing else is") {
  Schedule schedule = pair_schedule();
  schedule.topology.nodes[2].type = NodeType::Nic;
  const auto read = read_schedule(write_schedule(schedule), "nic.json");
  REQUIRE(read.ok());
  CHECK(read.value() == pair_schedule());
}

}  // namespace
}  // namespace pleach
