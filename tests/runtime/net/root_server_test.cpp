// The root against strangers and ranks that do not keep to the protocol, on plain sockets.
#include "runtime/net/root_server.hpp"

#include <doctest/doctest.h>
#include <poll.h>

#include "runtime/net/bootstrap.hpp"
#include "runtime/net/unique_id.hpp"
#include "tests/runtime/net/rank_threads.hpp"

namespace pleach {
namespace {

using namespace testing;
using std::chrono::milliseconds;
using wire::Kind;

// A connection to a root that can say anything.
class Client {
 public:
  explicit Client(const UniqueId& id) : root_(decode_unique_id(id)) {
    const auto place = parse_host_and_port(root_.place);
    Opened opened = connect_to(*numeric_address(*place), ample());
    REQUIRE_MESSAGE(opened.error == 0, opened.message());
    socket_ = std::move(opened.socket);
  }

  void say(std::span<const std::byte> bytes) {
    while (!bytes.empty()) {
      const Transfer sent = send_some(socket_, bytes);
      if (sent.ended) return;
      bytes = bytes.subspan(sent.bytes);
      if (sent.bytes == 0) REQUIRE(wait_until_ready(socket_, POLLOUT, ample()));
    }
  }
  void greet(int rank, int ranks) {
    say(wire::encode_hello({.key = root_.key, .rank = rank, .ranks = ranks}));
  }
  // Nothing when the root ended the connection.
  std::optional<wire::Frame> hear() {
    while (true) {
      if (auto frame = reader_.take()) return frame;
      const Transfer got = receive_some(socket_, reader_.room());
      if (got.ended) return std::nullopt;
      reader_.filled(got.bytes);
      if (got.bytes == 0) REQUIRE(wait_until_ready(socket_, POLLIN, ample()));
    }
  }
  const wire::Key& key() const { return root_.key; }

 private:
  RootPlace root_;
  Socket socket_;
  wire::FrameReader reader_{wire::kMostToRank};
};

void meet(const UniqueId& id) {
  const auto errors = on_ranks({0, 1}, [&](int rank) {
    Bootstrap bootstrap(id, rank, 2, ample());
    bootstrap.barrier(ample());
  });
  for (const std::string& error : errors) CHECK_MESSAGE(error.empty(), error);
}

bool is_reachable(const UniqueId& id) {
  const auto place = parse_host_and_port(decode_unique_id(id).place);
  return connect_to(*numeric_address(*place), ample()).error == 0;
}

void wait_until_unreachable(const UniqueId& id) {
  const Deadline deadline = ample();
  while (is_reachable(id) && !deadline.passed()) std::this_thread::sleep_for(milliseconds(5));
  CHECK_FALSE(is_reachable(id));
}

TEST_CASE("strangers disturb nobody") {
  const UniqueId id = make_unique_id();
  std::vector<std::unique_ptr<Client>> silent;
  for (int i = 0; i < 20; ++i) silent.push_back(std::make_unique<Client>(id));
  Client half(id);
  half.say(wire::encode(Kind::Hello, 0, {}));  // a Hello without a key
  CHECK(wire::decode_text(half.hear()->body).find("key") != std::string::npos);
  Client begun(id);
  const wire::Bytes hello = wire::encode_hello({.key = begun.key(), .rank = 0, .ranks = 2});
  begun.say(std::span(hello).first(30));
  Client garbage(id);
  garbage.say(bytes_of(std::string(100'000, 'G')));
  CHECK_FALSE(garbage.hear().has_value());
  Client promising(id);  // a length that nobody should believe
  wire::Bytes header = wire::encode(Kind::Hello, 0, {});
  for (std::size_t i = 12; i < 16; ++i) header[i] = std::byte{0xff};
  promising.say(header);
  CHECK_FALSE(promising.hear().has_value());
  Client early(id);  // does not greet
  early.say(wire::encode(Kind::Gather, 0, {}));
  CHECK_FALSE(early.hear().has_value());
  meet(id);
}

TEST_CASE("another key is refused with the reason, then the connection ends") {
  const UniqueId id = make_unique_id();
  Client client(id);
  wire::Key key = client.key();
  key[0] ^= std::byte{0x80};
  client.say(wire::encode_hello({.key = key, .rank = 0, .ranks = 2}));
  const auto frame = client.hear();
  REQUIRE(frame.has_value());
  CHECK(frame->kind == Kind::Failed);
  CHECK(contains(wire::decode_text(frame->body), "its key is another"));
  CHECK_FALSE(client.hear().has_value());
  meet(id);
}

TEST_CASE("another version of the protocol is named to it and to the ranks that wait") {
  const UniqueId id = make_unique_id();
  Client rank(id);
  rank.greet(0, 2);
  CHECK(rank.hear()->kind == Kind::Accepted);
  Client other(id);
  wire::Bytes hello = wire::encode_hello({.key = other.key(), .rank = 1, .ranks = 2});
  hello[4] = std::byte{9};
  other.say(hello);
  for (Client* client : {&rank, &other}) {
    const auto frame = client->hear();
    REQUIRE(frame.has_value());
    CHECK(frame->kind == Kind::Failed);
    CHECK(
        contains(wire::decode_text(frame->body), "version 9 of the protocol, the root version 1"));
  }
}

TEST_CASE("a greeting that can not be is refused") {
  const UniqueId id = make_unique_id();
  for (const auto& [rank, ranks] : {std::pair(2, 2), {0, 0}, {0, 1 << 20}}) {
    Client client(id);
    client.greet(rank, ranks);
    const auto frame = client.hear();
    REQUIRE(frame.has_value());
    CHECK(contains(wire::decode_text(frame->body), "malformed"));
  }
  meet(id);
}

TEST_CASE("a rank that ends without a goodbye, or talks nonsense, is lost to the others") {
  const UniqueId id = make_unique_id();
  Client watcher(id);
  watcher.greet(0, 3);
  auto vanishing = std::make_unique<Client>(id);
  vanishing->greet(1, 3);
  Client nonsense(id);
  nonsense.greet(2, 3);
  for (Client* client : {&watcher, vanishing.get(), &nonsense}) {
    CHECK(client->hear()->kind == Kind::Accepted);
    CHECK(client->hear()->kind == Kind::Welcome);
  }
  vanishing.reset();
  auto frame = watcher.hear();
  CHECK(frame->kind == Kind::Lost);
  CHECK(wire::decode_list(frame->body) == std::vector<int>{1});
  nonsense.say(bytes_of("certainly not a frame"));
  frame = watcher.hear();
  CHECK(frame->kind == Kind::Lost);
  CHECK(wire::decode_list(frame->body) == std::vector<int>{1, 2});
}

TEST_CASE("a part of another all-gather than the one that goes on fails for all") {
  const UniqueId id = make_unique_id();
  Client first(id);
  first.greet(0, 2);
  Client second(id);
  second.greet(1, 2);
  first.say(wire::encode(Kind::Ask, 0, {}));
  for (Client* client : {&first, &second}) {
    CHECK(client->hear()->kind == Kind::Accepted);
    auto frame = client->hear();
    if (frame->kind == Kind::Missing) frame = client->hear();  // asked before or after the second
    CHECK(frame->kind == Kind::Welcome);
  }
  second.say(wire::encode(Kind::Gather, 5, {}));
  for (Client* client : {&first, &second}) {
    auto frame = client->hear();
    if (frame->kind == Kind::Missing) frame = client->hear();
    CHECK(frame->kind == Kind::Failed);
    CHECK(contains(wire::decode_text(frame->body), "rank 1 sent its part of all-gather 5"));
  }
}

TEST_CASE("a root ends after its ranks, and before any comes when it is idle") {
  const UniqueId served = make_unique_id();
  meet(served);
  wait_until_unreachable(served);
  wait_until_unreachable(make_unique_id(milliseconds(50)));
}

}  // namespace
}  // namespace pleach
