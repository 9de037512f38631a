#include "runtime/comm/comm_options.hpp"

#include <charconv>
#include <string>

#include "runtime/comm/comm_error.hpp"
#include "runtime/comm/device_choice.hpp"

namespace pleach {
namespace {

[[noreturn]] void refuse(const std::string& message) {
  throw CommError(CommError::Kind::InvalidArgument, message);
}

std::chrono::milliseconds timeout_of(const pleachConfig_t& config, const Environment& environment) {
  if (config.timeoutMs < 0) {
    refuse("timeoutMs is " + std::to_string(config.timeoutMs) + "; expected milliseconds above 0");
  }
  if (config.timeoutMs > 0) return std::chrono::milliseconds(config.timeoutMs);
  const auto text = environment("PLEACH_TIMEOUT_MS");
  if (!text) return CommOptions().timeout;
  int milliseconds = 0;
  const char* const end = text->data() + text->size();
  const auto read = std::from_chars(text->data(), end, milliseconds);
  if (read.ec != std::errc() || read.ptr != end || milliseconds <= 0) {
    refuse("PLEACH_TIMEOUT_MS is \"" + *text + "\"; expected milliseconds above 0, e.g. 60000");
  }
  return std::chrono::milliseconds(milliseconds);
}

RankIdentity place_of(const pleachConfig_t& config, const Environment& environment) {
  const auto value = [&](const char* given, const char* variable) {
    return given != nullptr ? given : environment(variable).value_or("");
  };
  const std::string placement = value(config.placement, "PLEACH_PLACEMENT");
  if (placement == "rank") return {};
  if (!placement.empty() && placement != "labels") {
    refuse((config.placement != nullptr ? "placement is \"" : "PLEACH_PLACEMENT is \"") +
           placement + "\"; expected \"labels\" or \"rank\"");
  }
  RankIdentity place{.host = value(config.hostName, "PLEACH_HOST_NAME"),
                     .pci = value(config.pciBusId, "PLEACH_PCI_BUS_ID")};
  if (place.host.empty()) place.host = host_name();
  if (!place.pci.empty() && !parse_pci(place.pci)) {
    refuse((config.pciBusId != nullptr ? "pciBusId is \"" : "PLEACH_PCI_BUS_ID is \"") + place.pci +
           "\"; expected a PCI bus id, e.g. \"0000:1b:00.0\"");
  }
  return place;
}

// A variable that is a whole number within limits.
std::optional<std::uint64_t> number_in(const Environment& environment,
                                       const std::string& name,
                                       std::uint64_t least,
                                       std::uint64_t most) {
  const auto text = environment(name);
  if (!text) return std::nullopt;
  std::uint64_t number = 0;
  const char* const end = text->data() + text->size();
  const auto read = std::from_chars(text->data(), end, number);
  if (read.ec != std::errc() || read.ptr != end || number < least || number > most) {
    refuse(name + " is \"" + *text + "\"; expected a whole number from " + std::to_string(least) +
           " to " + std::to_string(most));
  }
  return number;
}

void choose_device(const pleachConfig_t& config,
                   const Environment& environment,
                   CommOptions& options) {
  const std::string backend = config.backend != nullptr
                                  ? std::string(config.backend)
                                  : environment("PLEACH_BACKEND").value_or("host");
  const auto opener = opener_named(backend);
  if (!opener) {
    refuse((config.backend != nullptr ? "backend is \"" : "PLEACH_BACKEND is \"") + backend +
           "\"; expected \"host\", \"cuda\" or \"emulated\"");
  }
  if (config.device < 0) {
    refuse("device is " + std::to_string(config.device) +
           "; expected 1 for the first device, or 0 for the current one");
  }
  DeviceOptions& device = options.device;
  device.backend = backend;
  device.open = *opener;
  if (device.open == nullptr) return;
  if (config.device > 0) {
    device.number = config.device - 1;
  } else if (device.open == open_cuda_device) {
    device.number = open_current_cuda_device()->number();
  }
  const std::uint64_t most = device.small_bytes;
  device.small_bytes = number_in(environment, "PLEACH_SMALL_BYTES", 0, most).value_or(most);
  device.channels =
      static_cast<std::uint32_t>(number_in(environment, "PLEACH_CHANNELS", 1, 1024).value_or(0));
  device.bulk = number_in(environment, "PLEACH_BULK_COPIES", 0, 1).value_or(0) == 1;
}

}  // namespace

CommOptions comm_options(const pleachConfig_t* config, const Environment& environment) {
  const pleachConfig_t given =
      config != nullptr ? *config : pleachConfig_t PLEACH_CONFIG_INITIALIZER;
  if (given.size != sizeof(pleachConfig_t)) {
    refuse("a pleachConfig_t of " + std::to_string(given.size) + " bytes; expected " +
           std::to_string(sizeof(pleachConfig_t)) + ": start from PLEACH_CONFIG_INITIALIZER");
  }
  CommOptions options;
  options.timeout = timeout_of(given, environment);
  if (given.hostId != nullptr) options.host = given.hostId;
  options.place = place_of(given, environment);
  const auto fabric = fabric_options_from([&](const std::string& name) {
    if (name == "PLEACH_FABRIC_PROVIDER" && given.fabricProvider != nullptr) {
      return std::optional<std::string>(given.fabricProvider);
    }
    if (name == "PLEACH_FABRIC_RAILS" && given.fabricRails != nullptr) {
      return std::optional<std::string>(given.fabricRails);
    }
    return environment(name);
  });
  if (!fabric.ok()) refuse(to_string(fabric.mistakes().front()));
  options.fabric = fabric.value();
  choose_device(given, environment, options);
  return options;
}

}  // namespace pleach
