#include "runtime/net/socket.hpp"

#include <cerrno>

#include <doctest/doctest.h>
#include <poll.h>

#include "tests/runtime/net/rank_threads.hpp"

namespace pleach {
namespace {

using testing::ample;
using testing::bytes_of;
using testing::text_of;

const Address loopback = *numeric_address({.host = "127.0.0.1", .port = 0});

TEST_CASE("bytes go through a connection, and its end is told from silence") {
  const Opened listener = listen_at(loopback);
  REQUIRE(listener.error == 0);
  CHECK(accept_from(listener.socket).error == EAGAIN);
  Opened client = connect_to(local_address(listener.socket), ample());
  REQUIRE(client.error == 0);
  REQUIRE(wait_until_ready(listener.socket, POLLIN, ample()));
  const Opened server = accept_from(listener.socket);
  REQUIRE(server.error == 0);

  std::vector<std::byte> room(100);
  const Transfer nothing = receive_some(server.socket, room);
  CHECK(nothing.bytes == 0);
  CHECK_FALSE(nothing.ended);
  CHECK_FALSE(wait_until_ready(server.socket, POLLIN, Deadline(std::chrono::milliseconds(5))));

  CHECK(send_some(client.socket, bytes_of("hello")).bytes == 5);
  REQUIRE(wait_until_ready(server.socket, POLLIN, ample()));
  const Transfer got = receive_some(server.socket, room);
  room.resize(got.bytes);
  CHECK(text_of(room) == "hello");

  client.socket = Socket();  // closes what it held when the temporary goes
  REQUIRE(wait_until_ready(server.socket, POLLIN, ample()));
  room.resize(100);
  const Transfer end = receive_some(server.socket, room);
  CHECK(end.ended);
  CHECK(end.error == 0);
}

TEST_CASE("a place where nobody listens refuses") {
  Opened listener = listen_at(loopback);
  const Address address = local_address(listener.socket);
  CHECK(listen_at(address).error == EADDRINUSE);
  listener.socket = Socket();
  const Opened refused = connect_to(address, ample());
  CHECK_FALSE(refused.socket.valid());
  CHECK(refused.error == ECONNREFUSED);
  CHECK(refused.message() == "Connection refused");
}

TEST_CASE("an address of another machine can not be listened at") {
  // 192.0.2.0/24 is for documentation (RFC 5737).
  CHECK(listen_at(*numeric_address({.host = "192.0.2.1", .port = 0})).error == EADDRNOTAVAIL);
}

}  // namespace
}  // namespace pleach
