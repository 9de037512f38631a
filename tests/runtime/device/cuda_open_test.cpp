// What is said where there is no GPU to open. Runs everywhere: no machine has so many GPUs.
#include <limits>
#include <string>

#include <doctest/doctest.h>

#include "compiler/core/machine_error.hpp"
#include "runtime/device/device.hpp"
#include "tests/runtime/device/this_machine.hpp"

namespace pleach {
namespace {

template <class Open>
std::string refusal_of(Open open) {
  try {
    (void)open();
  } catch (const MachineError& error) {
    return error.what();
  }
  return "";
}

// Whether the refusal names what this machine lacks, and what to do.
void check_words(const std::string& words) {
  CAPTURE(words);
  if (!kBuiltWithCuda) {
    CHECK(words.starts_with("this build has no CUDA: "));
    CHECK(words.find("-DPLEACH_CUDA=ON") != std::string::npos);
  } else if (!has_gpu_driver()) {
    CHECK(words.starts_with("no NVIDIA driver is installed"));
    CHECK(words.find("install it") != std::string::npos);
  } else {
    CHECK(words.find("CUDA_VISIBLE_DEVICES is ") != std::string::npos);
  }
}

TEST_CASE("a GPU that is not there is refused with what is missing and what to do") {
  check_words(refusal_of([] { return open_cuda_device(std::numeric_limits<int>::max()); }));
  check_words(refusal_of([] { return open_cuda_device(-1); }));
}

TEST_CASE("where there is no GPU none is current") {
  if (kBuiltWithCuda && has_gpu_driver()) {
    MESSAGE("the machine has a GPU; cuda_device_test.cpp opens it");
    return;
  }
  check_words(refusal_of([] { return open_current_cuda_device(); }));
}

}  // namespace
}  // namespace pleach
