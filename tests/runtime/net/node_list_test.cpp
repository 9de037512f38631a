#include "runtime/net/node_list.hpp"

#include <doctest/doctest.h>

namespace pleach {
namespace {

TEST_CASE("the first host of a list, in every form that Slurm writes") {
  CHECK(first_host("node7") == "node7");
  CHECK(first_host("node[01-03,07],other5") == "node01");
  CHECK(first_host("node[07,01-03]") == "node07");
  CHECK(first_host("other5,node[01-03]") == "other5");
  CHECK(first_host("rack[2-3]node[10-12]-ib") == "rack2node10-ib");
  CHECK(first_host("a.b-c_d.example.org") == "a.b-c_d.example.org");
}

TEST_CASE("what is no list is nothing, wherever it is broken") {
  for (const char* list :
       {"", ",", "node7,", ",node7", "node[", "node[]", "node[1", "node]1[", "node[1-]", "node[-1]",
        "node[1,]", "node[a-b]", "node[1[2]]", "a b", "node7,other[1", "node:1", "node[1-2-3]"}) {
    CHECK_MESSAGE(!first_host(list), list);
  }
}

}  // namespace
}  // namespace pleach
