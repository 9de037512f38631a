#include "tests/runtime/nccl/elf_file.hpp"

#include <cstring>
#include <fstream>
#include <iterator>
#include <stdexcept>

#include <elf.h>

namespace pleach::testing {
namespace {

class Bytes {
 public:
  explicit Bytes(const std::string& path) {
    std::ifstream file(path, std::ios::binary | std::ios::ate);
    if (!file) throw std::runtime_error(path + ": can not be opened");
    length_ = static_cast<std::uint64_t>(file.tellg());
    file_ = std::move(file);
  }
  template <class T>
  std::vector<T> read(std::uint64_t offset, std::uint64_t bytes) {
    if (offset > length_ || bytes > length_ - offset) throw std::runtime_error("past the end");
    std::vector<T> values(bytes / sizeof(T));
    file_.seekg(static_cast<std::streamoff>(offset));
    file_.read(reinterpret_cast<char*>(values.data()),
               static_cast<std::streamsize>(values.size() * sizeof(T)));
    return values;
  }

 private:
  std::ifstream file_;
  std::uint64_t length_ = 0;
};

}  // namespace

ElfFile read_elf(const std::string& path) {
  Bytes file(path);
  const Elf64_Ehdr header = file.read<Elf64_Ehdr>(0, sizeof(Elf64_Ehdr)).at(0);
  if (std::memcmp(header.e_ident, ELFMAG, SELFMAG) != 0 || header.e_ident[EI_CLASS] != ELFCLASS64 ||
      header.e_ident[EI_DATA] != ELFDATA2LSB) {
    throw std::runtime_error(path + ": no 64-bit ELF file");
  }
  const auto sections =
      file.read<Elf64_Shdr>(header.e_shoff, std::uint64_t{header.e_shnum} * sizeof(Elf64_Shdr));
  ElfFile elf;
  for (const Elf64_Shdr& section : sections) {
    if (section.sh_type != SHT_SYMTAB && section.sh_type != SHT_DYNSYM &&
        section.sh_type != SHT_DYNAMIC) {
      continue;
    }
    const Elf64_Shdr& names = sections.at(section.sh_link);
    auto strings = file.read<char>(names.sh_offset, names.sh_size);
    strings.push_back('\0');
    const auto name = [&](std::uint64_t offset) { return std::string(&strings.at(offset)); };
    if (section.sh_type == SHT_DYNAMIC) {
      for (const Elf64_Dyn& entry : file.read<Elf64_Dyn>(section.sh_offset, section.sh_size)) {
        if (entry.d_tag == DT_NEEDED) elf.needed.push_back(name(entry.d_un.d_val));
      }
      continue;
    }
    if (section.sh_type == SHT_SYMTAB) elf.has_symbol_table = true;
    for (const Elf64_Sym& symbol : file.read<Elf64_Sym>(section.sh_offset, section.sh_size)) {
      const auto type = ELF64_ST_TYPE(symbol.st_info);
      if (symbol.st_shndx == SHN_UNDEF || type == STT_SECTION || type == STT_FILE) continue;
      if (section.sh_type == SHT_SYMTAB) {
        elf.symbols[name(symbol.st_name)] = symbol.st_value;
      } else if (ELF64_ST_VISIBILITY(symbol.st_other) == STV_DEFAULT) {
        elf.exported.insert(name(symbol.st_name));
      }
    }
  }
  return elf;
}

}  // namespace pleach::testing
