#include "compiler/view/svg.hpp"

#include <cmath>
#include <cstdint>

#include "compiler/core/check.hpp"

namespace pleach::view {

std::string escaped(std::string_view text) {
  constexpr std::string_view kReplacement = "\xef\xbf\xbd";  // U+FFFD
  std::string result;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char byte = text[i];
    // U+FFFE and U+FFFF are UTF-8 and yet no XML.
    if (const std::string_view three = text.substr(i, 3);
        three == "\xef\xbf\xbe" || three == "\xef\xbf\xbf") {
      result += kReplacement;
      i += 2;
      continue;
    }
    switch (byte) {
      case '<': result += "&lt;"; break;
      case '>': result += "&gt;"; break;
      case '&': result += "&amp;"; break;
      case '"': result += "&quot;"; break;
      case '\'': result += "&#39;"; break;
      default: {
        const auto code = static_cast<unsigned char>(byte);
        if (code < 0x20 && byte != '\t' && byte != '\n') {
          result += kReplacement;
        } else {
          result += byte;
        }
      }
    }
  }
  return result;
}

std::string number_text(double value) {
  ENSURE(std::abs(value) < 1e9, "a coordinate is far off the page");
  const auto tenths = static_cast<std::int64_t>(std::floor(value * 10 + 0.5));
  const std::int64_t size = std::abs(tenths);
  std::string text = tenths < 0 ? "-" : "";
  text += std::to_string(size / 10);
  if (size % 10 != 0) text += "." + std::to_string(size % 10);
  return text;
}

std::string path_text(const Curve& curve) {
  const auto point = [](Point at) { return number_text(at.x) + " " + number_text(at.y); };
  std::string text = "M" + point(curve.from);
  if (is_straight(curve)) return text + "L" + point(curve.to);
  return text + "C" + point(curve.control_from) + " " + point(curve.control_to) + " " +
         point(curve.to);
}

SvgWriter::SvgWriter(double width, double height, const std::string& title) {
  const std::string w = number_text(width);
  const std::string h = number_text(height);
  svg_ = R"(<?xml version="1.0" encoding="UTF-8"?>)";
  svg_ += "\n";
  svg_ += "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"" + w + "\" height=\"" + h +
          "\" viewBox=\"0 0 " + w + " " + h + "\" font-family=\"Helvetica, Arial, sans-serif\">\n";
  svg_ += "<title>" + escaped(title) + "</title>\n";
  element("rect", {{"width", w}, {"height", h}, {"fill", "#ffffff"}});
}

void SvgWriter::start(std::string_view name, const SvgAttributes& attributes) {
  svg_ += "<";
  svg_ += name;
  for (const auto& [key, value] : attributes) {
    svg_ += " ";
    svg_ += key;
    svg_ += "=\"" + escaped(value) + "\"";
  }
}

void SvgWriter::open_group(const SvgAttributes& attributes) {
  start("g", attributes);
  svg_ += ">\n";
  ++open_groups_;
}

void SvgWriter::close_group() {
  ENSURE(open_groups_ > 0, "a group was closed that was never opened");
  svg_ += "</g>\n";
  --open_groups_;
}

void SvgWriter::element(std::string_view name,
                        const SvgAttributes& attributes,
                        const std::string& tooltip) {
  start(name, attributes);
  if (tooltip.empty()) {
    svg_ += "/>\n";
    return;
  }
  svg_ += "><title>" + escaped(tooltip) + "</title></";
  svg_ += name;
  svg_ += ">\n";
}

void SvgWriter::rectangle(const Rectangle& at,
                          double radius,
                          SvgAttributes attributes,
                          const std::string& tooltip) {
  SvgAttributes all = {{"x", number_text(at.x)},
                       {"y", number_text(at.y)},
                       {"width", number_text(at.width)},
                       {"height", number_text(at.height)}};
  if (radius > 0) all.emplace_back("rx", number_text(radius));
  for (auto& attribute : attributes) all.push_back(std::move(attribute));
  element("rect", all, tooltip);
}

void SvgWriter::text(Point at, const std::string& content, SvgAttributes attributes) {
  SvgAttributes all = {{"x", number_text(at.x)}, {"y", number_text(at.y)}};
  for (auto& attribute : attributes) all.push_back(std::move(attribute));
  start("text", all);
  svg_ += ">" + escaped(content) + "</text>\n";
}

std::string SvgWriter::finish() && {
  ENSURE(open_groups_ == 0, "a group was left open");
  svg_ += "</svg>\n";
  return std::move(svg_);
}

}  // namespace pleach::view
