#include "compiler/topology/catalogue.hpp"

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <span>

#include "compiler/core/check.hpp"
#include "compiler/core/suggest.hpp"
#include "compiler/topology/catalogue_files.hpp"
#include "compiler/topology/json_text.hpp"

namespace pleach {
namespace {

// Names made of a prefix and sizes: "torus-" and "4x4". The sizes go into the file's ${…} marks.
struct Family {
  std::string_view prefix;
  std::string_view file;
  std::size_t fewest_sizes;
  std::size_t most_sizes;
  std::int64_t least;       // of each size
  std::int64_t most_nodes;  // product of the sizes; 2 to the size for a hypercube
};

constexpr Family kFamilies[] = {
    {"torus-", "torus-AxBxC", 2, 3, 2, 65'536},
    {"hypercube-", "hypercube-D", 1, 1, 1, 65'536},
    {"mesh-full-", "mesh-full-N", 1, 1, 2, 2'048},
    {"ring-", "ring-N", 1, 1, 2, 65'536},
};

// Boxes on a network whose file takes their number; one box has no network and a file of its own.
constexpr std::string_view kBoxFamilies[] = {"dgx-a100-x", "dgx-h100-x"};

std::string_view file_named(std::string_view name) {
  const auto files = catalogue_files();
  const auto found = std::ranges::find(files, name, &CatalogueFile::name);
  ENSURE(found != files.end(), "a catalogue file is not compiled in");
  return found->text;
}

std::string replace_all(std::string text, std::string_view mark, std::string_view value) {
  for (auto at = text.find(mark); at != std::string::npos;
       at = text.find(mark, at + value.size())) {
    text.replace(at, mark.size(), value);
  }
  return text;
}

std::optional<std::vector<std::int64_t>> parse_sizes(std::string_view text) {
  constexpr std::size_t kMostDigits = 9;
  std::vector<std::int64_t> sizes;
  while (true) {
    const std::string_view part = text.substr(0, text.find('x'));
    const bool is_number = !part.empty() && part.size() <= kMostDigits && part.front() != '0' &&
                           part.find_first_not_of("0123456789") == std::string_view::npos;
    if (!is_number) return std::nullopt;
    std::int64_t size = 0;
    std::from_chars(part.data(), part.data() + part.size(), size);
    sizes.push_back(size);
    if (part.size() == text.size()) return sizes;
    text.remove_prefix(part.size() + 1);
  }
}

Diagnostic mistake(std::string message, std::string expected, std::string fix) {
  return {.file = "",
          .line = 0,
          .pointer = "",
          .message = std::move(message),
          .expected = std::move(expected),
          .fix = std::move(fix)};
}

Result<std::string> family_text(const Family& family,
                                const std::string& name,
                                const std::vector<std::int64_t>& sizes) {
  std::int64_t nodes = 1;
  bool fits = true;
  std::string list;
  for (const std::int64_t size : sizes) {
    fits = fits && size >= family.least && size <= family.most_nodes / nodes;
    if (!fits) break;
    nodes *= size;
    list += (list.empty() ? "" : ", ") + std::to_string(size);
  }
  if (family.prefix == "hypercube-") fits = fits && sizes[0] <= 16;  // 2^16 nodes
  if (!fits) {
    return mistake(in_quotes(name) + " has too few or too many nodes",
                   "sizes of at least " + std::to_string(family.least) + ", at most " +
                       std::to_string(family.most_nodes) + " nodes in all",
                   "");
  }
  const std::string text = replace_all(std::string(file_named(family.file)), "${name}", name);
  return replace_all(text, "\"${sizes}\"", list);
}

Diagnostic unknown_name(const std::string& name) {
  std::string expected = "a file, \"-\" for standard input, or one of: ";
  std::vector<std::string_view> names;
  for (const CatalogueEntry& entry : catalogue()) {
    expected += (names.empty() ? "" : ", ") + entry.name;
    names.push_back(entry.name);
  }
  return mistake("there is no file and no catalogue entry named " + in_quotes(name),
                 std::move(expected), did_you_mean(name, names));
}

}  // namespace

const std::vector<CatalogueEntry>& catalogue() {
  static const std::vector<CatalogueEntry> kEntries = {
      {"dgx-a100-x1", "DGX A100: 8 GPUs on NVSwitch", 8},
      {"dgx-a100-x2", "2 DGX A100, 8 HDR NICs each, two InfiniBand switches", 16},
      {"dgx-a100-x4", "4 DGX A100, 8 HDR NICs each, two InfiniBand switches", 32},
      {"dgx-a100-x16", "16 DGX A100, 8 HDR NICs each, two InfiniBand switches", 128},
      {"dgx-h100-x1", "DGX H100: 8 GPUs on NVSwitch", 8},
      {"dgx-h100-x2", "2 DGX H100, 8 NDR rails, 4 spines", 16},
      {"dgx-h100-x4", "4 DGX H100, 8 NDR rails, 4 spines", 32},
      {"dgx-h100-x16", "16 DGX H100, 8 NDR rails, 4 spines", 128},
      {"mi250-x1", "8 MI250: 16 dies joined by xGMI", 16},
      {"mi250-x2", "2 boxes of 8 MI250 on one InfiniBand switch", 32},
      {"dgx-1v", "DGX-1 with V100: 8 GPUs in a hybrid cube mesh", 8},
      {"torus-AxB[xC]", "a torus of GPUs in two or three dimensions, e.g. torus-4x4", std::nullopt},
      {"hypercube-D", "2^D GPUs in a hypercube, e.g. hypercube-3", std::nullopt},
      {"mesh-full-N", "N GPUs, all pairs joined, e.g. mesh-full-8", std::nullopt},
      {"ring-N", "N GPUs in a ring, e.g. ring-8", std::nullopt},
      {"fat-tree-16-over2", "16 GPUs under 4 leaves and 2 spines, oversubscribed 2:1", 16},
      {"nvl72", "GB200 NVL72: 72 GPUs on one NVLink switch", 72},
      {"a100-h100-mix", "1 DGX A100 and 1 DGX H100 on one InfiniBand switch", 16},
  };
  return kEntries;
}

Result<std::string> catalogue_text(const std::string& name) {
  for (const Family& family : kFamilies) {
    if (!name.starts_with(family.prefix)) continue;
    const auto sizes = parse_sizes(std::string_view(name).substr(family.prefix.size()));
    if (sizes && sizes->size() >= family.fewest_sizes && sizes->size() <= family.most_sizes) {
      return family_text(family, name, *sizes);
    }
  }
  const bool is_entry = std::ranges::any_of(
      catalogue(), [&](const CatalogueEntry& entry) { return entry.gpus && entry.name == name; });
  if (!is_entry) return unknown_name(name);
  for (const std::string_view prefix : kBoxFamilies) {
    if (!name.starts_with(prefix) || name == std::string(prefix) + "1") continue;
    const std::int64_t boxes = parse_sizes(std::string_view(name).substr(prefix.size()))->front();
    std::string text(file_named(std::string(prefix) + "N"));
    text = replace_all(std::move(text), "${name}", name);
    text = replace_all(std::move(text), "\"${boxes}\"", std::to_string(boxes));
    return replace_all(std::move(text), "${last_box}", std::to_string(boxes - 1));
  }
  return std::string(file_named(name));
}

std::string_view builtin_boxes() { return file_named("boxes"); }

}  // namespace pleach
