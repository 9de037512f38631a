#include "runtime/comm/member.hpp"

#include <map>
#include <utility>

#include <nlohmann/json.hpp>

#include "runtime/comm/comm_error.hpp"

namespace pleach {
namespace {

using nlohmann::json;

Blob blob_of(const json& value) {
  const std::vector<std::uint8_t> bytes = json::to_cbor(value);
  Blob blob;
  blob.reserve(bytes.size());
  for (const std::uint8_t byte : bytes) blob.push_back(static_cast<std::byte>(byte));
  return blob;
}

json binary_of(const Blob& blob) {
  std::vector<std::uint8_t> bytes;
  bytes.reserve(blob.size());
  for (const std::byte byte : blob) bytes.push_back(std::to_integer<std::uint8_t>(byte));
  return json::binary(std::move(bytes));
}

Blob from_binary(const json& value) {
  Blob blob;
  for (const std::uint8_t byte : value.get_binary()) blob.push_back(static_cast<std::byte>(byte));
  return blob;
}

// What `read` makes of the bytes.
template <class Read>
auto decode(int rank, std::span<const std::byte> bytes, Read read) {
  try {
    const auto* const first = reinterpret_cast<const std::uint8_t*>(bytes.data());
    return read(json::from_cbor(first, first + bytes.size()));
  } catch (const json::exception& error) {
    throw CommError(CommError::Kind::Remote,
                    "rank " + std::to_string(rank) + " says what this version of pleach does not " +
                        "understand; use one version on all ranks (" + error.what() + ")");
  }
}

int number_of(std::map<std::string, int>& numbers, const std::string& name) {
  return numbers.emplace(name, static_cast<int>(numbers.size())).first->second;
}

json value_of(const SharedMemory& memory) {
  return {{"address", memory.address}, {"name", binary_of(memory.name)}};
}
SharedMemory shared_memory_of(const json& value) {
  return {.address = value.at("address"), .name = from_binary(value.at("name"))};
}

}  // namespace

Blob encode(const Member& member) {
  return blob_of({{"host", member.host},
                  {"process", member.process},
                  {"backend", member.backend},
                  {"host_name", member.place.host},
                  {"pci", member.place.pci},
                  {"exchange", member.exchange},
                  {"heap_bytes", member.heap_bytes},
                  {"control", member.control},
                  {"counters", member.counters}});
}

Member decode_member(int rank, std::span<const std::byte> bytes) {
  return decode(rank, bytes, [](const json& value) {
    return Member{.host = value.at("host"),
                  .process = value.at("process"),
                  .backend = value.at("backend"),
                  .place = {.host = value.at("host_name"), .pci = value.at("pci")},
                  .exchange = value.at("exchange"),
                  .heap_bytes = value.at("heap_bytes"),
                  .control = value.at("control"),
                  .counters = value.at("counters")};
  });
}

Blob encode(const NetworkMember& member) {
  return blob_of({{"rails", member.rails}, {"address", binary_of(member.address)}});
}

NetworkMember decode_network_member(int rank, std::span<const std::byte> bytes) {
  return decode(rank, bytes, [](const json& value) {
    return NetworkMember{.rails = value.at("rails"), .address = from_binary(value.at("address"))};
  });
}

Blob encode(const SharedMemory& memory) { return blob_of(value_of(memory)); }

SharedMemory decode_shared_memory(int rank, std::span<const std::byte> bytes) {
  return decode(rank, bytes, [](const json& value) { return shared_memory_of(value); });
}

Blob encode(const DeviceMember& member) {
  return blob_of({{"identity", member.identity},
                  {"number", member.number},
                  {"resident_blocks", member.resident_blocks},
                  {"channels", member.channels},
                  {"small_bytes", member.small_bytes},
                  {"counters", value_of(member.counters)},
                  {"slots", value_of(member.slots)}});
}

DeviceMember decode_device_member(int rank, std::span<const std::byte> bytes) {
  return decode(rank, bytes, [](const json& value) {
    return DeviceMember{.identity = value.at("identity"),
                        .number = value.at("number"),
                        .resident_blocks = value.at("resident_blocks"),
                        .channels = value.at("channels"),
                        .small_bytes = value.at("small_bytes"),
                        .counters = shared_memory_of(value.at("counters")),
                        .slots = shared_memory_of(value.at("slots"))};
  });
}

Blob encode(const ScratchMember& member) {
  return blob_of({{"offset", member.offset},
                  {"window", binary_of(member.window)},
                  {"device", value_of(member.device)}});
}

ScratchMember decode_scratch_member(int rank, std::span<const std::byte> bytes) {
  return decode(rank, bytes, [](const json& value) {
    return ScratchMember{.offset = value.at("offset"),
                         .window = from_binary(value.at("window")),
                         .device = shared_memory_of(value.at("device"))};
  });
}

Placement placement_of(std::span<const Member> members) {
  Placement placement;
  std::map<std::string, int> hosts;
  std::map<std::string, int> processes;
  for (const Member& member : members) {
    placement.host.push_back(number_of(hosts, member.host));
    // Process identities are this host's, and its own.
    placement.process.push_back(number_of(processes, member.host + " " + member.process));
  }
  return placement;
}

}  // namespace pleach
