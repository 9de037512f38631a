// Machines by name and from text, for tests.
#pragma once

#include <string>

#include <doctest/doctest.h>

#include "compiler/topology/load_topology.hpp"
#include "compiler/topology/topology.hpp"

namespace pleach::testing {

inline Topology machine(const std::string& name) {
  auto loaded = load_topology(name);
  REQUIRE_MESSAGE(loaded.ok(), name);
  return std::move(loaded).value();
}

inline Topology machine_from(const std::string& text) {
  auto read = read_topology(text, "test");
  REQUIRE(read.ok());
  return std::move(read).value();
}

}  // namespace pleach::testing
