#include "compiler/topology/load_topology.hpp"

#include <filesystem>
#include <fstream>
#include <random>

#include <doctest/doctest.h>

#include "tests/compiler/topology/print_topology.hpp"

namespace pleach {
namespace {

// A folder of its own for each test, deleted at its end.
class Folder {
 public:
  Folder() {
    std::random_device device;
    path_ = std::filesystem::temp_directory_path() /
            ("pleach-topology-test-" + std::to_string(device()) + std::to_string(device()));
    std::filesystem::create_directories(path_ / "sub");
  }
  ~Folder() { std::filesystem::remove_all(path_); }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;

  [[nodiscard]] std::string file(const std::string& name) const { return (path_ / name).string(); }

  std::string write(const std::string& name, const std::string& members) const {
    std::ofstream(file(name)) << R"({"format": "pleach-topology/1", )" << members << "}";
    return file(name);
  }

  // The topology, or the mistakes with the folder's path cut out.
  [[nodiscard]] std::string load(const std::string& name) const {
    const auto topology = load_topology(file(name));
    std::string text = topology.ok() ? print(topology.value()) : print(topology.mistakes());
    const std::string prefix = path_.string() + "/";
    for (auto at = text.find(prefix); at != std::string::npos; at = text.find(prefix)) {
      text.erase(at, prefix.size());
    }
    return text;
  }

 private:
  std::filesystem::path path_;
};

const std::string kPair = R"("nodes": [{"id": "p", "use": "pair"}])";
const std::string kPairTemplate =
    R"("pair": {"nodes": [{"id": "g{i}", "type": "gpu", "for": {"i": "0-1"}}],
                "links": [{"between": ["g0", "g1"], "class": "wire"}]})";
const std::string kWire = R"("link_classes": {"wire": {"bandwidth": "7 GB/s"}})";
const std::string kPairResult = "gpu p/g0\ngpu p/g1\np/g0 -> p/g1 7 GB/s\np/g1 -> p/g0 7 GB/s\n";

TEST_CASE("includes are relative to the file and see their own includes") {
  const Folder folder;
  folder.write("main.json", R"("name": "m", "include": ["sub/boxes.json"], )" + kPair);
  folder.write("sub/boxes.json",
               R"("include": ["wires.json"], "templates": {)" + kPairTemplate + "}");
  folder.write("sub/wires.json", kWire);
  CHECK(folder.load("main.json") == kPairResult);
}

TEST_CASE("one file may be included on two ways") {
  const Folder folder;
  folder.write(
      "main.json",
      R"("name": "m", "include": ["wires.json", "boxes.json", "sub/../wires.json"], )" + kPair);
  folder.write("boxes.json", R"("include": ["wires.json"], "templates": {)" + kPairTemplate + "}");
  folder.write("wires.json", kWire);
  CHECK(folder.load("main.json") == kPairResult);
}

TEST_CASE("two definitions may not share a name") {
  const Folder folder;
  folder.write("main.json",
               R"("name": "m", "include": ["a.json", "b.json"], )" + kWire + ", " + kPair);
  folder.write("a.json", R"("templates": {)" + kPairTemplate + "}, " + kWire);
  folder.write("b.json", R"("templates": {)" + kPairTemplate + "}, " + kWire);
  CHECK(folder.load("main.json") ==
        "main.json:1: error: two included files define the link class \"wire\" (/include/1)\n"
        "  expected: every name once\n  fix: rename one of them\n"
        "main.json:1: error: two included files define the template \"pair\" (/include/1)\n"
        "  expected: every name once\n  fix: rename one of them\n"
        "main.json:1: error: the link class \"wire\" is also defined by an included file "
        "(/link_classes/wire)\n"
        "  expected: every name once\n  fix: rename it\n");
}

TEST_CASE("includes that go in a circle") {
  const Folder folder;
  folder.write("main.json", R"("name": "m", "include": ["a.json"], )" + kPair);
  folder.write("a.json", R"("include": ["sub/b.json"], )" + kWire);
  folder.write("sub/b.json", R"("include": ["../a.json"], "templates": {)" + kPairTemplate + "}");
  const std::string text = folder.load("main.json");
  CHECK(
      text.find("sub/b.json:1: error: the include \"../a.json\" leads back to a file that includes "
                "this one (/include/0)\n"
                "  expected: includes that do not go in a circle\n"
                "  fix: move what both need into a third file\n") != std::string::npos);
  folder.write("self.json", R"("name": "m", "include": ["self.json"])");
  CHECK(folder.load("self.json").find("the include \"self.json\" leads back") != std::string::npos);
}

TEST_CASE("an included file holds only classes and templates, and its mistakes name it") {
  const Folder folder;
  folder.write("main.json", R"("name": "m", "include": ["a.json", "missing.json"], )" + kPair);
  folder.write("a.json", R"("nodes": [], "templates": {"pair": {"nodez": []}})");
  CHECK(folder.load("main.json") ==
        "a.json:1: error: an included file has the unknown key \"nodes\" (/nodes)\n"
        "  expected: one of: format, name, include, link_classes, templates\n"
        "a.json:1: error: the template \"pair\" has the unknown key \"nodez\" "
        "(/templates/pair/nodez)\n"
        "  expected: one of: nodes, links, matrix, fabrics\n  fix: did you mean \"nodes\"?\n"
        "main.json:1: error: the include \"missing.json\": can not read the file: No such file or "
        "directory (/include/1)\n"
        "  expected: a file beside this one\n");
}

TEST_CASE("files that can not be read") {
  const Folder folder;
  CHECK(folder.load("sub") == "sub: error: can not read the file: it is a folder\n");
  std::ofstream(folder.file("empty.json")).close();
  CHECK(folder.load("empty.json") ==
        "empty.json:1: error: the file is empty\n  expected: JSON text in UTF-8\n");
  std::ofstream(folder.file("binary")) << std::string(
      "\x7f"
      "ELF\0\1\2",
      7);
  CHECK(folder.load("binary") ==
        "binary:1: error: the file holds a zero byte\n  expected: JSON text in UTF-8\n");
}

TEST_CASE("a file wins over a catalogue entry of the same name") {
  const Folder folder;
  folder.write("ring-8", R"("name": "mine", )" + kWire + R"(, "templates": {)" + kPairTemplate +
                             "}, " + kPair);
  const auto before = std::filesystem::current_path();
  CHECK(must_load("ring-8").name == "ring-8");
  std::filesystem::current_path(folder.file(""));
  const Topology mine = must_load("ring-8");
  std::filesystem::current_path(before);
  CHECK(mine.name == "mine");
}

}  // namespace
}  // namespace pleach
