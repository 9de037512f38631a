#include "compiler/cli/output.hpp"

#include <cerrno>
#include <cstdio>
#include <filesystem>
#include <system_error>
#include <utility>

#include <fcntl.h>
#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

#include "compiler/core/machine_error.hpp"

namespace pleach::cli {
namespace {

std::string system_text(int error) { return std::generic_category().message(error); }

[[noreturn]] void refuse(const std::string& name, int error) {
  throw MachineError("can not write " + name + ": " + system_text(error));
}

// An open file descriptor, closed at the end of its life.
class File {
 public:
  explicit File(int descriptor) : descriptor_(descriptor) {}
  File(const File&) = delete;
  File& operator=(const File&) = delete;
  ~File() {
    if (descriptor_ >= 0) ::close(descriptor_);
  }
  [[nodiscard]] int get() const { return descriptor_; }
  [[nodiscard]] bool open() const { return descriptor_ >= 0; }
  // Some file systems report a failed write only here.
  [[nodiscard]] bool close() { return ::close(std::exchange(descriptor_, -1)) == 0; }

 private:
  int descriptor_;
};

// Holds back the signals that end the program; what arrived meanwhile acts at the end of its life.
class SignalsHeld {
 public:
  SignalsHeld() {
    sigset_t ending;
    sigemptyset(&ending);
    for (const int signal : {SIGINT, SIGTERM, SIGHUP}) sigaddset(&ending, signal);
    pthread_sigmask(SIG_BLOCK, &ending, &before_);
  }
  SignalsHeld(const SignalsHeld&) = delete;
  SignalsHeld& operator=(const SignalsHeld&) = delete;
  ~SignalsHeld() { pthread_sigmask(SIG_SETMASK, &before_, nullptr); }

 private:
  sigset_t before_{};
};

bool is_written_in_place(const std::filesystem::path& path) {
  struct stat status {};
  return ::stat(path.c_str(), &status) == 0 && !S_ISREG(status.st_mode);
}

// The file that `path` names in the end, so that a symbolic link is followed and not replaced.
std::filesystem::path followed(const std::filesystem::path& path) {
  std::error_code error;
  const auto target = std::filesystem::canonical(path, error);
  return error ? path : target;
}

}  // namespace

void write_all(int file, std::string_view content, const std::string& name) {
  while (!content.empty()) {
    const ssize_t put = ::write(file, content.data(), content.size());
    if (put < 0 && errno == EINTR) continue;
    if (put < 0) refuse(name, errno);
    content.remove_prefix(static_cast<std::size_t>(put));
  }
}

void write_output(const std::string& path, std::string_view content) {
  if (is_written_in_place(path)) {
    const File file(::open(path.c_str(), O_WRONLY | O_CLOEXEC));
    if (!file.open()) refuse(path, errno);
    write_all(file.get(), content, path);
    return;
  }
  const SignalsHeld whole_or_nothing;
  const std::string target = followed(path);
  const std::string temporary = target + "." + std::to_string(::getpid()) + ".tmp";
  File file(::open(temporary.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666));
  if (!file.open()) refuse(path, errno);
  try {
    write_all(file.get(), content, path);
    // No fsync: it takes longer than compiling for a hundred GPUs, and guards against power cuts
    // only. A full disk shows in the writes, or when the file is closed.
    if (!file.close()) refuse(path, errno);
    if (std::rename(temporary.c_str(), target.c_str()) != 0) refuse(path, errno);
  } catch (const MachineError&) {
    ::unlink(temporary.c_str());
    throw;
  }
}

}  // namespace pleach::cli
