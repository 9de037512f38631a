#include "runtime/comm/exchange_descriptors.hpp"

#include <cstring>
#include <exception>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include <doctest/doctest.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "runtime/comm/comm_error.hpp"

namespace pleach {
namespace {

Deadline ample() { return Deadline(std::chrono::seconds(60)); }

// A file without a name that holds a rank.
int file_with(int rank) {
  const int descriptor = ::memfd_create("test", MFD_CLOEXEC);
  REQUIRE(descriptor >= 0);
  REQUIRE(::pwrite(descriptor, &rank, sizeof rank, 0) == sizeof rank);
  return descriptor;
}

int rank_in(int descriptor) {
  int rank = -1;
  return ::pread(descriptor, &rank, sizeof rank, 0) == sizeof rank ? rank : -2;
}

// As one rank: 0 when every peer's descriptor leads to that peer's file.
int meet(DescriptorExchange& own, int rank, const std::vector<std::string>& names) {
  std::map<int, std::string> peers;
  for (int peer = 0; peer < static_cast<int>(names.size()); ++peer) {
    if (peer != rank) peers[peer] = names[peer];
  }
  const int mine = file_with(rank);
  const std::map<int, int> taken = own.exchange(rank, mine, peers, ample());
  if (taken.size() != peers.size()) return 1;
  for (const auto& [peer, descriptor] : taken) {
    if (rank_in(descriptor) != peer) return 2;
    if ((::fcntl(descriptor, F_GETFD) & FD_CLOEXEC) == 0) return 3;
    ::close(descriptor);
  }
  return 0;
}

TEST_CASE("names are no two alike") {
  std::set<std::string> names;
  for (int i = 0; i < 20; ++i) names.insert(DescriptorExchange().name());
  CHECK(names.size() == 20);
}

TEST_CASE("eight processes hand their files to each other") {
  constexpr int kRanks = 8;
  std::vector<std::unique_ptr<DescriptorExchange>> places;
  std::vector<std::string> names;
  for (int rank = 0; rank < kRanks; ++rank) {
    names.push_back(places.emplace_back(std::make_unique<DescriptorExchange>())->name());
  }
  std::vector<pid_t> children;
  for (int rank = 0; rank < kRanks; ++rank) {
    const pid_t child = ::fork();
    REQUIRE(child >= 0);
    if (child == 0) {
      int code = 99;
      try {
        code = meet(*places[rank], rank, names);
      } catch (const std::exception&) {
      }
      ::_exit(code);
    }
    children.push_back(child);
  }
  for (const pid_t child : children) {
    int status = -1;
    CHECK(::waitpid(child, &status, 0) == child);
    CHECK(WEXITSTATUS(status) == 0);
  }
}

TEST_CASE("alone there is nothing to do") {
  DescriptorExchange place;
  CHECK(place.exchange(0, -1, {}, ample()).empty());
}

// What it says of a rank that is the cause.
template <class Action>
std::string error_of(const Action& action) {
  try {
    action();
  } catch (const CommError& error) {
    CHECK(error.kind() == CommError::Kind::Remote);
    return error.what();
  }
  return "";
}

bool contains(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

int open_descriptors() {
  int open = 0;
  for (int descriptor = 0; descriptor < 1024; ++descriptor) {
    if (::fcntl(descriptor, F_GETFD) >= 0) ++open;
  }
  return open;
}

TEST_CASE("a peer that is not there is named, with what to do") {
  std::string gone;
  {
    const DescriptorExchange place;
    gone = place.name();
  }
  DescriptorExchange place;
  const int file = file_with(3);
  const std::string said = error_of([&] { (void)place.exchange(3, file, {{5, gone}}, ample()); });
  CHECK_MESSAGE(contains(said, "rank 3"), said);
  CHECK_MESSAGE(contains(said, "rank 5"), said);
  CHECK_MESSAGE(contains(said, "PLEACH_HOST_ID"), said);
  ::close(file);
}

TEST_CASE("peers that never come are named when time is over, and nothing stays open") {
  DescriptorExchange place;
  const DescriptorExchange silent;
  DescriptorExchange other;
  const int file = file_with(0);
  const int before = open_descriptors();
  const std::string said = error_of([&] {
    // Rank 2 has given its own; ranks 1 and 4 have not.
    (void)error_of([&] {
      (void)other.exchange(2, file, {{0, place.name()}}, Deadline(std::chrono::milliseconds(10)));
    });
    (void)place.exchange(0, file, {{1, silent.name()}, {2, other.name()}, {4, silent.name()}},
                         Deadline(std::chrono::milliseconds(300)));
  });
  CHECK_MESSAGE(contains(said, "rank 0"), said);
  CHECK_MESSAGE(contains(said, "host: 1, 4"), said);
  CHECK(open_descriptors() == before);
  ::close(file);
}

TEST_CASE("strangers, and ranks that are none of the peers, change nothing") {
  DescriptorExchange place;
  DescriptorExchange peer;
  // One that connects and leaves, one that says something else.
  for (const char* const text : {"", "what?"}) {
    const int socket = ::socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::memcpy(address.sun_path + 1, place.name().data(), place.name().size());
    const auto length =
        static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + 1 + place.name().size());
    REQUIRE(::connect(socket, reinterpret_cast<const sockaddr*>(&address), length) == 0);
    if (*text != '\0') CHECK(::send(socket, text, std::strlen(text), MSG_NOSIGNAL) > 0);
    ::close(socket);
  }
  const int file = file_with(1);
  // Rank 9 is nobody that rank 0 waits for; rank 1 comes after it.
  for (const int rank : {9, 1}) {
    (void)error_of([&] {
      (void)peer.exchange(rank, file, {{0, place.name()}}, Deadline(std::chrono::milliseconds(1)));
    });
  }
  const auto taken = place.exchange(0, file, {{1, peer.name()}}, ample());
  REQUIRE(taken.size() == 1);
  CHECK(rank_in(taken.at(1)) == 1);
  ::close(taken.at(1));
  ::close(file);
}

}  // namespace
}  // namespace pleach
