// The kernels' formats by the element types that tests know.
#pragma once

#include "kernels/elements.hpp"
#include "tests/runtime/element_types.hpp"

namespace pleach::testing {

template <class Element>
struct FormatOf {
  using Type = device::Native<typename Element::Value>;
};
template <>
struct FormatOf<Float16> {
  using Type = device::Float16;
};
template <>
struct FormatOf<Bfloat16> {
  using Type = device::Bfloat16;
};

}  // namespace pleach::testing
