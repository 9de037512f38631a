#include "runtime/net/interface.hpp"

#include <algorithm>

#include <doctest/doctest.h>

#include "tests/runtime/net/rank_threads.hpp"

namespace pleach {
namespace {

Interface interface_of(const char* name, const char* host, bool loopback = false) {
  return {
      .name = name, .address = *numeric_address({.host = host, .port = 0}), .loopback = loopback};
}

const std::vector<Interface> cluster{
    interface_of("lo", "127.0.0.1", true), interface_of("docker0", "172.17.0.1"),
    interface_of("eth0", "10.0.0.1"),      interface_of("eth01", "10.0.1.1"),
    interface_of("ib0", "10.1.0.1"),       interface_of("eth0", "fd00::1")};

std::string chosen(const std::optional<std::string>& wanted) {
  return place_of(choose_interface(cluster, wanted).address).host;
}

TEST_CASE("by default the first real network") {
  CHECK(chosen(std::nullopt) == "10.0.0.1");
  CHECK(chosen("") == "10.0.0.1");
  const std::vector<Interface> laptop{cluster[0], cluster[1]};
  CHECK(choose_interface(laptop, std::nullopt).name == "docker0");
  const std::vector<Interface> alone{cluster[0]};
  CHECK(choose_interface(alone, std::nullopt).name == "lo");
}

TEST_CASE("prefixes, exact names, and all but these") {
  CHECK(chosen("ib") == "10.1.0.1");
  CHECK(chosen("ib,eth") == "10.0.0.1");
  CHECK(chosen("=eth01") == "10.0.1.1");
  CHECK(chosen("=ib,ib0") == "10.1.0.1");
  CHECK(chosen("^docker,eth") == "10.1.0.1");
  CHECK(chosen("^=eth0,docker0") == "10.0.1.1");
  CHECK(chosen("lo") == "127.0.0.1");
  CHECK(chosen("^docker,eth,ib") == "127.0.0.1");
}

TEST_CASE("a wish that nothing fulfils is an error with what there is") {
  for (const char* wanted : {"wlan", "=eth", "^l,d,e,i", ","}) {
    const std::string error = testing::error_of([&] { (void)chosen(wanted); });
    CHECK_MESSAGE(testing::contains(error, std::string("PLEACH_SOCKET_IFNAME=") + wanted), error);
    CHECK_MESSAGE(testing::contains(error, "ib0 (10.1.0.1)"), error);
  }
  const std::string none = testing::error_of([] { (void)choose_interface({}, std::nullopt); });
  CHECK_MESSAGE(testing::contains(none, "no network interface"), none);
}

TEST_CASE("this machine has its loopback, and nothing of a single link") {
  const std::vector<Interface> interfaces = local_interfaces();
  CHECK(std::any_of(interfaces.begin(), interfaces.end(), [](const Interface& each) {
    return each.loopback && place_of(each.address).host == "127.0.0.1";
  }));
  for (const Interface& each : interfaces) {
    CHECK_FALSE(place_of(each.address).host.starts_with("fe80:"));
  }
}

}  // namespace
}  // namespace pleach
