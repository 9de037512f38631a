#include "compiler/topology/digest.hpp"

#include <algorithm>
#include <array>
#include <cstdint>
#include <numeric>
#include <string_view>
#include <vector>

#include <sys/types.h>
// sha2.h uses the types of sys/types.h without including it.
#include <sha2.h>

namespace pleach {
namespace {

std::string canonical_text(const Topology& topology) {
  std::string text = "pleach-topology/1\n";
  for (const Node& node : topology.nodes) text += "node " + node.id + "\n";
  std::vector<std::size_t> order(topology.links.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::ranges::sort(order, {}, [&](std::size_t i) {
    return std::pair(topology.links[i].from, topology.links[i].to);
  });
  for (const std::size_t i : order) {
    const Link& link = topology.links[i];
    text += "link " + std::to_string(index(link.from)) + " " + std::to_string(index(link.to)) +
            " " + to_string(link.bandwidth) + " " + to_string(link.latency) + "\n";
  }
  for (const NodeId node : topology.ranks) text += "rank " + std::to_string(index(node)) + "\n";
  return text;
}

std::string sha256(std::string_view text) {
  SHA2_CTX context;
  SHA256Init(&context);
  SHA256Update(&context, reinterpret_cast<const std::uint8_t*>(text.data()), text.size());
  std::array<std::uint8_t, SHA256_DIGEST_LENGTH> digest{};
  SHA256Final(digest.data(), &context);
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string hexadecimal;
  for (const std::uint8_t byte : digest) {
    hexadecimal += kDigits[byte >> 4U];
    hexadecimal += kDigits[byte & 0xFU];
  }
  return hexadecimal;
}

}  // namespace

std::string topology_digest(const Topology& topology) { return sha256(canonical_text(topology)); }

}  // namespace pleach
