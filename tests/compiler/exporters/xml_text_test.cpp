#include "compiler/exporters/xml_text.hpp"

#include <doctest/doctest.h>
#include <pugixml.hpp>

namespace pleach::exporters {
namespace {

TEST_CASE("no declaration, no blank before the slash") {
  pugi::xml_document document;
  pugi::xml_node root = document.append_child("system");
  root.append_attribute("version") = 1;
  root.append_child("cpu").append_attribute("numaid") = 0;
  root.append_child("cpu");
  CHECK(xml_text(document) ==
        "<system version=\"1\">\n  <cpu numaid=\"0\"/>\n  <cpu/>\n</system>\n");
}

TEST_CASE("values that stand in XML as they are") {
  CHECK(is_plain("mlx5_0"));
  CHECK(is_plain(std::string(254, 'x')));
  CHECK_FALSE(is_plain(std::string(255, 'x')));
  for (const char* text : {"a<b", "a>b", "a&b", "a\"b", "a'b", "a\tb", "\xc3\xa4"}) {
    CHECK_FALSE(is_plain(text));
  }
}

}  // namespace
}  // namespace pleach::exporters
