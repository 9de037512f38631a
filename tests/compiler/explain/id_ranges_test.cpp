#include "compiler/explain/id_ranges.hpp"

#include <algorithm>
#include <random>
#include <set>

#include <doctest/doctest.h>

namespace pleach {
namespace {

using Texts = std::vector<std::string>;

TEST_CASE("ids that follow each other become one range") {
  CHECK(compress_ids({"gpu0", "gpu1", "gpu2", "gpu3"}) == Texts{"gpu0-3"});
  CHECK(compress_ids({"gpu3", "gpu1", "gpu2", "gpu0"}) == Texts{"gpu0-3"});
  CHECK(compress_ids({"gpu7"}) == Texts{"gpu7"});
  CHECK(compress_ids({}).empty());
  CHECK(compress_ids({"spine"}) == Texts{"spine"});
}

TEST_CASE("gaps stand in brackets") {
  CHECK(compress_ids({"g0", "g1", "g2", "g5"}) == Texts{"g[0-2,5]"});
  CHECK(compress_ids({"g0", "g2"}) == Texts{"g[0,2]"});
}

TEST_CASE("every combination of boxes and GPUs is one text, anything less is several") {
  CHECK(compress_ids({"box0/gpu0", "box0/gpu1", "box1/gpu0", "box1/gpu1"}) ==
        Texts{"box0-1/gpu0-1"});
  CHECK(compress_ids({"box0/gpu0", "box0/gpu1", "box1/gpu0"}) == Texts{"box0/gpu0-1", "box1/gpu0"});
  CHECK(compress_ids({"box0/gpu3", "box1/gpu3", "box4/gpu3"}) == Texts{"box[0-1,4]/gpu3"});
}

TEST_CASE("what differs in letters stays apart, in order of first mention") {
  CHECK(compress_ids({"b/nic1", "b/gpu0", "b/nic0", "b/gpu1", "ib"}) ==
        Texts{"b/nic0-1", "b/gpu0-1", "ib"});
}

TEST_CASE("ids that hold a dash get brackets around ranges") {
  CHECK(compress_ids({"torus/0-0", "torus/0-1", "torus/1-0", "torus/1-1"}) ==
        Texts{"torus/[0-1]-[0-1]"});
  CHECK(compress_ids({"torus/0-1", "torus/0-3"}) == Texts{"torus/0-[1,3]"});
  CHECK(compress_ids({"torus/2-3"}) == Texts{"torus/2-3"});
}

TEST_CASE("leading zeros are kept") {
  CHECK(compress_ids({"n08", "n09", "n10"}) == Texts{"n08-10"});
  CHECK(compress_ids({"n1", "n01"}) == Texts{"n[1,01]"});
  CHECK(compress_ids({"n00", "n01"}) == Texts{"n00-01"});
  CHECK(compress_ids({"n9", "n10"}) == Texts{"n9-10"});
  CHECK(compress_ids({"n009", "n10"}) == Texts{"n[009,10]"});
}

TEST_CASE("numbers too long to count are letters") {
  CHECK(compress_ids({"n1234567890123456789", "n1234567890123456780"}) ==
        Texts{"n1234567890123456789", "n1234567890123456780"});
}

TEST_CASE("an id that stands twice counts once") {
  CHECK(compress_ids({"g1", "g1", "g2"}) == Texts{"g1-2"});
}

// Writes out the ids that a text without leading zeros stands for.
std::vector<std::string> expanded(const std::string& text) {
  std::vector<std::string> result = {""};
  const auto append = [&](const std::vector<std::string>& choices) {
    std::vector<std::string> longer;
    for (const std::string& head : result) {
      for (const std::string& tail : choices) longer.push_back(head + tail);
    }
    result = std::move(longer);
  };
  for (std::size_t i = 0; i < text.size();) {
    if (text[i] != '[' && (text[i] < '0' || text[i] > '9')) {
      append({text.substr(i++, 1)});
      continue;
    }
    const bool brackets = text[i] == '[';
    const std::size_t end = brackets ? text.find(']', i) : text.find_first_not_of("0123456789-", i);
    std::string list = text.substr(i + (brackets ? 1 : 0), end - i - (brackets ? 1 : 0));
    std::vector<std::string> numbers;
    for (std::size_t begin = 0; begin <= list.size();) {
      const std::size_t comma = std::min(list.find(',', begin), list.size());
      const std::string range = list.substr(begin, comma - begin);
      const std::size_t dash = range.find('-');
      const int first = std::stoi(range);
      const int last = dash == std::string::npos ? first : std::stoi(range.substr(dash + 1));
      for (int number = first; number <= last; ++number) numbers.push_back(std::to_string(number));
      begin = comma + 1;
    }
    append(numbers);
    i = end == std::string::npos ? text.size() : end + (brackets ? 1 : 0);
  }
  return result;
}

TEST_CASE("random sets: the texts stand for exactly these ids") {
  std::mt19937_64 random(5);
  for (int round = 0; round < 500; ++round) {
    std::set<std::string> ids;
    const auto number = [&] { return std::to_string(random() % 6); };
    for (int i = 0; i < 30; ++i) {
      ids.insert(random() % 2 == 0 ? "box" + number() + "/gpu" + number() : "ib" + number());
    }
    const std::vector<std::string_view> views(ids.begin(), ids.end());
    std::vector<std::string> back;
    for (const std::string& text : compress_ids(views)) {
      for (std::string& id : expanded(text)) back.push_back(std::move(id));
    }
    CHECK(back.size() == ids.size());
    CHECK(std::set<std::string>(back.begin(), back.end()) == ids);
  }
}

TEST_CASE("patterns and nouns") {
  CHECK(id_pattern("box12/nic3") == "box*/nic*");
  CHECK(id_pattern("ib") == "ib");
  CHECK(id_pattern("0-13") == "*-*");
  CHECK(shared_noun({"box0", "box1"}) == "box");
  CHECK(shared_noun({"dc/rack3", "dc/rack14"}) == "rack");
  CHECK(shared_noun({"a100", "h100"}).empty());
  CHECK(shared_noun({"rack0/t1", "rack0/t2"}).empty());
  CHECK(shared_noun({"left", "right"}).empty());
  CHECK(shared_noun({}).empty());
}

}  // namespace
}  // namespace pleach
