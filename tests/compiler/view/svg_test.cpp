#include "compiler/view/svg.hpp"

#include <doctest/doctest.h>

#include "compiler/core/check.hpp"

namespace pleach::view {
namespace {

TEST_CASE("what XML reserves is escaped") {
  CHECK(escaped("a<b>&\"c'") == "a&lt;b&gt;&amp;&quot;c&#39;");
  CHECK(escaped("&amp;") == "&amp;amp;");
  CHECK(escaped("caf\xc3\xa9 \xe2\x86\x92\t\n") == "caf\xc3\xa9 \xe2\x86\x92\t\n");
}

TEST_CASE("what XML forbids is replaced") {
  CHECK(escaped(std::string_view("a\0b\x1b", 4)) ==
        "a\xef\xbf\xbd"
        "b\xef\xbf\xbd");
  CHECK(escaped("\xef\xbf\xbe-\xef\xbf\xbf-\xef\xbf\xbd") ==
        "\xef\xbf\xbd-\xef\xbf\xbd-\xef\xbf\xbd");
}

TEST_CASE("coordinates have one decimal at most") {
  CHECK(number_text(0) == "0");
  CHECK(number_text(-0.0) == "0");
  CHECK(number_text(-0.04) == "0");
  CHECK(number_text(12) == "12");
  CHECK(number_text(0.5) == "0.5");
  CHECK(number_text(-0.5) == "-0.5");
  CHECK(number_text(-3.26) == "-3.3");
  CHECK(number_text(99999.96) == "100000");
  CHECK_THROWS_AS((void)number_text(1e10), InternalError);
}

TEST_CASE("paths") {
  CHECK(path_text(line({0, 0}, {3, 4.5})) == "M0 0L3 4.5");
  CHECK(path_text({{0, 0}, {0, 5}, {9, 5}, {9, 0}}) == "M0 0C0 5 9 5 9 0");
}

TEST_CASE("a small document") {
  SvgWriter svg(30, 20, "a & b");
  svg.open_group({{"fill", "none"}});
  svg.rectangle({1, 2, 3, 4}, 0, {}, "<tip>");
  svg.close_group();
  svg.text({5, 6}, "x<y", {{"fill", "\"red\""}});
  CHECK(
      std::move(svg).finish() ==
      "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
      "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"30\" height=\"20\" viewBox=\"0 0 30 20\" "
      "font-family=\"Helvetica, Arial, sans-serif\">\n"
      "<title>a &amp; b</title>\n"
      "<rect width=\"30\" height=\"20\" fill=\"#ffffff\"/>\n"
      "<g fill=\"none\">\n"
      "<rect x=\"1\" y=\"2\" width=\"3\" height=\"4\"><title>&lt;tip&gt;</title></rect>\n"
      "</g>\n"
      "<text x=\"5\" y=\"6\" fill=\"&quot;red&quot;\">x&lt;y</text>\n"
      "</svg>\n");
}

TEST_CASE("groups must match") {
  SvgWriter open(1, 1, "");
  open.open_group({});
  CHECK_THROWS_AS((void)std::move(open).finish(), InternalError);
  SvgWriter closed(1, 1, "");
  CHECK_THROWS_AS(closed.close_group(), InternalError);
}

}  // namespace
}  // namespace pleach::view
