#include "runtime/net/bootstrap.hpp"

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <numeric>
#include <optional>
#include <system_error>
#include <thread>
#include <utility>

#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "compiler/core/check.hpp"
#include "compiler/core/machine_error.hpp"
#include "runtime/net/rank_list.hpp"
#include "runtime/net/socket.hpp"
#include "runtime/net/unique_id.hpp"
#include "runtime/net/wire.hpp"

namespace pleach {
namespace {

using std::chrono::milliseconds;
using wire::Kind;

// Between two attempts to reach a root that does not listen yet.
constexpr milliseconds kFirstPause{10};
constexpr milliseconds kLongestPause{500};
// A root is asked who is missing when a quarter of the time is left, at most this much.
constexpr int kAskBefore = 500;
// An attempt that had less than this does not say that nothing answers.
constexpr int kTimeToAnswer = 100;
// How long a wait takes no notice of interrupt().
constexpr milliseconds kBetweenLooks{50};
// How long a destructor waits for the root to answer its goodbye.
constexpr milliseconds kFarewellWait{1000};

std::vector<int> all_but(int rank, int ranks) {
  std::vector<int> others(static_cast<std::size_t>(ranks));
  std::iota(others.begin(), others.end(), 0);
  std::erase(others, rank);
  return others;
}

}  // namespace

struct Bootstrap::Connection {
  Connection(std::string root_place, int own_rank, int all_ranks)
      : place(std::move(root_place)), rank(own_rank), ranks(all_ranks) {}
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;
  ~Connection() { say_goodbye(); }

  void connect(const RootPlace& root, const Deadline& deadline);
  [[nodiscard]] bool reach(const RootPlace& root, const Deadline& deadline);
  void send(const wire::Bytes& message, const Deadline& deadline);
  void read_available();
  void take(const wire::Frame& frame);
  // Waits until `done` is set. `what` completes "rank 0 waited for …".
  void wait_for(const bool& done, const std::string& what, const Deadline& deadline);
  void wait_for_event(short event, const Deadline& deadline) const;
  void throw_what_is_wrong() const;
  [[noreturn]] void time_is_over(const std::string& what, bool asked) const;
  void say_goodbye();
  [[nodiscard]] std::string me() const { return "rank " + std::to_string(rank); }

  std::string place;
  int rank = 0;
  int ranks = 0;
  ::pid_t owner = ::getpid();
  Socket socket;
  wire::FrameReader reader{wire::kMostToRank};
  std::string last_problem;  // while the root can not be reached

  bool greeted = false;    // the other side has shown that it is a root
  bool welcome = false;    // all ranks are there
  bool root_gone = false;  // the connection has ended
  bool root_leaves = false;
  bool farewell = false;
  bool has_left = false;
  bool half_sent = false;  // a message was cut off: nothing can follow it
  std::vector<int> lost;
  std::optional<std::vector<int>> missing;  // as the root answered
  std::string failure;                      // why nothing will be gathered any more

  std::map<int, wire::Bytes> told;  // by rank, the last that it told
  std::atomic<bool> interrupted = false;

  std::uint32_t sequence = 0;  // of the next all-gather
  bool has_gathered = false;
  wire::Bytes gathered;
};

void Bootstrap::Connection::connect(const RootPlace& root, const Deadline& deadline) {
  milliseconds pause = kFirstPause;
  while (!reach(root, deadline)) {
    const milliseconds left(deadline.milliseconds_left());
    if (left <= milliseconds(0)) {
      throw MachineError(me() + " found no root at " + place + " in time: " + last_problem +
                         "; is the process that made the unique id alive, and can this machine "
                         "reach that address (PLEACH_SOCKET_IFNAME chooses it there)?");
    }
    std::this_thread::sleep_for(std::min(pause, left));
    pause = std::min(2 * pause, kLongestPause);
  }
}

// One attempt at each of the root's addresses. True when a root has answered.
bool Bootstrap::Connection::reach(const RootPlace& root, const Deadline& deadline) {
  const std::optional<HostAndPort> where = parse_host_and_port(root.place);
  if (!where) throw MachineError("the unique id names no place for a root: \"" + root.place + "\"");
  const Resolved resolved = resolve(*where);
  if (!resolved.error.empty()) last_problem = resolved.error;
  int untried = static_cast<int>(resolved.addresses.size());
  for (const Address& address : resolved.addresses) {
    // The last address has all the time: a root may be slow to answer.
    const Deadline turn(milliseconds(deadline.milliseconds_left() / std::max(1, untried--)));
    const bool had_time = turn.milliseconds_left() >= kTimeToAnswer;
    Opened opened = connect_to(address, turn);
    if (!opened.socket.valid()) {
      last_problem = opened.message();
      continue;
    }
    socket = std::move(opened.socket);
    reader = wire::FrameReader(wire::kMostToRank);
    root_gone = false;
    const wire::Hello hello{.key = root.key,
                            .rank = rank,
                            .ranks = ranks,
                            .hosts_root = root.process == process_token()};
    send(wire::encode_hello(hello), turn);
    while (!greeted && !root_gone) {
      read_available();
      if (greeted || root_gone) break;
      if (!wait_until_ready(socket, POLLIN, turn)) break;
    }
    if (greeted) return true;
    // A proxy, or a root that is just going: another attempt may find another one.
    if (root_gone) {
      last_problem = "what listens there ends the connection without a word";
    } else if (had_time || last_problem.empty()) {
      last_problem = "what listens there does not answer as a root";
    }
    root_gone = false;
  }
  return false;
}

void Bootstrap::Connection::send(const wire::Bytes& message, const Deadline& deadline) {
  std::span<const std::byte> rest(message);
  while (!rest.empty() && !root_gone) {
    const Transfer transfer = send_some(socket, rest);
    if (transfer.ended) {
      // Why may still be there to be read.
      read_available();
      root_gone = true;
      return;
    }
    rest = rest.subspan(transfer.bytes);
    half_sent = !rest.empty();
    if (transfer.bytes > 0) continue;
    if (deadline.passed() || interrupted.load(std::memory_order_relaxed)) return;
    wait_for_event(POLLOUT, deadline);
  }
}

// Or until it is time to look again.
void Bootstrap::Connection::wait_for_event(short event, const Deadline& deadline) const {
  const milliseconds left(deadline.milliseconds_left());
  (void)wait_until_ready(socket, event, Deadline(std::min(left, kBetweenLooks)));
}

void Bootstrap::Connection::read_available() {
  while (!root_gone) {
    const Transfer transfer = receive_some(socket, reader.room());
    root_gone = transfer.ended;
    if (transfer.bytes == 0) return;
    reader.filled(transfer.bytes);
    while (const std::optional<wire::Frame> frame = reader.take()) take(*frame);
    if (!reader.malformed()) continue;
    root_gone = true;
    if (reader.found_version() != 0) {
      greeted = true;
      failure = "the root at " + place + " speaks version " +
                std::to_string(reader.found_version()) + " of the protocol, " + me() + " version " +
                std::to_string(wire::kVersion) + "; run the same pleach everywhere";
    }
  }
}

void Bootstrap::Connection::take(const wire::Frame& frame) {
  switch (frame.kind) {
    case Kind::Accepted: greeted = true; return;
    case Kind::Welcome: welcome = true; return;
    case Kind::RootLeaves: root_leaves = true; return;
    case Kind::Farewell: farewell = true; return;
    case Kind::Gathered:
      // An older one is of an all-gather whose deadline has passed.
      if (frame.sequence != sequence) return;
      gathered = frame.body;
      has_gathered = true;
      return;
    case Kind::Missing: missing = wire::decode_list(frame.body); return;
    case Kind::Told:
      // Anything else would let a root grow this without end.
      if (frame.sequence < static_cast<std::uint32_t>(ranks)) {
        told[static_cast<int>(frame.sequence)] = frame.body;
      }
      return;
    case Kind::Lost: lost = wire::decode_list(frame.body).value_or(lost); return;
    case Kind::Failed:
      greeted = true;
      failure = "the root at " + place + " says: " + wire::decode_text(frame.body);
      return;
    default: return;  // nothing a root of this version says
  }
}

void Bootstrap::Connection::throw_what_is_wrong() const {
  if (interrupted.load(std::memory_order_relaxed)) throw MachineError(me() + " was interrupted");
  if (!failure.empty()) throw MachineError(me() + ": " + failure);
  if (!lost.empty()) {
    throw MachineError(me() + " can not go on: " + rank_list(lost) +
                       (lost.size() == 1 ? " is" : " are") +
                       " gone, the connection to the root ended without a goodbye; look there for "
                       "the first error");
  }
  if (root_gone && root_leaves) {
    throw MachineError(me() + " can not go on: the process with the root (" + place +
                       ") has left the communicator");
  }
  if (root_gone) {
    throw MachineError(me() + " can not go on: the root at " + place +
                       " is gone, its connection ended; look at its process for the first error");
  }
}

void Bootstrap::Connection::time_is_over(const std::string& what, bool asked) const {
  std::string text = me() + " waited for " + what + " until its time was over";
  if (missing && !missing->empty()) {
    text += "; " + rank_list(*missing) + " did not come";
  } else if (asked && !missing) {
    text +=
        "; the root at " + place + " does not answer: its process hangs, or the network is down";
  }
  throw MachineError(text);
}

void Bootstrap::Connection::wait_for(const bool& done,
                                     const std::string& what,
                                     const Deadline& deadline) {
  const int left = deadline.milliseconds_left();
  const Deadline ask_at(milliseconds(left - std::min(left / 4, kAskBefore)));
  bool asked = false;
  missing.reset();
  while (true) {
    read_available();
    if (done) return;
    throw_what_is_wrong();
    if (half_sent || deadline.passed()) time_is_over(what, asked);
    if (!asked && ask_at.passed()) {
      send(wire::encode(Kind::Ask, 0, {}), deadline);
      asked = true;
    }
    wait_for_event(POLLIN, asked ? deadline : ask_at);
  }
}

// After fork() the child's copy of a communicator must not speak for it.
void Bootstrap::Connection::say_goodbye() {
  if (!greeted || root_gone || half_sent || has_left || ::getpid() != owner) return;
  has_left = true;
  try {
    const Deadline deadline(kFarewellWait);
    send(wire::encode(Kind::Goodbye, 0, {}), deadline);
    while (!farewell && !root_gone && wait_until_ready(socket, POLLIN, deadline)) read_available();
  } catch (const std::bad_alloc&) {
    // Without memory for a goodbye the others take this rank for lost.
  }
  // Its children may hold the socket too; this ends the connection for all.
  (void)::shutdown(socket.fd(), SHUT_RDWR);
}

Bootstrap::Bootstrap(const UniqueId& id, int rank, int ranks, const Deadline& deadline)
    : rank_(rank), ranks_(ranks) {
  if (ranks < 1 || static_cast<std::size_t>(ranks) > wire::kMostRanks || rank < 0 ||
      rank >= ranks) {
    throw MachineError("there is no rank " + std::to_string(rank) + " of " + std::to_string(ranks) +
                       "; ranks count from 0, and there are 1 to " +
                       std::to_string(wire::kMostRanks));
  }
  const RootPlace root = decode_unique_id(id);
  connection_ = std::make_unique<Connection>(root.place, rank, ranks);
  connection_->connect(root, deadline);
  connection_->wait_for(connection_->welcome,
                        "all " + std::to_string(ranks) + " ranks to meet at " + root.place,
                        deadline);
}

Bootstrap::~Bootstrap() = default;
Bootstrap::Bootstrap(Bootstrap&&) noexcept = default;
Bootstrap& Bootstrap::operator=(Bootstrap&&) noexcept = default;

std::vector<Bootstrap::Bytes> Bootstrap::all_gather(std::span<const std::byte> mine,
                                                    const Deadline& deadline) {
  ENSURE(mine.size() <= wire::kMostContribution, "a rank's part of an all-gather fits");
  Connection& root = *connection_;
  root.throw_what_is_wrong();
  root.has_gathered = false;
  const std::string what =
      "all-gather " + std::to_string(root.sequence) + " of " + std::to_string(ranks_) + " ranks";
  try {
    root.send(wire::encode(Kind::Gather, root.sequence, mine), deadline);
    root.wait_for(root.has_gathered, what, deadline);
  } catch (const MachineError& error) {
    // The ranks may disagree from here on about which all-gathers there were.
    if (root.failure.empty()) root.failure = std::string("an earlier one failed: ") + error.what();
    throw;
  }
  ++root.sequence;
  const wire::Bytes body = std::exchange(root.gathered, {});
  std::optional<std::vector<Bytes>> parts = wire::decode_gathered(body, ranks_);
  if (!parts) {
    throw MachineError(root.me() + " received a malformed message from the root at " + root.place);
  }
  return std::move(*parts);
}

void Bootstrap::barrier(const Deadline& deadline) { (void)all_gather({}, deadline); }

void Bootstrap::tell(std::span<const std::byte> mine, const Deadline& deadline) {
  ENSURE(mine.size() <= wire::kMostContribution, "what a rank tells fits into a message");
  Connection& root = *connection_;
  if (root.has_left || root.half_sent) return;
  root.send(wire::encode(Kind::Tell, 0, mine), deadline);
}

const std::map<int, Bootstrap::Bytes>& Bootstrap::told() {
  if (!connection_->has_left) connection_->read_available();
  return connection_->told;
}

void Bootstrap::interrupt() { connection_->interrupted.store(true, std::memory_order_relaxed); }

void Bootstrap::leave() { connection_->say_goodbye(); }

std::vector<int> Bootstrap::lost() {
  if (connection_->has_left) return connection_->lost;
  connection_->read_available();
  if (connection_->root_gone && !connection_->root_leaves) return all_but(rank_, ranks_);
  return connection_->lost;
}

}  // namespace pleach
