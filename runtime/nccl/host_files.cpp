#include "runtime/nccl/host_files.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <system_error>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace pleach::nccl {
namespace {

std::optional<std::string> variable(const char* name) {
  const char* const value = std::getenv(name);
  return value == nullptr ? std::nullopt : std::optional<std::string>(value);
}

// Whether something lies there, or may: a folder that can not be searched is no empty one.
bool lies_at(const std::string& path) {
  struct stat status {};
  return ::lstat(path.c_str(), &status) == 0 || (errno != ENOENT && errno != ENOTDIR);
}

Diagnostic unreadable(const std::string& path, const std::string& why) {
  return {.file = path,
          .line = 0,
          .pointer = "",
          .message = "can not read the file: " + why,
          .expected = "",
          .fix = ""};
}

class Descriptor {
 public:
  explicit Descriptor(int number) : number_(number) {}
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  ~Descriptor() {
    if (number_ >= 0) ::close(number_);
  }
  [[nodiscard]] int number() const { return number_; }

 private:
  int number_;
};

}  // namespace

std::vector<std::string> host_names(const std::string& name) {
  std::vector<std::string> names = {name, name.substr(0, name.find('.'))};
  if (names[0] == names[1]) names.pop_back();
  std::erase_if(names, [](const std::string& host) {
    return host.empty() || host == "." || host == ".." || host.find('/') != std::string::npos;
  });
  return names;
}

Settings settings_of_process() {
  Settings settings{
      .table = variable(kTableVariable), .folder = variable(kFolderVariable), .hosts = {}};
  if (settings.folder && settings.folder->empty()) settings.folder.reset();
  // The job may change its working directory before NCCL opens what it was told.
  if (settings.folder) {
    std::error_code error;
    const auto absolute = std::filesystem::absolute(*settings.folder, error);
    if (!error) settings.folder = absolute.string();
  }
  std::array<char, 4096> name{};
  if (::gethostname(name.data(), name.size() - 1) == 0) settings.hosts = host_names(name.data());
  return settings;
}

std::optional<std::string> find_host_file(const std::string& folder,
                                          const std::vector<std::string>& hosts,
                                          std::string_view name) {
  for (const std::string& host : hosts) {
    const std::string path = folder + "/" + host + "/" + std::string(name);
    if (lies_at(path)) return path;
  }
  const std::string path = folder + "/" + std::string(name);
  return lies_at(path) ? std::optional(path) : std::nullopt;
}

Result<std::optional<std::string>> find_table(const Settings& settings) {
  if (settings.table) return settings.table->empty() ? std::nullopt : settings.table;
  if (!settings.folder) return std::optional<std::string>();
  if (auto path = find_host_file(*settings.folder, settings.hosts, kTableFile)) return path;
  const std::string host = settings.hosts.empty() ? "HOST" : settings.hosts.front();
  return Diagnostic{.file = *settings.folder,
                    .line = 0,
                    .pointer = "",
                    .message = std::string(kFolderVariable) + " names a folder without a table",
                    .expected = host + "/" + std::string(kTableFile) + " or " +
                                std::string(kTableFile) + " in it",
                    .fix = ""};
}

Result<std::string> read_host_file(const std::string& path) {
  const Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY));
  if (file.number() < 0) return unreadable(path, std::strerror(errno));
  struct stat status {};
  if (::fstat(file.number(), &status) != 0) return unreadable(path, std::strerror(errno));
  if (!S_ISREG(status.st_mode)) {
    return unreadable(path, S_ISDIR(status.st_mode) ? "it is a folder" : "it is no plain file");
  }
  std::string text;
  std::array<char, 1U << 16U> buffer;
  for (;;) {
    const ssize_t size = ::read(file.number(), buffer.data(), buffer.size());
    if (size < 0 && errno == EINTR) continue;
    if (size < 0) return unreadable(path, std::strerror(errno));
    if (size == 0) return text;
    text.append(buffer.data(), static_cast<std::size_t>(size));
    if (text.size() > kLargestFile) {
      return unreadable(path, "it has more than " + std::to_string(kLargestFile >> 20U) + " MiB");
    }
  }
}

}  // namespace pleach::nccl
