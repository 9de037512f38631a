// NCCL's algorithms and protocols, by its numbers and names.
//
// The numbers are those of NCCL's cost table (nccl_tuner.h, the same from 2.22 to 2.30); the names
// those of NCCL_ALGO and NCCL_PROTO, in lower case.
#pragma once

#include <array>
#include <optional>
#include <string_view>

namespace pleach::nccl {

enum class Algorithm { Tree, Ring, CollNetDirect, CollNetChain, Nvls, NvlsTree, Pat };
enum class Protocol { Ll, Ll128, Simple };

inline constexpr std::array kAlgorithms = {
    Algorithm::Tree,         Algorithm::Ring, Algorithm::CollNetDirect,
    Algorithm::CollNetChain, Algorithm::Nvls, Algorithm::NvlsTree,
    Algorithm::Pat};
inline constexpr std::array kProtocols = {Protocol::Ll, Protocol::Ll128, Protocol::Simple};

// "tree", "ring", "collnetdirect", "collnetchain", "nvls", "nvlstree", "pat".
[[nodiscard]] constexpr std::string_view name_of(Algorithm algorithm) {
  constexpr std::array<std::string_view, kAlgorithms.size()> kNames = {
      "tree", "ring", "collnetdirect", "collnetchain", "nvls", "nvlstree", "pat"};
  return kNames[static_cast<std::size_t>(algorithm)];
}

// "ll", "ll128", "simple".
[[nodiscard]] constexpr std::string_view name_of(Protocol protocol) {
  constexpr std::array<std::string_view, kProtocols.size()> kNames = {"ll", "ll128", "simple"};
  return kNames[static_cast<std::size_t>(protocol)];
}

[[nodiscard]] constexpr std::optional<Algorithm> algorithm_named(std::string_view name) {
  for (const Algorithm algorithm : kAlgorithms) {
    if (name_of(algorithm) == name) return algorithm;
  }
  return std::nullopt;
}

[[nodiscard]] constexpr std::optional<Protocol> protocol_named(std::string_view name) {
  for (const Protocol protocol : kProtocols) {
    if (name_of(protocol) == name) return protocol;
  }
  return std::nullopt;
}

// Whether NCCL holds the number of channels that a tuner gives against those it has. What goes
// through CollNet, as NVLS does on several nodes, takes what it is told, connected or not.
[[nodiscard]] constexpr bool checks_channels(Algorithm algorithm, int nodes) {
  return algorithm != Algorithm::CollNetDirect && algorithm != Algorithm::CollNetChain &&
         (algorithm != Algorithm::Nvls || nodes == 1);
}

}  // namespace pleach::nccl
