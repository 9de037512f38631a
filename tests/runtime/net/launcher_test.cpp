#include "runtime/net/launcher.hpp"

#include <map>
#include <set>

#include <doctest/doctest.h>

namespace pleach {
namespace {

using Variables = std::map<std::string, std::string>;

Environment environment_of(Variables variables) {
  return [variables = std::move(variables)](const std::string& name) -> std::optional<std::string> {
    const auto found = variables.find(name);
    if (found == variables.end()) return std::nullopt;
    return found->second;
  };
}

Launch launch(const Variables& variables) {
  const auto result = launch_of(environment_of(variables));
  REQUIRE_MESSAGE(result.ok(), to_string(result.mistakes().front()));
  REQUIRE(result.value().has_value());
  return *result.value();
}

// All messages, with what was expected and how to mend it.
std::string mistakes(const Variables& variables) {
  const auto result = launch_of(environment_of(variables));
  REQUIRE_FALSE(result.ok());
  std::string text;
  for (const Diagnostic& mistake : result.mistakes()) text += to_string(mistake);
  return text;
}

void check_names(const Variables& variables, const std::vector<std::string>& parts) {
  const std::string text = mistakes(variables);
  for (const std::string& part : parts) {
    CHECK_MESSAGE(text.find(part) != std::string::npos, part << " not in: " << text);
  }
}

Variables with(Variables variables, const Variables& more) {
  for (const auto& [name, value] : more) variables[name] = value;
  return variables;
}

Variables without(Variables variables, const std::string& name) {
  variables.erase(name);
  return variables;
}

const Variables own{{"PLEACH_RANK", "3"}, {"PLEACH_RANKS", "8"}, {"PLEACH_ROOT", "node7:4242"}};
const Variables torchrun{{"RANK", "5"},
                         {"WORLD_SIZE", "16"},
                         {"LOCAL_RANK", "1"},
                         {"MASTER_ADDR", "10.0.0.1"},
                         {"MASTER_PORT", "29500"}};
const Variables open_mpi{{"OMPI_COMM_WORLD_RANK", "2"},
                         {"OMPI_COMM_WORLD_SIZE", "4"},
                         {"OMPI_COMM_WORLD_LOCAL_RANK", "2"},
                         {"OMPI_COMM_WORLD_LOCAL_SIZE", "4"},
                         {"PMIX_NAMESPACE", "12345"}};
const Variables mpich{{"PMI_RANK", "1"},
                      {"PMI_SIZE", "2"},
                      {"MPI_LOCALRANKID", "1"},
                      {"MPI_LOCALNRANKS", "2"},
                      {"PMI_JOBID", "kvs_77"}};
const Variables slurm{{"SLURM_PROCID", "9"},  {"SLURM_NTASKS", "16"},
                      {"SLURM_LOCALID", "1"}, {"SLURM_JOB_ID", "4711"},
                      {"SLURM_STEP_ID", "0"}, {"SLURM_STEP_NODELIST", "node[01-03,07],other5"}};

TEST_CASE("no launcher, no launch") {
  for (const Variables& variables :
       {Variables{}, Variables{{"PATH", "/bin"}, {"MASTER_ADDR", "node7"}},
        Variables{{"PLEACH_ROOT", "node7:4242"}}}) {
    const auto result = launch_of(environment_of(variables));
    REQUIRE(result.ok());
    CHECK_FALSE(result.value().has_value());
  }
}

TEST_CASE("our own variables") {
  const Launch found = launch(with(own, {{"PLEACH_LOCAL_RANK", "2"}}));
  CHECK(found.rank == 3);
  CHECK(found.ranks == 8);
  CHECK(found.local_rank == 2);
  CHECK(found.root == "node7:4242");
  CHECK(found.source == "environment");
  CHECK(launch(own).local_rank == 0);
}

TEST_CASE("torchrun: the port above its own") {
  const Launch found = launch(torchrun);
  CHECK(found.rank == 5);
  CHECK(found.ranks == 16);
  CHECK(found.local_rank == 1);
  CHECK(found.root == "10.0.0.1:29501");
  CHECK(found.source == "torchrun");
  CHECK(launch(with(torchrun, {{"MASTER_ADDR", "fd00::1"}})).root == "[fd00::1]:29501");
}

TEST_CASE("mpirun and mpiexec on one machine") {
  const Launch open = launch(open_mpi);
  CHECK(open.rank == 2);
  CHECK(open.ranks == 4);
  CHECK(open.local_rank == 2);
  CHECK(open.source == "mpirun");
  CHECK(open.root.starts_with("127.0.0.1:"));
  CHECK(launch(with(open_mpi, {{"OMPI_COMM_WORLD_RANK", "0"}})).root == open.root);
  CHECK(launch(with(open_mpi, {{"PMIX_NAMESPACE", "12346"}})).root != open.root);

  const Launch hydra = launch(mpich);
  CHECK(hydra.rank == 1);
  CHECK(hydra.ranks == 2);
  CHECK(hydra.local_rank == 1);
  CHECK(hydra.source == "mpiexec");
  CHECK(hydra.root.starts_with("127.0.0.1:"));
}

TEST_CASE("mpirun on several machines needs PLEACH_ROOT") {
  const Variables several = with(open_mpi, {{"OMPI_COMM_WORLD_LOCAL_SIZE", "2"}});
  check_names(several, {"OMPI_COMM_WORLD_LOCAL_SIZE is 2 of 4 ranks", "set PLEACH_ROOT"});
  CHECK(launch(with(several, {{"PLEACH_ROOT", "node7:1"}})).root == "node7:1");
  check_names(with(mpich, {{"MPI_LOCALNRANKS", "1"}}), {"MPI_LOCALNRANKS is 1", "PLEACH_ROOT"});
  // Two jobs on one machine must not meet at one port.
  check_names(without(mpich, "PMI_JOBID"), {"gives no id of the job", "PMI_JOBID", "PLEACH_ROOT"});
}

TEST_CASE("srun: the first host of the step, a port of its own for each job and step") {
  const Launch found = launch(slurm);
  CHECK(found.rank == 9);
  CHECK(found.ranks == 16);
  CHECK(found.local_rank == 1);
  CHECK(found.source == "slurm");
  CHECK(found.root.starts_with("node01:"));
  CHECK(launch(with(slurm, {{"SLURM_STEP_ID", "1"}})).root != found.root);
  CHECK(launch(with(slurm, {{"SLURM_JOB_ID", "4712"}})).root != found.root);
  CHECK(launch(with(slurm, {{"SLURM_PROCID", "0"}, {"SLURM_LOCALID", "0"}})).root == found.root);
}

TEST_CASE("a job's port does not change between versions, and is none that the system gives out") {
  // FNV-1a of "4711.0" is 0xc3f2a0ac.
  CHECK(launch(slurm).root == "node01:" + std::to_string(20000 + 0xc3f2a0acU % 12000));
  std::set<std::string> roots;
  for (int job = 0; job < 500; ++job) {
    const std::string root = launch(with(slurm, {{"SLURM_JOB_ID", std::to_string(job)}})).root;
    const int port = std::stoi(root.substr(root.find(':') + 1));
    CHECK(port >= 20000);
    CHECK(port < 32000);
    roots.insert(root);
  }
  CHECK(roots.size() > 450);  // 500 keys into 12,000 places: about 10 meet
}

TEST_CASE("a batch script of Slurm is no rank") {
  Variables script = without(without(slurm, "SLURM_STEP_ID"), "SLURM_STEP_NODELIST");
  const auto result = launch_of(environment_of(script));
  REQUIRE(result.ok());
  CHECK_FALSE(result.value().has_value());
}

TEST_CASE("one launcher inside another: the innermost, PLEACH_ROOT before all") {
  Variables all = with(with(with(slurm, open_mpi), torchrun), own);
  CHECK(launch(all).source == "environment");
  all = without(without(without(all, "PLEACH_RANK"), "PLEACH_RANKS"), "PLEACH_ROOT");
  CHECK(launch(all).source == "torchrun");
  CHECK(launch(with(all, {{"PLEACH_ROOT", "[::1]:9"}})).root == "[::1]:9");
  all = without(all, "RANK");  // a WORLD_SIZE that a batch script left
  CHECK(launch(all).source == "mpirun");
  // srun --mpi=pmi2 sets both; mpiexec inside a job has numbers of its own.
  CHECK(launch(with(slurm, {{"PMI_RANK", "9"}, {"PMI_SIZE", "16"}})).source == "slurm");
  CHECK(launch(with(slurm, mpich)).source == "mpiexec");
}

TEST_CASE("a single rank needs no root") {
  for (const Variables& variables :
       {Variables{{"PLEACH_RANK", "0"}, {"PLEACH_RANKS", "1"}},
        Variables{{"RANK", "0"}, {"WORLD_SIZE", "1"}},
        Variables{{"OMPI_COMM_WORLD_RANK", "0"}, {"OMPI_COMM_WORLD_SIZE", "1"}},
        Variables{{"SLURM_PROCID", "0"}, {"SLURM_NTASKS", "1"}, {"SLURM_STEP_ID", "0"}}}) {
    CHECK(launch(variables).root == "127.0.0.1:0");
  }
}

TEST_CASE("what is missing is named") {
  check_names(without(own, "PLEACH_RANKS"), {"PLEACH_RANKS is not set"});
  check_names(without(own, "PLEACH_RANK"), {"PLEACH_RANK is not set"});
  check_names(without(own, "PLEACH_ROOT"), {"PLEACH_ROOT is not set", "host:port"});
  check_names(without(torchrun, "WORLD_SIZE"), {"torchrun", "WORLD_SIZE is not set"});
  check_names(without(torchrun, "MASTER_ADDR"), {"MASTER_ADDR is not set"});
  check_names(without(torchrun, "MASTER_PORT"), {"MASTER_PORT is not set"});
  check_names(without(open_mpi, "OMPI_COMM_WORLD_SIZE"), {"OMPI_COMM_WORLD_SIZE is not set"});
  check_names(without(mpich, "PMI_SIZE"), {"PMI_SIZE is not set"});
  check_names(without(slurm, "SLURM_NTASKS"), {"SLURM_NTASKS is not set"});
  check_names(without(slurm, "SLURM_STEP_NODELIST"), {"SLURM_STEP_NODELIST is not set"});
  check_names(without(slurm, "SLURM_JOB_ID"), {"SLURM_JOB_ID is not set"});
}

TEST_CASE("what is no number, out of range or malformed is named with its value") {
  check_names(with(own, {{"PLEACH_RANK", "three"}}), {"PLEACH_RANK is \"three\"", "whole number"});
  check_names(with(own, {{"PLEACH_RANK", "-1"}}), {"PLEACH_RANK is \"-1\""});
  check_names(with(own, {{"PLEACH_RANK", "3x"}, {"PLEACH_RANKS", "0"}}),
              {"PLEACH_RANK is \"3x\"", "PLEACH_RANKS is \"0\""});
  check_names(with(own, {{"PLEACH_RANKS", ""}}), {"PLEACH_RANKS is empty"});
  check_names(with(own, {{"PLEACH_RANK", "8"}}), {"PLEACH_RANK is 8, but PLEACH_RANKS is 8"});
  check_names(with(own, {{"PLEACH_LOCAL_RANK", "9"}}), {"PLEACH_LOCAL_RANK is 9"});
  check_names(with(own, {{"PLEACH_ROOT", "node7"}}), {"PLEACH_ROOT is \"node7\""});
  check_names(with(own, {{"PLEACH_ROOT", "node7:0"}}), {"PLEACH_ROOT is \"node7:0\""});
  check_names(with(torchrun, {{"MASTER_PORT", "65535"}}), {"MASTER_PORT is \"65535\""});
  check_names(with(torchrun, {{"MASTER_ADDR", "node 7"}}), {"MASTER_ADDR is \"node 7\""});
  check_names(with(torchrun, {{"RANK", "99999999999"}}), {"RANK is \"99999999999\""});
  check_names(with(slurm, {{"SLURM_STEP_NODELIST", "node[01-"}}),
              {"SLURM_STEP_NODELIST is \"node[01-\"", "PLEACH_ROOT"});
}

}  // namespace
}  // namespace pleach
