#include <algorithm>

#include <doctest/doctest.h>

#include "compiler/ir/schedule_json.hpp"
#include "tests/compiler/ir/pair_schedule.hpp"

namespace pleach {
namespace {

std::string replaced(std::string text, const std::string& from, const std::string& to) {
  const auto at = text.find(from);
  REQUIRE_MESSAGE(at != std::string::npos, from);
  return text.replace(at, from.size(), to);
}

std::string mistakes_of(const std::string& text) {
  const auto read = read_schedule(text, "pair.json");
  REQUIRE_FALSE(read.ok());
  std::string all;
  for (const Diagnostic& mistake : read.mistakes()) all += to_string(mistake);
  return all;
}

TEST_CASE("the golden file") {
  const auto read = read_schedule(pair_file(), "pair.json");
  REQUIRE(read.ok());
  CHECK(read.value() == pair_schedule());
}

TEST_CASE("unknown keys, comments and the order of keys do not matter") {
  std::string text = replaced(pair_file(), "{\"format\":\"pleach-schedule/1\",",
                              "{\"variants\":[{\"size\":1}], // later versions\n\"flows\":{},");
  text = replaced(text, "\"method\":\"by hand\"}}",
                  "\"method\":\"by hand\",\"host\":1},\"format\":\"pleach-schedule/1\"}");
  const auto read = read_schedule(text, "pair.json");
  if (!read.ok()) FAIL(to_string(read.mistakes()[0]));
  CHECK(read.value() == pair_schedule());
}

TEST_CASE("empty tree lists are those of a collective that has none") {
  Schedule schedule = pair_schedule();
  schedule.collective = Collective::AllGather;
  schedule.reduce_trees.clear();
  const std::string text =
      replaced(write_schedule(schedule), " \"algbw\"", " \"reduce_trees\":[],\n \"algbw\"");
  const auto read = read_schedule(text, "pair.json");
  REQUIRE(read.ok());
  CHECK(read.value() == schedule);
}

TEST_CASE("labels travel with the schedule") {
  Schedule schedule = pair_schedule();
  schedule.topology.nodes[0].labels = {{"host", "n\"0\""}, {"pci", "0000:1b:00.0"}};
  schedule.topology.nodes[2].labels = {{"domain", "mlx5_0"}};
  const std::string text = write_schedule(schedule);
  CHECK(text.find(R"("labels":[
  [0,{"host":"n\"0\"","pci":"0000:1b:00.0"}],
  [2,{"domain":"mlx5_0"}]],)") != std::string::npos);
  const auto read = read_schedule(text, "pair.json");
  REQUIRE(read.ok());
  CHECK(read.value() == schedule);
}

TEST_CASE("labels that are none") {
  const auto with_labels = [](const std::string& labels) {
    return mistakes_of(
        replaced(pair_file(), " \"routes\"", "\"labels\":" + labels + ",\n \"routes\""));
  };
  CHECK(mistakes_of(replaced(replaced(pair_file(), "\"nodes\":[", "\"nodes\":3,\"x\":["),
                             " \"routes\"", "\"labels\":[[7,{\"host\":\"a\"}]],\"routes\""))
            .find("key \"nodes\" is 3") != std::string::npos);
  CHECK(with_labels("{}").find("key \"labels\" is an object") != std::string::npos);
  CHECK(with_labels("[3]").find("an entry of \"labels\" is 3") != std::string::npos);
  CHECK(with_labels("[[0]]").find("an entry of \"labels\" has 1 values") != std::string::npos);
  CHECK(with_labels(R"([[9,{"host":"a"}]])").find("there is no node 9") != std::string::npos);
  CHECK(with_labels(R"([[0,{"host":1}]])").find("the label \"host\" is 1") != std::string::npos);
}

TEST_CASE("shares need not be reduced") {
  const auto read = read_schedule(replaced(pair_file(), "\"1/2\"", "\"2/4\""), "pair.json");
  REQUIRE(read.ok());
  CHECK(read.value() == pair_schedule());
}

struct Bad {
  std::string from;
  std::string to;
  std::string wanted;
};

TEST_CASE("each mistake of form, with the text the user sees") {
  const std::vector<Bad> cases = {
      // the file as a whole
      {"\"pleach-schedule/1\"", "\"pleach-schedule/2\"",
       "pair.json:1: error: the format is \"pleach-schedule/2\" (/format)\n"
       "  expected: \"format\":\"pleach-schedule/1\"\n"},
      {"\"pleach-schedule/1\"", "\"pleach-topology/1\"",
       "pair.json:1: error: the format is \"pleach-topology/1\" (/format)\n"
       "  expected: \"format\":\"pleach-schedule/1\"\n"
       "  fix: this is a topology; `pleach compile` makes a schedule of it\n"},
      {"\"pleach-schedule/1\"", "1",
       "pair.json:1: error: the format is 1, not a string (/format)\n"
       "  expected: \"format\":\"pleach-schedule/1\"\n"},
      {"\"format\":\"pleach-schedule/1\",", "",
       "pair.json:1: error: key \"format\" is missing\n"
       "  expected: \"format\":\"pleach-schedule/1\"\n"},
      {"\"allreduce\"", "\"all_reduce\"",
       "pair.json:2: error: there is no collective \"all_reduce\" (/collective)\n"
       "  expected: allgather, reduce_scatter, allreduce, broadcast or reduce\n"
       "  fix: did you mean \"allreduce\"?\n"},
      {" \"collective\":\"allreduce\",\n", "",
       "pair.json:1: error: key \"collective\" is missing\n"
       "  expected: allgather, reduce_scatter, allreduce, broadcast or reduce\n"},

      // topology
      {"{\"name\":\"a \\\"pair\\\"\",", "{",
       "pair.json:3: error: key \"name\" is missing (/topology)\n  expected: e.g. \"pair\"\n"},
      {"\"digest\":\"2b5f", "\"digest\":\"2B5F",
       "pair.json:3: error: the digest is "
       "\"2B5F6c8a9d0e1f2a3b4c5d6e7f8091a2b3c4d5e6f70819a2b3c4d5e6f"
       "708…\" (/topology/digest)\n"
       "  expected: a SHA-256: 64 hexadecimal digits, lower case\n"},

      // nodes
      {"\"g1\"", "\"g0\"",
       "pair.json:4: error: a second node has the id \"g0\" (/nodes/1)\n"
       "  expected: every id once\n"},
      {"\"g1\"", "\"\"",
       "pair.json:4: error: a node has an empty id (/nodes/1)\n  expected: e.g. \"gpu0\"\n"},
      {"\"g1\"", "{\"id\":\"g1\"}",
       "pair.json:4: error: a node is an object, not a string (/nodes/1)\n"
       "  expected: an id, e.g. \"gpu0\"\n"},

      // links
      {"[2,0,\"300 GB/s\"", "[2,4,\"300 GB/s\"",
       "pair.json:7: error: there is no node 4 (/links/1/1)\n"
       "  expected: a whole number from 0 to 3\n"},
      {"[2,0,\"300 GB/s\"", "[2,\"g0\",\"300 GB/s\"",
       "pair.json:7: error: there is no node \"g0\" (/links/1/1)\n"
       "  expected: a whole number from 0 to 3\n"},
      {"371.25 GB/s", "371.25",
       "pair.json:8: error: the bandwidth is \"371.25\" (/links/2/2)\n"
       "  expected: e.g. \"300 GB/s\"\n"},
      {"\"371.25 GB/s\"", "371.25",
       "pair.json:8: error: the bandwidth is 371.25, not a string (/links/2/2)\n"
       "  expected: e.g. \"300 GB/s\"\n"},
      {"0.35 us", "0.35 s",
       "pair.json:6: error: the latency is \"0.35 s\" (/links/0/3)\n  expected: e.g. \"0.35 "
       "us\"\n"},
      {",\"0.35 us\"]", "]",
       "pair.json:6: error: a link has 3 values (/links/0)\n"
       "  expected: [from, to, bandwidth, latency], e.g. [0,1,\"300 GB/s\",\"0.35 us\"]\n"},

      // ranks
      {"\"ranks\":[1,0]", "\"ranks\":[1,1]",
       "pair.json:10: error: node 1, \"g1\", has a second rank (/ranks/1)\n"
       "  expected: a different node for each rank\n"},
      {"\"ranks\":[1,0]", "\"ranks\":[1,-1]",
       "pair.json:10: error: there is no node -1 (/ranks/1)\n"
       "  expected: a whole number from 0 to 3\n"},
      {"\"ranks\":[1,0]", "\"ranks\":[1,0.5]",
       "pair.json:10: error: there is no node 0.5 (/ranks/1)\n"
       "  expected: a whole number from 0 to 3\n"},
      {"\"ranks\":[1,0]", "\"ranks\":[1,99999999999999999999]",
       "pair.json:10: error: there is no node 99999999999999999999 (/ranks/1)\n"
       "  expected: a whole number from 0 to 3\n"},

      // routes
      {"[0,2,1]", "[0]",
       "pair.json:13: error: a route has only one node (/routes/1)\n"
       "  expected: at least two: node indices from sender to receiver, e.g. [0,16,3]\n"},
      {"[0,2,1]", "\"0,2,1\"",
       "pair.json:13: error: a route is \"0,2,1\", not an array (/routes/1)\n"
       "  expected: node indices from sender to receiver, e.g. [0,16,3]\n"},
      {"[0,2,1]", "[0,4,1]",
       "pair.json:13: error: there is no node 4 (/routes/1/1)\n"
       "  expected: a whole number from 0 to 3\n"},

      // trees
      {"\"root\":1", "\"root\":2",
       "pair.json:16: error: there is no rank 2 (/broadcast_trees/1/root)\n"
       "  expected: a whole number from 0 to 1\n"},
      {"\"share\":\"1/2\",", "\"shar\":\"1/2\",",
       "pair.json:15: error: a tree has the unknown key \"shar\" (/broadcast_trees/0/shar)\n"
       "  expected: one of: root, share, routes\n"
       "  fix: did you mean \"share\"?\n"},
      {"\"share\":\"1/2\",", "\"fraction\":\"1/2\",",
       "pair.json:15: error: key \"share\" is missing (/broadcast_trees/0)\n"
       "  expected: e.g. \"1/48\"\n"},
      {"\"share\":\"1/2\"", "\"share\":0.5",
       "pair.json:15: error: the share is 0.5, not a string (/broadcast_trees/0/share)\n"
       "  expected: a fraction above 0 in quotes, e.g. \"1/48\"\n"},
      {"\"share\":\"1/2\"", "\"share\":\"0\"",
       "pair.json:15: error: the share is \"0\" (/broadcast_trees/0/share)\n"
       "  expected: a fraction above 0 in quotes, e.g. \"1/48\"\n"},
      {"\"share\":\"1/2\"", "\"share\":\"-1/2\"",
       "pair.json:15: error: the share is \"-1/2\" (/broadcast_trees/0/share)\n"
       "  expected: a fraction above 0 in quotes, e.g. \"1/48\"\n"},
      {"\"share\":\"1/2\"", "\"share\":\"1/0\"",
       "pair.json:15: error: the share is \"1/0\" (/broadcast_trees/0/share)\n"
       "  expected: a fraction above 0 in quotes, e.g. \"1/48\"\n"},
      {"\"share\":\"1/2\"", "\"share\":\"half\"",
       "pair.json:15: error: the share is \"half\" (/broadcast_trees/0/share)\n"
       "  expected: a fraction above 0 in quotes, e.g. \"1/48\"\n"},
      {"\"routes\":[0]}", "\"routes\":[2]}",
       "pair.json:15: error: there is no route 2 (/broadcast_trees/0/routes/0)\n"
       "  expected: a whole number from 0 to 1\n"},
      {"\"reduce_trees\":[\n", "\"reduce_trees\":[3,\n",
       "pair.json:17: error: a tree is 3, not an object (/reduce_trees/0)\n"
       "  expected: e.g. {\"root\":0,\"share\":\"1/48\",\"routes\":[12,7]}\n"},

      // rates
      {" \"algbw\":\"1/1000\"", " \"algbw\":\"fast\"",
       "pair.json:20: error: the algbw is \"fast\" (/algbw)\n"
       "  expected: a fraction above 0 in quotes, e.g. \"1040/3\"\n"},
      {" \"algbw\":\"1/1000\",\n", "",
       "pair.json:1: error: key \"algbw\" is missing\n  expected: GB/s, e.g. \"1040/3\"\n"},
      {"\"bound\":{\"algbw\":\"1/1000\"", "\"bound\":{\"algbw\":1",
       "pair.json:21: error: the algbw is 1, not a string (/bound/algbw)\n"
       "  expected: a fraction above 0 in quotes, e.g. \"1040/3\"\n"},
      {"\"cut\":[0,2]", "\"cut\":[0,2,8]",
       "pair.json:21: error: there is no node 8 (/bound/cut/2)\n"
       "  expected: a whole number from 0 to 3\n"},
      {"\"cut\":[0,2],", "",
       "pair.json:21: error: key \"cut\" is missing (/bound)\n"
       "  expected: node indices, e.g. [0,1,8]\n"},
      {"\"parts\":[[0]", "\"parts\":[0",
       "pair.json:21: error: a part is 0, not an array (/bound/parts/0)\n"
       "  expected: arrays of node indices, e.g. [[0,1],[2,3]]\n"},
      // what unbalanced switches allow
      {"\"cut\":[0,2],", "\"cut\":[0,2],\"achievable\":7,",
       "pair.json:21: error: key \"achievable\" is 7, not an object (/bound/achievable)\n"
       "  expected: an object\n"},
      {"\"cut\":[0,2],", "\"cut\":[0,2],\"achievable\":{\"algbw\":\"1\",\"potentials\":[]},",
       "pair.json:21: error: key \"cuts\" is missing (/bound/achievable)\n"
       "  expected: e.g. [{\"weight\":\"1/7\",\"nodes\":[0,1]}]\n"},
      {"\"cut\":[0,2],",
       "\"cut\":[0,2],\"achievable\":{\"algbw\":\"1\",\"cuts\":[{\"weight\":\"0\",\"nodes\":[]}],"
       "\"potentials\":[]},",
       "pair.json:21: error: the weight is \"0\" (/bound/achievable/cuts/0/weight)\n"
       "  expected: a fraction above 0 in quotes, e.g. \"1/7\"\n"},
      {"\"cut\":[0,2],",
       "\"cut\":[0,2],\"achievable\":{\"algbw\":\"1\",\"cuts\":[],\"potentials\":[[1]]},",
       "pair.json:21: error: a potential has 1 entries (/bound/achievable/potentials/0)\n"
       "  expected: a node index and a fraction in quotes, e.g. [8,\"-1/7\"]\n"},
      {"\"cut\":[0,2],",
       "\"cut\":[0,2],\"achievable\":{\"algbw\":\"1\",\"cuts\":[],\"potentials\":[[1,\"x\"]]},",
       "pair.json:21: error: the potential is \"x\" (/bound/achievable/potentials/0/1)\n"
       "  expected: a node index and a fraction in quotes, e.g. [8,\"-1/7\"]\n"},
      {"{\"tool\":\"pleach\",", "{",
       "pair.json:22: error: key \"tool\" is missing (/generator)\n  expected: a text\n"},
  };
  for (const Bad& bad : cases) {
    CAPTURE(bad.to);
    CHECK(mistakes_of(replaced(pair_file(), bad.from, bad.to)) == bad.wanted);
  }
}

TEST_CASE("all mistakes at once, in the order of the file") {
  std::string text = pair_file();
  text = replaced(text, "\"allreduce\"", "\"gather\"");
  text = replaced(text, "371.25 GB/s", "fast");
  text = replaced(text, "[0,2,1]", "[0,2,9]");
  text = replaced(text, "\"share\":\"1/2\"", "\"share\":\"0\"");
  text = replaced(text, "\"cut\":[0,2]", "\"cut\":[5]");
  const auto read = read_schedule(text, "pair.json");
  REQUIRE_FALSE(read.ok());
  std::vector<std::string> pointers;
  for (const Diagnostic& mistake : read.mistakes()) pointers.push_back(mistake.pointer);
  CHECK(pointers == std::vector<std::string>{"/collective", "/links/2/2", "/routes/1/2",
                                             "/broadcast_trees/0/share", "/bound/cut/0"});
}

TEST_CASE("a missing list is one mistake, not one for each index into it") {
  const std::string text = replaced(pair_file(), "\"routes\":[\n", "\"routs\":[\n");
  CHECK(mistakes_of(text) ==
        "pair.json:11: error: a schedule has the unknown key \"routs\" (/routs)\n"
        "  expected: one of: format, collective, topology, nodes, links, ranks, labels, routes, "
        "broadcast_trees, reduce_trees, algbw, bound, generator\n"
        "  fix: did you mean \"routes\"?\n");
  const std::string none = replaced(pair_file(), "\"routes\":[\n", "\"ways\":[\n");
  CHECK(mistakes_of(none) ==
        "pair.json:1: error: key \"routes\" is missing\n"
        "  expected: one array a route: node indices from sender to receiver, e.g. [0,16,3]\n");
  const std::string empty = replaced(pair_file(), "\"ranks\":[1,0]", "\"ranks\":[]");
  CHECK(mistakes_of(empty).starts_with(
      "pair.json:15: error: there is no rank 0 (/broadcast_trees/0/root)\n"
      "  expected: the list of ranks is empty\n"));
}

TEST_CASE("unknown keys are kept, but not those of a topology, nor misspelt ones") {
  const auto with = [](const std::string& member) {
    return mistakes_of(replaced(pair_file(), "\"collective\"", member + ",\n\"collective\""));
  };
  const std::string unknown = R"("variants":[1],"x-note":2,"rank":0,"collectives":{},)";
  CHECK(
      read_schedule(replaced(pair_file(), "\"collective\"", unknown + "\"collective\""), "f").ok());
  CHECK(with("\"degraded\":[],\"fabrics\":[]") ==
        "pair.json:2: error: a schedule has keys of a topology: \"degraded\", \"fabrics\" "
        "(/degraded)\n"
        "  expected: a topology or a schedule, not both in one file\n"
        "  fix: delete these keys, or write \"format\": \"pleach-topology/1\" if it is one\n");
  CHECK(mistakes_of(replaced(pair_file(), "\"reduce_trees\"", "\"reduce_tree\"")) ==
        "pair.json:17: error: a schedule has the unknown key \"reduce_tree\" (/reduce_tree)\n"
        "  expected: one of: format, collective, topology, nodes, links, ranks, labels, routes, "
        "broadcast_trees, reduce_trees, algbw, bound, generator\n"
        "  fix: did you mean \"reduce_trees\"?\n");
  CHECK(mistakes_of(replaced(pair_file(), "\"g1\"", "\"g\\n1\"")) ==
        "pair.json:4: error: a node is \"g\\x0a1\", with a control character (/nodes/1)\n"
        "  expected: an id, e.g. \"gpu0\"\n");
}

TEST_CASE("past twenty mistakes the rest is counted") {
  std::string cut = "\"cut\":[0";
  for (int i = 0; i < 30; ++i) cut += ",99";
  const auto read = read_schedule(replaced(pair_file(), "\"cut\":[0", cut), "pair.json");
  REQUIRE_FALSE(read.ok());
  REQUIRE(read.mistakes().size() == 21);
  CHECK(to_string(read.mistakes().back()) == "pair.json: error: and 10 more mistakes\n");
}

TEST_CASE("a text that is no JSON, or JSON of another shape") {
  for (const std::string text : {"", "{", "[]", "null", "\"pleach-schedule/1\"", "3", "{}"}) {
    CAPTURE(text);
    const auto read = read_schedule(text, "bad.json");
    REQUIRE_FALSE(read.ok());
    CHECK(read.mistakes().size() == 1);
    CHECK(read.mistakes()[0].file == "bad.json");
  }
  // Cut anywhere, a file is wrong but never a crash.
  const std::string whole = pair_file();
  for (std::size_t length = 0; length + 2 < whole.size(); ++length) {
    CAPTURE(length);
    REQUIRE_FALSE(read_schedule(whole.substr(0, length), "cut.json").ok());
  }
}

TEST_CASE("a value of the wrong type in any place is a mistake, never a crash") {
  // Puts each of a few values in place of every digit, string and bracket of the file.
  const std::string whole = pair_file();
  int wrong = 0;
  for (std::size_t at = 0; at < whole.size(); ++at) {
    for (const std::string value :
         {"null", "-7", "{}", "[]", "\"\"", "1e9", "99999999999999999999"}) {
      if (std::string("0123456789").find(whole[at]) == std::string::npos) continue;
      std::string text = whole;
      const auto read = read_schedule(text.replace(at, 1, value), "odd.json");
      if (!read.ok()) {
        REQUIRE_FALSE(read.mistakes().empty());
        ++wrong;
      }
    }
  }
  CHECK(wrong > 500);
}

TEST_CASE("absurdly long fractions are refused before they are multiplied out") {
  const std::string digits(50'000, '7');
  const std::string text =
      replaced(pair_file(), "\"share\":\"1/2\"", "\"share\":\"1/" + digits + "\"");
  CHECK(mistakes_of(text).starts_with("pair.json:15: error: the share is \"1/7777777"));
}

}  // namespace
}  // namespace pleach
