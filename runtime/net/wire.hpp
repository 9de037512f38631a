// The messages between a rank and the root.
//
//   header, 16 bytes   magic "plch", version (u16), kind (u16), sequence (u32), length (u32)
//                      sequence: of an all-gather, or in Told the rank that told
//   body               `length` bytes; lists are u32 each
//
// All integers are little-endian. The header, and the key at the start of a Hello, stay the same in
// all versions, so that two versions can tell each other what they are.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace pleach::wire {

constexpr std::uint16_t kVersion = 1;
constexpr std::size_t kHeaderBytes = 16;
constexpr std::size_t kMostContribution = std::size_t{16} << 20;  // one rank's part
constexpr std::size_t kMostGathered = std::size_t{1} << 30;       // all parts of an all-gather
constexpr std::size_t kMostRanks = std::size_t{1} << 16;
// A rank's largest message is its part, the root's all parts with their lengths.
constexpr std::size_t kMostToRoot = kMostContribution;
constexpr std::size_t kMostToRank = kMostGathered + 4 * kMostRanks;

enum class Kind : std::uint16_t {
  // From a rank.
  Hello = 1,  // key, rank, ranks, 1 when the root is in this rank's process
  Gather,     // its part of all-gather `sequence`
  Ask,        // who is missing?
  Goodbye,
  Tell,  // bytes for all ranks
  // From the root.
  Accepted = 64,  // the Hello was good; now the others
  Welcome,        // all ranks are there
  Gathered,       // the length of each part, then the parts
  Missing,        // list of ranks: the answer to Ask
  Lost,           // list of all ranks lost so far
  Failed,         // why nothing will be gathered any more, as text
  RootLeaves,     // the ranks in the root's process have said goodbye: its end is no accident
  Farewell,       // the answer to Goodbye: nothing depends on this rank any more
  Told,           // the bytes that rank `sequence` sent with Tell
};

using Bytes = std::vector<std::byte>;
using Key = std::array<std::byte, 16>;

struct Frame {
  std::uint16_t version = kVersion;
  Kind kind = Kind::Hello;
  std::uint32_t sequence = 0;
  Bytes body;
};

struct Hello {
  Key key{};
  int rank = 0;
  int ranks = 0;
  bool hosts_root = false;
};
constexpr std::size_t kHelloBytes = 28;

// Header and body.
[[nodiscard]] Bytes encode(Kind kind, std::uint32_t sequence, std::span<const std::byte> body);
[[nodiscard]] Bytes encode_text(Kind kind, std::string_view text);
[[nodiscard]] Bytes encode_list(Kind kind, std::span<const int> list);
[[nodiscard]] Bytes encode_hello(const Hello& hello);
// Each part, by rank. Needs: at most kMostGathered together.
[[nodiscard]] Bytes encode_gathered(std::uint32_t sequence, std::span<const Bytes> parts);

[[nodiscard]] std::string decode_text(std::span<const std::byte> body);
// Nothing when the body is not as above.
[[nodiscard]] std::optional<std::vector<int>> decode_list(std::span<const std::byte> body);
[[nodiscard]] std::optional<Hello> decode_hello(std::span<const std::byte> body);
[[nodiscard]] std::optional<std::vector<Bytes>> decode_gathered(std::span<const std::byte> body,
                                                                int ranks);
// Of a Hello of any version.
[[nodiscard]] std::optional<Key> decode_key(std::span<const std::byte> body);

// Puts frames together from bytes as they come. Memory grows with what has come, never with what a
// header promises.
class FrameReader {
 public:
  // Needs: `most_body` at least 1; longer ones are malformed.
  explicit FrameReader(std::size_t most_body) : most_body_(most_body) {}

  // Where the next bytes go; filled() says how many came. Empty when a frame waits for take() or
  // the stream is malformed.
  [[nodiscard]] std::span<std::byte> room();
  void filled(std::size_t bytes);

  // A complete frame, once. One of another version comes only as far as it is a Hello.
  [[nodiscard]] std::optional<Frame> take();
  // What came is not of this protocol; nothing more can be read. The version that was found, where
  // that alone is wrong, else 0.
  [[nodiscard]] bool malformed() const { return malformed_; }
  [[nodiscard]] std::uint16_t found_version() const { return found_version_; }

  void set_most_body(std::size_t most_body) { most_body_ = most_body; }

 private:
  void parse_header();

  std::size_t most_body_;
  std::array<std::byte, kHeaderBytes> header_{};
  std::size_t header_bytes_ = 0;
  Frame frame_;
  std::size_t length_ = 0;      // of the body, from the header
  std::size_t body_bytes_ = 0;  // of it, what has come
  bool malformed_ = false;
  std::uint16_t found_version_ = 0;
};

}  // namespace pleach::wire
