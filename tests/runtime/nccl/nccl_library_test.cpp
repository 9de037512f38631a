// NCCL itself, where it is installed: its own loader opens the plugins, in a process of its own.
// The library is PLEACH_NCCL_LIBRARY, else what the build found, else what the system finds.
#include <array>
#include <csignal>
#include <cstdlib>
#include <iostream>
#include <map>
#include <string>
#include <vector>

#include <dlfcn.h>
#include <doctest/doctest.h>
#include <fcntl.h>
#include <link.h>
#include <poll.h>
#include <sys/wait.h>
#include <unistd.h>

#include "runtime/nccl/host_files.hpp"
#include "tests/runtime/nccl/elf_file.hpp"
#include "tests/runtime/nccl/random_table.hpp"
#include "tests/runtime/nccl/temporary_files.hpp"

namespace pleach {
namespace {

using namespace testing;
using Variables = std::map<std::string, std::string>;

std::string library_path() {
  if (const char* const path = std::getenv("PLEACH_NCCL_LIBRARY")) return path;
  const std::string found = PLEACH_NCCL_FOUND;
  return found.empty() ? "libnccl.so.2" : found;
}

struct Ended {
  int status = -1;  // as waitpid gives it
  std::string output;
};

// The probe with these variables and no other NCCL_ ones; killed after a minute.
Ended run_probe(const std::vector<std::string>& words, const Variables& variables) {
  int ends[2];
  REQUIRE(::pipe2(ends, O_CLOEXEC) == 0);
  std::vector<std::string> environment;
  for (char** entry = environ; *entry != nullptr; ++entry) {
    const std::string text = *entry;
    if (!text.starts_with("NCCL_") && !text.starts_with("PLEACH_NCCL_"))
      environment.push_back(text);
  }
  for (const auto& [name, value] : variables) environment.push_back(name + "=" + value);
  std::vector<std::string> command = {PLEACH_NCCL_PROBE, library_path()};
  command.insert(command.end(), words.begin(), words.end());
  std::vector<char*> arguments;
  std::vector<char*> variables_of_it;
  for (std::string& word : command) arguments.push_back(word.data());
  for (std::string& entry : environment) variables_of_it.push_back(entry.data());
  arguments.push_back(nullptr);
  variables_of_it.push_back(nullptr);
  const pid_t child = ::fork();
  REQUIRE(child >= 0);
  if (child == 0) {
    ::dup2(ends[1], STDOUT_FILENO);
    ::dup2(ends[1], STDERR_FILENO);
    ::alarm(60);  // stays through exec: it can not hang
    ::execve(arguments[0], arguments.data(), variables_of_it.data());
    ::_exit(127);
  }
  ::close(ends[1]);
  Ended ended;
  std::array<char, 4096> buffer{};
  for (ssize_t size = 0; (size = ::read(ends[0], buffer.data(), buffer.size())) > 0;) {
    ended.output.append(buffer.data(), static_cast<std::size_t>(size));
  }
  ::close(ends[0]);
  REQUIRE(::waitpid(child, &ended.status, 0) == child);
  return ended;
}

std::string missing() {
  void* const handle = ::dlopen(library_path().c_str(), RTLD_LAZY | RTLD_LOCAL);
  if (handle == nullptr) return "NCCL can not be opened (libnccl.so.2, or PLEACH_NCCL_LIBRARY)";
  link_map* map = nullptr;
  REQUIRE(::dlinfo(handle, RTLD_DI_LINKMAP, &map) == 0);
  const ElfFile elf = read_elf(map->l_name);
  for (const char* symbol : {"_Z19ncclTunerPluginLoadP8ncclComm", "_Z10ncclGetEnvPKc",
                             "_Z12ncclDebugLog17ncclDebugLogLevelmPKciS1_z"}) {
    if (!elf.symbols.contains(symbol)) {
      return std::string("NCCL (") + map->l_name + ") has no symbol table with " + symbol;
    }
  }
  return "";
}

// False after saying why not.
bool can_test() {
  static const std::string why = missing();
  if (!why.empty()) std::cout << "skipped: " << why << '\n';
  return why.empty();
}

bool has(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

const std::string kPlugins = PLEACH_PLUGIN_DIR;
const std::string kTunerPath = kPlugins + "/libnccl-tuner-pleach.so";

std::string search_path() {
  const char* const before = std::getenv("LD_LIBRARY_PATH");
  return before == nullptr ? kPlugins : kPlugins + ":" + before;
}

TEST_CASE("nccl_library: NCCL loads the tuner by each of its names and takes version 5 or later") {
  if (!can_test()) return;
  const TemporaryFolder folder;
  Random random(5);
  const nccl::ChoiceTable rows = random_table(random);
  const std::string table = folder.write("table.json", write_choice_table(rows));
  for (const std::string& value :
       {std::string("pleach"), std::string("libnccl-tuner-pleach.so"), kTunerPath}) {
    CAPTURE(value);
    const Ended ended = run_probe({"tuner", table}, {{"NCCL_TUNER_PLUGIN", value},
                                                     {"LD_LIBRARY_PATH", search_path()},
                                                     {"NCCL_DEBUG", "INFO"},
                                                     {"NCCL_DEBUG_SUBSYS", "ALL"},
                                                     {"PLEACH_NCCL_TABLE", table}});
    CAPTURE(ended.output);
    CHECK(ended.status == 0);
    CHECK(has(ended.output, "code 0\n"));
    CHECK(has(ended.output, "tuner ncclTunerPlugin_v5 of " + kTunerPath + "\n"));
    CHECK(has(ended.output, "differences 0\n"));
    CHECK(has(ended.output, "NCCL_TUNER_PLUGIN set by environment to " + value));
    CHECK(has(ended.output, "Successfully loaded external tuner plugin"));
    // Ours, by NCCL's own logger.
    CHECK(has(ended.output, "NCCL INFO pleach: table " + nccl::choice_digest(rows.rows) +
                                ", rows " + std::to_string(rows.rows.size())));
    CHECK(has(ended.output, ", file " + table + "\n"));
    CHECK(has(ended.output, "NCCL INFO pleach: all"));  // a decision on one of the collectives
  }
}

TEST_CASE("nccl_library: a bad table is one warning of NCCL for a communicator") {
  if (!can_test()) return;
  const TemporaryFolder folder;
  const std::string good = folder.write("good.json", write_choice_table(nccl::ChoiceTable{}));
  const std::string bad = folder.write("bad.json", "{");
  const Ended ended = run_probe(
      {"tuner", good},
      {{"NCCL_TUNER_PLUGIN", kTunerPath}, {"NCCL_DEBUG", "WARN"}, {"PLEACH_NCCL_TABLE", bad}});
  CAPTURE(ended.output);
  CHECK(ended.status == 0);
  CHECK(has(ended.output, "differences 0\n"));  // an empty table: stock behaviour
  std::size_t warnings = 0;
  const std::string warning = "NCCL WARN pleach: no table, NCCL decides: " + bad + ":1: ";
  for (std::size_t at = 0; (at = ended.output.find(warning, at)) != std::string::npos; ++at)
    ++warnings;
  CHECK(warnings == kShapes.size());
}

TEST_CASE("nccl_library: without one, and with none, NCCL has no tuner") {
  if (!can_test()) return;
  for (const Variables& variables :
       {Variables{}, Variables{{"NCCL_TUNER_PLUGIN", "none"}},
        Variables{{"NCCL_TUNER_PLUGIN", "/nowhere/libnccl-tuner-pleach.so"}}}) {
    const Ended ended = run_probe({"tuner"}, variables);
    CAPTURE(ended.output);
    CHECK(ended.status == 0);
    CHECK(has(ended.output, "code 0\n"));
    CHECK(has(ended.output, "no tuner of ours\n"));
  }
}

TEST_CASE(
    "nccl_library: NCCL takes this host's files from the env plugin, and the tuner with them") {
  if (!can_test()) return;
  const TemporaryFolder folder;
  Random random(6);
  const std::string host = nccl::settings_of_process().hosts.at(0);
  const std::string table =
      folder.write(host + "/table.json", write_choice_table(random_table(random)));
  const std::string topo = folder.write(host + "/topo.xml", "<system version=\"1\"/>");
  const std::string graph = folder.write("graph.xml", "<graphs version=\"1\"/>");
  const Variables door = {{"NCCL_ENV_PLUGIN", "pleach"},
                          {"LD_LIBRARY_PATH", search_path()},
                          {"NCCL_DEBUG", "INFO"},
                          {"NCCL_DEBUG_SUBSYS", "ALL"},
                          {"PLEACH_NCCL_DIR", folder.path()}};
  const std::vector<std::string> get = {
      "get",      "NCCL_TOPO_FILE", "NCCL_GRAPH_FILE", "NCCL_TUNER_PLUGIN", "PLEACH_NCCL_TABLE",
      "NCCL_ALGO"};
  const Ended ended = run_probe(get, door);
  CAPTURE(ended.output);
  CHECK(ended.status == 0);
  CHECK(has(ended.output, "\nNCCL_TOPO_FILE=" + topo + "\n"));
  CHECK(has(ended.output, "NCCL_GRAPH_FILE=" + graph + "\n"));
  CHECK(has(ended.output, "NCCL_TUNER_PLUGIN=" + kTunerPath + "\n"));
  CHECK(has(ended.output, "PLEACH_NCCL_TABLE=" + table + "\n"));
  CHECK(has(ended.output, "NCCL_ALGO=(none)\n"));
  CHECK(has(ended.output, "Successfully loaded external env plugin"));

  Variables own = door;
  own["NCCL_TOPO_FILE"] = "own.xml";
  CHECK(has(run_probe(get, own).output, "\nNCCL_TOPO_FILE=own.xml\n"));

  const Ended tuner = run_probe({"tuner", table}, door);
  CAPTURE(tuner.output);
  CHECK(tuner.status == 0);
  CHECK(has(tuner.output, "tuner ncclTunerPlugin_v5 of " + kTunerPath + "\n"));
  CHECK(has(tuner.output, "differences 0\n"));

  // NCCL's own file of settings is enough: nothing in the job's environment.
  const std::string settings = folder.write(
      "nccl.conf", "NCCL_ENV_PLUGIN=" + kPlugins +
                       "/libnccl-env-pleach.so\nPLEACH_NCCL_DIR=" + folder.path() + "\n");
  const Ended quiet = run_probe({"tuner", table}, {{"NCCL_CONF_FILE", settings}});
  CAPTURE(quiet.output);
  CHECK(quiet.status == 0);
  CHECK(has(quiet.output, "tuner ncclTunerPlugin_v5 of " + kTunerPath + "\n"));
  CHECK(has(quiet.output, "differences 0\n"));
}

TEST_CASE("nccl_library: a folder that is not there is said, and NCCL goes on") {
  if (!can_test()) return;
  const Ended ended = run_probe({"get", "NCCL_TOPO_FILE"},
                                {{"NCCL_ENV_PLUGIN", kPlugins + "/libnccl-env-pleach.so"},
                                 {"PLEACH_NCCL_DIR", "/nowhere/at/all"}});
  CAPTURE(ended.output);
  CHECK(ended.status == 0);
  CHECK(has(ended.output, "pleach: PLEACH_NCCL_DIR: there is no folder /nowhere/at/all"));
  CHECK(has(ended.output, "NCCL_TOPO_FILE=(none)\n"));
}

}  // namespace
}  // namespace pleach
