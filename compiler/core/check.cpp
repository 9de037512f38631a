#include "compiler/core/check.hpp"

namespace pleach::core {

void check_failed(const char* file, int line, const char* condition, std::string_view why) {
  throw InternalError(std::string(file) + ":" + std::to_string(line) + ": " + condition +
                      " does not hold: " + std::string(why));
}

}  // namespace pleach::core
