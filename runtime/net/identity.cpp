#include <fstream>
#include <string>

#include <unistd.h>

#include "runtime/net/launcher.hpp"

namespace pleach {
namespace {

std::string first_line(const char* path) {
  std::ifstream file(path);
  std::string line;
  std::getline(file, line);
  return line;
}

// "net:[4026531840]": the namespace's name and inode; "" without /proc.
std::string link_target(const char* path) {
  char target[128];
  const ssize_t length = ::readlink(path, target, sizeof target);
  return length > 0 ? std::string(target, static_cast<std::size_t>(length)) : std::string();
}

std::string machine_name() {
  char name[256] = {};
  if (::gethostname(name, sizeof name - 1) != 0 || name[0] == '\0') return "unknown-host";
  return name;
}

std::string boot_identity() {
  const std::string boot = first_line("/proc/sys/kernel/random/boot_id");
  if (!boot.empty()) return boot;
  return machine_name();
}

// When this process started, in clock ticks since the boot: tells two users of one pid apart.
// Field 22 of proc_pid_stat(5); the second one, a name in parentheses, may hold anything.
std::string start_time() {
  const std::string line = first_line("/proc/self/stat");
  std::size_t at = line.rfind(')');
  if (at == std::string::npos) return "";
  for (int field = 2; field < 22 && at != std::string::npos; ++field) at = line.find(' ', at + 1);
  if (at == std::string::npos) return "";
  return line.substr(at + 1, line.find(' ', at + 1) - at - 1);
}

}  // namespace

std::string host_identity() {
  if (const auto own = process_environment()("PLEACH_HOST_ID"); own && !own->empty()) return *own;
  return boot_identity() + " " + link_target("/proc/self/ns/net");
}

std::string host_name() {
  const auto own = process_environment()("PLEACH_HOST_NAME");
  return own && !own->empty() ? *own : machine_name();
}

// Containers of one machine may share its network but count processes on their own.
std::string process_identity() {
  return boot_identity() + " " + link_target("/proc/self/ns/pid") + " " +
         std::to_string(::getpid()) + " " + start_time();
}

}  // namespace pleach
