#include "runtime/net/launcher.hpp"

#include <charconv>
#include <cstdint>
#include <cstdlib>
#include <string_view>
#include <utility>

#include "runtime/net/address.hpp"
#include "runtime/net/node_list.hpp"

namespace pleach {
namespace {

constexpr int kFirstPort = 20'000;
constexpr int kNumPorts = 12'000;

Diagnostic mistake(std::string message, std::string expected, std::string fix = "") {
  return {.file = "",
          .line = 0,
          .pointer = "",
          .message = std::move(message),
          .expected = std::move(expected),
          .fix = std::move(fix)};
}

std::optional<int> parse_number(std::string_view text) {
  int value = 0;
  const char* const end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, value);
  if (error != std::errc() || stop != end) return std::nullopt;
  return value;
}

// Reads variables and collects what is wrong with them.
class Reader {
 public:
  Reader(const Environment& environment, std::string source)
      : environment_(environment), source_(std::move(source)) {}

  [[nodiscard]] bool has(const std::string& name) const { return environment_(name).has_value(); }

  std::string text(const std::string& name, const std::string& expected) {
    const std::optional<std::string> value = environment_(name);
    if (value && !value->empty()) return *value;
    mistakes_.push_back(mistake(
        "there are ranks from " + source_ + ", but " + name + (value ? " is empty" : " is not set"),
        expected));
    return "";
  }

  int number(const std::string& name, int least, int most) {
    const std::string expected =
        "a whole number from " + std::to_string(least) + " to " + std::to_string(most);
    const std::string value = text(name, expected);
    if (value.empty()) return least;
    const std::optional<int> number = parse_number(value);
    if (number && *number >= least && *number <= most) return *number;
    mistakes_.push_back(mistake(name + " is \"" + value + "\"", expected));
    return least;
  }

  int optional_number(const std::string& name, int least, int most) {
    return has(name) ? number(name, least, most) : least;
  }

  void wrong(Diagnostic diagnostic) { mistakes_.push_back(std::move(diagnostic)); }
  [[nodiscard]] const Diagnostics& mistakes() const { return mistakes_; }
  [[nodiscard]] std::optional<std::string> get(const std::string& name) const {
    return environment_(name);
  }

 private:
  const Environment& environment_;
  std::string source_;  // as Launcher::description says it
  Diagnostics mistakes_;
};

constexpr int kMostRanks = 1 << 16;

struct Names {
  const char* rank;
  const char* ranks;
  const char* local_rank;  // may be absent from the environment
};

Launch read_ranks(Reader& reader, const Names& names) {
  Launch launch;
  launch.ranks = reader.number(names.ranks, 1, kMostRanks);
  launch.rank = reader.number(names.rank, 0, kMostRanks - 1);
  launch.local_rank = reader.optional_number(names.local_rank, 0, kMostRanks - 1);
  if (!reader.mistakes().empty()) return launch;
  for (const auto& [name, value] :
       {std::pair(names.rank, launch.rank), std::pair(names.local_rank, launch.local_rank)}) {
    if (value < launch.ranks) continue;
    reader.wrong(mistake(std::string(name) + " is " + std::to_string(value) + ", but " +
                             names.ranks + " is " + std::to_string(launch.ranks),
                         "a rank below the number of ranks; ranks count from 0"));
  }
  return launch;
}

// FNV-1a of the job's id, onto ports below those that the system gives out by itself (from 32768).
std::string place_of_job(const std::string& host, std::string_view job) {
  std::uint32_t hash = 0x811c9dc5;
  for (const char letter : job) {
    hash ^= static_cast<unsigned char>(letter);
    hash *= 0x01000193;
  }
  const auto port = static_cast<std::uint16_t>(kFirstPort + static_cast<int>(hash % kNumPorts));
  return to_string(HostAndPort{.host = host, .port = port});
}

constexpr const char* kRootExample = "host:port, e.g. \"node7:4242\" or \"[fd00::1]:4242\"";

// The root where the launcher does not matter: it was said, or there is nobody to meet.
std::optional<std::string> said_root(Reader& reader, const Launch& launch) {
  if (const std::optional<std::string> root = reader.get("PLEACH_ROOT")) {
    const std::optional<HostAndPort> place = parse_host_and_port(*root);
    if (!place || place->port == 0) {
      reader.wrong(mistake("PLEACH_ROOT is \"" + *root + "\"", kRootExample));
    }
    return root;
  }
  if (launch.ranks == 1) return "127.0.0.1:0";
  return std::nullopt;
}

void own_root(Reader& reader, Launch& launch) {
  launch.root = reader.text("PLEACH_ROOT", kRootExample);
}

void torch_root(Reader& reader, Launch& launch) {
  const std::string host = reader.text("MASTER_ADDR", "the address of rank 0's machine");
  const int port = reader.number("MASTER_PORT", 1, 65534);
  launch.root = to_string(HostAndPort{.host = host, .port = static_cast<std::uint16_t>(port + 1)});
  if (reader.mistakes().empty() && !parse_host_and_port(launch.root)) {
    reader.wrong(mistake("MASTER_ADDR is \"" + host + "\"", "a host's name or address, no port"));
  }
}

struct JobNames {
  const char* local_size;
  std::vector<const char*> ids;
};

// Ranks that know neither a host nor each other can only meet on this machine.
void local_root(Reader& reader, Launch& launch, const JobNames& names) {
  const std::string fix = "set PLEACH_ROOT to host:port for all ranks, the host that of rank 0";
  if (reader.has(names.local_size)) {
    const int here = reader.number(names.local_size, 1, kMostRanks);
    if (here != launch.ranks) {
      reader.wrong(mistake(std::string(names.local_size) + " is " + std::to_string(here) + " of " +
                               std::to_string(launch.ranks) +
                               " ranks: they are on several machines, and " + launch.source +
                               " does not say where rank 0 is",
                           "", fix));
      return;
    }
  }
  for (const char* name : names.ids) {
    if (const std::optional<std::string> id = reader.get(name); id && !id->empty()) {
      launch.root = place_of_job("127.0.0.1", *id);
      return;
    }
  }
  std::string all;
  for (const char* name : names.ids) all += (all.empty() ? "" : ", ") + std::string(name);
  reader.wrong(mistake(launch.source + " gives no id of the job (none of " + all +
                           " is set), so the ranks have no port to meet at",
                       "", fix));
}

void open_mpi_root(Reader& reader, Launch& launch) {
  local_root(reader, launch,
             {.local_size = "OMPI_COMM_WORLD_LOCAL_SIZE",
              .ids = {"PMIX_NAMESPACE", "OMPI_MCA_ess_base_jobid", "OMPI_MCA_orte_hnp_uri"}});
}

void mpich_root(Reader& reader, Launch& launch) {
  local_root(reader, launch,
             {.local_size = "MPI_LOCALNRANKS",
              .ids = {"PMI_JOBID", "PMI_PORT", "SLURM_JOB_ID", "PBS_JOBID", "LSB_JOBID"}});
}

void slurm_root(Reader& reader, Launch& launch) {
  const std::string list = reader.text("SLURM_STEP_NODELIST", "hosts, e.g. \"node[01-03]\"");
  const std::string job = reader.text("SLURM_JOB_ID", "the job's number");
  if (!reader.mistakes().empty()) return;
  const std::optional<std::string> host = first_host(list);
  if (!host) {
    reader.wrong(mistake("SLURM_STEP_NODELIST is \"" + list + "\"",
                         "hosts with commas and ranges, e.g. \"node[01-03,07],other5\"",
                         "set PLEACH_ROOT to host:port, the host that of rank 0"));
    return;
  }
  // Several steps of one job may run at the same time.
  launch.root = place_of_job(*host, job + "." + reader.get("SLURM_STEP_ID").value_or("0"));
}

struct Launcher {
  const char* source;
  const char* description;  // for messages
  Names names;
  void (*find_root)(Reader&, Launch&);
};

constexpr Launcher kOwn{"environment",
                        "PLEACH_RANK or PLEACH_RANKS",
                        {"PLEACH_RANK", "PLEACH_RANKS", "PLEACH_LOCAL_RANK"},
                        own_root};
constexpr Launcher kTorchrun{
    "torchrun", "torchrun (RANK, WORLD_SIZE)", {"RANK", "WORLD_SIZE", "LOCAL_RANK"}, torch_root};
constexpr Launcher kOpenMpi{
    "mpirun",
    "mpirun of Open MPI (OMPI_COMM_WORLD_RANK)",
    {"OMPI_COMM_WORLD_RANK", "OMPI_COMM_WORLD_SIZE", "OMPI_COMM_WORLD_LOCAL_RANK"},
    open_mpi_root};
constexpr Launcher kMpich{
    "mpiexec", "mpiexec (PMI_RANK)", {"PMI_RANK", "PMI_SIZE", "MPI_LOCALRANKID"}, mpich_root};
constexpr Launcher kSlurm{
    "slurm", "srun (SLURM_PROCID)", {"SLURM_PROCID", "SLURM_NTASKS", "SLURM_LOCALID"}, slurm_root};

const Launcher* recognise(const Environment& environment) {
  const auto has = [&](const char* name) { return environment(name).has_value(); };
  // A batch script has SLURM_PROCID too, but is no step with tasks that wait for each other.
  const bool in_step = has("SLURM_PROCID") && (has("SLURM_STEP_ID") || has("SLURM_STEP_NODELIST"));
  if (has("PLEACH_RANK") || has("PLEACH_RANKS")) return &kOwn;
  if (has("RANK") && has("WORLD_SIZE")) return &kTorchrun;
  if (has("OMPI_COMM_WORLD_RANK")) return &kOpenMpi;
  if (has("PMI_RANK")) {
    // srun --mpi=pmi2 sets these as well as its own, and its own tell where rank 0 is.
    const bool same = environment("PMI_RANK") == environment("SLURM_PROCID") &&
                      environment("PMI_SIZE") == environment("SLURM_NTASKS");
    return in_step && same ? &kSlurm : &kMpich;
  }
  if (in_step) return &kSlurm;
  // One of them alone is often left over in a shell or a batch script; here nobody else explains
  // it.
  if (has("RANK") || has("WORLD_SIZE")) return &kTorchrun;
  return nullptr;
}

}  // namespace

Environment process_environment() {
  return [](const std::string& name) -> std::optional<std::string> {
    const char* const value = std::getenv(name.c_str());
    if (value == nullptr) return std::nullopt;
    return std::string(value);
  };
}

Result<std::optional<Launch>> launch_of(const Environment& environment) {
  const Launcher* const launcher = recognise(environment);
  if (launcher == nullptr) return std::optional<Launch>();
  Reader reader(environment, launcher->description);
  Launch launch = read_ranks(reader, launcher->names);
  launch.source = launcher->source;
  if (reader.mistakes().empty()) {
    if (const std::optional<std::string> root = said_root(reader, launch)) {
      launch.root = *root;
    } else {
      launcher->find_root(reader, launch);
    }
  }
  if (!reader.mistakes().empty()) return reader.mistakes();
  return std::optional<Launch>(std::move(launch));
}

}  // namespace pleach
