#include "runtime/nccl/host_files.hpp"

#include <filesystem>

#include <doctest/doctest.h>
#include <sys/stat.h>

#include "tests/runtime/nccl/temporary_files.hpp"

namespace pleach::nccl {
namespace {

using testing::TemporaryFolder;
using testing::Variable;
using Names = std::vector<std::string>;

TEST_CASE("host_files: a host's names") {
  CHECK(host_names("node7") == Names{"node7"});
  CHECK(host_names("node7.pod1.example") == Names{"node7.pod1.example", "node7"});
  CHECK(host_names("") == Names{});
  CHECK(host_names("..") == Names{});
  CHECK(host_names("a/b") == Names{});
  CHECK(host_names(".hidden") == Names{".hidden"});
}

TEST_CASE("host_files: settings are the variables and the host") {
  const Variable table(kTableVariable, "t");
  const Variable folder(kFolderVariable, "");
  const Settings settings = settings_of_process();
  CHECK(settings.table == "t");
  CHECK_FALSE(settings.folder.has_value());  // empty is as if not set
  CHECK_FALSE(settings.hosts.empty());
  const Variable no_table(kTableVariable, nullptr);
  const Variable some_folder(kFolderVariable, "d");
  CHECK_FALSE(settings_of_process().table.has_value());
  // Whole, since the job may change its working directory.
  CHECK(settings_of_process().folder == (std::filesystem::current_path() / "d").string());
  const Variable absolute(kFolderVariable, "/d");
  CHECK(settings_of_process().folder == "/d");
}

TEST_CASE("host_files: the whole name, the short one, then what is for all") {
  const TemporaryFolder folder;
  const Names hosts = host_names("node7.pod1");
  const auto found = [&](std::string_view name) {
    return find_host_file(folder.path(), hosts, name).value_or("");
  };
  CHECK(found("table.json") == "");
  const std::string all = folder.write("table.json", "");
  CHECK(found("table.json") == all);
  folder.write("node8/table.json", "");
  CHECK(found("table.json") == all);
  folder.write("node7/topo.xml", "");  // another file of this host
  CHECK(found("table.json") == all);
  const std::string short_name = folder.write("node7/table.json", "");
  CHECK(found("table.json") == short_name);
  const std::string whole = folder.write("node7.pod1/table.json", "");
  CHECK(found("table.json") == whole);
  CHECK(found("topo.xml") == folder.path("node7/topo.xml"));
}

TEST_CASE("host_files: what is meant for this host and is broken is not replaced") {
  const TemporaryFolder folder;
  folder.write("table.json", "");
  std::filesystem::create_directories(folder.path("node7"));
  std::filesystem::create_symlink("gone", folder.path("node7/table.json"));
  const auto found = find_host_file(folder.path(), {"node7"}, kTableFile);
  CHECK(found == folder.path("node7/table.json"));
  const auto text = read_host_file(*found);
  REQUIRE_FALSE(text.ok());
  CHECK(text.mistakes()[0].message == "can not read the file: No such file or directory");
}

TEST_CASE("host_files: PLEACH_NCCL_TABLE wins over PLEACH_NCCL_DIR") {
  const TemporaryFolder folder;
  const std::string all = folder.write("table.json", "");
  Settings settings{.table = "elsewhere", .folder = folder.path(), .hosts = {"node7"}};
  CHECK(find_table(settings).value() == "elsewhere");
  settings.table = "";
  CHECK_FALSE(find_table(settings).value().has_value());
  settings.table.reset();
  CHECK(find_table(settings).value() == all);
  settings.folder = folder.path("nowhere");
  const auto missing = find_table(settings);
  REQUIRE_FALSE(missing.ok());
  CHECK(missing.mistakes()[0].expected == "node7/table.json or table.json in it");
  settings.folder.reset();
  CHECK_FALSE(find_table(settings).value().has_value());
}

TEST_CASE("host_files: only plain files of a sensible size are read, and nothing is waited for") {
  const TemporaryFolder folder;
  const auto message = [](const std::string& path) {
    const auto text = read_host_file(path);
    return text.ok() ? "read " + std::to_string(text.value().size()) : text.mistakes()[0].message;
  };
  CHECK(message(folder.write("empty", "")) == "read 0");
  CHECK(message(folder.write("large", std::string(kLargestFile, 'x'))) ==
        "read " + std::to_string(kLargestFile));
  CHECK(message(folder.write("larger", std::string(kLargestFile + 1, 'x'))) ==
        "can not read the file: it has more than 16 MiB");
  CHECK(message(folder.path()) == "can not read the file: it is a folder");
  CHECK(message(folder.path("gone")) == "can not read the file: No such file or directory");
  CHECK(message("/dev/zero") == "can not read the file: it is no plain file");
  REQUIRE(::mkfifo(folder.path("pipe").c_str(), 0600) == 0);
  CHECK(message(folder.path("pipe")) == "can not read the file: it is no plain file");
}

}  // namespace
}  // namespace pleach::nccl
