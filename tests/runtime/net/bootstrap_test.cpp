#include "runtime/net/bootstrap.hpp"

#include <atomic>
#include <numeric>

#include <doctest/doctest.h>
#include <poll.h>
#include <stdlib.h>

#include "compiler/core/check.hpp"
#include "runtime/net/interface.hpp"
#include "runtime/net/socket.hpp"
#include "runtime/net/unique_id.hpp"
#include "tests/runtime/net/rank_threads.hpp"

namespace pleach {
namespace {

using namespace testing;
using std::chrono::milliseconds;
using std::chrono::seconds;

std::vector<int> first_ranks(int ranks) {
  std::vector<int> list(static_cast<std::size_t>(ranks));
  std::iota(list.begin(), list.end(), 0);
  return list;
}

bool all_empty(const std::vector<std::string>& errors) {
  for (const std::string& error : errors) {
    if (!error.empty()) MESSAGE(error);
  }
  return std::all_of(errors.begin(), errors.end(), [](const auto& e) { return e.empty(); });
}

std::uint16_t free_port() {
  const Opened opened = listen_at(*numeric_address({.host = "127.0.0.1", .port = 0}));
  REQUIRE(opened.error == 0);
  return local_address(opened.socket).port();
}

// Needs: thread-safe, as doctest's CHECK is not when it throws.
void gather_and_compare(Bootstrap& bootstrap, int round) {
  const auto part = [&](int rank) {
    return std::string(static_cast<std::size_t>((rank * 7 + round) % 50), 'x') +
           std::to_string(rank) + "/" + std::to_string(round);
  };
  const auto parts = bootstrap.all_gather(bytes_of(part(bootstrap.rank())), ample());
  if (static_cast<int>(parts.size()) != bootstrap.ranks()) throw MachineError("parts missing");
  for (int rank = 0; rank < bootstrap.ranks(); ++rank) {
    if (text_of(parts[static_cast<std::size_t>(rank)]) != part(rank)) {
      throw MachineError("wrong part of " + std::to_string(rank));
    }
  }
}

TEST_CASE("64 ranks meet and gather parts of different lengths, again and again") {
  const UniqueId id = make_unique_id();
  CHECK(all_empty(on_ranks(first_ranks(64), [&](int rank) {
    Bootstrap bootstrap(id, rank, 64, ample());
    if (bootstrap.rank() != rank || bootstrap.ranks() != 64) throw MachineError("wrong rank");
    for (int round = 0; round < 5; ++round) gather_and_compare(bootstrap, round);
    bootstrap.barrier(ample());
    if (!bootstrap.lost().empty()) throw MachineError("nobody is lost");
  })));
}

TEST_CASE("nobody passes a barrier before all are there") {
  const UniqueId id = make_unique_id();
  std::atomic<int> arrived = 0;
  CHECK(all_empty(on_ranks(first_ranks(8), [&](int rank) {
    Bootstrap bootstrap(id, rank, 8, ample());
    for (int round = 1; round <= 10; ++round) {
      ++arrived;
      bootstrap.barrier(ample());
      if (arrived < 8 * round) throw MachineError("passed too early");
      bootstrap.barrier(ample());
    }
  })));
}

TEST_CASE("a single rank needs nobody") {
  const UniqueId id = unique_id_at("127.0.0.1:0", true);
  Bootstrap bootstrap(id, 0, 1, ample());
  gather_and_compare(bootstrap, 0);
  Bootstrap moved = std::move(bootstrap);
  gather_and_compare(moved, 1);
}

TEST_CASE("the longest parts come whole, and a longer one is a defect of the caller") {
  const UniqueId id = make_unique_id();
  constexpr std::size_t kLongest = std::size_t{16} << 20;
  CHECK(all_empty(on_ranks(first_ranks(3), [&](int rank) {
    Bootstrap bootstrap(id, rank, 3, ample());
    Bootstrap::Bytes mine(rank == 1 ? 0 : kLongest);
    for (std::size_t i = 0; i < mine.size(); ++i) {
      mine[i] = static_cast<std::byte>((i * 31 + static_cast<std::size_t>(rank)) >> 3);
    }
    const auto parts = bootstrap.all_gather(mine, ample());
    if (parts[static_cast<std::size_t>(rank)] != mine) throw MachineError("other bytes");
    if (parts[0].size() != kLongest || !parts[1].empty() || parts[2].size() != kLongest) {
      throw MachineError("other lengths");
    }
  })));
  Bootstrap alone(make_unique_id(), 0, 1, ample());
  CHECK_THROWS_AS((void)alone.all_gather(Bootstrap::Bytes(kLongest + 1), ample()), InternalError);
}

TEST_CASE("ranks that never come are named, by those that give up and to those that come later") {
  const UniqueId id = make_unique_id();
  const auto errors =
      on_ranks({0, 3}, [&](int rank) { Bootstrap(id, rank, 5, Deadline(milliseconds(400))); });
  for (const std::string& error : errors) CHECK_MESSAGE(contains(error, "ranks 1, 2, 4"), error);
  const std::string late = error_of([&] { Bootstrap(id, 1, 5, ample()); });
  CHECK_MESSAGE(contains(late, "gave up before all 5 ranks had come"), late);
  CHECK_MESSAGE(contains(late, "ranks 1, 2, 4 had not come"), late);
}

TEST_CASE("a rank that does not come to an all-gather is named, and nothing is gathered after") {
  const UniqueId id = make_unique_id();
  std::atomic<int> waiting = 3;
  const auto errors = on_ranks(first_ranks(4), [&](int rank) {
    Bootstrap bootstrap(id, rank, 4, ample());
    gather_and_compare(bootstrap, 0);
    if (rank == 2) {
      while (waiting > 0) std::this_thread::yield();
      return;
    }
    const std::string first =
        error_of([&] { bootstrap.barrier(Deadline(milliseconds(rank == 0 ? 300 : 60'000))); });
    --waiting;
    const std::string second = error_of([&] { bootstrap.barrier(ample()); });
    if (!contains(second, "an earlier one failed")) throw MachineError("not told: " + second);
    throw MachineError(first);
  });
  CHECK_MESSAGE(contains(errors[0], "rank 0 waited for all-gather 1 of 4 ranks"), errors[0]);
  CHECK_MESSAGE(contains(errors[0], "rank 2 did not come"), errors[0]);
  // The others have time, but rank 0 does not wait any more.
  for (const int rank : {1, 3}) {
    const std::string& error = errors[static_cast<std::size_t>(rank)];
    CHECK_MESSAGE(contains(error, "rank 2"), error);
  }
  CHECK(errors[2].empty());
}

// Of three ranks.
void check_told_that_1_left(const std::vector<std::string>& errors) {
  for (const std::size_t rank : {0U, 2U}) {
    CHECK_MESSAGE(contains(errors[rank], "rank 1 left the communicator"), errors[rank]);
  }
}

TEST_CASE("who leaves while others gather is named at once") {
  const UniqueId id = make_unique_id();
  const auto errors = on_ranks(first_ranks(3), [&](int rank) {
    Bootstrap bootstrap(id, rank, 3, ample());
    if (rank != 1) bootstrap.barrier(ample());
  });
  check_told_that_1_left(errors);
}

TEST_CASE("what a rank tells reaches all, whatever they do, and the last counts") {
  const UniqueId id = make_unique_id();
  std::atomic<bool> told = false;
  const auto errors = on_ranks(first_ranks(3), [&](int rank) {
    Bootstrap bootstrap(id, rank, 3, ample());
    if (!bootstrap.told().empty()) throw MachineError("nothing was told yet");
    bootstrap.barrier(ample());  // all have looked before anyone tells
    if (rank == 1) {
      bootstrap.tell(bytes_of("first"), ample());
      bootstrap.tell(bytes_of("second"), ample());
      bootstrap.leave();
      bootstrap.tell(bytes_of("after the end"), ample());
      told = true;
      return;
    }
    // One waits in an all-gather that fails meanwhile, one comes later.
    while (rank == 2 && !told) std::this_thread::yield();
    const std::string error = error_of([&] { bootstrap.barrier(ample()); });
    const auto& words = bootstrap.told();
    if (words.size() != 1 || text_of(words.at(1)) != "second") throw MachineError("other words");
    throw MachineError(error);
  });
  CHECK(errors[1].empty());
  check_told_that_1_left(errors);
}

TEST_CASE("another thread interrupts the all-gather that waits, and every later one") {
  const UniqueId id = make_unique_id();
  std::atomic<bool> over = false;
  const auto errors = on_ranks(first_ranks(2), [&](int rank) {
    Bootstrap bootstrap(id, rank, 2, ample());
    gather_and_compare(bootstrap, 0);
    if (rank == 1) {
      while (!over) std::this_thread::yield();
      return bootstrap.barrier(ample());
    }
    std::thread other([&] {
      std::this_thread::sleep_for(milliseconds(20));
      bootstrap.interrupt();
    });
    const std::string first = error_of([&] { bootstrap.barrier(ample()); });
    other.join();
    const std::string second = error_of([&] { bootstrap.barrier(ample()); });
    bootstrap.leave();
    over = true;
    throw MachineError(first + "; " + second);
  });
  CHECK(errors[0] == "rank 0 was interrupted; rank 0 was interrupted");
  CHECK_MESSAGE(contains(errors[1], "rank 0 left the communicator"), errors[1]);
}

TEST_CASE("who has left before its end is named, too, and takes no part any more") {
  const UniqueId id = make_unique_id();
  const auto errors = on_ranks(first_ranks(3), [&](int rank) {
    Bootstrap bootstrap(id, rank, 3, ample());
    if (rank == 1) bootstrap.leave();
    if (rank == 1) bootstrap.leave();  // nothing more
    const std::string error = error_of([&] { bootstrap.barrier(ample()); });
    if (!bootstrap.lost().empty()) throw MachineError("leaving is no loss");
    if (!error.empty()) throw MachineError(error);
  });
  check_told_that_1_left(errors);
  CHECK_FALSE(errors[1].empty());
}

TEST_CASE("ranks that were told different numbers of ranks all learn it") {
  const UniqueId id = make_unique_id();
  const auto errors =
      on_ranks({0, 1, 2}, [&](int rank) { Bootstrap(id, rank, rank == 2 ? 4 : 5, ample()); });
  for (const std::string& error : errors) {
    CHECK_MESSAGE(contains(error, "was told that there are "), error);
    CHECK_MESSAGE((contains(error, "4 ranks") || contains(error, "told 4")), error);
    CHECK_MESSAGE((contains(error, "5 ranks") || contains(error, "told 5")), error);
  }
}

TEST_CASE("two that say they are the same rank are told, and so are the others") {
  const UniqueId id = make_unique_id();
  const auto errors = on_ranks({0, 1, 1}, [&](int rank) { Bootstrap(id, rank, 3, ample()); });
  for (const std::string& error : errors) {
    CHECK_MESSAGE(contains(error, "say that they are rank 1 of 3"), error);
  }
}

TEST_CASE("one too many is refused by a complete communicator, which goes on") {
  const UniqueId id = make_unique_id();
  const auto errors = on_ranks({0, 1}, [&](int rank) {
    Bootstrap bootstrap(id, rank, 2, ample());
    bootstrap.barrier(ample());
    std::string refused;
    if (rank == 0) {
      refused = error_of([&] { Bootstrap(id, 1, 2, ample()); }) +
                error_of([&] { Bootstrap(id, 2, 3, ample()); });
    }
    gather_and_compare(bootstrap, 3);
    if (rank == 0) throw MachineError(refused);
  });
  CHECK_MESSAGE(contains(errors[0], "say that they are rank 1 of 2"), errors[0]);
  CHECK_MESSAGE(contains(errors[0], "rank 2 was told that there are 3 ranks"), errors[0]);
  CHECK(errors[1].empty());
}

TEST_CASE("an id of another communicator is refused") {
  const UniqueId id = make_unique_id();
  RootPlace other = decode_unique_id(id);
  other.key[5] ^= std::byte{1};
  const std::string error = error_of([&] { Bootstrap(encode_unique_id(other), 0, 2, ample()); });
  CHECK_MESSAGE(contains(error, "its key is another"), error);
  CHECK(all_empty(on_ranks({0, 1}, [&](int rank) { Bootstrap(id, rank, 2, ample()); })));
}

TEST_CASE("bytes that are no id, and ranks that can not be, are refused before any connection") {
  const std::string no_id = error_of([] { Bootstrap(UniqueId{}, 0, 1, ample()); });
  CHECK_MESSAGE(contains(no_id, "no unique id"), no_id);
  const UniqueId id = unique_id_at("127.0.0.1:1", false);
  for (const auto& [rank, ranks] : {std::pair(2, 2), {-1, 2}, {0, 0}, {0, 1 << 20}}) {
    const std::string error = error_of([&, r = rank, n = ranks] { Bootstrap(id, r, n, ample()); });
    CHECK_MESSAGE(contains(error, "there is no rank " + std::to_string(rank)), error);
  }
}

TEST_CASE("ranks that come before their root wait for it") {
  const std::string place = "127.0.0.1:" + std::to_string(free_port());
  std::atomic<bool> tried = false;
  CHECK(all_empty(on_ranks({0, 1}, [&](int rank) {
    if (rank == 1) {
      const std::string early = error_of(
          [&] { Bootstrap(unique_id_at(place, false), 1, 2, Deadline(milliseconds(50))); });
      tried = true;
      if (!contains(early, "found no root at " + place)) throw MachineError(early);
    }
    while (!tried) std::this_thread::yield();
    Bootstrap bootstrap(unique_id_at(place, rank == 0), rank, 2, ample());
    gather_and_compare(bootstrap, 0);
  })));
}

TEST_CASE("what listens there and is no root is told from one") {
  Opened listener = listen_at(*numeric_address({.host = "127.0.0.1", .port = 0}));
  const UniqueId id = unique_id_at(to_string(place_of(local_address(listener.socket))), false);
  const auto attempt = [&] { Bootstrap(id, 0, 2, Deadline(milliseconds(300))); };

  SUBCASE("silent") {
    const std::string error = error_of(attempt);
    CHECK_MESSAGE(contains(error, "does not answer as a root"), error);
  }
  SUBCASE("ends each connection, or talks about other things") {
    for (const std::string& answer : {std::string(), std::string("HTTP/1.1 400 Bad Request\r\n")}) {
      std::atomic<bool> stop = false;
      std::thread server([&] {
        while (!stop) {
          if (!wait_until_ready(listener.socket, POLLIN, Deadline(milliseconds(10)))) continue;
          const Opened client = accept_from(listener.socket);
          if (client.error == 0 && !answer.empty()) {
            (void)send_some(client.socket, std::as_bytes(std::span(answer)));
          }
        }
      });
      const std::string error = error_of(attempt);
      stop = true;
      server.join();
      CHECK_MESSAGE(contains(error, "ends the connection without a word"), error);
    }
  }
}

TEST_CASE("a place that is taken, wrong or somewhere else can not be served") {
  const Opened taken = listen_at(*numeric_address({.host = "127.0.0.1", .port = 0}));
  const std::string place = to_string(place_of(local_address(taken.socket)));
  const std::string error = error_of([&] { (void)unique_id_at(place, true); });
  CHECK_MESSAGE(contains(error, place), error);
  CHECK_MESSAGE(contains(error, "PLEACH_ROOT"), error);
  for (const char* bad : {"", "node7", "node7:99999", "::1:80"}) {
    const std::string text = error_of([&] { (void)unique_id_at(bad, true); });
    CHECK_MESSAGE(contains(text, "is no place for a root"), text);
  }
  CHECK(contains(error_of([] { (void)unique_id_at("node7:0", false); }), "no place for a root"));
  const std::string too_long = std::string(120, 'a') + ":80";
  CHECK(contains(error_of([&] { (void)unique_id_at(too_long, false); }), "too long"));
}

TEST_CASE("ranks meet by name, and over IPv6 where the machine has it") {
  const auto meet = [](const std::string& place) {
    const UniqueId id = unique_id_at(place, true);
    return all_empty(on_ranks({0, 1}, [&](int rank) {
      Bootstrap bootstrap(id, rank, 2, ample());
      gather_and_compare(bootstrap, 0);
    }));
  };
  CHECK(meet("localhost:0"));
  bool has_six = false;
  for (const Interface& each : local_interfaces()) {
    has_six = has_six || place_of(each.address).host == "::1";
  }
  if (has_six) {
    CHECK(meet("[::1]:0"));
  } else {
    MESSAGE("not tested: this machine's loopback has no IPv6");
  }
}

TEST_CASE("PLEACH_SOCKET_IFNAME says which address peers are told") {
  REQUIRE(::setenv("PLEACH_SOCKET_IFNAME", "=lo", 1) == 0);
  const std::string place = decode_unique_id(make_unique_id(milliseconds(1))).place;
  CHECK_MESSAGE(place.starts_with("127.0.0.1:"), place);
  REQUIRE(::setenv("PLEACH_SOCKET_IFNAME", "=nothing0", 1) == 0);
  const std::string error = error_of([] { (void)make_unique_id(); });
  REQUIRE(::unsetenv("PLEACH_SOCKET_IFNAME") == 0);
  CHECK_MESSAGE(contains(error, "PLEACH_SOCKET_IFNAME==nothing0"), error);
}

}  // namespace
}  // namespace pleach
