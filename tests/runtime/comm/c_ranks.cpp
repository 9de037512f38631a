#include "tests/runtime/comm/c_ranks.hpp"

#include <cstring>
#include <filesystem>
#include <sstream>
#include <thread>

#include "tests/support/role_process.hpp"

namespace pleach::testing {
namespace {

// Memory of all ranks for all cases; ranks run ahead of each other from case to case.
using Memories = std::vector<std::vector<CaseMemory>>;

Memories memories_for(const Machine& machine, const std::vector<Case>& cases) {
  Memories memories;
  for (const Case& one : cases) {
    auto& ranks = memories.emplace_back();
    for (int rank = 0; rank < machine.ranks; ++rank) ranks.emplace_back(one, rank);
  }
  return memories;
}

void check(const std::vector<Case>& cases, const Memories& memories, Outcome& outcome) {
  for (std::size_t i = 0; i < cases.size(); ++i) {
    auto& digests = outcome.digests.emplace_back();
    for (const CaseMemory& memory : memories[i]) {
      digests.push_back(memory.digest());
      if (const std::string damage = memory.damage(); !damage.empty()) {
        outcome.errors.push_back(to_string(cases[i]) + ": written " + damage);
      }
    }
    if (cases[i].rough) continue;
    if (const auto wrong = count_wrong(cases[i], memories[i]); wrong > 0) {
      outcome.errors.push_back(to_string(cases[i]) + ": " + std::to_string(wrong) + " wrong");
    }
  }
}

std::string failure(const std::string& what, pleachResult_t result, pleachComm_t comm) {
  return what + ": " + pleachGetErrorString(result) + ": " + pleachGetLastError(comm);
}

}  // namespace

pleachUniqueId new_id() {
  pleachUniqueId id{};
  REQUIRE(pleachGetUniqueId(&id) == pleachSuccess);
  return id;
}

pleachComm_t join(const Joining& joining, std::string& error) {
  pleachConfig_t config = PLEACH_CONFIG_INITIALIZER;
  config.timeoutMs = joining.timeout_ms;
  const std::string host = "host-" + std::to_string(joining.rank % joining.hosts);
  config.hostId = host.c_str();
  config.fabricProvider = "tcp";
  config.fabricRails = "127.0.0.1";
  pleachComm_t comm = nullptr;
  const pleachResult_t result =
      pleachCommInitRankConfig(&comm, joining.ranks, joining.id, joining.rank, &config);
  if (result != pleachSuccess) error = failure("init", result, nullptr);
  return comm;
}

std::string load_all(pleachComm_t comm, const Machine& machine) {
  for (const std::string& text : machine.schedules) {
    const pleachResult_t result = pleachPlanLoadBytes(comm, text.data(), text.size());
    if (result != pleachSuccess) return failure("load", result, comm);
  }
  return "";
}

std::string hex_of(const pleachUniqueId& id) {
  std::string text;
  for (const char byte : id.internal) {
    text += "0123456789abcdef"[static_cast<unsigned char>(byte) >> 4];
    text += "0123456789abcdef"[static_cast<unsigned char>(byte) & 15];
  }
  return text;
}

pleachUniqueId id_of_hex(std::string_view hex) {
  pleachUniqueId id{};
  for (std::size_t i = 0; i < sizeof id.internal; ++i) {
    id.internal[i] = static_cast<char>(std::stoi(std::string(hex.substr(2 * i, 2)), nullptr, 16));
  }
  return id;
}

Outcome run_threads(const Machine& machine, const std::vector<Case>& cases, int hosts) {
  const Memories memories = memories_for(machine, cases);
  const pleachUniqueId id = new_id();
  std::vector<std::string> errors(machine.ranks);
  const auto run = [&](int rank) {
    pleachComm_t const comm =
        join({.id = id, .rank = rank, .ranks = machine.ranks, .hosts = hosts}, errors[rank]);
    if (comm == nullptr) return;
    errors[rank] = load_all(comm, machine);
    for (std::size_t i = 0; i < cases.size() && errors[rank].empty(); ++i) {
      const pleachResult_t result = memories[i][rank].start(comm);
      if (result != pleachSuccess) errors[rank] = failure(to_string(cases[i]), result, comm);
    }
    (void)pleachCommDestroy(comm);
  };
  std::vector<std::thread> threads;
  for (int rank = 0; rank < machine.ranks; ++rank) threads.emplace_back(run, rank);
  for (std::thread& thread : threads) thread.join();
  Outcome outcome;
  for (const std::string& error : errors) {
    if (!error.empty()) outcome.errors.push_back(error);
  }
  if (outcome.errors.empty()) check(cases, memories, outcome);
  return outcome;
}

Outcome run_group(const Machine& machine, const std::vector<Case>& cases) {
  const Memories memories = memories_for(machine, cases);
  Outcome outcome;
  std::vector<pleachComm_t> comms(machine.ranks);
  const auto need = [&](const std::string& what, pleachResult_t result) {
    if (result != pleachSuccess) outcome.errors.push_back(failure(what, result, nullptr));
    return result == pleachSuccess;
  };
  if (!need("init", pleachCommInitAll(comms.data(), machine.ranks, nullptr))) return outcome;
  (void)pleachGroupStart();
  for (pleachComm_t const comm : comms) {
    for (const std::string& text : machine.schedules) {
      need("load", pleachPlanLoadBytes(comm, text.data(), text.size()));
    }
  }
  need("load", pleachGroupEnd());
  // Several calls in a group, then one, and so on.
  for (std::size_t i = 0; i < cases.size() && outcome.errors.empty();) {
    const std::size_t end = std::min(cases.size(), i + 1 + i % 3);
    (void)pleachGroupStart();
    for (const std::size_t first = i; i < end; ++i) {
      for (int rank = 0; rank < machine.ranks; ++rank) {
        // Any order of ranks will do.
        const int shifted = (rank + static_cast<int>(first)) % machine.ranks;
        need(to_string(cases[i]), memories[i][shifted].start(comms[shifted]));
      }
    }
    need("group", pleachGroupEnd());
  }
  for (pleachComm_t const comm : comms) need("destroy", pleachCommDestroy(comm));
  if (outcome.errors.empty()) check(cases, memories, outcome);
  return outcome;
}

std::vector<Case> cases_of(const CaseSource& source) {
  return random_cases(machine_named(source.machine), source.count, source.most, source.seed);
}

TEST_CASE("role: a rank that runs cases" * doctest::skip()) {
  std::istringstream words(role_argument());
  std::string id;
  Joining joining;
  CaseSource source;
  words >> id >> joining.rank >> joining.hosts >> source.machine >> source.count >> source.most >>
      source.seed;
  REQUIRE_FALSE(words.fail());
  const Machine machine = machine_named(source.machine);
  joining.id = id_of_hex(id);
  joining.ranks = machine.ranks;
  std::string error;
  pleachComm_t const comm = join(joining, error);
  if (comm == nullptr) return print_line(error);
  error = load_all(comm, machine);
  if (!error.empty()) return print_line(error);
  std::vector<std::string> lines;
  for (const Case& one : cases_of(source)) {
    const CaseMemory memory(one, joining.rank);
    const pleachResult_t result = memory.start(comm);
    if (result != pleachSuccess) return print_line(failure(to_string(one), result, comm));
    const std::string damage = memory.damage();
    lines.push_back(damage.empty() ? memory.digest() : to_string(one) + ": written " + damage);
  }
  (void)pleachCommDestroy(comm);
  for (const std::string& line : lines) print_line(line);
  print_line("end");
}

Outcome run_processes(const CaseSource& source, int hosts) {
  const Machine machine = machine_named(source.machine);
  const std::string id = hex_of(new_id());
  std::vector<RoleProcess> processes;
  for (int rank = 0; rank < machine.ranks; ++rank) {
    std::ostringstream argument;
    argument << id << ' ' << rank << ' ' << hosts << ' ' << source.machine << ' ' << source.count
             << ' ' << source.most << ' ' << source.seed;
    processes.emplace_back("a rank that runs cases", argument.str());
  }
  Outcome outcome;
  outcome.digests.assign(source.count, std::vector<std::string>(machine.ranks));
  for (int rank = 0; rank < machine.ranks; ++rank) {
    for (int i = 0; i < source.count; ++i) {
      outcome.digests[i][rank] = processes[rank].line();
      if (outcome.digests[i][rank].size() == 64 || outcome.digests[i][rank] == "-") continue;
      outcome.errors.push_back("rank " + std::to_string(rank) + ": " + outcome.digests[i][rank]);
      break;
    }
    if (!outcome.errors.empty()) break;
    if (processes[rank].line() != "end") outcome.errors.emplace_back("no end");
  }
  return outcome;
}

pleachResult_t all_reduce(pleachComm_t comm, std::vector<float>& data, std::size_t count) {
  return pleachAllReduce(data.data(), data.data(), count, pleachFloat32, pleachSum, comm, nullptr);
}
pleachResult_t all_reduce(pleachComm_t comm, std::size_t count) {
  std::vector<float> data(count, 1.0F);
  return all_reduce(comm, data, count);
}

std::set<std::string> shared_files() {
  std::set<std::string> names;
  for (const auto& file : std::filesystem::directory_iterator("/dev/shm")) {
    const std::string name = file.path().filename().string();
    if (contains(name, "pleach")) names.insert(name);
  }
  return names;
}

std::string why_no_network() {
  // Two ranks, each on a host of its own, tell.
  const pleachUniqueId id = new_id();
  std::string errors[2];
  std::vector<std::thread> threads;
  for (int rank = 0; rank < 2; ++rank) {
    threads.emplace_back([&, rank] {
      pleachComm_t const comm =
          join({.id = id, .rank = rank, .ranks = 2, .hosts = 2, .timeout_ms = 10000}, errors[rank]);
      (void)pleachCommDestroy(comm);
    });
  }
  for (std::thread& thread : threads) thread.join();
  return errors[0].find("libfabric") != std::string::npos ? errors[0] : "";
}

}  // namespace pleach::testing
