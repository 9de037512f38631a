// What the bytes of a UniqueId hold.
#pragma once

#include <cstdint>
#include <string>

#include "runtime/net/bootstrap.hpp"
#include "runtime/net/wire.hpp"

namespace pleach {

struct RootPlace {
  std::string place;  // "host:port"
  wire::Key key{};
  std::uint64_t process = 0;  // process_token() of the root's process; 0 where it is not known
};

// Needs: `place` no longer than kLongestPlace.
[[nodiscard]] UniqueId encode_unique_id(const RootPlace& root);
// Throws MachineError when the bytes are no unique id of this version of pleach.
[[nodiscard]] RootPlace decode_unique_id(const UniqueId& id);
constexpr std::size_t kLongestPlace = 128 - 33;

// This process among all others; another one after fork(). Never 0.
[[nodiscard]] std::uint64_t process_token();

}  // namespace pleach
