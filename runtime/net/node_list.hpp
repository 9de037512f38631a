// Slurm's short form for many hosts: "node[01-03,07],other5".
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace pleach {

// "node01" of the list above. Nothing when `list` is not of that form.
[[nodiscard]] std::optional<std::string> first_host(std::string_view list);

}  // namespace pleach
