// Bad descriptions and what they are told: the frame around each mistake.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include <doctest/doctest.h>

#include "tests/compiler/topology/print_topology.hpp"

namespace pleach {

// Two good gpus and a good link, then `members`, which start in line 2.
inline std::string pair_and(const std::string& members) {
  return R"("nodes": [{"id": "a", "type": "gpu"}, {"id": "b", "type": "gpu"}],
"links": [{"between": ["a", "b"], "bandwidth": "1 GB/s"}],
)" + members;
}

inline std::string node(const std::string& object) {
  return R"("nodes": [{"id": "a", "type": "gpu"}, {"id": "b", "type": "gpu"},
)" + object +
         R"(],
"links": [{"between": ["a", "b"], "bandwidth": "1 GB/s"}])";
}

inline std::string links(const std::string& objects) {
  return R"("nodes": [{"id": "a", "type": "gpu"}, {"id": "b", "type": "gpu"}],
"links": [)" +
         objects + "]";
}

inline std::string fabric(const std::string& object) {
  return pair_and(R"("link_classes": {"c": {"bandwidth": "1 GB/s"}},
"fabrics": [)" + object +
                  "]");
}

inline std::string matrix(const std::string& object) {
  return R"("link_classes": {"c": {"bandwidth": "1 GB/s"}},
"nodes": [{"id": "g{i}", "type": "gpu", "for": {"i": "0-1"}}],
"matrix": )" +
         object;
}

inline std::string degraded(const std::string& object) {
  return pair_and(R"("degraded": [)" + object + "]");
}

// Each body is read from the file t.json (see read_body) and must be told exactly this.
inline void check_all(const std::vector<std::pair<std::string, std::string>>& bodies) {
  for (const auto& [body, expected] : bodies) {
    CAPTURE(body);
    CHECK(read_body(body) == expected);
  }
}

}  // namespace pleach
