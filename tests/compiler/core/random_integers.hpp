// Whole numbers for comparisons with boost's: edges of 64 bits, and seeded random of all lengths.
#pragma once

#include <cstdint>
#include <limits>
#include <random>
#include <vector>

#include <boost/multiprecision/cpp_int.hpp>

namespace pleach {

inline std::vector<boost::multiprecision::cpp_int> edge_integers() {
  using Big = boost::multiprecision::cpp_int;
  const Big two_63 = Big(1) << 63;
  std::vector<Big> edges = {0, 1, 2, 3, 10, two_63 - 1, two_63, two_63 + 1, 2 * two_63 - 1};
  edges.push_back(2 * two_63);
  edges.push_back(two_63 * two_63);
  edges.push_back((Big(1) << 32) - 1);
  edges.push_back(Big(1) << 32);
  const std::size_t positive = edges.size();
  for (std::size_t i = 1; i < positive; ++i) edges.push_back(-edges[i]);
  return edges;
}

// Up to `max_bits` bits, short and long ones equally likely, either sign.
inline boost::multiprecision::cpp_int random_integer(std::mt19937_64& random, unsigned max_bits) {
  boost::multiprecision::cpp_int value = 0;
  const unsigned bits = static_cast<unsigned>(random() % (max_bits + 1));
  for (unsigned have = 0; have < bits; have += 64) value = (value << 64) | random();
  value &= (boost::multiprecision::cpp_int(1) << bits) - 1;
  return random() % 2 == 0 ? value : boost::multiprecision::cpp_int(-value);
}

}  // namespace pleach
