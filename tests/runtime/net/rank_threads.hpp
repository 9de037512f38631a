// Ranks as threads of one process.
#pragma once

#include <chrono>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "compiler/core/machine_error.hpp"
#include "runtime/net/bootstrap.hpp"

namespace pleach::testing {

// Long enough for a loaded machine; no test passes by waiting for it.
inline Deadline ample() { return Deadline(std::chrono::seconds(60)); }

inline Bootstrap::Bytes bytes_of(std::string_view text) {
  const auto bytes = std::as_bytes(std::span(text));
  return {bytes.begin(), bytes.end()};
}
inline std::string text_of(const Bootstrap::Bytes& bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

// What `action` throws as MachineError; "" when it does not.
inline std::string error_of(const std::function<void()>& action) {
  try {
    action();
  } catch (const MachineError& error) {
    return error.what();
  }
  return "";
}

// Runs `action` with each rank in a thread of its own. Gives each one's error.
inline std::vector<std::string> on_ranks(const std::vector<int>& ranks,
                                         const std::function<void(int rank)>& action) {
  std::vector<std::string> errors(ranks.size());
  std::vector<std::thread> threads;
  for (std::size_t i = 0; i < ranks.size(); ++i) {
    threads.emplace_back([&, i] { errors[i] = error_of([&] { action(ranks[i]); }); });
  }
  for (std::thread& thread : threads) thread.join();
  return errors;
}

inline bool contains(const std::string& text, std::string_view part) {
  return text.find(part) != std::string::npos;
}

}  // namespace pleach::testing
