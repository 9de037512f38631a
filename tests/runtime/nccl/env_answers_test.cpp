#include "runtime/nccl/env_answers.hpp"

#include <doctest/doctest.h>

#include "tests/runtime/nccl/temporary_files.hpp"

namespace pleach::nccl {
namespace {

using testing::TemporaryFolder;
using testing::Variable;

struct Heard {
  std::vector<std::string> inform;
  std::vector<std::string> warn;
  LogSink sink() {
    return [this](Loudness loudness, const std::string& line) {
      (loudness == Loudness::Warn ? warn : inform).push_back(line);
    };
  }
};

std::string answer(const EnvAnswers& answers, const char* variable) {
  const char* const value = answers.find(variable);
  return value == nullptr ? "(none)" : value;
}

Settings in(const std::string& folder) {
  return {.table = {}, .folder = folder, .hosts = {"node7.pod1", "node7"}};
}

TEST_CASE("env_answers: each file where this host has it") {
  const TemporaryFolder folder;
  const TemporaryFolder libraries;
  const std::string topo = folder.write("node7/topo.xml", "<system/>");
  const std::string graph = folder.write("graph.xml", "<graphs/>");
  Heard heard;
  const EnvAnswers without(in(folder.path()), libraries.path(), heard.sink());
  CHECK(answer(without, "NCCL_TOPO_FILE") == topo);
  CHECK(answer(without, "NCCL_GRAPH_FILE") == graph);
  CHECK(answer(without, "PLEACH_NCCL_TABLE") == "(none)");
  CHECK(answer(without, "NCCL_TUNER_PLUGIN") == "(none)");  // no table, no tuner
  CHECK(answer(without, "NCCL_DEBUG") == "(none)");
  CHECK(answer(without, "") == "(none)");
  CHECK(heard.warn.empty());
  CHECK(heard.inform == std::vector<std::string>{"pleach: NCCL_TOPO_FILE=" + topo,
                                                 "pleach: NCCL_GRAPH_FILE=" + graph});

  const std::string table = folder.write("node7.pod1/table.json", "{}");
  const std::string tuner = libraries.write(kTunerLibrary, "");
  const EnvAnswers with(in(folder.path()), libraries.path(), heard.sink());
  CHECK(answer(with, "PLEACH_NCCL_TABLE") == table);
  CHECK(answer(with, "NCCL_TUNER_PLUGIN") == tuner);
}

TEST_CASE("env_answers: no folder is no trouble, one that is not there is one warning") {
  Heard heard;
  const EnvAnswers none(Settings{}, "", heard.sink());
  CHECK(heard.warn.empty());
  CHECK(heard.inform.size() == 1);
  const TemporaryFolder folder;
  const std::string missing = folder.path("gone");
  const std::string file = folder.write("file", "");
  for (const std::string& path : {missing, file}) {
    heard = {};
    const EnvAnswers answers(in(path), "", heard.sink());
    CHECK(heard.inform.empty());
    CHECK(heard.warn == std::vector<std::string>{"pleach: PLEACH_NCCL_DIR: there is no folder " +
                                                 path + "; nothing is added to the environment"});
    for (const char* name :
         {"NCCL_TOPO_FILE", "NCCL_GRAPH_FILE", "PLEACH_NCCL_TABLE", "NCCL_TUNER_PLUGIN"}) {
      CHECK(answer(answers, name) == "(none)");
    }
  }
}

TEST_CASE("env_answers: what can not be read is not served") {
  const TemporaryFolder folder;
  std::filesystem::create_directories(folder.path("topo.xml"));
  std::filesystem::create_symlink("gone", folder.path("graph.xml"));
  Heard heard;
  const EnvAnswers answers(in(folder.path()), "", heard.sink());
  CHECK(answer(answers, "NCCL_TOPO_FILE") == "(none)");
  CHECK(answer(answers, "NCCL_GRAPH_FILE") == "(none)");
  CHECK(heard.warn ==
        std::vector<std::string>{
            "pleach: " + folder.path("topo.xml") +
                ": can not read the file: it is no plain file; NCCL_TOPO_FILE stays unset",
            "pleach: " + folder.path("graph.xml") +
                ": can not read the file: No such file or directory; NCCL_GRAPH_FILE "
                "stays unset"});
}

TEST_CASE("env_answers: a tuner that is missing, or whose name NCCL would cut") {
  const TemporaryFolder folder;
  folder.write("table.json", "{}");
  for (const std::string& libraries : {std::string(), folder.path("nowhere")}) {
    Heard heard;
    const EnvAnswers answers(in(folder.path()), libraries, heard.sink());
    CHECK(answer(answers, "NCCL_TUNER_PLUGIN") == "(none)");
    CHECK(heard.warn.size() == 1);
  }
  // 254 bytes are what NCCL keeps.
  for (const std::size_t length : {254, 255}) {
    const std::size_t rest = length - folder.path().size() - 2 - std::string(kTunerLibrary).size();
    const std::string deep =
        std::string(rest / 2, 'd') + "/" + std::string(rest - rest / 2 - 1, 'e');
    const std::string tuner = folder.write(deep + "/" + kTunerLibrary, "");
    REQUIRE(tuner.size() == length);
    Heard heard;
    const EnvAnswers answers(in(folder.path()), folder.path(deep), heard.sink());
    CHECK(answer(answers, "NCCL_TUNER_PLUGIN") == (length == 254 ? tuner : "(none)"));
    CHECK(heard.warn.size() == (length == 254 ? 0 : 1));
  }
}

TEST_CASE("env_answers: says when the user's own setting will win") {
  const TemporaryFolder folder;
  const std::string topo = folder.write("topo.xml", "");
  const Variable own("NCCL_TOPO_FILE", "");
  Heard heard;
  const EnvAnswers answers(in(folder.path()), "", heard.sink());
  CHECK(heard.inform == std::vector<std::string>{"pleach: NCCL_TOPO_FILE=" + topo +
                                                 ", but the environment has its own, which wins"});
}

}  // namespace
}  // namespace pleach::nccl
