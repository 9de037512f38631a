#include "compiler/nccl/names.hpp"

#include <doctest/doctest.h>

namespace pleach::nccl {
namespace {

TEST_CASE("names: NCCL's numbers and words") {
  CHECK(static_cast<int>(Algorithm::Tree) == 0);
  CHECK(static_cast<int>(Algorithm::Ring) == 1);
  CHECK(static_cast<int>(Algorithm::CollNetDirect) == 2);
  CHECK(static_cast<int>(Algorithm::CollNetChain) == 3);
  CHECK(static_cast<int>(Algorithm::Nvls) == 4);
  CHECK(static_cast<int>(Algorithm::NvlsTree) == 5);
  CHECK(static_cast<int>(Algorithm::Pat) == 6);
  CHECK(static_cast<int>(Protocol::Ll) == 0);
  CHECK(static_cast<int>(Protocol::Ll128) == 1);
  CHECK(static_cast<int>(Protocol::Simple) == 2);
  for (std::size_t i = 0; i < kAlgorithms.size(); ++i) {
    CHECK(static_cast<std::size_t>(kAlgorithms[i]) == i);
    CHECK(algorithm_named(name_of(kAlgorithms[i])) == kAlgorithms[i]);
  }
  for (std::size_t i = 0; i < kProtocols.size(); ++i) {
    CHECK(static_cast<std::size_t>(kProtocols[i]) == i);
    CHECK(protocol_named(name_of(kProtocols[i])) == kProtocols[i]);
  }
  CHECK(name_of(Algorithm::NvlsTree) == "nvlstree");
  CHECK_FALSE(algorithm_named("Ring").has_value());
  CHECK_FALSE(algorithm_named("").has_value());
  CHECK_FALSE(protocol_named("ll64").has_value());
  CHECK_FALSE(checks_channels(Algorithm::CollNetChain, 1));
  CHECK(checks_channels(Algorithm::Nvls, 1));
  CHECK_FALSE(checks_channels(Algorithm::Nvls, 2));
}

}  // namespace
}  // namespace pleach::nccl
