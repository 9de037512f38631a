// How much a body expands to, told without expanding it.
#pragma once

#include <map>

#include "compiler/topology/expand.hpp"
#include "compiler/topology/fabrics.hpp"

namespace pleach {

// Adds up a body; each template is looked at once, however often it is used.
class SizeCounter {
 public:
  // `spec` gives mistakes their place.
  SizeCounter(const TopologySpec& spec, Diagnostics& mistakes) : spec_(spec), mistakes_(mistakes) {}

  // Saturating. A use of a template counts as one node at least, for it takes time. Errors:
  // templates that use themselves or nest too deep; then the size means nothing.
  [[nodiscard]] ExpansionSize body(const Body& body) { return look(body).size; }

 private:
  struct Known {
    ExpansionSize size;
    std::size_t height = 0;  // levels of templates below it
  };
  [[nodiscard]] Known look(const Body& body);
  [[nodiscard]] Known use(const NodeDeclaration& node);

  const TopologySpec& spec_;
  Diagnostics& mistakes_;
  std::map<const Body*, Known> known_;  // looked up only
  bool too_deep_ = false;
  std::vector<const NodeDeclaration*> path_;  // the uses that lead to the body at hand
};

}  // namespace pleach
