// Hands a file descriptor to other processes of this host, and takes theirs.
#pragma once

#include <map>
#include <string>

#include "runtime/net/deadline.hpp"

namespace pleach {

// A place where peers of this host leave their descriptors: a Unix socket in the abstract
// namespace, which vanishes with the process.
class DescriptorExchange {
 public:
  // Throws MachineError when no socket can be had.
  DescriptorExchange();
  ~DescriptorExchange();
  DescriptorExchange(const DescriptorExchange&) = delete;
  DescriptorExchange& operator=(const DescriptorExchange&) = delete;

  // What peers need to find it.
  [[nodiscard]] const std::string& name() const { return name_; }

  // Gives `descriptor` to each peer and takes one from each; the caller closes them. All peers call
  // it with each other. `peers` maps ranks to names.
  // Throws CommError, Remote: which ranks can not be reached, or did not come in time. MachineError
  // when no socket can be had.
  [[nodiscard]] std::map<int, int> exchange(int rank,
                                            int descriptor,
                                            const std::map<int, std::string>& peers,
                                            const Deadline& deadline);

 private:
  void give(int rank, int descriptor, int peer, const std::string& name, const Deadline& deadline);

  std::string name_;
  int listener_ = -1;
};

}  // namespace pleach
