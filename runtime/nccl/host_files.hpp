// Which files this host is to take: those that a compiler run left for it.
//
//   PLEACH_NCCL_TABLE   the tuner's table, a file. Empty: none, whatever the other one says.
//   PLEACH_NCCL_DIR     a folder: DIR/HOST/NAME, else DIR/NAME. HOST is the host's name, the whole
//                       one first, then the part before its first dot. Empty is as if not set.
// Names: table.json, topo.xml (NCCL_TOPO_FILE), graph.xml (NCCL_GRAPH_FILE).
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "compiler/core/result.hpp"

namespace pleach::nccl {

inline constexpr const char* kTableVariable = "PLEACH_NCCL_TABLE";
inline constexpr const char* kFolderVariable = "PLEACH_NCCL_DIR";
inline constexpr std::string_view kTableFile = "table.json";
inline constexpr std::size_t kLargestFile = std::size_t{16} << 20U;

struct Settings {
  std::optional<std::string> table;   // the variables; nothing: not set
  std::optional<std::string> folder;  // never empty
  std::vector<std::string> hosts;     // the host's names, the most particular first
};

// Of this process. Cost: two look-ups and a system call.
[[nodiscard]] Settings settings_of_process();

// "node7.pod1.example": itself and "node7". A name that is no name of a folder is left out.
[[nodiscard]] std::vector<std::string> host_names(const std::string& name);

// The first of the places above where something lies, a dangling link included: what is meant for
// this host and can not be read is never replaced by what is meant for others.
[[nodiscard]] std::optional<std::string> find_host_file(const std::string& folder,
                                                        const std::vector<std::string>& hosts,
                                                        std::string_view name);

// The table's file, or nothing where nobody asks for one. Errors: PLEACH_NCCL_DIR has none.
[[nodiscard]] Result<std::optional<std::string>> find_table(const Settings& settings);

// Errors: a file that is missing, is no plain file, can not be read, or has more than kLargestFile
// bytes. Never waits, as it would for the writer of a pipe.
[[nodiscard]] Result<std::string> read_host_file(const std::string& path);

}  // namespace pleach::nccl
