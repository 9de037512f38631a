#include "compiler/view/labels.hpp"

#include <algorithm>

#include "compiler/view/geometry.hpp"

namespace pleach::view {
namespace {

constexpr std::size_t kMostCharacters = 14;

bool starts_character(char byte) { return (static_cast<unsigned char>(byte) & 0xc0U) != 0x80U; }

}  // namespace

std::size_t count_characters(std::string_view text) {
  return static_cast<std::size_t>(std::ranges::count_if(text, starts_character));
}

std::string shortened_text(std::string_view text, std::size_t most) {
  if (count_characters(text) <= most) return std::string(text);
  std::size_t kept = 0;
  std::size_t end = 0;
  for (; end < text.size(); ++end) {
    if (starts_character(text[end]) && ++kept == most) break;
  }
  return std::string(text.substr(0, end)) + "\xe2\x80\xa6";
}

std::vector<std::string> short_labels(const Topology& topology) {
  std::vector<std::string> labels;
  for (const Node& node : topology.nodes) {
    std::string_view id = node.id;
    std::size_t slash = id.rfind('/');
    if (slash != std::string_view::npos && id.substr(slash) == "/out" && slash > 0) {
      slash = id.rfind('/', slash - 1);
    }
    if (slash != std::string_view::npos && slash + 1 < id.size()) id.remove_prefix(slash + 1);
    labels.push_back(shortened_text(id, kMostCharacters));
  }
  return labels;
}

double widest_gpu_label(const Topology& topology, const std::vector<std::string>& labels) {
  double widest = 0;
  for (const NodeId gpu : topology.ranks) {
    widest = std::max(widest, text_width(labels[index(gpu)], kLabelSize));
  }
  return widest;
}

}  // namespace pleach::view
