#include "runtime/perf/report.hpp"

#include <doctest/doctest.h>

namespace pleach::perf {
namespace {

Job sample_job() {
  Job job;
  job.collective = Collective::AllReduce;
  job.ranks = 4;
  job.processes = 4;
  job.memory = Memory::Shared;
  job.options.iterations = 3;
  job.options.warmup = 1;
  return job;
}

RunRow sample_row(double time_us, std::uint64_t wrong) {
  return {.bytes = 1000,
          .count = 250,
          .dtype = "float32",
          .op = "sum",
          .root = -1,
          .out_of_place = {.time_us = time_us, .algbw = 2, .busbw = 3, .wrong = 0},
          .in_place = {.time_us = 10, .algbw = 4, .busbw = 6, .wrong = wrong}};
}

TEST_CASE("the head says what runs where, and what the memory does") {
  const std::string text =
      head_text(sample_job(),
                {.memcpy_rate = 12.345, .memset_rate = 0, .devices = {}, .rival = "", .rows = {}});
  CHECK(text.starts_with(
      "# pleach-perf allreduce, 4 ranks: 4 processes, 1 thread each, 1 rank a thread\n"
      "# shared memory, iterations 3, warm-up 1; one thread's memcpy copies 12.35 GB/s\n"
      "#    "));
  CHECK(text.ends_with(run_table_head()));
}

TEST_CASE("on devices the head says on which, and what their memory does") {
  Job job = sample_job();
  job.backend = Backend::Cuda;
  job.options.replays = 7;
  Report report;
  report.memcpy_rate = 2000;
  report.memset_rate = 3000.5;
  report.devices = {0, 0, 1, 1};
  CHECK(head_text(job, report)
            .find("\n# cuda backend, ranks on devices 0,0,1,1\n# shared memory, iterations 3, "
                  "warm-up 1, "
                  "replays of a graph of them 7; the device copies 2000.00 GB/s and sets 3000.50 "
                  "GB/s\n") != std::string::npos);
  const auto json = to_json(job, report);
  CHECK(json["backend"] == "cuda");
  CHECK(json["devices"] == std::vector<int>{0, 0, 1, 1});
  CHECK(json["replays"] == 7);
  CHECK(json["memcpy_rate"] == 2000);
  CHECK(json["memset_rate"] == 3000.5);
}

TEST_CASE("a rival has a line of its own below ours") {
  Job job = sample_job();
  const Row alone{.ours = sample_row(20, 0), .efficiency = 0.5, .rival = {}};
  CHECK(row_text(job, alone) == to_string(alone.ours) + "\n");
  job.options.versus = "gloo";
  const Row both{.ours = sample_row(20, 0), .efficiency = 0.5, .rival = sample_row(50, 0)};
  CHECK(row_text(job, both) == to_string(both.ours) + "  pleach\n" + to_string(*both.rival) +
                                   "  gloo, 2.50 times our time\n");
}

TEST_CASE("the end counts our wrong elements and takes the mean of all bus bandwidths") {
  Report report;
  CHECK(end_text(report) == "# Out of bounds values : N/A\n# Avg bus bandwidth    : 0\n");
  report.rows = {{.ours = sample_row(20, 0), .efficiency = 0.5, .rival = sample_row(50, 9)}};
  CHECK(wrong_elements(report) == 0);
  CHECK(end_text(report) == "# Out of bounds values : 0 OK\n# Avg bus bandwidth    : 4.5\n");
  report.rows.push_back({.ours = sample_row(20, 7), .efficiency = 0.5, .rival = {}});
  CHECK(wrong_elements(report) == 7);
  CHECK(end_text(report).starts_with("# Out of bounds values : 7 FAILED\n"));
}

TEST_CASE("one JSON object has it all") {
  Report report{.memcpy_rate = 8, .memset_rate = 0, .devices = {}, .rival = "Gloo", .rows = {}};
  report.rows = {{.ours = sample_row(20, 0), .efficiency = 0.5, .rival = sample_row(50, 9)}};
  const auto json = to_json(sample_job(), report);
  CHECK(json["collective"] == "allreduce");
  CHECK(json["processes"] == 4);
  CHECK(json["launcher"].is_null());
  CHECK(json["memory"] == "shared");
  CHECK(json["memcpy_rate"] == 8);
  CHECK(json["backend"] == "host");
  CHECK(json["devices"].is_null());
  CHECK(json["memset_rate"].is_null());
  CHECK(json["rival"] == "Gloo");
  const auto& row = json["rows"][0];
  CHECK(row["bytes"] == 1000);
  CHECK(row["time_us"] == 20);
  CHECK(row["efficiency"] == 0.5);
  CHECK(row["in_place"]["busbw"] == 6);
  CHECK(row["rival"]["time_us"] == 50);
  CHECK(row["rival"]["in_place"]["wrong"] == 9);
}

}  // namespace
}  // namespace pleach::perf
