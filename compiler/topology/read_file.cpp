#include "compiler/topology/read_file.hpp"

#include <array>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <memory>

namespace pleach {
namespace {

constexpr std::size_t kLargestFile = std::size_t{1} << 30U;

Diagnostic unreadable(const std::string& name, const std::string& why) {
  return {.file = name,
          .line = 0,
          .pointer = "",
          .message = "can not read the file: " + why,
          .expected = "",
          .fix = ""};
}

Result<std::string> read_stream(std::FILE* stream, const std::string& name) {
  std::string text;
  std::array<char, 1U << 16U> buffer{};
  while (const std::size_t size = std::fread(buffer.data(), 1, buffer.size(), stream)) {
    text.append(buffer.data(), size);
    // No text holds a zero byte, so the rest is not worth reading; /dev/zero has no end.
    if (std::memchr(buffer.data(), 0, size) != nullptr) break;
    if (text.size() > kLargestFile) return unreadable(name, "it has more than 1 GiB");
  }
  if (std::ferror(stream) != 0) return unreadable(name, std::strerror(errno));
  return text;
}

}  // namespace

Result<std::string> read_file(const std::string& name) {
  if (name == "-") return read_stream(stdin, name);
  std::error_code ignored;
  if (std::filesystem::is_directory(name, ignored)) return unreadable(name, "it is a folder");
  const auto close = [](std::FILE* file) { std::fclose(file); };
  const std::unique_ptr<std::FILE, decltype(close)> file(std::fopen(name.c_str(), "rb"), close);
  if (!file) return unreadable(name, std::strerror(errno));
  return read_stream(file.get(), name);
}

}  // namespace pleach
