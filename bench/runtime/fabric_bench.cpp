// The fabric transport on this machine alone: what its providers cost without a network.
//
// Two transports, each with its own thread. Put: 8 writes in flight, each credited back by a
// notification. Notify: half of a round trip.
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include <benchmark/benchmark.h>

#include "compiler/core/machine_error.hpp"
#include "runtime/net/deadline.hpp"
#include "runtime/net/fabric_transport.hpp"

namespace pleach {
namespace {

constexpr std::uint32_t kStop = ~std::uint32_t{0};
constexpr std::size_t kCredits = 8;
constexpr std::chrono::seconds kPatience{20};

struct Ends {
  std::vector<std::byte> window;
  std::unique_ptr<Transport> sender;
  std::unique_ptr<Transport> receiver;

  Ends(const std::string& provider, std::size_t bytes) : window(kCredits * bytes) {
    const std::string address = provider == "shm" ? "" : "127.0.0.1";
    sender = open_fabric({.rails = {{address}}, .provider = provider});
    receiver = open_fabric({.rails = {{address}}, .provider = provider});
    const std::vector<Blob> addresses{sender->address(), receiver->address()};
    const std::vector<Blob> windows{{}, receiver->expose(window)};
    sender->connect(addresses);
    receiver->connect(addresses);
    sender->set_windows(windows);
  }
};

void notify_surely(Transport& transport, int peer, std::uint32_t value, const Deadline& deadline) {
  std::vector<TransportEvent> ignored;
  while (!transport.notify({.peer = peer}, value)) {
    (void)transport.poll(ignored);
    if (deadline.passed()) throw MachineError("the other end does not take a notification");
  }
}

// Answers each arrival with a notification until it is told to stop.
void answer(Transport& transport) {
  std::vector<TransportEvent> events;
  for (Deadline deadline(kPatience); !deadline.passed();) {
    events.clear();
    if (transport.poll(events) == 0) {
      std::this_thread::yield();
      continue;
    }
    deadline = Deadline(kPatience);
    for (const TransportEvent& event : events) {
      if (event.kind != TransportEvent::Kind::Arrived) continue;
      if (event.value == kStop) return;
      notify_surely(transport, 0, static_cast<std::uint32_t>(event.value), deadline);
    }
  }
}

// Polls, once at least, until `count` answers are there; returns how many there are.
std::size_t wait_for_answers(Transport& transport,
                             std::vector<TransportEvent>& events,
                             std::size_t count) {
  std::size_t answers = 0;
  const Deadline deadline(kPatience);
  do {
    events.clear();
    if (transport.poll(events) == 0) std::this_thread::yield();
    for (const TransportEvent& event : events) {
      if (event.kind == TransportEvent::Kind::Failed) throw MachineError(event.message);
      if (event.kind == TransportEvent::Kind::Arrived) ++answers;
    }
    if (deadline.passed()) throw MachineError("the other end does not answer");
  } while (answers < count);
  return answers;
}

template <class Work>
void run(benchmark::State& state, const std::string& provider, std::size_t bytes, Work work) {
  try {
    Ends ends(provider, bytes);
    std::jthread other([&] { answer(*ends.receiver); });
    std::vector<TransportEvent> events;
    notify_surely(*ends.sender, 1, 0, Deadline(kPatience));  // connects
    (void)wait_for_answers(*ends.sender, events, 1);
    work(*ends.sender);
    notify_surely(*ends.sender, 1, kStop, Deadline(kPatience));
    for (const Deadline deadline(kPatience); ends.sender->in_flight() > 0 && !deadline.passed();) {
      (void)ends.sender->poll(events);
    }
  } catch (const MachineError& error) {
    state.SkipWithError(error.what());
  }
}

void put(benchmark::State& state, const std::string& provider) {
  const auto bytes = static_cast<std::size_t>(state.range(0));
  const std::vector<std::byte> source(bytes);
  run(state, provider, bytes, [&](Transport& transport) {
    std::vector<TransportEvent> events;
    std::size_t credits = kCredits;
    std::uint32_t next = 0;
    for (auto _ : state) {
      if (credits == 0) credits += wait_for_answers(transport, events, 1);
      while (!transport.write({.peer = 1}, source, next % kCredits * bytes, next % kStop, next)) {
        credits += wait_for_answers(transport, events, 0);
      }
      --credits;
      ++next;
    }
    (void)wait_for_answers(transport, events, kCredits - credits);
  });
  state.SetBytesProcessed(state.iterations() * state.range(0));
}

void notify(benchmark::State& state, const std::string& provider) {
  run(state, provider, 1, [&](Transport& transport) {
    std::vector<TransportEvent> events;
    for (auto _ : state) {
      notify_surely(transport, 1, 1, Deadline(kPatience));
      (void)wait_for_answers(transport, events, 1);
    }
  });
  state.counters["half_round_trip"] =
      benchmark::Counter(static_cast<double>(2 * state.iterations()),
                         benchmark::Counter::kIsRate | benchmark::Counter::kInvert);
}

}  // namespace
}  // namespace pleach

int main(int argc, char** argv) {
  for (const std::string provider : {"tcp", "shm"}) {
    benchmark::RegisterBenchmark(("put/" + provider).c_str(), pleach::put, provider)
        ->Arg(64 << 10)
        ->Arg(256 << 10)
        ->UseRealTime();
    benchmark::RegisterBenchmark(("notify/" + provider).c_str(), pleach::notify, provider)
        ->UseRealTime();
  }
  benchmark::Initialize(&argc, argv);
  if (benchmark::ReportUnrecognizedArguments(argc, argv)) return 1;
  benchmark::RunSpecifiedBenchmarks();
  return 0;
}
