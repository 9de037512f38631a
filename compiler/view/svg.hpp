// Writes SVG text, element by element.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "compiler/view/geometry.hpp"

namespace pleach::view {

// `text` with <, >, &, " and ' written as entities: fit for XML text and attributes. Bytes that XML
// does not allow (control characters but tab and newline) become U+FFFD; other bytes pass.
[[nodiscard]] std::string escaped(std::string_view text);

// A coordinate with one decimal at most, never "-0": "12", "0.5". The same on every machine and in
// every locale. Needs: |value| < 10^9.
[[nodiscard]] std::string number_text(double value);

// "M1 2L3 4" or "M1 2C…", for the attribute d.
[[nodiscard]] std::string path_text(const Curve& curve);

// Name and value; values are escaped when they are written.
using SvgAttributes = std::vector<std::pair<std::string_view, std::string>>;

class SvgWriter {
 public:
  // Starts the document: white page of this size, one generic font.
  SvgWriter(double width, double height, const std::string& title);

  // Elements up to the matching close() share the attributes.
  void open_group(const SvgAttributes& attributes);
  void close_group();
  // An element without children; `tooltip`, when there is one, becomes its <title>.
  void element(std::string_view name,
               const SvgAttributes& attributes,
               const std::string& tooltip = "");
  void rectangle(const Rectangle& at,
                 double radius,
                 SvgAttributes attributes,
                 const std::string& tooltip = "");
  // `at` is on the baseline.
  void text(Point at, const std::string& content, SvgAttributes attributes);

  // Ends the document. Needs: every group closed.
  [[nodiscard]] std::string finish() &&;

 private:
  void start(std::string_view name, const SvgAttributes& attributes);
  std::string svg_;
  int open_groups_ = 0;
};

}  // namespace pleach::view
