#include "compiler/core/data_type.hpp"

#include <set>
#include <string>

#include <doctest/doctest.h>

namespace pleach {
namespace {

TEST_CASE("names go both ways, and each is another") {
  std::set<std::string_view> names;
  for (const DataType dtype : kDataTypes) {
    CHECK(data_type_named(name_of(dtype)) == dtype);
    names.insert(name_of(dtype));
  }
  CHECK(names.size() == 11);
  CHECK(names.count("") == 0);
  for (const ReduceOp op : kReduceOps) CHECK(reduce_op_named(name_of(op)) == op);
}

TEST_CASE("nccl-tests' names are taken too, others are not") {
  CHECK(data_type_named("half") == DataType::Float16);
  CHECK(data_type_named("float") == DataType::Float32);
  CHECK(data_type_named("double") == DataType::Float64);
  for (const char* const name : {"", "Float32", "uint16", "float32 ", "int", "f32"}) {
    CHECK(data_type_named(name) == std::nullopt);
  }
  CHECK(reduce_op_named("") == std::nullopt);
  CHECK(reduce_op_named("mean") == std::nullopt);
}

TEST_CASE("a name ends with the element's bits") {
  for (const DataType dtype : kDataTypes) {
    const std::string name(name_of(dtype));
    CHECK(name.ends_with("t" + std::to_string(size_of(dtype) * 8)));
  }
}

}  // namespace
}  // namespace pleach
