#include <algorithm>
#include <cmath>
#include <cstdio>
#include <map>
#include <string>
#include <vector>

#include "tests/gpu/bench_data.hpp"
#include "tests/gpu/plans.hpp"
#include "tests/gpu/section.hpp"
#include "tests/gpu/steps.hpp"
#include "tests/gpu/timing.hpp"

namespace pleach::gpu_check {
namespace {

constexpr std::size_t kKiB = 1024;
constexpr std::size_t kMiB = kKiB * 1024;
constexpr std::size_t kLargest = 256 * kMiB;

// By threads everything is so much smaller.
std::size_t scaled(const Setup& setup, std::size_t bytes) {
  return setup.scale == Scale::Full ? bytes : std::max<std::size_t>(256, bytes >> 15);
}

// What the device's own copies reach in this run, bytes a second.
struct Ceilings {
  double copy = 0;  // read and written bytes
  double set = 0;
};

Ceilings measure_ceilings(const Setup& setup) {
  const std::size_t bytes = scaled(setup, 1024 * kMiB);
  const DeviceMemory from(setup.device, bytes);
  const DeviceMemory to(setup.device, bytes);
  const Streams streams(setup.device, 0);
  constexpr int kRepeats = 5;
  const auto rate = [&](const char* name, double moved, const std::function<void()>& start) {
    const Times times = time_of(*setup.device, streams.main(), kRepeats, [&] {
      for (int i = 0; i < kRepeats; ++i) start();
    });
    const auto of = [&](double seconds) { return moved / std::max(seconds, 1e-9); };
    std::printf("  ceiling: %s, %zu MiB: %.1f GB/s (%.1f..%.1f)\n", name, bytes >> 20,
                of(times.median) * 1e-9, of(times.most) * 1e-9, of(times.least) * 1e-9);
    return of(times.median);
  };
  const auto size = static_cast<double>(bytes);
  return {
      .copy = rate("copy on the device, read + written", 2 * size,
                   [&] { setup.baselines.copy(to.get(), from.get(), bytes, streams.main()); }),
      .set = rate("memset", size, [&] { setup.baselines.set(to.get(), bytes, streams.main()); })};
}

enum class Target { None, Efficiency, Microseconds };

struct Row {
  std::string name;
  Collective collective = Collective::AllReduce;
  Shape shape = Shape::Star;
  std::size_t bytes = 0;  // of the whole buffer
  bool small = false;
  bool bulk = false;
  double part = 1;  // of the device's blocks
  // Of 8 ranks: in one kernel, and with one for each.
  Target target = Target::None;
  double together = 0;
  double apart = 0;
};

std::vector<Row> rows() {
  using enum Collective;
  constexpr Target kPart = Target::Efficiency;
  constexpr Target kTime = Target::Microseconds;
  return {
      {.name = "all-reduce star", .bytes = 256 * kMiB, .target = kPart, .together = 0.9},
      {.name = "all-reduce star", .bytes = 64 * kMiB, .target = kPart, .together = 0.9},
      {.name = "all-gather star",
       .collective = AllGather,
       .bytes = 256 * kMiB,
       .target = kPart,
       .together = 0.88},
      {.name = "all-gather star, bulk",
       .collective = AllGather,
       .bytes = 256 * kMiB,
       .bulk = true,
       .target = kPart,
       .together = 0.88},
      {.name = "all-gather star",
       .collective = AllGather,
       .bytes = 64 * kMiB,
       .target = kPart,
       .together = 0.88},
      {.name = "all-gather star, bulk",
       .collective = AllGather,
       .bytes = 64 * kMiB,
       .bulk = true,
       .target = kPart,
       .together = 0.88},
      {.name = "reduce-scatter star",
       .collective = ReduceScatter,
       .bytes = 256 * kMiB,
       .target = kPart,
       .together = 0.9},
      {.name = "reduce-scatter star",
       .collective = ReduceScatter,
       .bytes = 64 * kMiB,
       .target = kPart,
       .together = 0.9},
      {.name = "all-reduce 2 levels",
       .shape = Shape::TwoLevels,
       .bytes = 256 * kMiB,
       .target = kPart,
       .together = 0.7},
      {.name = "all-reduce star", .bytes = 16 * kMiB, .target = kPart, .together = 0.75},
      {.name = "all-reduce star", .bytes = kMiB, .target = kTime, .together = 15},
      {.name = "all-reduce star", .bytes = 8 * kKiB},
      {.name = "all-reduce small",
       .bytes = 8 * kKiB,
       .small = true,
       .target = kTime,
       .together = 5,
       .apart = 6},
  };
}

// Least bytes that any algorithm reads and writes, and of these the written ones.
struct Least {
  double all = 0;
  double written = 0;
};
Least least_of(Collective collective, int ranks, double bytes) {
  switch (collective) {
    case Collective::AllGather: return {.all = bytes * (ranks + 1), .written = bytes * ranks};
    case Collective::ReduceScatter: return {.all = bytes * (ranks + 1), .written = bytes};
    default: return {.all = 2 * bytes * ranks, .written = bytes * ranks};
  }
}

double busbw_factor(Collective collective, int ranks) {
  const double share = (ranks - 1.0) / ranks;
  return collective == Collective::AllReduce ? 2 * share : share;
}

std::string size_text(std::size_t bytes) {
  if (bytes >= kMiB) return std::to_string(bytes / kMiB) + " MiB";
  return bytes >= kKiB ? std::to_string(bytes / kKiB) + " KiB" : std::to_string(bytes) + " B";
}

struct Met {
  int targets = 0;
  int met = 0;
};

class Table {
 public:
  Table(const Setup& setup, bool& all)
      : setup_(setup), ceilings_(measure_ceilings(setup)), section_("rows of the table", all) {}

  void run(int ranks, DataType dtype) {
    const BenchData data(setup_, ranks, scaled(setup_, kLargest));
    header();
    interpreted_.clear();
    for (const Launches launches : {Launches::Together, Launches::Apart}) {
      bool works = true;
      for (const Row& row : rows()) works = works && measure(row, ranks, dtype, launches, data);
    }
    for (const std::size_t bytes : {256 * kMiB, 64 * kMiB}) by_hand(bytes, ranks, dtype, data);
    if (ranks < 8 || dtype != DataType::Float32) return;
    for (const int part : {2, 4, 8, 16}) {
      (void)measure({.name = "all-reduce star, 1/" + std::to_string(part) + " blocks",
                     .bytes = 256 * kMiB,
                     .part = 1.0 / part},
                    ranks, dtype, Launches::Together, data);
    }
  }

  void end() {
    section_.end();
    std::printf("  targets: %d of %d met\n", met_.met, met_.targets);
  }

 private:
  static void header() {
    std::printf("  %-29s %-8s %2s %-5s %7s %6s %9s %22s %7s %7s %6s %6s  %s\n", "row", "type", "n",
                "mode", "size", "blocks", "time us", "min..max", "algbw", "busbw", "eff", "moved",
                "target");
  }

  // Whether the device was well afterwards.
  bool measure(
      const Row& row, int ranks, DataType dtype, Launches launches, const BenchData& data) {
    const std::size_t bytes = scaled(setup_, row.bytes);
    const std::size_t size = size_of(dtype);
    const std::uint64_t elements = bytes / size;
    const auto per_rank = setup_.device->resident_blocks() / static_cast<std::uint32_t>(ranks);
    const auto blocks = static_cast<std::uint32_t>(per_rank * row.part);
    const Plan plan = make_plan(
        {.collective = row.collective,
         .ranks = ranks,
         .count =
             is_sharded(row.collective) ? elements / static_cast<std::uint64_t>(ranks) : elements,
         .element_size = size,
         .shape = row.shape,
         .budget = {.blocks = std::max(blocks, 1U),
                    .most_channels = setup_.scale == Scale::Full ? 10000U : 1U}});
    DeviceExecutor executor(
        setup_.device, plan, dtype, ReduceOp::Sum,
        {.timeout = std::chrono::seconds(5), .small_in_one_step = row.small, .bulk = row.bulk});
    data.forget(plan);
    const int repeats = setup_.scale != Scale::Full ? 2 : row.bytes >= 16 * kMiB ? 5 : 50;
    const Times times = time_of_execution(setup_, executor, data.ranks(), launches, repeats);
    const auto stall = executor.failure();
    const char* const mode = launches == Launches::Together ? "fused" : "apart";
    const std::string what = row.name + ", " + std::string(name_of(dtype)) + ", " +
                             std::to_string(ranks) + " ranks, " + mode + ", " +
                             size_text(row.bytes);
    section_.count(what, stall ? to_string(*stall) : data.check(plan, dtype));
    if (stall) return false;
    print(row, plan, dtype, launches, executor.blocks(), times);
    if (launches == Launches::Together && row.part == 1 && row.shape == Shape::Star &&
        row.collective == Collective::AllReduce) {
      interpreted_[row.bytes] = times.median;
    }
    return true;
  }

  void print(const Row& row,
             const Plan& plan,
             DataType dtype,
             Launches launches,
             std::uint32_t blocks,
             const Times& times) {
    const double seconds = std::max(times.median, 1e-9);
    const auto bytes = static_cast<double>(whole_elements(plan) * plan.element_size);
    const Least least = least_of(plan.collective, plan.ranks, bytes);
    const double algbw = bytes / seconds * 1e-9;
    const double efficiency = least.all / ceilings_.copy / seconds;
    const double moved = static_cast<double>(bytes_moved(plan)) / ceilings_.copy / seconds;
    const std::string range =
        "(" + number(times.least * 1e6) + ".." + number(times.most * 1e6) + ")";
    std::printf("  %-29s %-8s %2d %-5s %7s %6u %9s %22s %7.1f %7.1f %5.1f%% %5.1f%%  %s\n",
                row.name.c_str(), std::string(name_of(dtype)).c_str(), plan.ranks,
                launches == Launches::Together ? "fused" : "apart",
                size_text(scaled(setup_, row.bytes)).c_str(), blocks, number(seconds * 1e6).c_str(),
                range.c_str(), algbw, algbw * busbw_factor(plan.collective, plan.ranks),
                100 * efficiency, 100 * moved,
                verdict(row, plan.ranks, launches, seconds, efficiency, least).c_str());
    std::fflush(stdout);
  }

  std::string verdict(const Row& row,
                      int ranks,
                      Launches launches,
                      double seconds,
                      double efficiency,
                      const Least& least) {
    double target = launches == Launches::Together ? row.together : row.apart;
    if (row.target == Target::None || ranks != 8 || target == 0) return "-";
    if (row.target == Target::Microseconds) {
      return judged("<= " + number(target) + " us", seconds * 1e6 <= target);
    }
    // What is written can not be faster than a memset; few collectives are bound by it.
    const double by_writes = least.written / ceilings_.set;
    const double by_all = least.all / ceilings_.copy;
    if (row.collective == Collective::AllGather) target *= std::min(1.0, by_all / by_writes);
    char text[40];
    std::snprintf(text, sizeof text, ">= %.1f%%", 100 * target);
    return judged(text, efficiency >= target);
  }

  std::string judged(const std::string& target, bool met) {
    ++met_.targets;
    if (met) ++met_.met;
    return target + (met ? " met" : " MISSED");
  }

  // In the same harness, and on the same buffers: a kernel made for this one call.
  void by_hand(std::size_t row_bytes, int ranks, DataType dtype, const BenchData& data) {
    const std::size_t bytes = scaled(setup_, row_bytes);
    StarCall call{.ranks = ranks, .bytes = bytes, .dtype = dtype};
    for (int rank = 0; rank < ranks; ++rank) {
      call.input[rank] = data.ranks()[rank].input;
      call.output[rank] = data.ranks()[rank].output;
    }
    Plan plan;  // as far as the check looks at it
    plan.collective = Collective::AllReduce;
    plan.ranks = ranks;
    plan.count = bytes / size_of(dtype);
    plan.element_size = size_of(dtype);
    data.forget(plan);
    const Streams streams(setup_.device, 0);
    constexpr int kRepeats = 5;
    const Times times = time_of(*setup_.device, streams.main(), kRepeats, [&] {
      for (int i = 0; i < kRepeats; ++i) setup_.baselines.all_reduce(call, streams.main());
    });
    section_.count("the star written by hand", data.check(plan, dtype));
    const auto interpreted = interpreted_.find(row_bytes);
    if (interpreted == interpreted_.end()) return;
    const double ratio = times.median / interpreted->second;
    std::printf(
        "  star by hand, %s, %d ranks, %s: %s us (%s..%s); interpreter / by hand %.3f, %s\n",
        std::string(name_of(dtype)).c_str(), ranks, size_text(bytes).c_str(),
        number(times.median * 1e6).c_str(), number(times.least * 1e6).c_str(),
        number(times.most * 1e6).c_str(), ratio, judged(">= 0.97", ratio >= 0.97).c_str());
    std::fflush(stdout);
  }

  static std::string number(double value) {
    char text[32];
    std::snprintf(text, sizeof text, value < 100 ? "%.2f" : "%.1f", value);
    return text;
  }

  const Setup& setup_;
  const Ceilings ceilings_;
  Section section_;
  Met met_;
  std::map<std::size_t, double> interpreted_;  // seconds by bytes of a row
};

}  // namespace

bool run_bench(const Setup& setup) {
  std::printf(
      "  fused: all ranks in one kernel; apart: a kernel for each. Repeats are in a CUDA graph.\n"
      "  eff: least traffic / (time x copy rate); moved: the plan's traffic / (the same). Medians\n"
      "  of %d. One device shows no link: nothing here is a rate between GPUs.\n",
      kSamples);
  bool all = true;
  Table table(setup, all);
  const std::vector<int> numbers =
      setup.scale == Scale::Full ? std::vector<int>{2, 4, 8} : std::vector<int>{4};
  for (const int ranks : numbers) {
    for (const DataType dtype : {DataType::Float32, DataType::Bfloat16}) table.run(ranks, dtype);
  }
  table.end();
  return all;
}

}  // namespace pleach::gpu_check
