#include "runtime/comm/network_port.hpp"

#include <string>
#include <utility>
#include <vector>

#include <doctest/doctest.h>

#include "compiler/core/machine_error.hpp"

namespace pleach {
namespace {

// What a transport was asked for, and what it does; outlives the transport.
struct Wire {
  struct Notice {
    int peer = 0;
    std::uint32_t immediate = 0;
    bool operator==(const Notice&) const = default;
  };
  std::vector<Notice> notices;
  std::size_t in_flight = 0;
  int polls_until_all_left = -1;  // below 0: nothing ever leaves
  std::string failure;            // what poll() throws
  std::vector<TransportEvent> events;
  bool is_open = true;
};

class FakeTransport final : public Transport {
 public:
  explicit FakeTransport(Wire& wire) : wire_(wire) {}
  ~FakeTransport() override { wire_.is_open = false; }

  [[nodiscard]] std::vector<std::string> rails() const override { return {"fake"}; }
  [[nodiscard]] Blob address() const override { return {}; }
  void connect(std::span<const Blob>) override {}
  [[nodiscard]] Blob expose(std::span<std::byte>) override { return {}; }
  void set_windows(std::span<const Blob>) override {}
  [[nodiscard]] bool write(const Path&,
                           std::span<const std::byte>,
                           std::uint64_t,
                           std::uint32_t,
                           std::uint64_t) override {
    ++wire_.in_flight;
    return true;
  }
  [[nodiscard]] bool notify(const Path& path, std::uint32_t immediate) override {
    wire_.notices.push_back({.peer = path.peer, .immediate = immediate});
    ++wire_.in_flight;
    return true;
  }
  [[nodiscard]] std::size_t max_write() const override { return 1 << 20; }
  [[nodiscard]] std::size_t in_flight() const override { return wire_.in_flight; }
  std::size_t poll(std::vector<TransportEvent>& events) override {
    if (!wire_.failure.empty()) throw MachineError(wire_.failure);
    if (wire_.polls_until_all_left == 0) wire_.in_flight = 0;
    if (wire_.polls_until_all_left > 0) --wire_.polls_until_all_left;
    events.insert(events.end(), wire_.events.begin(), wire_.events.end());
    return std::exchange(wire_.events, {}).size();
  }

 private:
  Wire& wire_;
};

constexpr std::uint32_t kEntered = 2U << 30;
constexpr std::uint32_t kGaveUp = 3U << 30;

TransportEvent arrived(std::uint32_t immediate) {
  return {.kind = TransportEvent::Kind::Arrived, .value = immediate};
}

// Rank 1 of 4 sends to rank 2 with op 0, and receives from rank 3.
NetworkUse use_of_rank_one() {
  return {.paths = {{.peer = 2}}, .receivers = {{.peer = 2}}, .senders = {{.peer = 3}}};
}

TEST_CASE("a rank may send when the receiver has entered the same call") {
  Wire wire;
  NetworkPort port(std::make_unique<FakeTransport>(wire), 1, 4);
  const NetworkUse use = use_of_rank_one();
  port.enter(use, 0x1234);
  CHECK(wire.notices == std::vector<Wire::Notice>{{3, kEntered | 1 << 16 | 0x1234}});
  CHECK_FALSE(port.has_entered(2));
  wire.events = {arrived(kEntered | 2 << 16 | 0x1234)};
  CHECK(port.poll(nullptr));
  CHECK(port.has_entered(2));
  // The next call: it enters another one.
  port.enter(use, 0x1235);
  CHECK_FALSE(port.has_entered(2));
  wire.events = {arrived(kEntered | 2 << 16 | 0x9999)};
  CHECK(port.poll(nullptr));
  CHECK_THROWS_WITH_AS((void)port.has_entered(2),
                       doctest::Contains("rank 2 and rank 1 call different collectives"),
                       OtherCallError);
}

TEST_CASE("who fails tells those it sends to and those that send to it, and lets that leave") {
  Wire wire;
  wire.polls_until_all_left = 3;
  NetworkPort port(std::make_unique<FakeTransport>(wire), 1, 4);
  NetworkUse use = use_of_rank_one();
  port.enter(use, 0);
  wire.notices.clear();
  use = {};  // its plan may be gone when the call is over
  port.give_up();
  CHECK(wire.notices == std::vector<Wire::Notice>{{2, kGaveUp | 1 << 16}, {3, kGaveUp | 1 << 16}});
  CHECK(wire.in_flight == 0);
  CHECK(wire.is_open);
}

TEST_CASE("what can not leave is given up, so that nothing reads the caller's buffers any more") {
  Wire wire;
  NetworkPort port(std::make_unique<FakeTransport>(wire), 1, 4);
  const NetworkUse use = use_of_rank_one();
  port.enter(use, 0);
  const std::vector<std::byte> data(100);
  REQUIRE(port.send(0, 0, data, 0));
  SUBCASE("the peer takes nothing") {}
  SUBCASE("the rail has failed") { wire.failure = "no more"; }
  CHECK(wire.is_open);
  port.give_up();
  CHECK_FALSE(wire.is_open);
  // Again, as the communicator's end does.
  const std::size_t told = wire.notices.size();
  port.give_up();
  CHECK(wire.notices.size() == told);
}

}  // namespace
}  // namespace pleach
