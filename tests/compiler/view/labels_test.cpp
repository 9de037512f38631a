#include "compiler/view/labels.hpp"

#include <doctest/doctest.h>

#include "tests/compiler/view/machines.hpp"

namespace pleach::view {
namespace {

TEST_CASE("the last part of an id is its label") {
  const Topology topology =
      machine_of({"box0/gpu0", "gpu1", "slash/", "nvs", "nvs/out", "a/b/sw/out"}, 2, {});
  CHECK(short_labels(topology) ==
        std::vector<std::string>{"gpu0", "gpu1", "slash/", "nvs", "nvs/out", "sw/out"});
}

TEST_CASE("long texts are cut between characters") {
  CHECK(shortened_text("gpu0", 4) == "gpu0");
  CHECK(shortened_text("accelerator", 6) == "accel\xe2\x80\xa6");
  CHECK(shortened_text("\xc3\xa9\xc3\xa9\xc3\xa9", 2) == "\xc3\xa9\xe2\x80\xa6");
  CHECK(count_characters("\xc3\xa9\xc3\xa9x") == 3);
}

}  // namespace
}  // namespace pleach::view
