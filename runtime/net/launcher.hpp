// What the program that started this process says about its place among the others.
#pragma once

#include <functional>
#include <optional>
#include <string>

#include "compiler/core/result.hpp"

namespace pleach {

struct Launch {
  int rank = 0;
  int ranks = 1;
  int local_rank = 0;  // among the processes on this machine
  std::string root;    // "host:port", where rank 0 makes the root (unique_id_at); the same for all
  std::string source;  // "torchrun", "mpirun", "slurm" or "environment", for messages
};

using Environment = std::function<std::optional<std::string>(const std::string& name)>;

// The environment of this process.
[[nodiscard]] Environment process_environment();

// In this order, the first whose variables are there:
//   PLEACH_RANK, PLEACH_RANKS, PLEACH_ROOT            our own; PLEACH_LOCAL_RANK if given
//   RANK, WORLD_SIZE, MASTER_ADDR, MASTER_PORT        torchrun; LOCAL_RANK. The root's port is one
//                                                     above MASTER_PORT, which torch itself holds
//   OMPI_COMM_WORLD_RANK, …_SIZE, …_LOCAL_RANK        mpirun of Open MPI
//   PMI_RANK, PMI_SIZE (MPI_LOCALRANKID)              mpiexec of MPICH, Intel MPI
//   SLURM_PROCID, SLURM_NTASKS, SLURM_LOCALID         srun (not a batch script, which is no step);
//                                                     the first host of SLURM_STEP_NODELIST. Also
//                                                     where srun sets PMI_RANK and PMI_SIZE alike
// RANK or WORLD_SIZE alone counts only when nothing else is recognised: it is often a leftover.
//
// PLEACH_ROOT wins over what a launcher implies, and a single rank needs none ("127.0.0.1:0").
// mpirun names no host: without PLEACH_ROOT the root is on this machine, so all ranks must be
// (checked where the launcher says how many are local).
// Where the launcher names no port, it is 20000 + h mod 12000, below the ports that Linux gives out
// by itself; h is the 32-bit FNV-1a hash of the job's id: of "JOB.STEP" for Slurm, else of the
// first of PMIX_NAMESPACE, OMPI_MCA_ess_base_jobid, OMPI_MCA_orte_hnp_uri (mpirun) or PMI_JOBID,
// PMI_PORT, SLURM_JOB_ID, PBS_JOBID, LSB_JOBID (mpiexec) that is set. Two jobs may hit one port:
// the second root then says so, and PLEACH_ROOT chooses another.
//
// Nothing when no launcher is recognised. Errors: a variable that is missing or no number, a rank
// out of range, ranks on several machines without a root; each names the variable and its value.
[[nodiscard]] Result<std::optional<Launch>> launch_of(const Environment& environment);

// What tells this machine (boot, network namespace) from others; equal for processes
// that may share memory. PLEACH_HOST_ID wins. And what tells this process from all others, its
// parent of fork() and earlier users of its pid among them.
[[nodiscard]] std::string host_identity();
[[nodiscard]] std::string process_identity();
// What the machine is called, by people and in the labels of topologies. PLEACH_HOST_NAME wins.
[[nodiscard]] std::string host_name();

}  // namespace pleach
