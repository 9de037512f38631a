#include "tests/runtime/net/fabric_ranks.hpp"

#include <algorithm>
#include <cstdlib>
#include <thread>

#include "compiler/core/machine_error.hpp"
#include "runtime/net/deadline.hpp"

namespace pleach::testing {

std::unique_ptr<Transport> open_test_fabric(FabricOptions options) {
  const char* const library = std::getenv("PLEACH_LIBFABRIC");
  if (options.library.empty() && library != nullptr) options.library = library;
  return open_fabric(options);
}

std::vector<FabricRank> make_ranks(int ranks,
                                   const FabricOptions& options,
                                   std::size_t window_bytes) {
  std::vector<FabricRank> made(ranks);
  std::vector<Blob> addresses;
  for (FabricRank& rank : made) {
    rank.transport = open_test_fabric(options);
    rank.window.assign(window_bytes, kUntouched);
    addresses.push_back(rank.transport->address());
  }
  for (FabricRank& rank : made) rank.transport->connect(addresses);
  exchange_windows(made);
  return made;
}

void exchange_windows(std::vector<FabricRank>& ranks) {
  std::vector<Blob> windows;
  for (FabricRank& rank : ranks) windows.push_back(rank.transport->expose(rank.window));
  for (FabricRank& rank : ranks) rank.transport->set_windows(windows);
}

bool poll_until(std::vector<FabricRank>& ranks,
                const std::function<bool()>& done,
                std::chrono::seconds limit) {
  for (const Deadline deadline(limit); !deadline.passed();) {
    std::size_t news = 0;
    for (FabricRank& rank : ranks) news += rank.transport->poll(rank.events);
    if (done()) return true;
    for (const FabricRank& rank : ranks) {
      if (!rank.events.empty() && rank.events.back().kind == TransportEvent::Kind::Failed) {
        return false;
      }
    }
    if (news == 0) std::this_thread::yield();
  }
  return false;
}

std::vector<std::uint64_t> values_of(const FabricRank& rank, TransportEvent::Kind kind) {
  std::vector<std::uint64_t> values;
  for (const TransportEvent& event : rank.events) {
    if (event.kind == kind) values.push_back(event.value);
  }
  std::sort(values.begin(), values.end());
  return values;
}

std::string why_no_fabric() {
  try {
    (void)open_test_fabric({.rails = {{}}, .provider = "tcp"});
  } catch (const MachineError& error) {
    const std::string message = error.what();
    const bool absent = message.find("can not be loaded") != std::string::npos ||
                        message.find("this build has no libfabric") != std::string::npos;
    if (absent) return message;
  }
  return "";
}

bool has_provider(const std::string& provider) {
#ifdef __SANITIZE_ADDRESS__
  if (provider == "net") return false;  // leaks a little with each endpoint (libfabric 1.17)
#endif
  try {
    return open_test_fabric({.rails = {{}}, .provider = provider}) != nullptr;
  } catch (const MachineError& error) {
    const std::string message = error.what();
    if (message.find("libfabric has no provider") == std::string::npos) throw;
    return false;
  }
}

}  // namespace pleach::testing
