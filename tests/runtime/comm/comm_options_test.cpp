#include "runtime/comm/comm_options.hpp"

#include <map>
#include <string>

#include <doctest/doctest.h>

#include "runtime/comm/device_choice.hpp"
#include "tests/runtime/comm/refusal.hpp"

namespace pleach {
namespace {

using std::chrono::milliseconds;

Environment environment_of(std::map<std::string, std::string> variables) {
  return [variables = std::move(variables)](const std::string& name) {
    const auto at = variables.find(name);
    return at == variables.end() ? std::nullopt : std::optional(at->second);
  };
}

pleachConfig_t config() { return PLEACH_CONFIG_INITIALIZER; }

std::string refusal(const pleachConfig_t* given, const Environment& environment) {
  return testing::refusal_of(CommError::Kind::InvalidArgument,
                             [&] { (void)comm_options(given, environment); });
}

TEST_CASE("nothing given: the defaults") {
  const CommOptions options = comm_options(nullptr, environment_of({}));
  CHECK(options.timeout == std::chrono::minutes(10));
  CHECK(options.host.empty());
  CHECK(options.fabric.provider.empty());
  CHECK(options.fabric.rails == std::vector<RailRequest>{{}});
  const pleachConfig_t zeros = config();
  CHECK(comm_options(&zeros, environment_of({})).timeout == std::chrono::minutes(10));
}

TEST_CASE("the structure wins over the environment") {
  const Environment environment = environment_of({{"PLEACH_TIMEOUT_MS", "1500"},
                                                  {"PLEACH_FABRIC_PROVIDER", "verbs"},
                                                  {"PLEACH_FABRIC_RAILS", "eth0,eth1"}});
  const CommOptions from_environment = comm_options(nullptr, environment);
  CHECK(from_environment.timeout == milliseconds(1500));
  CHECK(from_environment.fabric.provider == "verbs");
  CHECK(from_environment.fabric.rails == std::vector<RailRequest>{{"eth0"}, {"eth1"}});
  pleachConfig_t given = config();
  given.timeoutMs = 20;
  given.hostId = "left";
  given.fabricProvider = "tcp";
  given.fabricRails = "127.0.0.1";
  const CommOptions options = comm_options(&given, environment);
  CHECK(options.timeout == milliseconds(20));
  CHECK(options.host == "left");
  CHECK(options.fabric.provider == "tcp");
  CHECK(options.fabric.rails == std::vector<RailRequest>{{"127.0.0.1"}});
}

TEST_CASE("what is no number is named with its variable") {
  for (const char* const text : {"", "ten", "10s", " 10", "-1", "0", "99999999999"}) {
    const std::string said = refusal(nullptr, environment_of({{"PLEACH_TIMEOUT_MS", text}}));
    CHECK_MESSAGE(said.find("PLEACH_TIMEOUT_MS is \"" + std::string(text)) != std::string::npos,
                  said);
  }
  pleachConfig_t given = config();
  given.timeoutMs = -5;
  CHECK(refusal(&given, environment_of({})).find("timeoutMs is -5") != std::string::npos);
}

TEST_CASE("a structure of another version is refused with both sizes") {
  pleachConfig_t given = config();
  given.size = 8;
  const std::string said = refusal(&given, environment_of({}));
  CHECK(said.find("of 8 bytes") != std::string::npos);
  CHECK(said.find(std::to_string(sizeof(pleachConfig_t))) != std::string::npos);
}

TEST_CASE("where the rank runs") {
  const RankIdentity here = comm_options(nullptr, environment_of({})).place;
  CHECK(here.host == host_name());
  CHECK(here.pci.empty());
  const Environment environment =
      environment_of({{"PLEACH_HOST_NAME", "node17"}, {"PLEACH_PCI_BUS_ID", "0000:1b:00.0"}});
  CHECK(comm_options(nullptr, environment).place ==
        RankIdentity{.host = "node17", .pci = "0000:1b:00.0"});
  pleachConfig_t given = config();
  given.hostName = "node18";
  given.pciBusId = "3d:00.0";
  CHECK(comm_options(&given, environment).place ==
        RankIdentity{.host = "node18", .pci = "3d:00.0"});
  given.placement = "rank";
  CHECK(comm_options(&given, environment).place == RankIdentity{});
  given.placement = "labels";
  CHECK(comm_options(&given, environment_of({{"PLEACH_PLACEMENT", "rank"}})).place.host ==
        "node18");
  given.placement = "order";
  CHECK(refusal(&given, environment).find("placement is \"order\"") != std::string::npos);
  CHECK(refusal(nullptr, environment_of({{"PLEACH_PCI_BUS_ID", "gpu3"}}))
            .find("PLEACH_PCI_BUS_ID is \"gpu3\"") != std::string::npos);
}

TEST_CASE("where the buffers are") {
  CHECK((comm_options(nullptr, environment_of({})).device.open == nullptr));
  const Environment emulated = environment_of({{"PLEACH_BACKEND", "emulated"},
                                               {"PLEACH_SMALL_BYTES", "4096"},
                                               {"PLEACH_CHANNELS", "3"},
                                               {"PLEACH_BULK_COPIES", "1"}});
  const DeviceOptions device = comm_options(nullptr, emulated).device;
  CHECK((device.open == open_emulated));
  CHECK(device.number == 0);
  CHECK(device.small_bytes == 4096);
  CHECK(device.channels == 3);
  CHECK(device.bulk);
  pleachConfig_t given = config();
  given.device = 3;
  CHECK(comm_options(&given, emulated).device.number == 2);
  given.backend = "host";
  CHECK((comm_options(&given, emulated).device.open == nullptr));
  given.backend = "gpu";
  CHECK(refusal(&given, emulated) ==
        "backend is \"gpu\"; expected \"host\", \"cuda\" or \"emulated\"");
  CHECK(refusal(nullptr, environment_of({{"PLEACH_BACKEND", ""}}))
            .starts_with("PLEACH_BACKEND is \"\"; expected"));
  given = config();
  given.device = -1;
  CHECK(refusal(&given, emulated).starts_with("device is -1; expected"));
  const auto with = [](const char* name, const char* value) {
    return environment_of({{"PLEACH_BACKEND", "emulated"}, {name, value}});
  };
  CHECK(refusal(nullptr, with("PLEACH_SMALL_BYTES", "65537")) ==
        "PLEACH_SMALL_BYTES is \"65537\"; expected a whole number from 0 to 65536");
  CHECK(refusal(nullptr, with("PLEACH_CHANNELS", "0")) ==
        "PLEACH_CHANNELS is \"0\"; expected a whole number from 1 to 1024");
  CHECK(refusal(nullptr, with("PLEACH_BULK_COPIES", "yes")) ==
        "PLEACH_BULK_COPIES is \"yes\"; expected a whole number from 0 to 1");
}

TEST_CASE("a rail without a name is refused") {
  CHECK(refusal(nullptr, environment_of({{"PLEACH_FABRIC_RAILS", "eth0,,eth1"}})) != "");
}

}  // namespace
}  // namespace pleach
