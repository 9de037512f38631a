#include "runtime/perf/job.hpp"

#include <doctest/doctest.h>

#include "tests/support/sample_schedules.hpp"

namespace pleach::perf {
namespace {

using testing::uniform_schedule;

Schedule schedule_for(int ranks, Collective collective = Collective::AllReduce, int root = 0) {
  return uniform_schedule(collective, ranks, testing::star, root);
}

Job job_of(const Options& options, const Schedule& schedule) {
  auto job = make_job(options, std::nullopt, schedule, "text");
  REQUIRE(job.ok());
  return job.value();
}

std::string mistake(const Options& options,
                    const Schedule& schedule,
                    const std::optional<Launch>& launch = std::nullopt) {
  const auto job = make_job(options, launch, schedule, "text");
  if (job.ok()) return "none";
  CHECK(job.mistakes().size() == 1);
  return job.mistakes().front().message;
}

const Launch kLaunch{.rank = 1, .ranks = 4, .local_rank = 1, .root = "", .source = "mpirun"};

TEST_CASE("the schedule's ranks are divided among processes and threads") {
  Options options;
  Job job = job_of(options, schedule_for(6));
  CHECK(job.ranks_per_thread == 6);
  CHECK(job.workers() == 1);
  CHECK(job.memory == Memory::Private);
  CHECK(job.text == "text");
  CHECK(job.root == -1);

  options.processes = 3;
  options.threads = 2;
  job = job_of(options, schedule_for(6));
  CHECK(job.ranks_per_thread == 1);
  CHECK(job.workers() == 6);
  CHECK(job.memory == Memory::Shared);

  options.memory = Memory::Private;
  CHECK(job_of(options, schedule_for(6)).memory == Memory::Private);
}

TEST_CASE("another number of ranks is a mistake") {
  Options options;
  options.ranks = 3;
  CHECK(mistake(options, schedule_for(4)) ==
        "this schedule is for 4 ranks, and --processes 1 -t 1 -g 3 make 3");
  options.ranks.reset();
  options.threads = 5;
  CHECK(mistake(options, schedule_for(4)) ==
        "this schedule is for 4 ranks, and --processes 1 -t 5 -g 1 make 5");
}

TEST_CASE("under a launcher each process is one rank") {
  const auto job = make_job({}, kLaunch, schedule_for(4), "");
  REQUIRE(job.ok());
  CHECK(job.value().processes == 4);
  CHECK(job.value().ranks_per_thread == 1);
  CHECK(job.value().launcher == "mpirun");
  CHECK(job.value().memory == Memory::Shared);
  CHECK(mistake({}, schedule_for(5), kLaunch) ==
        "this schedule is for 5 ranks, and mpirun has started 4");
  Options options;
  options.threads = 1;
  CHECK(mistake(options, schedule_for(4), kLaunch) ==
        "--processes, -t and -g are not for processes that a launcher (mpirun) has started: each "
        "is one rank");
}

TEST_CASE("the schedule has the root, and -r may only agree") {
  const Schedule schedule = schedule_for(4, Collective::Broadcast, 2);
  Options options;
  CHECK(job_of(options, schedule).root == 2);
  options.root = 2;
  CHECK(job_of(options, schedule).root == 2);
  options.root = 1;
  CHECK(mistake(options, schedule) == "this schedule's broadcast has root 2, not 1");
  CHECK(mistake(options, schedule_for(4)) == "-r is there, and allreduce treats all ranks alike");
}

TEST_CASE("sizes that make nothing to measure") {
  Options options;
  options.min_bytes = 2048;
  options.max_bytes = 1024;
  CHECK(mistake(options, schedule_for(4)) == "-e 1024 is below -b 2048");
  options.min_bytes = 12;
  CHECK(mistake(options, schedule_for(4, Collective::AllGather)) ==
        "a buffer of 12 bytes holds less than one float32 for each of 4 ranks");
  CHECK(mistake(options, schedule_for(4)) == "none");
}

TEST_CASE("a rival needs one rank a process, and MPI its mpirun") {
  Options options;
  options.versus = "gloo";
  CHECK(mistake(options, schedule_for(4)) == "--vs gloo needs one rank a process");
  options.processes = 4;
  CHECK(mistake(options, schedule_for(4)) == "none");
  options.versus = "mpi";
  CHECK(mistake(options, schedule_for(4)) == "--vs mpi needs processes that mpirun has started");
  options.processes.reset();
  CHECK(mistake(options, schedule_for(4), kLaunch) == "none");
}

TEST_CASE("what goes with devices and what does not") {
  const Schedule schedule = schedule_for(4);
  Options options;
  CHECK(job_of(options, schedule).backend == Backend::Host);
  options.devices = {0, 1};
  CHECK(mistake(options, schedule) == "--devices is there, and the host backend has none");
  options.devices.clear();
  options.replays = 2;
  CHECK(mistake(options, schedule) == "-G is there, and the host backend has no graphs");
  options.backend = Backend::Emulated;
  CHECK(job_of(options, schedule).backend == Backend::Emulated);
  options.devices = {0, 1};
  CHECK(mistake(options, schedule) ==
        "--devices gives the ranks of one thread several emulated devices");
  options.threads = 2;
  CHECK(mistake(options, schedule) ==
        "--devices gives the ranks of one thread several emulated devices");
  options.devices = {0, 0, 1, 1};
  CHECK(mistake(options, schedule) == "none");
  options.devices = {0, 1};
  options.threads = 4;
  CHECK(mistake(options, schedule) == "none");
  options.threads.reset();
  options.backend = Backend::Cuda;
  CHECK(mistake(options, schedule) == "none");
}

TEST_CASE("rivals have their backends") {
  const Schedule schedule = schedule_for(4);
  Options options;
  options.versus = "nccl";
  CHECK(mistake(options, schedule) == "--vs nccl is for GPUs, and the backend is host");
  options.backend = Backend::Emulated;
  CHECK(mistake(options, schedule) == "--vs nccl is for GPUs, and the backend is emulated");
  options.backend = Backend::Cuda;
  CHECK(mistake(options, schedule) == "none");
  options.replays = 1;
  CHECK(mistake(options, schedule) == "-G and --vs nccl need one rank a thread");
  options.threads = 4;
  CHECK(mistake(options, schedule) == "none");
  options = {};
  options.versus = "gloo";
  options.processes = 4;
  options.backend = Backend::Cuda;
  CHECK(mistake(options, schedule) ==
        "--vs gloo is for memory of the host, and the backend is cuda");
}

TEST_CASE("ranks of a host have its devices in turn, or those of the list") {
  Options options;
  CHECK(device_of(options, 0, 3) == 0);
  CHECK(device_of(options, 5, 3) == 2);
  options.devices = {4, 4, 6};
  CHECK(device_of(options, 1, 8) == 4);
  CHECK(device_of(options, 5, 8) == 6);
}

TEST_CASE("local ranks: those of the process that a launcher has started, else all are here") {
  const Schedule schedule = schedule_for(4);
  Options options;
  options.threads = 2;
  CHECK(job_of(options, schedule).first_local_rank(1) == 2);
  Launch launch = kLaunch;
  launch.local_rank = 1;
  const auto job = make_job({}, launch, schedule, "");
  REQUIRE(job.ok());
  CHECK(job.value().first_local_rank(3) == 1);
}

}  // namespace
}  // namespace pleach::perf
