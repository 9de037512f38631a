#include <algorithm>
#include <array>
#include <cstdio>
#include <vector>

#include "tests/gpu/buffers.hpp"
#include "tests/gpu/plans.hpp"
#include "tests/gpu/section.hpp"
#include "tests/gpu/steps.hpp"

namespace pleach::gpu_check {
namespace {

enum class Values { Exact, Rough };

struct Case {
  PlanRequest plan;
  DataType dtype = DataType::Float32;
  ReduceOp op = ReduceOp::Sum;
  Values values = Values::Exact;
  Launches launches = Launches::Together;
  bool bulk = false;
  bool small = false;
};

std::string describe(const Case& one, bool misaligned) {
  const PlanRequest& plan = one.plan;
  std::string text = std::string(name_of(plan.collective)) + " of " + std::to_string(plan.count) +
                     " " + std::string(name_of(one.dtype)) + ", " + std::string(name_of(one.op)) +
                     ", " + std::to_string(plan.ranks) + " ranks, " +
                     std::string(name_of(plan.shape)) + ", chunks of " +
                     std::to_string(plan.chunk_bytes) + " B";
  if (plan.in_place) text += ", in place";
  if (misaligned) text += ", misaligned";
  if (one.values == Values::Rough) text += ", rough";
  if (one.launches == Launches::Apart) text += ", a kernel per rank";
  if (one.bulk) text += ", bulk";
  if (one.small) text += ", small";
  return text;
}

std::optional<std::string> check(const Case& one,
                                 DeviceExecutor& executor,
                                 Buffers& buffers,
                                 const Setup& setup) {
  if (one.values == Values::Exact) {
    buffers.fill_exact();
  } else {
    buffers.fill_rough(one.plan.count + 7);
  }
  execute(setup, executor, buffers.on_device(), one.launches);
  if (const auto stall = executor.failure()) return to_string(*stall);
  if (one.values == Values::Exact) return buffers.check_exact();
  if (auto wrong = buffers.check_near()) return wrong;
  // One step sums in the order of ranks, not of the plan's trees.
  return one.small ? std::nullopt : buffers.check_like_host();
}

// Twice by one executor: at even addresses, and at odd ones.
void run(const Setup& setup, Case one, Section& section) {
  if (!section.wants_more()) return;
  one.plan.element_size = size_of(one.dtype);
  const auto ranks = static_cast<std::uint32_t>(one.plan.ranks);
  one.plan.budget.blocks = std::max(1U, setup.device->resident_blocks() / ranks);
  const Plan plan = make_plan(one.plan);
  DeviceExecutor executor(
      setup.device, plan, one.dtype, one.op,
      {.timeout = std::chrono::seconds(5), .small_in_one_step = one.small, .bulk = one.bulk});
  for (const bool misaligned : {false, true}) {
    Buffers buffers(setup, plan, one.dtype, one.op, misaligned);
    const auto wrong = check(one, executor, buffers, setup);
    section.count(describe(one, misaligned), wrong);
    if (wrong) return;  // an executor that has failed once executes nothing more
  }
}

// One value of each list in turn; the lists' lengths have no common factor with the others' where
// that matters, so that a long sweep meets the combinations.
class Wheel {
 public:
  explicit Wheel(Scale scale) : scale_(scale) {}

  void turn(Case& one) {
    const std::size_t at = turns_++;
    const bool tiny = scale_ == Scale::Tiny;
    const std::size_t counts = tiny ? 5 : scale_ == Scale::Reduced ? 7 : kCounts.size();
    one.plan.shape = kShapes[at % std::size(kShapes)];
    one.plan.count = kCounts[at % counts];
    one.plan.chunk_bytes = kChunks[at / 3 % kChunks.size()];
    one.plan.root = static_cast<int>(at / 2 % static_cast<std::size_t>(one.plan.ranks));
    one.plan.budget.most_channels = tiny ? 2 : 1 + static_cast<std::uint32_t>(at % 7);
    one.bulk = at / 5 % 2 == 0;
  }
  // Type and operator too.
  void turn_all(Case& one) {
    one.dtype = kDataTypes[turns_ % kDataTypes.size()];
    one.op = kReduceOps[turns_ / 2 % kReduceOps.size()];
    turn(one);
  }

 private:
  static constexpr std::array<std::uint64_t, 11> kCounts = {1,    61,   217, 1021,  7,    4099,
                                                            1999, 8191, 3,   16385, 65537};
  static constexpr std::array<std::size_t, 4> kChunks = {0, 200, 4096, 1001};
  Scale scale_;
  std::size_t turns_ = 0;
};

std::vector<int> numbers_of_ranks(Scale scale) {
  if (scale == Scale::Full) return {2, 3, 4, 5, 6, 7, 8};
  return {2, 3, 5};
}

// All of the operators where they matter.
std::size_t operators_of(Collective collective) {
  return reduces(collective) ? kReduceOps.size() : 1;
}

void everything(const Setup& setup, bool& all) {
  for (const Collective collective : kCollectives) {
    Section section(std::string(name_of(collective)) + ", each type and operator", all);
    Wheel wheel(setup.scale);
    for (const int ranks : numbers_of_ranks(Scale::Full)) {
      for (const DataType dtype : kDataTypes) {
        for (std::size_t op = 0; op < operators_of(collective); ++op) {
          for (const bool in_place : {false, true}) {
            Case one{.plan = {.collective = collective, .ranks = ranks, .in_place = in_place},
                     .dtype = dtype,
                     .op = kReduceOps[op]};
            wheel.turn(one);
            run(setup, one, section);
          }
        }
      }
    }
    section.end();
  }
}

// Every shape, with types and operators in turn.
void each_shape(const Setup& setup, Launches launches, const char* name, bool& all) {
  Section section(name, all);
  Wheel wheel(setup.scale);
  for (const Collective collective : kCollectives) {
    for (const int ranks : numbers_of_ranks(setup.scale)) {
      for (const Shape shape : kShapes) {
        for (const bool in_place : {false, true}) {
          Case one{.plan = {.collective = collective, .ranks = ranks, .in_place = in_place},
                   .launches = launches};
          wheel.turn_all(one);
          one.plan.shape = shape;
          run(setup, one, section);
        }
      }
    }
  }
  section.end();
}

void small_messages(const Setup& setup, bool& all) {
  constexpr std::uint64_t kCounts[] = {1, 7, 61, 400, 4099};
  Section section("small messages", all);
  std::size_t turn = 0;
  for (const Collective collective :
       {Collective::AllReduce, Collective::AllGather, Collective::ReduceScatter}) {
    for (const int ranks : numbers_of_ranks(setup.scale)) {
      for (const DataType dtype : kDataTypes) {
        for (std::size_t op = 0; op < operators_of(collective); ++op, ++turn) {
          if (setup.scale != Scale::Full && turn % 4 != 0) continue;
          Case one{.plan = {.collective = collective,
                            .ranks = ranks,
                            .count = kCounts[turn % (setup.scale == Scale::Tiny ? 4 : 5)],
                            .in_place = turn % 2 == 0},
                   .dtype = dtype,
                   .op = kReduceOps[op],
                   .small = true};
          if (setup.scale != Scale::Reduced && turn % 3 == 0) one.launches = Launches::Apart;
          run(setup, one, section);
          const bool has_float64 = dtype == DataType::Float16 || dtype == DataType::Bfloat16 ||
                                   dtype == DataType::Float32;
          if (!reduces(collective) || !has_float64) continue;
          one.values = Values::Rough;
          run(setup, one, section);
        }
      }
    }
  }
  section.end();
}

void rough(const Setup& setup, bool& all) {
  Section section("rough values, float64 and the host's bits", all);
  Wheel wheel(setup.scale);
  for (const Collective collective :
       {Collective::AllReduce, Collective::ReduceScatter, Collective::Reduce}) {
    for (const int ranks : numbers_of_ranks(setup.scale)) {
      for (const DataType dtype : {DataType::Float16, DataType::Bfloat16, DataType::Float32}) {
        for (const ReduceOp op : kReduceOps) {
          Case one{.plan = {.collective = collective,
                            .ranks = ranks,
                            .in_place = (ranks + static_cast<int>(op)) % 2 == 0},
                   .dtype = dtype,
                   .op = op,
                   .values = Values::Rough};
          wheel.turn(one);
          run(setup, one, section);
        }
      }
    }
  }
  section.end();
}

// As many channels and chunks as a call of this size has.
void large(const Setup& setup, bool& all) {
  Section section("large", all);
  for (const Collective collective : kCollectives) {
    for (const DataType dtype : {DataType::Float32, DataType::Bfloat16}) {
      for (const Shape shape : {Shape::Star, Shape::TwoLevels}) {
        for (const bool bulk : {false, true}) {
          const std::uint64_t count = is_sharded(collective) ? 125003 : 1000037;
          run(setup,
              {.plan = {.collective = collective,
                        .ranks = 8,
                        .count = count,
                        .in_place = bulk == (shape == Shape::Star),
                        .shape = shape,
                        .budget = {.most_channels = 1000}},
               .dtype = dtype,
               .bulk = bulk},
              section);
        }
      }
    }
  }
  section.end();
}

}  // namespace

bool run_correct(const Setup& setup) {
  bool all = true;
  each_shape(setup, Launches::Together, "each shape, one kernel", all);
  small_messages(setup, all);
  if (setup.scale != Scale::Reduced) {
    rough(setup, all);
    // A tool may let kernels run one after the other only, and these wait for one another.
    each_shape(setup, Launches::Apart, "each shape, a kernel per rank", all);
  }
  if (setup.scale == Scale::Full) {
    everything(setup, all);
    large(setup, all);
  }
  return all;
}

}  // namespace pleach::gpu_check
