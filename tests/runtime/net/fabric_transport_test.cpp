#include "runtime/net/fabric_transport.hpp"

#include <algorithm>
#include <cstring>
#include <map>
#include <numeric>
#include <random>
#include <set>

#include <doctest/doctest.h>

#include "compiler/core/check.hpp"
#include "compiler/core/machine_error.hpp"
#include "tests/runtime/net/fabric_ranks.hpp"

namespace pleach {
namespace {

using testing::content;
using testing::exchange_windows;
using testing::FabricRank;
using testing::has_provider;
using testing::kUntouched;
using testing::make_ranks;
using testing::open_test_fabric;
using testing::poll_until;
using testing::values_of;
using Kind = TransportEvent::Kind;

// Says so once, for ctest to skip the case by.
bool no_fabric() {
  static const std::string why = [] {
    const std::string found = testing::why_no_fabric();
    if (!found.empty()) MESSAGE("skipped: libfabric: " << found);
    return found;
  }();
  return !why.empty();
}

struct Setup {
  std::string name;
  FabricOptions options;
  int ranks = 2;
};

// On the loopback alone. tcp must be there; what a libfabric may be built without is left out.
std::vector<Setup> setups() {
  const FabricOptions tcp{.rails = {{"127.0.0.1"}}, .provider = "tcp"};
  FabricOptions registered = tcp;
  registered.register_sources = true;
  FabricOptions rails = tcp;
  rails.rails = {{"127.0.0.1"}, {"127.0.0.2"}};
  std::vector<Setup> all{{"tcp", tcp, 2},
                         {"tcp, 4 ranks", tcp, 4},
                         {"tcp, registered sources", registered, 2},
                         {"tcp, two rails", rails, 2},
                         {"tcp, two rails, 4 ranks", rails, 4}};
  if (has_provider("shm")) {
    all.push_back({"shm", {.rails = {{}}, .provider = "shm"}, 2});
    all.push_back({"shm, 4 ranks", {.rails = {{}}, .provider = "shm"}, 4});
    all.push_back({"shm, registered sources",
                   {.rails = {{}}, .provider = "shm", .register_sources = true},
                   2});
  }
  if (has_provider("net")) {
    all.push_back({"net", {.rails = {{"127.0.0.1"}}, .provider = "net"}, 4});
  }
  return all;
}

struct PlannedWrite {
  int from = 0;
  Transport::Path path;
  std::uint64_t offset = 0;
  std::vector<std::byte> source;  // empty: a notification
  bool sent = false;
};

// Every ordered pair of ranks, `count` writes and a third as many notifications, all mixed. Areas
// do not touch: there is a byte between them.
std::vector<PlannedWrite> plan_writes(const Setup& setup,
                                      int count,
                                      std::size_t most,
                                      std::mt19937_64& random) {
  const int rails = static_cast<int>(setup.options.rails.size());
  const auto below = [&](std::uint64_t bound) { return random() % bound; };
  std::vector<std::uint64_t> end(setup.ranks, 0);
  std::vector<PlannedWrite> writes;
  for (int from = 0; from < setup.ranks; ++from) {
    for (int to = 0; to < setup.ranks; ++to) {
      if (from == to) continue;
      for (int i = 0; i < count + count / 3; ++i) {
        PlannedWrite write{.from = from,
                           .path = {.peer = to,
                                    .local_rail = static_cast<int>(below(rails)),
                                    .peer_rail = static_cast<int>(below(rails))},
                           .offset = end[to],
                           .source = {}};
        if (i < count) {
          write.source.resize(1 + below(most));
          end[to] += write.source.size() + 1;
        }
        writes.push_back(std::move(write));
      }
    }
  }
  std::shuffle(writes.begin(), writes.end(), random);
  for (std::size_t id = 0; id < writes.size(); ++id) {
    std::vector<std::byte>& source = writes[id].source;
    for (std::size_t i = 0; i < source.size(); ++i) source[i] = content(id, i);
  }
  return writes;
}

// Looks at all new events: an arrival's data must be there already; a source is spoilt when sent.
void check_events(std::vector<FabricRank>& ranks,
                  std::vector<PlannedWrite>& writes,
                  std::vector<int>& arrivals) {
  for (std::size_t rank = 0; rank < ranks.size(); ++rank) {
    for (const TransportEvent& event : ranks[rank].events) {
      INFO(event.message);
      REQUIRE(event.kind != Kind::Failed);
      REQUIRE(event.value < writes.size());
      PlannedWrite& write = writes[event.value];
      if (event.kind == Kind::Sent) {
        REQUIRE(write.from == static_cast<int>(rank));
        REQUIRE_FALSE(write.source.empty());
        REQUIRE_FALSE(write.sent);
        write.sent = true;
        std::fill(write.source.begin(), write.source.end(), std::byte{0xEE});
        continue;
      }
      REQUIRE(write.path.peer == static_cast<int>(rank));
      ++arrivals[event.value];
      std::size_t wrong = 0;
      for (std::size_t i = 0; i < write.source.size(); ++i) {
        if (ranks[rank].window[write.offset + i] != content(event.value, i)) ++wrong;
      }
      REQUIRE(wrong == 0);
    }
    ranks[rank].events.clear();
  }
}

void run_random_writes(const Setup& setup, int count, std::size_t most, std::uint64_t seed) {
  CAPTURE(setup.name);
  std::mt19937_64 random(seed);
  std::vector<PlannedWrite> writes = plan_writes(setup, count, most, random);
  std::size_t window = 1;
  for (const PlannedWrite& write : writes) {
    window = std::max(window, write.offset + write.source.size() + 1);
  }
  std::vector<FabricRank> ranks = make_ranks(setup.ranks, setup.options, window);
  std::vector<int> arrivals(writes.size(), 0);
  std::size_t next = 0;
  bool checked = false;
  const bool done = poll_until(ranks, [&] {
    check_events(ranks, writes, arrivals);
    for (; next < writes.size(); ++next) {
      const PlannedWrite& write = writes[next];
      Transport& transport = *ranks[write.from].transport;
      const auto id = static_cast<std::uint32_t>(next);
      const bool begun = write.source.empty()
                             ? transport.notify(write.path, id)
                             : transport.write(write.path, write.source, write.offset, id, next);
      if (!begun) break;
    }
    checked = next == writes.size() &&
              std::all_of(writes.begin(), writes.end(),
                          [](const auto& write) { return write.source.empty() || write.sent; }) &&
              std::accumulate(arrivals.begin(), arrivals.end(), std::size_t{0}) >= writes.size();
    for (const FabricRank& rank : ranks) checked = checked && rank.transport->in_flight() == 0;
    return checked;
  });
  REQUIRE(done);
  CHECK(std::count(arrivals.begin(), arrivals.end(), 1) ==
        static_cast<std::ptrdiff_t>(writes.size()));
  // Nothing else was written to.
  std::vector<std::vector<bool>> written(ranks.size(), std::vector<bool>(window, false));
  for (const PlannedWrite& write : writes) {
    for (std::size_t i = 0; i < write.source.size(); ++i) {
      written[write.path.peer][write.offset + i] = true;
    }
  }
  for (std::size_t rank = 0; rank < ranks.size(); ++rank) {
    std::size_t wrong = 0;
    for (std::size_t i = 0; i < window; ++i) {
      if (!written[rank][i] && ranks[rank].window[i] != kUntouched) ++wrong;
    }
    CHECK(wrong == 0);
  }
}

TEST_CASE("random writes and notifications arrive once, whole, where they belong") {
  if (no_fabric()) return;
  for (const Setup& setup : setups()) {
    run_random_writes(setup, setup.ranks == 2 ? 600 : 100, 5000, 1);    // many small ones
    run_random_writes(setup, setup.ranks == 2 ? 20 : 3, 300 << 10, 2);  // some larger ones
  }
}

TEST_CASE("writes of more than 4 MiB") {
  if (no_fabric()) return;
  for (const Setup& setup : setups()) {
    if (setup.ranks > 2) continue;
    CAPTURE(setup.name);
    std::vector<FabricRank> ranks = make_ranks(2, setup.options, (9 << 20) + 100);
    const std::size_t size = (9 << 20) + 13;
    REQUIRE(ranks[0].transport->max_write() >= size);
    std::vector<std::byte> source(size);
    for (std::size_t i = 0; i < size; ++i) source[i] = content(5, i);
    bool begun = false;
    REQUIRE(poll_until(ranks, [&] {
      begun = begun || ranks[0].transport->write({.peer = 1}, source, 3, 77, 5);
      return !ranks[0].events.empty() && !ranks[1].events.empty();
    }));
    CHECK(values_of(ranks[0], Kind::Sent) == std::vector<std::uint64_t>{5});
    CHECK(values_of(ranks[1], Kind::Arrived) == std::vector<std::uint64_t>{77});
    CHECK(std::memcmp(ranks[1].window.data() + 3, source.data(), size) == 0);
    CHECK(ranks[1].window[2] == kUntouched);
    CHECK(ranks[1].window[3 + size] == kUntouched);
  }
}

TEST_CASE("a full queue says so and loses nothing") {
  if (no_fabric()) return;
  for (const Setup& setup : setups()) {
    if (setup.ranks > 2) continue;
    CAPTURE(setup.name);
    std::vector<FabricRank> ranks = make_ranks(2, setup.options, 1000);
    // A first notification, so that there is a connection.
    bool begun = false;
    REQUIRE(poll_until(ranks, [&] {
      begun = begun || ranks[0].transport->notify({.peer = 1}, 0);
      return !ranks[1].events.empty();
    }));
    ranks[1].events.clear();
    const std::vector<std::byte> source(100, std::byte{7});
    std::uint64_t started = 0;
    while (started < 1000000 &&
           ranks[0].transport->write({.peer = 1}, source, 0, static_cast<std::uint32_t>(started),
                                     started)) {
      ++started;
    }
    CHECK(started > 10);
    REQUIRE(started < 1000000);
    CHECK(ranks[0].transport->in_flight() >= started);
    REQUIRE(poll_until(ranks, [&] {
      return ranks[0].events.size() == started && ranks[1].events.size() == started;
    }));
    std::vector<std::uint64_t> all(started);
    std::iota(all.begin(), all.end(), std::uint64_t{0});
    CHECK(values_of(ranks[0], Kind::Sent) == all);
    CHECK(values_of(ranks[1], Kind::Arrived) == all);
    CHECK(ranks[0].transport->in_flight() == 0);
  }
}

TEST_CASE("immediates have all 32 bits, empty writes are writes") {
  if (no_fabric()) return;
  for (const Setup& setup : setups()) {
    if (setup.ranks > 2) continue;
    CAPTURE(setup.name);
    std::vector<FabricRank> ranks = make_ranks(2, setup.options, 0);
    bool notified = false;
    bool written = false;
    REQUIRE(poll_until(ranks, [&] {
      notified = notified || ranks[0].transport->notify({.peer = 1}, 0xFFFFFFFF);
      written = written || ranks[0].transport->write({.peer = 1}, {}, 0, 0x80000001, ~0ULL);
      return ranks[1].events.size() == 2 && ranks[0].events.size() == 1;
    }));
    CHECK(values_of(ranks[1], Kind::Arrived) == std::vector<std::uint64_t>{0x80000001, 0xFFFFFFFF});
    CHECK(values_of(ranks[0], Kind::Sent) == std::vector<std::uint64_t>{~0ULL});
  }
}

TEST_CASE("windows are exposed anew, and sources may lie in them") {
  if (no_fabric()) return;
  for (const Setup& setup : setups()) {
    if (setup.ranks > 2) continue;
    CAPTURE(setup.name);
    std::vector<FabricRank> ranks = make_ranks(2, setup.options, 100);
    for (std::size_t round = 0; round < 5; ++round) {
      const std::vector<std::byte> old = ranks[1].window;
      std::vector<std::byte> kept =
          std::exchange(ranks[1].window, std::vector<std::byte>(5000 + 100 * round, kUntouched));
      exchange_windows(ranks);
      for (std::size_t i = 0; i < 50; ++i) ranks[0].window[i + 10] = content(round, i);
      const std::span<const std::byte> source = std::span(ranks[0].window).subspan(10, 50);
      ranks[0].events.clear();
      ranks[1].events.clear();
      bool begun = false;
      REQUIRE(poll_until(ranks, [&] {
        begun = begun || ranks[0].transport->write({.peer = 1}, source, 4000 + round, 1, 2);
        return !ranks[0].events.empty() && !ranks[1].events.empty();
      }));
      CHECK(std::equal(source.begin(), source.end(), ranks[1].window.begin() + 4000 + round));
      CHECK(kept == old);
    }
  }
}

TEST_CASE("destruction does not wait for what is in flight") {
  if (no_fabric()) return;
  for (const Setup& setup : setups()) {
    CAPTURE(setup.name);
    std::vector<std::byte> source(1 << 20, std::byte{1});
    std::vector<FabricRank> ranks = make_ranks(setup.ranks, setup.options, source.size());
    std::uint64_t started = 0;
    REQUIRE(poll_until(ranks, [&] {
      for (int i = 0; i < 8; ++i) {
        if (ranks[0].transport->write({.peer = 1}, source, 0, 0, started)) ++started;
      }
      return started > 0;
    }));
    CHECK(ranks[0].transport->in_flight() > 0);
    const bool receiver_first = setup.ranks == 2;
    if (receiver_first) ranks[1].transport.reset();
    ranks.clear();
  }
}

std::string message_of(const FabricOptions& options) {
  try {
    (void)open_test_fabric(options);
  } catch (const MachineError& error) {
    return error.what();
  }
  return "no error";
}

bool has(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

TEST_CASE("what can not be opened says what there is") {
  if (no_fabric()) return;
  const std::string domain = message_of({.rails = {{"nic7"}}, .provider = "tcp"});
  CHECK(has(domain, "no rail \"nic7\" with libfabric's provider tcp; there are: "));
  CHECK(has(domain, "lo (127.0.0.1)"));
  // TEST-NET-3, which nobody has
  const std::string address = message_of({.rails = {{"203.0.113.9"}}, .provider = "tcp"});
  CHECK(has(address, "no rail \"203.0.113.9\" with"));
  CHECK(has(address, "lo (127.0.0.1)"));
  const std::string second = message_of({.rails = {{"127.0.0.1"}, {"nic8"}}, .provider = "tcp"});
  CHECK(has(second, "no rail \"nic8\" with"));
  const std::string provider = message_of({.rails = {{}}, .provider = "warp"});
  CHECK(has(provider, "libfabric has no provider warp on this machine; there are: "));
  CHECK(has(provider, "tcp"));
  const std::string missing = message_of({.rails = {{}}, .library = "/nowhere/libfabric.so.1"});
  CHECK(has(missing, "libfabric can not be loaded (/nowhere/libfabric.so.1: "));
  CHECK(has(missing, "PLEACH_LIBFABRIC"));
  CHECK(message_of({.rails = {{}}, .library = "libm.so.6"}) ==
        "libm.so.6 is no libfabric: it has no function fi_getinfo; set PLEACH_LIBFABRIC to the "
        "path of libfabric.so.1");
}

TEST_CASE("a rail is named by domain or address") {
  if (no_fabric()) return;
  const auto tcp = open_test_fabric({.rails = {{"lo"}, {"127.0.0.2"}}, .provider = "tcp"});
  const std::vector<std::string> names = tcp->rails();
  REQUIRE(names.size() == 2);
  CHECK(has(names[0], " lo 127.0.0.1"));
  CHECK(has(names[1], " 127.0.0.2"));
  CHECK(names[0].substr(0, 3) == "tcp");
  // Where there is IPv6; any way to write the address will do.
  const std::string six = message_of({.rails = {{"0:0::0:1"}}, .provider = "tcp"});
  CHECK((six == "no error" || has(six, "no rail \"0:0::0:1\" with")));
}

TEST_CASE("addresses and windows from elsewhere are looked at") {
  if (no_fabric()) return;
  const FabricOptions options{.rails = {{"127.0.0.1"}}, .provider = "tcp"};
  const auto connect_message = [&](const Blob& blob) -> std::string {
    const auto transport = open_test_fabric(options);
    try {
      transport->connect(std::vector<Blob>{{}, {}, blob});
    } catch (const MachineError& error) {
      return error.what();
    }
    return "no error";
  };
  const Blob good = open_test_fabric(options)->address();
  CHECK(connect_message(good) == "no error");
  // Every way to cut it off, and one byte more.
  for (std::size_t size = 1; size < good.size(); ++size) {
    const std::string message = connect_message(Blob(good.begin(), good.begin() + size));
    REQUIRE(message == "what rank 2 sent as its address (" + std::to_string(size) +
                           " bytes) is none; do all ranks run the same build?");
  }
  Blob longer = good;
  longer.push_back(std::byte{0});
  CHECK(has(connect_message(longer), "is none"));
  if (has_provider("shm")) {
    const std::string message =
        connect_message(open_test_fabric({.rails = {{}}, .provider = "shm"})->address());
    CHECK(has(message, "rank 2 uses libfabric's provider shm, this rank uses tcp"));
  }

  std::vector<FabricRank> ranks = make_ranks(2, options, 100);
  const Blob window = ranks[1].transport->expose(ranks[1].window);
  for (std::size_t size = 1; size < window.size(); ++size) {
    const std::vector<Blob> windows{{}, Blob(window.begin(), window.begin() + size)};
    REQUIRE_THROWS_AS(ranks[0].transport->set_windows(windows), MachineError);
  }
  // A window of two rails for a rank with one.
  FabricOptions two = options;
  two.rails.push_back({"127.0.0.2"});
  std::vector<std::byte> memory(100);
  const auto other = open_test_fabric(two);
  const std::vector<Blob> wrong{{}, other->expose(memory)};
  CHECK_THROWS_WITH_AS(ranks[0].transport->set_windows(wrong),
                       doctest::Contains("is none for its 1 rails"), MachineError);
}

TEST_CASE("calls against the contract are caught") {
  if (no_fabric()) return;
  std::vector<FabricRank> ranks = make_ranks(2, {.rails = {{"127.0.0.1"}}, .provider = "tcp"}, 100);
  Transport& transport = *ranks[0].transport;
  const std::vector<std::byte> source(50);
  CHECK_THROWS_AS((void)transport.write({.peer = 1}, source, 51, 0, 0), InternalError);
  CHECK_THROWS_AS((void)transport.write({.peer = 1}, source, UINT64_MAX, 0, 0), InternalError);
  CHECK_THROWS_AS((void)transport.write({.peer = 2}, source, 0, 0, 0), InternalError);
  CHECK_THROWS_AS((void)transport.write({.peer = -1}, source, 0, 0, 0), InternalError);
  CHECK_THROWS_AS((void)transport.notify({.peer = 1, .local_rail = 1}, 0), InternalError);
  CHECK_THROWS_AS((void)transport.notify({.peer = 1, .peer_rail = 1}, 0), InternalError);
  CHECK_THROWS_AS(transport.connect(std::vector<Blob>(2)), InternalError);
  CHECK_THROWS_AS(transport.set_windows(std::vector<Blob>(3)), InternalError);
  transport.set_windows(std::vector<Blob>(2));  // none: nothing can be written
  CHECK_THROWS_AS((void)transport.write({.peer = 1}, source, 0, 0, 0), InternalError);
}

TEST_CASE("options from the environment") {
  const auto options_of = [](const std::map<std::string, std::string>& variables) {
    return fabric_options_from([&](const std::string& name) -> std::optional<std::string> {
      const auto found = variables.find(name);
      if (found == variables.end()) return std::nullopt;
      return found->second;
    });
  };
  const auto none = options_of({});
  REQUIRE(none.ok());
  CHECK(none.value().rails == std::vector<RailRequest>{{}});
  CHECK(none.value().provider.empty());
  CHECK(none.value().library.empty());
  const auto all = options_of({{"PLEACH_FABRIC_PROVIDER", "verbs;ofi_rxm"},
                               {"PLEACH_FABRIC_RAILS", "mlx5_0,10.0.1.2"},
                               {"PLEACH_LIBFABRIC", "/opt/lib/libfabric.so.1"}});
  REQUIRE(all.ok());
  CHECK(all.value().provider == "verbs;ofi_rxm");
  CHECK(all.value().rails == std::vector<RailRequest>{{"mlx5_0"}, {"10.0.1.2"}});
  CHECK(all.value().library == "/opt/lib/libfabric.so.1");
  for (const char* const list : {",", "a,", ",a", "a,,b"}) {
    const auto bad = options_of({{"PLEACH_FABRIC_RAILS", list}});
    REQUIRE_FALSE(bad.ok());
    CHECK(bad.mistakes()[0].message ==
          std::string("PLEACH_FABRIC_RAILS is \"") + list + "\": a rail has no name");
  }
}

}  // namespace
}  // namespace pleach
