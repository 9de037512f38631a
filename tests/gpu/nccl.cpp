#include <algorithm>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "compiler/core/machine_error.hpp"
#include "runtime/perf/nccl_library.hpp"
#include "tests/gpu/nccl_check.hpp"
#include "tests/gpu/nccl_processes.hpp"
#include "tests/gpu/section.hpp"
#include "tests/gpu/steps.hpp"

namespace pleach::gpu_check {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::chrono::seconds kLongestStep{390};  // scripts/gpu_check ends a step after 420 s

// The end of what a rank printed: what it died of.
std::string last_words(const RankEnd& end) {
  constexpr std::size_t kMost = 400;
  std::string text =
      end.output.size() > kMost ? end.output.substr(end.output.size() - kMost) : end.output;
  while (!text.empty() && text.back() == '\n') text.pop_back();
  for (const std::string& warning : end.log.warnings) {
    if (text.find(warning) != std::string::npos) continue;
    text += (text.empty() ? "NCCL warns: " : "; NCCL warns: ") + warning;
  }
  std::ranges::replace(text, '\n', ';');
  return text.empty() ? "it printed nothing" : text;
}

// Whether every rank ended, with the right results.
bool count_ends(Section& results, const std::string& run, const std::vector<RankEnd>& ends) {
  bool all = true;
  std::size_t rank = 0;
  for (const RankEnd& end : ends) {
    const std::string name = run + ", rank " + std::to_string(rank++);
    std::optional<std::string> wrong = end.wrong;
    if (end.called_off) wrong = "was ended, as another rank had failed";
    if (wrong) *wrong += ": " + last_words(end);
    all = all && !wrong;
    results.count(name, wrong);
  }
  return all;
}

// Each mistake is a case of its own; none is one that passed.
void count_all(Section& section, const std::string& what, const std::vector<std::string>& wrong) {
  if (wrong.empty()) section.count(what, std::nullopt);
  for (const std::string& words : wrong) {
    if (section.wants_more()) section.count(what, words);
  }
}

std::vector<NcclLog> logs_of(std::vector<RankEnd> ends) {
  std::vector<NcclLog> logs;
  logs.reserve(ends.size());
  for (RankEnd& end : ends) logs.push_back(std::move(end.log));
  return logs;
}

struct Sections {
  Section results;
  Section loading;
  Section decisions;
};

void check_ranks(const Setup& setup,
                 int ranks,
                 const std::string& digest,
                 Clock::time_point end,
                 Sections& sections) {
  const auto run = [&](bool tuned) {
    const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(end - Clock::now());
    return run_nccl_ranks(
        {.ranks = ranks,
         .library = setup.nccl.library,
         .plugin = tuned ? setup.nccl.plugin : "",
         .table = setup.nccl.table,
         .emulated = !setup.asynchronous,
         .limit = std::clamp(left, std::chrono::milliseconds(1),
                             std::chrono::milliseconds(std::chrono::seconds(setup.nccl.limit)))});
  };
  const std::string name = std::to_string(ranks) + " ranks";
  std::vector<RankEnd> control = run(false);
  // What fails without the tuner says nothing of it, and would take its time once more.
  if (!count_ends(sections.results, name + " without the tuner", control)) return;
  std::vector<RankEnd> tuned = run(true);
  const bool tuned_ended = count_ends(sections.results, name + " with the tuner", tuned);
  const NcclEvidence evidence{.ranks = ranks,
                              .digest = digest,
                              .control = logs_of(std::move(control)),
                              .tuned = logs_of(std::move(tuned))};
  // Also where a rank hangs: ranks with different tables may.
  count_all(sections.loading, name, loading_mistakes(evidence));
  count_all(sections.decisions, name + " without the tuner", control_mistakes(evidence));
  if (!tuned_ended) return;
  count_all(sections.decisions, name, decision_mistakes(evidence));
  std::printf("%s", decision_table(evidence).c_str());
  std::fflush(stdout);
}

std::string digest_of_file(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  const std::string text{std::istreambuf_iterator<char>(file), {}};
  const auto digest = digest_in(text);
  if (!digest) throw MachineError(path + " is no table with a digest: give --table");
  return *digest;
}

}  // namespace

void prepare_nccl(NcclSetup& setup) {
  namespace fs = std::filesystem;
  std::string version;
  try {
    int number = 0;
    (void)perf::open_nccl(setup.library).GetVersion(&number);
    version = perf::nccl_version_text(number);
  } catch (const MachineError& error) {
    throw MachineError(std::string(error.what()) + ", or by --nccl PATH");
  }
  if (!fs::is_regular_file(setup.plugin)) {
    throw MachineError("there is no tuner plugin \"" + setup.plugin +
                       "\": build the target pleach_nccl_tuner (cmake --preset release) and give "
                       "--plugin PATH/libnccl-tuner-pleach.so");
  }
  (void)digest_of_file(setup.table);
  setup.plugin = fs::absolute(setup.plugin).string();
  setup.table = fs::absolute(setup.table).string();
  setup.version = version;
}

bool run_nccl(const Setup& setup) {
  const std::string digest = digest_of_file(setup.nccl.table);
  std::printf("  NCCL %s (%s)\n  tuner %s\n  table %s (%s)\n", setup.nccl.version.c_str(),
              setup.nccl.library.empty() ? "libnccl.so.2" : setup.nccl.library.c_str(),
              setup.nccl.plugin.c_str(), digest.c_str(), setup.nccl.table.c_str());
  bool all = true;
  Sections sections{.results = Section("NCCL's results", all),
                    .loading = Section("the tuner and its table", all),
                    .decisions = Section("NCCL's decisions", all)};
  const Clock::time_point end = Clock::now() + kLongestStep;
  for (const int ranks : kNcclRanks) check_ranks(setup, ranks, digest, end, sections);
  sections.results.end();
  sections.loading.end();
  sections.decisions.end();
  return all;
}

}  // namespace pleach::gpu_check
