#include "tests/gpu/nccl_processes.hpp"

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <thread>

#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "compiler/core/machine_error.hpp"
#include "tests/gpu/nccl_rank.hpp"

namespace pleach::gpu_check {
namespace {

using Clock = std::chrono::steady_clock;
namespace fs = std::filesystem;

constexpr std::chrono::seconds kGrace{5};  // for the others, once one has failed
constexpr std::chrono::milliseconds kPause{10};

class TemporaryFolder {
 public:
  TemporaryFolder() : path_((fs::temp_directory_path() / "pleach-nccl-XXXXXX").string()) {
    if (::mkdtemp(path_.data()) == nullptr) {
      throw MachineError("the folder " + path_ + " can not be made: " + std::strerror(errno));
    }
  }
  ~TemporaryFolder() {
    std::error_code ignored;
    fs::remove_all(path_, ignored);
  }
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;
  [[nodiscard]] const std::string& path() const { return path_; }

 private:
  std::string path_;
};

std::string text_in(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

std::vector<char*> pointers_to(std::vector<std::string>& words) {
  std::vector<char*> pointers;
  pointers.reserve(words.size() + 1);
  for (std::string& word : words) pointers.push_back(word.data());
  pointers.push_back(nullptr);
  return pointers;
}

// This program again, as a rank, which goes when this process goes.
pid_t start(std::vector<std::string> command,
            std::vector<std::string> environment,
            const std::string& output) {
  // All memory before the fork: after it other threads' locks stay locked.
  command.insert(command.begin(), "gpu_check");
  const std::vector<char*> words = pointers_to(command);
  const std::vector<char*> variables = pointers_to(environment);
  const pid_t parent = ::getpid();
  const pid_t child = ::fork();
  if (child != 0) return child;
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (::getppid() != parent) ::_exit(3);  // it was gone before that was said
  const int file = ::open(output.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  if (file < 0 || ::dup2(file, STDOUT_FILENO) < 0 || ::dup2(file, STDERR_FILENO) < 0) ::_exit(3);
  ::execve("/proc/self/exe", words.data(), variables.data());
  ::_exit(127);
}

struct Child {
  pid_t pid = -1;
  bool running = false;
  int status = 0;
};

// Kills and reaps whoever is left, whatever happens.
class Children {
 public:
  Children() = default;
  ~Children() { end_all(); }
  Children(const Children&) = delete;
  Children& operator=(const Children&) = delete;

  void add(pid_t pid) {
    if (pid < 0) throw MachineError(std::string("no process can be made: ") + std::strerror(errno));
    all_.push_back({.pid = pid, .running = true});
  }
  // Looks who has ended.
  void look() {
    for (Child& child : all_) {
      if (child.running && ::waitpid(child.pid, &child.status, WNOHANG) == child.pid) {
        child.running = false;
      }
    }
  }
  void end_all() {
    for (const Child& child : all_) {
      if (child.running) ::kill(child.pid, SIGKILL);
    }
    for (Child& child : all_) {
      while (child.running) {
        child.running = ::waitpid(child.pid, &child.status, 0) < 0 && errno == EINTR;
      }
    }
  }
  [[nodiscard]] const std::vector<Child>& all() const { return all_; }

 private:
  std::vector<Child> all_;
};

bool failed(const Child& child) { return !child.running && child.status != 0; }

std::string how_it_ended(int status) {
  if (WIFSIGNALED(status)) return "was ended by signal " + std::to_string(WTERMSIG(status));
  return "ended with code " + std::to_string(WEXITSTATUS(status));
}

// Fills in `wrong` and `called_off`.
void wait_for(Children& children, std::chrono::milliseconds limit, std::vector<RankEnd>& ends) {
  const Clock::time_point begin = Clock::now();
  Clock::time_point last = begin + limit;
  bool any_failed = false;
  const auto running = [](const Child& child) { return child.running; };
  while (std::ranges::any_of(children.all(), running) && Clock::now() < last) {
    std::this_thread::sleep_for(kPause);
    children.look();
    if (any_failed || !std::ranges::any_of(children.all(), failed)) continue;
    any_failed = true;
    last = std::min(last, Clock::now() + kGrace);
  }
  for (std::size_t rank = 0; rank < ends.size(); ++rank) {
    const Child& child = children.all()[rank];
    if (failed(child)) ends[rank].wrong = how_it_ended(child.status);
    if (child.running && any_failed) ends[rank].called_off = true;
    if (child.running && !any_failed) {
      ends[rank].wrong = "had not ended after " + std::to_string(limit.count() / 1000) + " s";
    }
  }
  children.end_all();
}

}  // namespace

std::vector<std::string> nccl_environment(const NcclRun& run,
                                          int rank,
                                          const std::string& log_file) {
  std::vector<std::string> variables;
  for (char** entry = environ; *entry != nullptr; ++entry) {
    const std::string text = *entry;
    // What a user has set wins over any tuner.
    if (!text.starts_with("NCCL_") && !text.starts_with("PLEACH_NCCL_")) variables.push_back(text);
  }
  const std::vector<std::string> own = {
      // Two ranks with one host and one GPU would be refused.
      "NCCL_HOSTID=pleach" + std::to_string(rank), "NCCL_MNNVL_ENABLE=0", "NCCL_SOCKET_IFNAME=lo",
      "NCCL_IB_DISABLE=1", "NCCL_MAX_CTAS=4",
      // No net plugin of the machine, which may bring a tuner of its own.
      "NCCL_NET_PLUGIN=none", "NCCL_DEBUG=INFO", "NCCL_DEBUG_SUBSYS=INIT,ENV,TUNING",
      "NCCL_DEBUG_FILE=" + log_file,
      "NCCL_TUNER_PLUGIN=" + (run.plugin.empty() ? "none" : run.plugin)};
  variables.insert(variables.end(), own.begin(), own.end());
  if (!run.plugin.empty()) variables.push_back("PLEACH_NCCL_TABLE=" + run.table);
  return variables;
}

std::vector<RankEnd> run_nccl_ranks(const NcclRun& run) {
  const TemporaryFolder folder;
  const auto file_of = [&](int rank, const char* kind) {
    return folder.path() + "/rank" + std::to_string(rank) + kind;
  };
  std::vector<RankEnd> ends(run.ranks);
  Children children;
  for (int rank = 0; rank < run.ranks; ++rank) {
    const NcclRank words{.rank = rank,
                         .ranks = run.ranks,
                         .folder = folder.path(),
                         .library = run.library,
                         .emulated = run.emulated};
    children.add(start(words_of(words), nccl_environment(run, rank, file_of(rank, ".log")),
                       file_of(rank, ".out")));
  }
  wait_for(children, run.limit, ends);
  for (int rank = 0; rank < run.ranks; ++rank) {
    ends[rank].output = text_in(file_of(rank, ".out"));
    ends[rank].log = read_nccl_log(text_in(file_of(rank, ".log")));
  }
  return ends;
}

}  // namespace pleach::gpu_check
