#include "tests/gpu/nccl_check.hpp"

#include <algorithm>
#include <cstdio>
#include <optional>

namespace pleach::gpu_check {
namespace {

using nccl::Choice;

Choice choice_of(const NcclDecision& decision) {
  return {.algorithm = decision.algorithm, .protocol = decision.protocol, .channels = 0};
}

std::string text_of(const Choice& choice) {
  return std::string(nccl::name_of(choice.algorithm)) + " " +
         std::string(nccl::name_of(choice.protocol));
}

std::string text_of(const NcclCall& call) {
  return std::string(name_of(call.collective)) + " of " + std::to_string(call.bytes) + " bytes";
}

std::string text_of(const std::vector<std::string>& lines) {
  std::string text;
  for (const std::string& line : lines) text += (text.empty() ? "\"" : ", \"") + line + "\"";
  return text.empty() ? "nothing" : text;
}

std::string on_rank(std::size_t rank) { return "rank " + std::to_string(rank) + ": "; }

// NCCL prints the bytes of the caller's count.
std::uint64_t printed_bytes(const NcclCall& call, int ranks) {
  return call.collective == Collective::AllReduce ? call.bytes : call.bytes / ranks;
}

// What rank 0 says of each call, one by one.
std::vector<std::string> telling_mistakes(const NcclLog& log, int ranks) {
  std::vector<std::string> mistakes;
  for (const std::string& line : log.unread) {
    mistakes.push_back(on_rank(0) + "NCCL's log has a decision that is not understood: " + line);
  }
  const std::vector<NcclCall> calls = nccl_calls();
  if (log.decisions.size() != calls.size()) {
    mistakes.push_back(on_rank(0) + "NCCL's log tells " + std::to_string(log.decisions.size()) +
                       " decisions on " + std::to_string(calls.size()) +
                       " calls (NCCL 2.24 and later tell each)");
    return mistakes;
  }
  for (std::size_t i = 0; i < calls.size(); ++i) {
    const NcclDecision& told = log.decisions[i];
    if (told.collective == calls[i].collective && told.bytes == printed_bytes(calls[i], ranks)) {
      continue;
    }
    mistakes.push_back(on_rank(0) + "call " + std::to_string(i + 1) + " is " + text_of(calls[i]) +
                       ", but NCCL's log tells of " +
                       text_of({.collective = told.collective, .bytes = told.bytes}));
  }
  return mistakes;
}

// What the table wants of a call, as far as NCCL can do it.
std::optional<Choice> wanted(const NcclCall& call, int ranks) {
  const auto row = nccl_row(call, ranks);
  if (!row || !row->choice || !is_there(*row->choice)) return std::nullopt;
  return row->choice;
}

std::vector<std::string> sorted_lines(const NcclLog& log) {
  std::vector<std::string> lines = log.plugin_lines;
  std::ranges::sort(lines);
  return lines;
}

// Each plugin says once which row it obeys and which it can not: the same on all ranks.
void compare_ranks(const NcclEvidence& evidence, std::vector<std::string>& mistakes) {
  for (std::size_t rank = 0; rank < evidence.tuned.size(); ++rank) {
    const NcclLog& log = evidence.tuned[rank];
    if (rank > 0 && sorted_lines(log) != sorted_lines(evidence.tuned[0])) {
      mistakes.push_back(on_rank(rank) + "the plugin said other things than on rank 0: " +
                         text_of(log.plugin_lines));
    }
    const bool refused = std::ranges::any_of(log.plugin_lines, [](const std::string& line) {
      return line.find("left to NCCL") != std::string::npos &&
             line.find("nvls") != std::string::npos;
    });
    if (!refused) {
      mistakes.push_back(on_rank(rank) + "the plugin did not say that nvls is not there; it said " +
                         text_of(log.plugin_lines));
    }
  }
}

}  // namespace

std::vector<std::string> control_mistakes(const NcclEvidence& evidence) {
  std::vector<std::string> mistakes;
  for (std::size_t rank = 0; rank < evidence.control.size(); ++rank) {
    const NcclLog& log = evidence.control[rank];
    if (!log.tuner_loaded && log.plugin_lines.empty()) continue;
    mistakes.push_back(on_rank(rank) + "the tuner was loaded with NCCL_TUNER_PLUGIN=none");
  }
  const auto more = telling_mistakes(evidence.control.at(0), evidence.ranks);
  mistakes.insert(mistakes.end(), more.begin(), more.end());
  return mistakes;
}

std::vector<std::string> loading_mistakes(const NcclEvidence& evidence) {
  std::vector<std::string> mistakes;
  for (std::size_t rank = 0; rank < evidence.tuned.size(); ++rank) {
    const NcclLog& log = evidence.tuned[rank];
    if (!log.tuner_loaded) {
      mistakes.push_back(on_rank(rank) + "NCCL's log does not say that it loaded the tuner; " +
                         "it warns of " + text_of(log.warnings));
      continue;
    }
    if (digests_told(log) != std::vector{evidence.digest}) {
      mistakes.push_back(on_rank(rank) + "the plugin did not say once that it has the table " +
                         evidence.digest + "; it said " + text_of(log.plugin_lines));
    }
  }
  return mistakes;
}

std::vector<std::string> decision_mistakes(const NcclEvidence& evidence) {
  std::vector<std::string> mistakes = telling_mistakes(evidence.tuned.at(0), evidence.ranks);
  const std::vector<NcclCall> calls = nccl_calls();
  const auto& stock = evidence.control.at(0).decisions;
  const auto& tuned = evidence.tuned.at(0).decisions;
  if (!mistakes.empty() || stock.size() != calls.size()) return mistakes;
  bool differs = false;
  for (std::size_t i = 0; i < calls.size(); ++i) {
    const auto choice = wanted(calls[i], evidence.ranks);
    const Choice by_itself = choice_of(stock[i]);
    const Choice taken = choice_of(tuned[i]);
    differs = differs || taken != by_itself;
    if (taken == choice.value_or(by_itself)) continue;
    mistakes.push_back(
        text_of(calls[i]) + ": NCCL took " + text_of(taken) + ", " +
        (choice ? "the table says " + text_of(*choice)
                : "by itself it takes " + text_of(by_itself) + ", and the table leaves it alone"));
  }
  if (!differs) {
    mistakes.insert(
        mistakes.begin(),
        "no decision differs from those that NCCL takes by itself, so this shows nothing");
  }
  compare_ranks(evidence, mistakes);
  return mistakes;
}

std::string decision_table(const NcclEvidence& evidence) {
  const auto row_of = [](const char* ranks, const std::string& collective, const std::string& bytes,
                         const std::string& stock, const std::string& table,
                         const std::string& taken) {
    char line[160];
    std::snprintf(line, sizeof line, "  %5s  %-14s %8s  %-14s %-24s %s\n", ranks,
                  collective.c_str(), bytes.c_str(), stock.c_str(), table.c_str(), taken.c_str());
    return std::string(line);
  };
  std::string text =
      row_of("ranks", "collective", "bytes", "NCCL's own", "the table", "NCCL with it");
  const auto told = [](const std::vector<NcclLog>& logs, std::size_t i) {
    const bool there = !logs.empty() && i < logs[0].decisions.size();
    return there ? text_of(choice_of(logs[0].decisions[i])) : std::string("?");
  };
  const std::vector<NcclCall> calls = nccl_calls();
  for (std::size_t i = 0; i < calls.size(); ++i) {
    const auto row = nccl_row(calls[i], evidence.ranks);
    std::string table = "no opinion";
    if (row && row->choice) {
      table = text_of(*row->choice) + (is_there(*row->choice) ? "" : " (not there)");
    }
    text += row_of(std::to_string(evidence.ranks).c_str(),
                   std::string(name_of(calls[i].collective)), std::to_string(calls[i].bytes),
                   told(evidence.control, i), table, told(evidence.tuned, i));
  }
  return text;
}

}  // namespace pleach::gpu_check
