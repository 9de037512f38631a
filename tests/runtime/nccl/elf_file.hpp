// What a shared library of this machine says of itself, read from its file.
#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <vector>

namespace pleach::testing {

struct ElfFile {
  bool has_symbol_table = false;  // .symtab, which `strip` takes away
  std::map<std::string, std::uint64_t>
      symbols;                      // defined ones of it; offsets from the load address
  std::set<std::string> exported;   // defined ones of .dynsym that others can see
  std::vector<std::string> needed;  // DT_NEEDED
};

// Throws std::runtime_error: no 64-bit ELF file of this byte order.
[[nodiscard]] ElfFile read_elf(const std::string& path);

}  // namespace pleach::testing
