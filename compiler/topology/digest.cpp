#include "compiler/topology/digest.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdint>
#include <string_view>
#include <utility>
#include <vector>

#include <sys/types.h>
// sha2.h uses the types of sys/types.h without including it.
#include <sha2.h>

namespace pleach {
namespace {

// Positions of the links, ordered by (from, to).
std::vector<std::size_t> by_ends(const std::vector<Link>& links) {
  std::vector<std::pair<std::uint64_t, std::size_t>> keys;
  keys.reserve(links.size());
  for (std::size_t i = 0; i < links.size(); ++i) {
    keys.emplace_back(std::uint64_t{index(links[i].from)} << 32U | index(links[i].to), i);
  }
  std::ranges::sort(keys);
  std::vector<std::size_t> order(links.size());
  std::ranges::transform(keys, order.begin(), [](const auto& key) { return key.second; });
  return order;
}

void append_number(std::string& text, std::size_t number) {
  std::array<char, 20> digits{};
  text.append(digits.data(),
              std::to_chars(digits.data(), digits.data() + digits.size(), number).ptr);
}

// The text of a bandwidth or a latency. Neighbouring links mostly have equal ones.
template <class Value>
class TextOf {
 public:
  const std::string& operator()(const Value& value) {
    if (text_.empty() || value != last_) {
      last_ = value;
      text_ = to_string(value);
    }
    return text_;
  }

 private:
  Value last_;
  std::string text_;
};

std::string canonical_text(const Topology& topology) {
  std::string text = "pleach-topology/1\n";
  for (const Node& node : topology.nodes) ((text += "node ") += node.id) += '\n';
  TextOf<Bandwidth> bandwidth;
  TextOf<Latency> latency;
  for (const std::size_t i : by_ends(topology.links)) {
    const Link& link = topology.links[i];
    append_number(text += "link ", index(link.from));
    append_number(text += ' ', index(link.to));
    ((text += ' ') += bandwidth(link.bandwidth)) += ' ';
    (text += latency(link.latency)) += '\n';
  }
  for (const NodeId node : topology.ranks) {
    append_number(text += "rank ", index(node));
    text += '\n';
  }
  return text;
}

}  // namespace

std::string sha256_of(std::string_view text) {
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

std::string topology_digest(const Topology& topology) {
  return sha256_of(canonical_text(topology));
}

}  // namespace pleach
