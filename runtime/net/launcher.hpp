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
//   SLURM_PROCID, SLURM_NTASKS, SLURM_LOCALID         srun; the first host of SLURM_STEP_NODELIST
// PLEACH_ROOT wins over what a launcher implies. mpirun names no host: without PLEACH_ROOT the root
// is on this machine, so all ranks must be (checked where the launcher says how many are local), at
// a port that follows from the job's id.
//
// Nothing when no launcher is recognised. Errors: a variable that is missing or no number, a rank
// out of range, ranks on several machines without a root; each names the variable and its value.
[[nodiscard]] Result<std::optional<Launch>> launch_of(const Environment& environment);

// What tells this machine (boot, network namespace) from others; equal for processes
// that may share memory. PLEACH_HOST_ID wins. And what tells this process from all others.
[[nodiscard]] std::string host_identity();
[[nodiscard]] std::string process_identity();

}  // namespace pleach
