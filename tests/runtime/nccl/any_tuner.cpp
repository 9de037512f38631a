#include "tests/runtime/nccl/any_tuner.hpp"

#include <stdexcept>

namespace pleach::testing {

using namespace nccl::abi;

int AnyTuner::init(Shape shape, Logger logger, void** context) const {
  NvlDomains domains{.domains = 1, .least_ranks = 1, .most_ranks = 8};
  TunerConstants constants{};
  constants.tree_bandwidths[2][1] = 38.9;
  switch (version) {
    case 3:
      return static_cast<const TunerV3*>(plugin)->init(shape.ranks, shape.nodes, logger, context);
    case 4:
      return static_cast<const TunerV4*>(plugin)->init(shape.ranks, shape.nodes, logger, context);
    case 5: {
      const int code = static_cast<const TunerV5*>(plugin)->init(
          context, 0xC0FFEE, shape.ranks, shape.nodes, logger, &domains, &constants);
      return constants.tree_bandwidths[2][1] == 38.9 ? code : -1;
    }
    case 6: {
      const int code = static_cast<const TunerV6*>(plugin)->init(
          context, 0xC0FFEE, shape.ranks, shape.nodes, logger, &domains, &constants);
      return constants.tree_bandwidths[2][1] == 38.9 ? code : -1;
    }
    default: throw std::logic_error("no such version");
  }
}

int AnyTuner::get_coll_info(void* context,
                            int function,
                            std::uint64_t bytes,
                            float* costs,
                            int algorithms,
                            int protocols,
                            bool registered,
                            int* channels) const {
  auto** const table = reinterpret_cast<float**>(costs);
  switch (version) {
    case 3:
      return static_cast<const TunerV3*>(plugin)->get_coll_info(context, function, bytes, 1, table,
                                                                algorithms, protocols, channels);
    case 4:
      return static_cast<const TunerV4*>(plugin)->get_coll_info(
          context, function, bytes, 1, table, algorithms, protocols, registered ? 1 : 0, channels);
    case 5:
      return static_cast<const TunerV5*>(plugin)->get_coll_info(
          context, function, bytes, 1, table, algorithms, protocols, registered ? 1 : 0, channels);
    default:
      return static_cast<const TunerV6*>(plugin)->get_coll_info(
          context, function, bytes, 1, table, algorithms, protocols, registered ? 1 : 0, channels);
  }
}

int AnyTuner::get_chunk_size(void* context,
                             int function,
                             std::uint64_t bytes,
                             std::size_t* chunk) const {
  if (version < 6) return kSuccess;
  return static_cast<const TunerV6*>(plugin)->get_chunk_size(context, function, bytes, 1, 2, 8,
                                                             chunk);
}

int AnyTuner::stop(void* context) const {
  switch (version) {
    case 3: return static_cast<const TunerV3*>(plugin)->destroy(context);
    case 4: return static_cast<const TunerV4*>(plugin)->destroy(context);
    case 5: return static_cast<const TunerV5*>(plugin)->finalize(context);
    default: return static_cast<const TunerV6*>(plugin)->finalize(context);
  }
}

std::vector<std::string> differences(const AnyTuner& tuner,
                                     void* context,
                                     const nccl::ChoiceTable& table,
                                     Shape shape,
                                     std::uint64_t seed,
                                     int count) {
  std::vector<std::string> found;
  Random random(seed);
  for (int i = 0; i < count; ++i) {
    const int function =
        static_cast<int>(number(random, 0, 7));  // past AllReduce: send, receive, …
    const std::uint64_t bytes = random_bytes(random, table);
    const bool registered = number(random, 0, 1) == 1;
    const Costs before = random_costs(random);
    const bool seen = tuner.version > 3 && registered;  // version 3 can not tell
    const Expected expected = expected_of(table, shape, function, bytes, seen, before, -7);
    const auto differs = [&](const std::string& what) {
      found.push_back("version " + std::to_string(tuner.version) + ", function " +
                      std::to_string(function) + ", " + std::to_string(bytes) + " bytes: " + what);
    };
    Costs costs = before;
    int channels = -7;
    std::size_t chunk = 4242;
    if (tuner.get_coll_info(context, function, bytes, costs.data(), kAlgorithmCount, kProtocolCount,
                            registered, &channels) != 0) {
      differs("an error code");
    }
    if (tuner.get_chunk_size(context, function, bytes, &chunk) != 0 || chunk != 4242)
      differs("the chunk size");
    if (!same_bits(costs, expected.costs)) differs("the costs");
    if (channels != expected.channels) {
      differs("channels " + std::to_string(channels) + ", not " +
              std::to_string(expected.channels));
    }
    if (!expected.obeyed) continue;
    // What NCCL takes then: the first of the least that are not negative.
    int least = -1;
    for (int entry = 0; entry < kAlgorithmCount * kProtocolCount; ++entry) {
      const float cost = costs[static_cast<std::size_t>(entry)];
      if (cost >= 0 && (least < 0 || cost < costs[static_cast<std::size_t>(least)])) least = entry;
    }
    const nccl::Choice& choice = *table.rows[static_cast<std::size_t>(expected.row)].choice;
    if (least != static_cast<int>(choice.algorithm) * 3 + static_cast<int>(choice.protocol)) {
      differs("NCCL would take another entry");
    }
  }
  return found;
}

}  // namespace pleach::testing
