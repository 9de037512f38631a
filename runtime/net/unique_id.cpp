#include "runtime/net/unique_id.hpp"

#include <algorithm>
#include <cerrno>
#include <optional>
#include <string_view>
#include <system_error>

#include <sys/random.h>

#include "compiler/core/check.hpp"
#include "compiler/core/machine_error.hpp"
#include "runtime/net/address.hpp"
#include "runtime/net/interface.hpp"
#include "runtime/net/launcher.hpp"
#include "runtime/net/root_thread.hpp"

namespace pleach {
namespace {

// The bytes: magic with a version (8), key (16), process (8), length of the place (1), the place.
constexpr std::string_view kMagic("plchid\0\1", 8);
constexpr std::size_t kKeyAt = 8;
constexpr std::size_t kProcessAt = 24;
constexpr std::size_t kLengthAt = 32;
constexpr std::size_t kPlaceAt = 33;

// FNV-1a. Only to tell things apart.
std::uint64_t hash_of(std::string_view text, std::uint64_t seed = 0) {
  std::uint64_t hash = 0xcbf29ce484222325 ^ seed;
  for (const char letter : text) {
    hash ^= static_cast<unsigned char>(letter);
    hash *= 0x100000001b3;
  }
  return hash;
}

void put(std::byte* to, std::uint64_t value) {
  for (int i = 0; i < 8; ++i) to[i] = static_cast<std::byte>((value >> (8 * i)) & 0xff);
}

std::uint64_t get(const std::byte* from) {
  std::uint64_t value = 0;
  for (int i = 0; i < 8; ++i) value |= std::to_integer<std::uint64_t>(from[i]) << (8 * i);
  return value;
}

wire::Key random_key() {
  wire::Key key{};
  std::size_t filled = 0;
  while (filled < key.size()) {
    const ssize_t got = ::getrandom(key.data() + filled, key.size() - filled, 0);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) {
      throw MachineError("the system gives no random bytes for a unique id: " +
                         std::generic_category().message(errno));
    }
    filled += static_cast<std::size_t>(got);
  }
  return key;
}

// Ranks that only know the place make the same key of it. No secret: it keeps apart what met by
// accident, as a job that was told another name for the same machine.
wire::Key key_of(std::string_view place) {
  wire::Key key{};
  put(key.data(), hash_of(place));
  put(key.data() + 8, hash_of(place, 0x9e3779b97f4a7c15));
  return key;
}

std::string serve_error(const std::string& place, const RootStart& root) {
  std::string text = "no root for the ranks can listen at " + place + ": " + root.message();
  if (root.error == EADDRINUSE) {
    text += "; another program or another job has this port: choose another one (PLEACH_ROOT)";
  } else if (root.error == EADDRNOTAVAIL) {
    text += "; it is no address of this machine";
  }
  return text;
}

// Where to listen for ranks that were told `place`. A name may stand for other addresses here than
// elsewhere (Debian writes a machine's own name as 127.0.1.1), so for a name it is all of them.
RootStart serve_at(const HostAndPort& place, const wire::Key& key, std::chrono::milliseconds idle) {
  if (const std::optional<Address> address = numeric_address(place)) {
    RootStart root = start_root(*address, key, idle);
    if (root.error != EADDRNOTAVAIL) return root;
    // Peers may reach this machine by an address that it does not have itself (NAT, a service).
    return start_root(any_address(address->family(), place.port), key, idle);
  }
  if (place.host == "localhost") {
    return start_root(*numeric_address({.host = "127.0.0.1", .port = place.port}), key, idle);
  }
  RootStart root = start_root(any_address(AF_INET6, place.port), key, idle);
  if (root.error != EAFNOSUPPORT && root.error != EADDRNOTAVAIL) return root;
  return start_root(any_address(AF_INET, place.port), key, idle);
}

}  // namespace

std::uint64_t process_token() { return std::max<std::uint64_t>(1, hash_of(process_identity())); }

UniqueId encode_unique_id(const RootPlace& root) {
  ENSURE(root.place.size() <= kLongestPlace, "a root's place fits into a unique id");
  UniqueId id;
  const auto bytes_of = [](char letter) { return static_cast<std::byte>(letter); };
  std::transform(kMagic.begin(), kMagic.end(), id.bytes.begin(), bytes_of);
  std::copy(root.key.begin(), root.key.end(), id.bytes.begin() + kKeyAt);
  put(id.bytes.data() + kProcessAt, root.process);
  id.bytes[kLengthAt] = static_cast<std::byte>(root.place.size());
  std::transform(root.place.begin(), root.place.end(), id.bytes.begin() + kPlaceAt, bytes_of);
  return id;
}

RootPlace decode_unique_id(const UniqueId& id) {
  const auto text = [&](std::size_t at, std::size_t length) {
    return std::string(reinterpret_cast<const char*>(id.bytes.data()) + at, length);
  };
  const auto length = std::to_integer<std::size_t>(id.bytes[kLengthAt]);
  if (text(0, kMagic.size()) != kMagic || length == 0 || length > kLongestPlace) {
    throw MachineError(
        "these bytes are no unique id of this version of pleach; "
        "make one with make_unique_id and give the same 128 bytes to every rank");
  }
  RootPlace root{.place = text(kPlaceAt, length), .process = get(id.bytes.data() + kProcessAt)};
  std::copy_n(id.bytes.begin() + kKeyAt, root.key.size(), root.key.begin());
  return root;
}

UniqueId make_unique_id(std::chrono::milliseconds idle) {
  const std::vector<Interface> interfaces = local_interfaces();
  Address address =
      choose_interface(interfaces, process_environment()("PLEACH_SOCKET_IFNAME")).address;
  const wire::Key key = random_key();
  const RootStart root = start_root(address, key, idle);
  if (root.error != 0) throw MachineError(serve_error(to_string(place_of(address)), root));
  return encode_unique_id(
      {.place = to_string(place_of(root.address)), .key = key, .process = process_token()});
}

UniqueId unique_id_at(const std::string& host_and_port,
                      bool serve,
                      std::chrono::milliseconds idle) {
  std::optional<HostAndPort> place = parse_host_and_port(host_and_port);
  if (!place || (place->port == 0 && !serve)) {
    throw MachineError("\"" + host_and_port +
                       "\" is no place for a root; expected host:port, as node7:4242, "
                       "10.0.0.1:4242 or [fd00::1]:4242");
  }
  if (to_string(*place).size() > kLongestPlace - 5) {
    throw MachineError("the host's name in \"" + host_and_port +
                       "\" is too long for a unique id (" + std::to_string(kLongestPlace - 5) +
                       " characters with its port); give the host's address");
  }
  const wire::Key key = key_of(to_string(*place));
  if (!serve) return encode_unique_id({.place = to_string(*place), .key = key});
  const RootStart root = serve_at(*place, key, idle);
  if (root.error != 0) throw MachineError(serve_error(host_and_port, root));
  place->port = root.address.port();
  return encode_unique_id({.place = to_string(*place), .key = key, .process = process_token()});
}

}  // namespace pleach
