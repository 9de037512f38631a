// Where ranks run, and so what one can reach of another's memory.
#pragma once

#include <vector>

namespace pleach {

enum class Reach {
  Process,  // everything: they share an address space
  Host,     // memory that its owner made to be shared, such as scratch
  Network,  // nothing; data is sent
};

// Ranks with the same number share a process or a host. Ranks of one process are on one host.
struct Placement {
  std::vector<int> process;  // for each rank; empty: all are in one process
  std::vector<int> host;     // as long as `process`

  [[nodiscard]] Reach between(int a, int b) const {
    if (process.empty() || process[a] == process[b]) return Reach::Process;
    return host[a] == host[b] ? Reach::Host : Reach::Network;
  }
  bool operator==(const Placement&) const = default;
};

}  // namespace pleach
