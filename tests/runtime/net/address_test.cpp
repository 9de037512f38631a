#include "runtime/net/address.hpp"

#include <doctest/doctest.h>

namespace pleach {
namespace {

TEST_CASE("a place is read and written with brackets only where they are needed") {
  for (const char* text : {"node7:4242", "10.0.0.1:0", "[::1]:65535", "[fe80::1%eth0]:1"}) {
    const auto place = parse_host_and_port(text);
    REQUIRE_MESSAGE(place.has_value(), text);
    CHECK(to_string(*place) == text);
  }
  CHECK(parse_host_and_port("[::1]:80")->host == "::1");
}

TEST_CASE("what is no place is nothing") {
  for (const char* text :
       {"", ":", "node7", "node7:", ":80", "::1:80", "node7:65536", "node7:-1", "node7:80x",
        "[]:80", "[node7]:80", "node 7:80", "http://node7:80", "a,b:80"}) {
    CHECK_MESSAGE(!parse_host_and_port(text), text);
  }
}

TEST_CASE("numbers are resolved without asking anyone, names are not taken for numbers") {
  const auto four = numeric_address({.host = "127.0.0.1", .port = 80});
  REQUIRE(four.has_value());
  CHECK(to_string(place_of(*four)) == "127.0.0.1:80");
  const auto six = numeric_address({.host = "::1", .port = 81});
  REQUIRE(six.has_value());
  CHECK(to_string(place_of(*six)) == "[::1]:81");
  CHECK_FALSE(numeric_address({.host = "localhost", .port = 80}).has_value());
  CHECK(same_place(*four, *four));
  CHECK_FALSE(same_place(*four, *six));
}

TEST_CASE("a name that nobody knows gives the resolver's word") {
  // .invalid never exists (RFC 2606).
  const Resolved resolved = resolve({.host = "no-such-host.invalid", .port = 80});
  CHECK(resolved.addresses.empty());
  CHECK_FALSE(resolved.error.empty());
}

TEST_CASE("every interface is an address of zeros with the port") {
  CHECK(to_string(place_of(any_address(AF_INET, 7))) == "0.0.0.0:7");
  CHECK(to_string(place_of(any_address(AF_INET6, 7))) == "[::]:7");
}

}  // namespace
}  // namespace pleach
