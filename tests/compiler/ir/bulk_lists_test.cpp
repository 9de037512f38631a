#include "compiler/ir/bulk_lists.hpp"

#include <random>
#include <string>

#include <doctest/doctest.h>

#include "compiler/ir/schedule_json.hpp"
#include "tests/compiler/ir/pair_schedule.hpp"

namespace pleach {
namespace {

TEST_CASE("the long lists are taken and leave empty ones behind") {
  const auto lists = take_bulk_lists(
      R"( {"a":[{"routes":[7]},"}\"]"], "routes" : [ [0,16,3] , [1 ,2],[]],
"reduce_trees":[{"share":"2/4","routes":[1,0],"root":5}],"b":-1e3 }
)");
  REQUIRE(lists);
  CHECK(lists->rest == R"( {"a":[{"routes":[7]},"}\"]"], "routes" :[],
"reduce_trees":[],"b":-1e3 }
)");
  CHECK(lists->routes ==
        std::vector<Route>{{NodeId{0}, NodeId{16}, NodeId{3}}, {NodeId{1}, NodeId{2}}, {}});
  CHECK(lists->broadcast_trees.empty());
  CHECK(lists->reduce_trees == std::vector<ScheduleTree>{{5, Rational(1, 2), {1, 0}}});
}

TEST_CASE("a golden schedule is taken whole") {
  const auto lists = take_bulk_lists(pair_file());
  REQUIRE(lists);
  CHECK(lists->routes == pair_schedule().routes);
  CHECK(lists->broadcast_trees == pair_schedule().broadcast_trees);
  CHECK(lists->reduce_trees == pair_schedule().reduce_trees);
  CHECK(lists->rest.size() < pair_file().size());
}

TEST_CASE("anything else is left to the careful reader") {
  for (const char* text : {"",
                           "[]",
                           "{",
                           R"({"a":1)",
                           R"({"a":1} x)",
                           R"({"a":1,})",
                           R"({"a" 1})",
                           R"({"a":1 /* comment */})",
                           R"({"a":"open)",
                           R"({"a":"open\)",
                           R"({"\u0061":1})",
                           R"({"routes":{}})",
                           R"({"routes":[[0,1]})",
                           R"({"routes":[[0,01]]})",
                           R"({"routes":[[0,1.0]]})",
                           R"({"routes":[[0,1e0]]})",
                           R"({"routes":[[0,-0]]})",
                           R"({"routes":[[0,2147483648]]})",
                           R"({"routes":[[0,1],]})",
                           R"({"routes":[[0,1,]]})",
                           R"({"routes":[[0 1]]})",
                           R"({"routes":[[0,"1"]]})",
                           R"({"routes":[0]})",
                           R"({"reduce_trees":[{}]})",
                           R"({"reduce_trees":[{"root":0,"share":"1","routes":[0],"x":1}]})",
                           R"({"reduce_trees":[{"root":0,"root":0,"share":"1","routes":[0]}]})",
                           R"({"reduce_trees":[{"root":0,"share":"1"}]})",
                           R"({"reduce_trees":[{"root":0,"share":"0","routes":[0]}]})",
                           R"({"reduce_trees":[{"root":0,"share":"-1","routes":[0]}]})",
                           R"({"reduce_trees":[{"root":0,"share":"1/0","routes":[0]}]})",
                           R"({"reduce_trees":[{"root":0,"share":"1\/2","routes":[0]}]})",
                           R"({"reduce_trees":[{"root":0,"share":1,"routes":[0]}]})"}) {
    CAPTURE(text);
    CHECK_FALSE(take_bulk_lists(text));
  }
}

// A comment makes a text one for the careful reader alone.
TEST_CASE("both ways of reading agree on damaged files") {
  const std::string good = pair_file();
  const std::string alphabet = "0123456789,[]{}\":/ \n-.e\\sx";
  std::mt19937_64 random(4);
  int read = 0;
  int refused = 0;
  for (int round = 0; round < 20'000; ++round) {
    std::string text = good;
    for (std::uint64_t i = random() % 2; i < 2; ++i) {
      const std::size_t at = random() % text.size();
      const char byte = alphabet[random() % alphabet.size()];
      switch (random() % 3) {
        case 0: text[at] = byte; break;
        case 1: text.insert(at, 1, byte); break;
        default: text.erase(at, 1); break;
      }
    }
    const auto plain = read_schedule(text, "pair.json");
    const auto careful = read_schedule(text + "// careful", "pair.json");
    CAPTURE(text);
    REQUIRE(plain.ok() == careful.ok());
    ++(plain.ok() ? read : refused);
    if (plain.ok()) REQUIRE(plain.value() == careful.value());
  }
  CHECK(read > 1000);
  CHECK(refused > 1000);
}

}  // namespace
}  // namespace pleach
