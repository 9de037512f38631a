#include <string_view>

#include "runtime/net/fabric_transport.hpp"

namespace pleach {

Result<FabricOptions> fabric_options_from(const Environment& environment) {
  FabricOptions options;
  options.provider = environment("PLEACH_FABRIC_PROVIDER").value_or("");
  options.library = environment("PLEACH_LIBFABRIC").value_or("");
  const std::string list = environment("PLEACH_FABRIC_RAILS").value_or("");
  if (list.empty()) return options;
  options.rails.clear();
  for (std::string_view rest = list;;) {
    const std::size_t end = rest.find(',');
    const std::string_view name = rest.substr(0, end);
    if (name.empty()) {
      return Diagnostic{.file = "",
                        .line = 0,
                        .pointer = "",
                        .message = "PLEACH_FABRIC_RAILS is \"" + list + "\": a rail has no name",
                        .expected = "domains or addresses with commas between, e.g. \"eth0,eth1\"",
                        .fix = ""};
    }
    options.rails.push_back({.name = std::string(name)});
    if (end == std::string_view::npos) return options;
    rest.remove_prefix(end + 1);
  }
}

}  // namespace pleach
