#include "compiler/view/column_book.hpp"

#include <doctest/doctest.h>

namespace pleach::view {
namespace {

TEST_CASE("a column is taken as near as possible, to the left when both sides are equally near") {
  ColumnBook book;
  CHECK(book.take(10, 2) == 10);
  CHECK(book.take(10, 2) == 6);
  CHECK(book.take(10, 2) == 14);
  CHECK(book.take(12, 2) == 18);  // 10 to 16 is taken, 18 is nearer than 2
}

TEST_CASE("narrow columns fit where wide ones do not") {
  ColumnBook book;
  book.add(0, 2);
  book.add(8, 2);
  CHECK(book.find(4, 2) == 4);
  CHECK(book.find(4, 3) != 4);
  book.add(4, 1);
  CHECK(book.find(4, 0.5) == 2.5);
}

}  // namespace
}  // namespace pleach::view
