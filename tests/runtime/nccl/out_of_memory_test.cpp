// Memory that ends at any allocation of init and of a call: never an error, never an exception.
#include <cstdlib>
#include <new>

#include <doctest/doctest.h>

#include "runtime/nccl/abi.hpp"
#include "runtime/nccl/host_files.hpp"
#include "tests/runtime/nccl/random_table.hpp"
#include "tests/runtime/nccl/temporary_files.hpp"

namespace {

thread_local long allocations_left = -1;  // negative: no end
int warnings = 0;

}  // namespace

void* operator new(std::size_t size) {
  if (allocations_left == 0) throw std::bad_alloc();
  if (allocations_left > 0) --allocations_left;
  void* const memory = std::malloc(size == 0 ? 1 : size);
  if (memory == nullptr) throw std::bad_alloc();
  return memory;
}
void operator delete(void* memory) noexcept { std::free(memory); }
void operator delete(void* memory, std::size_t) noexcept { std::free(memory); }

extern "C" const pleach::nccl::abi::TunerV5 ncclTunerPlugin_v5;

namespace pleach {
namespace {

using namespace testing;

void count_warnings(int level, unsigned long, const char*, int, const char*, ...) {
  if (level == nccl::abi::kWarn) ++warnings;
}

TEST_CASE("out_of_memory: at any allocation, stock behaviour and one warning") {
  const TemporaryFolder folder;
  nccl::ChoiceTable table{.topology_name = "pair", .topology_digest = "", .rows = {{}}};
  table.rows[0].choice = nccl::Choice{};  // ring with simple
  const Variable variable(nccl::kTableVariable,
                          folder.write("table.json", write_choice_table(table)));
  long limit = 0;
  for (bool whole = false; !whole; ++limit) {
    REQUIRE(limit < 5000);
    CAPTURE(limit);
    void* context = nullptr;
    warnings = 0;
    allocations_left = limit;
    const int code = ncclTunerPlugin_v5.init(&context, 1, 1, 1, count_warnings, nullptr, nullptr);
    whole = allocations_left > 0;
    allocations_left = -1;
    CHECK(code == 0);
    CHECK(warnings == (context == nullptr ? 1 : 0));
    if (whole) CHECK(context != nullptr);
    // The call decides as it would with memory: other ranks have some.
    Costs costs{};
    costs.fill(3);
    int channels = -1;
    allocations_left = 0;
    const int answered = ncclTunerPlugin_v5.get_coll_info(context, nccl::abi::kAllReduce, 64, 1,
                                                          reinterpret_cast<float**>(costs.data()),
                                                          7, 3, 0, &channels);
    allocations_left = -1;
    CHECK(answered == 0);
    CHECK(costs[1 * 3 + 2] == (context == nullptr ? 3 : 0));
    CHECK(channels == (context == nullptr ? -1 : 0));
    CHECK(ncclTunerPlugin_v5.finalize(context) == 0);
  }
  CHECK(limit > 20);
}

}  // namespace
}  // namespace pleach
